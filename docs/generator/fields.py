"""The fields of shapes and of entries of the vocabulary: name, type, default."""

from __future__ import annotations

from typing import Any, NamedTuple, get_type_hints

import msgspec
from msgspec import NODEFAULT, UNSET, Struct

from transforms.durations import DAY, HOUR, MINUTE, SECOND, Duration
from transforms.params import SendTime


class Field(NamedTuple):
    """A key as definitions and records write it."""

    name: str
    attribute: str
    """What the type calls it."""
    hint: Any
    required: bool
    default: Any
    """As it is written; None where there is none."""


def fields_of(shape: type[Struct]) -> list[Field]:
    """The fields of a type, those that are required first."""
    hints = get_type_hints(shape, include_extras=True)
    found = [
        Field(field.encode_name, field.name, hints[field.name], field.required, _default(field))
        for field in msgspec.structs.fields(shape)
    ]
    return sorted(found, key=lambda field: not field.required)


def meaning_of(shape: type[Struct]) -> str:
    """The docstring in one line."""
    return " ".join((shape.__doc__ or "").split())


def _default(field: Any) -> Any:
    value = field.default
    if value is NODEFAULT:
        value = None if field.default_factory is NODEFAULT else field.default_factory()
    if value is UNSET or value is None:
        return None
    if isinstance(value, SendTime):
        return "now"
    if isinstance(value, Duration):
        return _duration_text(value)
    return value if isinstance(value, str | int | float | bool) else None


def definition_name(shape: type[Struct]) -> str:
    """What the schema and the reference call a shape of definitions."""
    name = shape.__name__.removesuffix("Shape")
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    return {"condition": "condition_test"}.get(snake, snake)


def _duration_text(ms: int) -> str:
    """How a duration is written."""
    for name, unit in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if ms % unit == 0:
            return f"{ms // unit}{name}"
    return f"{ms // SECOND}s"
