"""The types of keys and parameters, as JSON Schema."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from msgspec import Meta, Struct, UnsetType

from transforms.durations import Duration, TimeOfDay
from transforms.expressions import Expression
from transforms.params import SendTime, Texts, Where
from transforms.urls import UrlPattern
from transforms.values import COMPARISONS, OPERATORS, NumberTest, ValueTest

Schema = dict[str, Any]

PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string"}


def ref(name: str) -> Schema:
    """Points to a definition of the schema."""
    return {"$ref": f"#/definitions/{name}"}


def any_of(*options: Schema) -> Schema:
    """What fits any of these; options that are the same count once."""
    found: list[Schema] = []
    for option in options:
        found += [one for one in option.get("anyOf", [option]) if one not in found]
    return found[0] if len(found) == 1 else {"anyOf": found}


LIQUID: Schema = {"type": "string", "pattern": r"\{\{|\{%", "description": "A text with Liquid in it."}
_NUMERIC = {"type": "string", "pattern": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"}
_VALUE = {"type": ["string", "number", "boolean", "null", "array"]}
_TEXT = {"type": ["string", "number", "boolean"]}
_ORDERED = {"type": ["string", "number"]}


def _operators(names: tuple[str, ...], ordered: Schema) -> Schema:
    """A map of operators of value tests or number tests."""
    of: dict[str, Schema] = {
        "contains": _TEXT,
        "matches": _TEXT,
        "in": {"type": "array"},
        "exists": {"type": "boolean"},
        "empty": {"type": "boolean"},
        "between": {"type": "array", "items": ordered, "minItems": 2, "maxItems": 2},
    }
    of |= dict.fromkeys(("gt", "gte", "lt", "lte"), ordered)
    equal = ordered if names == COMPARISONS else {}
    properties = {name: of.get(name, equal) for name in names}
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": properties}


class Named(NamedTuple):
    """A type that the reference and the schema call by name."""

    name: str
    words: str
    schema: Schema
    takes_liquid: bool = False
    """Whether a text with Liquid may stand for it, which its own schema does not say."""


_NUMBER = any_of({"type": "number"}, _NUMERIC, ref("liquid"))
_SEND_TIMES = [
    {"const": "now"},
    *(
        {"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": False}
        for key, value in (
            ("after", any_of(ref("duration"), ref("liquid"))),
            ("at", any_of(ref("time_of_day"), ref("liquid"))),
            ("best_hour", {"const": True}),
        )
    ),
]

NAMED: dict[type, Named] = {
    Duration: Named(
        "duration",
        "duration",
        {
            "type": "string",
            "pattern": "^([0-9]+[smhdw])+$",
            "description": "Such as 90s, 15m, 2h, 3d, 1d12h.",
        },
        takes_liquid=True,
    ),
    TimeOfDay: Named(
        "time_of_day",
        "time of day",
        {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"},
        takes_liquid=True,
    ),
    Texts: Named(
        "texts",
        "text or list of texts",
        any_of({"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}),
    ),
    ValueTest: Named("value_test", "value test", any_of(_VALUE, _operators(tuple(OPERATORS), _ORDERED))),
    NumberTest: Named("number_test", "number test", any_of(_NUMBER, _operators(COMPARISONS, _NUMBER))),
    Where: Named(
        "where",
        "map of field to value test",
        {"type": "object", "additionalProperties": ref("value_test")},
    ),
    UrlPattern: Named("url_pattern", "URL pattern", {"type": "string"}),
    SendTime: Named("send_time", "send time", {"anyOf": _SEND_TIMES}, takes_liquid=True),
    Expression: Named("expression", "CEL expression", {"type": "string"}),
}


def members(hint: Any) -> tuple[Any, ...]:
    """The types of a union, or the one type; what stands for a missing parameter is left out."""
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(member for member in get_args(hint) if member is not UnsetType)
    return (hint,)


def schema_of(hint: Any, struct: Callable[[type[Struct]], Schema], *, liquid: bool = False) -> Schema:
    """The JSON Schema of a type.

    Args:
        hint: a type hint of a shape or of an entry of the vocabulary.
        struct: gives the schema of a nested shape.
        liquid: whether a text with Liquid may stand for a number, a duration or a time.
    """
    parts = members(hint)
    numbers = {int, float} <= set(parts)
    options = [_schema_of(part, struct, liquid=liquid) for part in parts if not (numbers and part is int)]
    if liquid and {int, float} & set(parts) and str not in parts:
        options.append(ref("liquid"))
    return any_of(*options)


def _schema_of(hint: Any, struct: Callable[[type[Struct]], Schema], *, liquid: bool) -> Schema:
    if hint in NAMED:
        named = NAMED[hint]
        return any_of(ref(named.name), ref("liquid")) if liquid and named.takes_liquid else ref(named.name)
    if hint is Any:
        return {}
    if hint is type(None):
        return {"type": "null"}
    if hint in PLAIN:
        return {"type": PLAIN[hint]}
    if isinstance(hint, type) and issubclass(hint, Struct):
        return struct(hint)
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        inner = schema_of(args[0], struct, liquid=liquid)
        bounds = [("minimum", "ge"), ("maximum", "le"), ("pattern", "pattern")]
        metas = [meta for meta in args[1:] if isinstance(meta, Meta)]
        given = {key: getattr(meta, name) for meta in metas for key, name in bounds}
        return _bounded(inner, {key: value for key, value in given.items() if value is not None})
    if origin is Literal:
        return {"enum": list(args)}
    if origin is list:
        return {"type": "array", "items": schema_of(args[0], struct, liquid=liquid)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(args[1], struct, liquid=liquid)}
    raise TypeError(f"no JSON Schema for {hint!r}")


def _bounded(schema: Schema, bounds: Schema) -> Schema:
    if "anyOf" in schema:
        return {"anyOf": [one if "$ref" in one else one | bounds for one in schema["anyOf"]]}
    return schema | bounds
