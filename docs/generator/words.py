"""Types and defaults in words, for the tables of the reference."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta, Struct

from docs.generator.definition_schema import PLACES
from docs.generator.fields import Field, definition_name
from docs.generator.json_types import NAMED, members

WORDS = {bool: "true or false", int: "whole number", float: "number", str: "text", Any: "anything"}


def type_of(shape: type[Struct], field: Field) -> str:
    """What a field takes."""
    place = PLACES.get((shape, field.name))
    return words_of(field.hint) if place is None else place.words


def default_of(field: Field) -> str:
    """What a field is when it is left out."""
    if field.required or (field.name == "kind" and field.default):  # without which a document is none
        return "required"
    if field.default in (None, ""):
        return "–"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def words_of(hint: Any) -> str:
    """A type in words, for tables."""
    parts = [part for part in members(hint) if part is not type(None)]
    if {int, float} <= set(parts):
        parts.remove(int)
    found: list[str] = []
    for part in parts:
        origin, args = get_origin(part), get_args(part)
        if part in NAMED:
            named = NAMED[part]
            found.append(f"[{named.words}](definitions.md#{named.words.replace(' ', '-').lower()})")
        elif part in WORDS:
            found.append(WORDS[part])
        elif origin is Annotated:
            found.append(words_of(args[0]) + _range(args[1]))
        elif origin is Literal:
            found.append(", ".join(f"`{str(value).lower()}`" for value in args))
        elif origin is list:
            found.append(f"list of {'texts' if args[0] is str else words_of(args[0])}")
        elif origin is dict:
            found.append(f"map of text to {words_of(args[1])}")
        else:
            name = definition_name(part).replace("_", " ")
            found.append(f"[{name}](definitions.md#{name.replace(' ', '-')})")
    return " or ".join(dict.fromkeys(found))


def _range(meta: Meta) -> str:
    if meta.ge is not None and meta.le is not None:
        return f", {meta.ge} to {meta.le}"
    if meta.ge is not None:
        return f", at least {meta.ge}"
    return f": {meta.description}" if meta.description else ""
