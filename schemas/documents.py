"""Reads documents from YAML 1.2 (core schema) or JSON text, and knows the line of each part."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

KINDS = ("workflow", "rule", "policy", "settings", "email", "sms")

Path = tuple[str | int, ...]

_NULL = re.compile(r"~|null|Null|NULL|")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class UnreadableDocument(ValueError):
    """The text is no YAML or JSON.

    Attributes:
        line: where, counted from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Document:
    """One document of a file.

    Attributes:
        kind: as written; empty where it is missing or no text.
        id: as written; empty where it is missing or no text.
        tree: the content as plain values.
        file: where it was read from, for messages.
    """

    def __init__(self, tree: Any, file: str, text: str, lines: dict[Path, int] | None = None) -> None:
        self.tree = tree
        self.file = file
        self._text = text
        self._lines = lines
        self.kind = self._text_of("kind")
        self.id = self._text_of("id")

    def _text_of(self, key: str) -> str:
        value = self.tree.get(key) if isinstance(self.tree, dict) else None
        return value if isinstance(value, str) else ""

    def line(self, path: Path) -> int:
        """The line of a part, or of the nearest part around it."""
        if self._lines is None:
            self._lines = _lines_of_json(self._text)
        while path not in self._lines and path:
            path = path[:-1]
        return self._lines.get(path, 1)


def read_documents(text: str, file: str) -> list[Document]:
    """All documents of a text; `file` names it, and says by its ending whether it is JSON.

    Raises:
        UnreadableDocument: when the text is no YAML or JSON, or has a key twice.
    """
    if file.endswith(".json"):
        try:
            tree = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            raise UnreadableDocument(f"not JSON: {error.msg}", error.lineno) from None
        except (ValueError, RecursionError) as error:
            key = getattr(error, "key", None)
            line = next((n for n, row in enumerate(text.splitlines(), 1) if key and f'"{key}"' in row), 1)
            raise UnreadableDocument(str(error), line) from None
        return [Document(tree, file, text)]
    return [Document(tree, file, text, lines) for tree, lines in _compose(text)]


class _DuplicateKey(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(f"the key `{key}` stands twice")
        self.key = key


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in pairs:
        if key in tree:
            raise _DuplicateKey(key)
        tree[key] = value
    return tree


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _lines_of_json(text: str) -> dict[Path, int]:
    try:
        return next(iter(_compose(text)))[1]
    except UnreadableDocument:  # such as JSON with a very long key; the file alone must do then
        return {}


def _compose(text: str) -> Iterable[tuple[Any, dict[Path, int]]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    composed = []
    try:
        for node in YAML(typ="safe", pure=True).compose_all(text):
            if not _is_empty(node):
                lines: dict[Path, int] = {}
                composed.append((_build(node, (), lines, ()), lines))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableDocument(f"not YAML: {error.problem}", mark.line + 1 if mark else 1) from None
    except (YAMLError, RecursionError) as error:
        raise UnreadableDocument(f"not YAML: {str(error).splitlines()[0]}", 1) from None
    return composed


def _is_empty(node: Any) -> bool:
    """Whether a document is nothing between two separators."""
    return bool(node.id == "scalar" and node.style is None and node.value == "")


def _build(node: Any, path: Path, lines: dict[Path, int], within: tuple[int, ...]) -> Any:
    """The value of a composed node; plain scalars are read by the core schema of YAML 1.2."""
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if id(node) in within:
        raise UnreadableDocument("an alias stands within its own anchor", line)
    within = (*within, id(node))
    if node.id == "scalar":
        return _scalar(node.value) if node.style is None else node.value
    if node.id == "sequence":
        return [_build(item, (*path, i), lines, within) for i, item in enumerate(node.value)]
    tree: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if key_node.id != "scalar":
            raise UnreadableDocument("a key must be a plain text", key_node.start_mark.line + 1)
        key = key_node.value
        if key in tree:
            raise UnreadableDocument(f"the key `{key}` stands twice", key_node.start_mark.line + 1)
        lines[(*path, key)] = key_node.start_mark.line + 1
        tree[key] = _build(value_node, (*path, key), lines, within)
    return tree


def _scalar(text: str) -> Any:
    if _NULL.fullmatch(text):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    return text
