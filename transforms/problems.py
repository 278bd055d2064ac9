"""What is wrong with a definition, and where; and the reading of a tree into its shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from schemas.documents import Path
from transforms.params import P, read_params, sampled
from transforms.text import BadTemplate

S = TypeVar("S", bound=Struct)

_AT = re.compile(r" - at `\$(.*?)`$")
_NO_CHOICE = re.compile(r"Invalid enum value '(.*)'")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


class Problem(NamedTuple):
    """An error or a warning at a place of a document."""

    path: Path
    message: str
    severity: str = "error"


class Problems(list[Problem]):
    """Collects what is wrong with one document."""

    def error(self, path: Path, message: str) -> None:
        """Notes what keeps the document from being published."""
        self.append(Problem(path, message))

    def warn(self, path: Path, message: str) -> None:
        """Notes what is probably not meant."""
        self.append(Problem(path, message, "warning"))

    @property
    def errors(self) -> list[Problem]:
        """The errors alone."""
        return [problem for problem in self if problem.severity == "error"]


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """A sentence on a name that does not exist, with the nearest that does."""
    options = list(known)
    near = get_close_matches(name, options, n=1, cutoff=0.55)
    hint = f" (did you mean `{near[0]}`?)" if near else ""
    return f"unknown {what} `{name}`{hint}"


def fit(tree: Any, shape: type[S], path: Path, what: str, problems: Problems) -> S | None:
    """Reads a tree into its shape; what does not fit becomes problems."""
    if not _keys_fit(tree, shape, path, what, problems):
        return None
    try:
        return msgspec.convert(tree, shape)
    except msgspec.ValidationError as error:
        problems.error(*_placed(str(error), shape, path, what))
        return None


def fit_params(tree: Any, shape: type[P], path: Path, what: str, problems: Problems) -> bool:
    """Whether the parameters of an entry of the vocabulary are right."""
    if not _keys_fit(tree, shape, path, what, problems, "parameter"):
        return False
    try:
        read_params(shape, sampled(shape, tree))
    except BadTemplate as error:
        problems.error(path, f"{what}: {error}")
        return False
    except msgspec.ValidationError as error:
        problems.error(*_placed(str(error), shape, path, what))
        return False
    return True


def _keys_fit(
    tree: Any, shape: type[Struct], path: Path, what: str, problems: Problems, noun: str = "key"
) -> bool:
    if not isinstance(tree, dict):
        problems.error(path, f"{what}: expected a map, found {_kind_of(tree)}")
        return False
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    fine = True
    for key in tree:
        if key not in fields:
            problems.error((*path, key), f"{what}: {unknown(noun, key, fields)}")
            fine = False
    for name, field in fields.items():
        if field.required and name not in tree:
            problems.error(path, f"{what}: missing {noun} `{name}`")
            fine = False
    return fine


def _choices(hint: Any) -> list[str]:
    """The words of the first `Literal` in a type."""
    if get_origin(hint) is Literal:
        return [str(word) for word in get_args(hint)]
    return next((words for part in get_args(hint) if (words := _choices(part))), [])


def _placed(message: str, shape: type[Struct], path: Path, what: str) -> tuple[Path, str]:
    found = _AT.search(message)
    known = found.group(1).partition("[...]")[0] if found else ""  # of what lies in a map the key is not told
    where: list[str | int] = [int(index) if index else name for name, index in _STEP.findall(known)]
    text = _AT.sub("", message).replace("Object", "it")
    wrong = _NO_CHOICE.match(text)
    if wrong and where:
        field = next((f for f in msgspec.structs.fields(shape) if f.encode_name == where[0]), None)
        choices = _choices(get_type_hints(shape)[field.name]) if field else []
        if choices:
            text = f"{unknown('value', wrong.group(1), choices)}; it is one of {', '.join(choices)}"
    names = ".".join(str(part) for part in where)
    return (*path, *where), f"{what}: `{names}`: {text}" if names else f"{what}: {text}"


def _kind_of(tree: Any) -> str:
    return {dict: "a map", list: "a list", str: "a text", type(None): "nothing"}.get(type(tree), f"{tree!r}")
