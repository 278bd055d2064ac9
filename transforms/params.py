"""Typed parameters of events, conditions and actions: read from `with`, filled in where they hold Liquid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Struct

from transforms.durations import Duration, TimeOfDay
from transforms.expressions import Expression
from transforms.text import is_template, render, template
from transforms.urls import UrlPattern
from transforms.values import NumberTest, ValueTest, number

Number = int | float
P = TypeVar("P", bound=Struct)


class Texts(tuple[str, ...]):
    """One text, or a list of texts of which any counts."""

    __slots__ = ()
    sample = "x"

    @classmethod
    def parse(cls, tree: object) -> Texts:
        """Reads a text or a list of texts."""
        if isinstance(tree, str):
            return cls((tree,))
        if isinstance(tree, list) and tree and all(isinstance(item, str) for item in tree):
            return cls(tree)
        raise ValueError("expected a text or a list of texts")


class Where(tuple[tuple[str, ValueTest], ...]):
    """A map of field to value test; all must hold."""

    __slots__ = ()
    sample = 1

    @classmethod
    def parse(cls, tree: object) -> Where:
        """Reads the map."""
        if not isinstance(tree, dict):
            raise ValueError("expected a map of field to value test")
        return cls((field, ValueTest(test)) for field, test in tree.items())


class SendTime:
    """When a message goes out: now, after a while, at a local time, or at the contact's best hour."""

    __slots__ = ("after", "at", "best_hour")
    sample = "now"
    samples: ClassVar[dict[str, str]] = {"after": Duration.sample, "at": TimeOfDay.sample}

    def __init__(self, tree: object) -> None:
        self.after: Duration | None = None
        self.at: TimeOfDay | None = None
        self.best_hour = False
        if tree == "now":
            return
        if not isinstance(tree, dict) or len(tree) != 1:
            raise ValueError('expected now, {after: 2h}, {at: "09:00"} or {best_hour: true}')
        (key, value), *_ = tree.items()
        if key == "after":
            self.after = Duration.parse(value)
        elif key == "at":
            self.at = TimeOfDay.parse(value)
        elif key == "best_hour" and value is True:
            self.best_hour = True
        else:
            raise ValueError(f"there is no send time `{key}`; it is now, after, at or best_hour: true")

    @property
    def is_now(self) -> bool:
        """Whether the message is not scheduled."""
        return self.after is None and self.at is None and not self.best_hour


_PARSERS: dict[Any, Callable[[Any], Any]] = {
    Duration: Duration.parse,
    TimeOfDay: TimeOfDay.parse,
    Texts: Texts.parse,
    Where: Where.parse,
    SendTime: SendTime,
    ValueTest: ValueTest,
    NumberTest: NumberTest,
    UrlPattern: UrlPattern,
    Expression: Expression,
}


def _hook(wanted: Any, tree: Any) -> Any:
    return _PARSERS[wanted](tree)


def read_params(shape: type[P], tree: Mapping[str, Any]) -> P:
    """The typed parameters of a `with`.

    Raises:
        msgspec.ValidationError: naming the parameter, when one is wrong.
    """
    return msgspec.convert(tree, shape, dec_hook=_hook)


NUMBER_SAMPLE = 8
"""Stands for a number not yet rendered: within the range of every number parameter."""


class _Kind(NamedTuple):
    """What `with` needs to know of a parameter before it is rendered."""

    is_number: bool
    sample: Any
    samples: Mapping[str, Any]


@cache
def _kinds(shape: type[Struct]) -> dict[str, _Kind]:
    """Parameter to whether it is a number, and what stands for a text not yet rendered."""
    kinds: dict[str, _Kind] = {}
    hints = get_type_hints(shape)
    for field in msgspec.structs.fields(shape):
        members = get_args(hints[field.name]) or (hints[field.name],)
        is_number = (int in members or float in members) and str not in members
        typed = next((member for member in members if hasattr(member, "sample")), None)
        sample = NUMBER_SAMPLE if is_number else getattr(typed, "sample", None)
        kinds[field.encode_name] = _Kind(is_number, sample, getattr(typed, "samples", {}))
    return kinds


def _fill(tree: Any, fill: Callable[[str, str], Any], key: str = "") -> Any:
    """The tree with each text that holds Liquid replaced by `fill(text, the key that it stands under)`."""
    if isinstance(tree, str):
        return fill(tree, key) if is_template(tree) else tree
    if isinstance(tree, dict):
        return {name: _fill(item, fill, name) for name, item in tree.items()}
    if isinstance(tree, list):
        return [_fill(item, fill, key) for item in tree]
    return tree


def sampled(shape: type[Struct], tree: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with texts that hold Liquid replaced by ones that fit, to check all the rest.

    Raises:
        BadTemplate: when a text does not parse.
    """
    kinds = _kinds(shape)

    def sample_of(kind: _Kind) -> Callable[[str, str], Any]:
        def fill(source: str, key: str) -> Any:
            template(source)
            sample = kind.samples.get(key, kind.sample)
            return source if sample is None else sample

        return fill

    return {name: _fill(value, sample_of(kinds[name])) for name, value in tree.items()}


class Bound(Generic[P]):
    """The parameters of one use of an entry, as a definition writes them.

    Attributes:
        fixed: the typed parameters, when none holds Liquid.
    """

    __slots__ = ("fixed", "shape", "tree")

    def __init__(self, shape: type[P], tree: Mapping[str, Any]) -> None:
        self.shape = shape
        self.tree = dict(tree)
        dynamic = _has_template(self.tree)
        checked = read_params(shape, sampled(shape, tree) if dynamic else tree)
        self.fixed: P | None = None if dynamic else checked

    def rendered(self, names: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """The tree with its Liquid filled in; a number parameter that renders to a number is one."""
        if self.fixed is not None:
            return self.tree
        kinds = _kinds(self.shape)
        known = names()

        def fill(source: str, key: str) -> Any:
            return render(source, known)

        filled = {}
        for name, value in self.tree.items():
            result = _fill(value, fill)
            if kinds[name].is_number and is_template(value):
                spelled = number(result.strip())
                result = result if spelled is None else spelled
            filled[name] = result
        return filled

    def typed(self, filled: Mapping[str, Any]) -> P | None:
        """The typed parameters of a filled-in tree; None when one renders to what it cannot be."""
        if self.fixed is not None:
            return self.fixed
        try:
            return read_params(self.shape, filled)
        except msgspec.ValidationError:
            return None


def _has_template(tree: Any) -> bool:
    if isinstance(tree, dict):
        return any(_has_template(item) for item in tree.values())
    if isinstance(tree, list):
        return any(_has_template(item) for item in tree)
    return is_template(tree)
