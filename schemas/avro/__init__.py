"""Avro: the same records and events as in JSON, by the schema files of this folder.

A field with `"json": true` holds JSON as text: what lies in it has no shape of its own. Every field has a
default, so that a reader understands what older and newer writers wrote.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import fastavro
import msgspec

SCHEMAS = ("contact_event", "action", "step", "outcome", "card", "dead_letter")
"""The names of the schema files."""

Schema = dict[str, Any]


class UnreadableAvro(ValueError):
    """The bytes are no value of the schema."""


@cache
def schema(name: str) -> Schema:
    """The schema as its file says, one of `SCHEMAS`."""
    found: Schema = msgspec.json.decode(Path(__file__).with_name(f"{name}.avsc").read_bytes())
    return found


def encode(name: str, record: Mapping[str, Any]) -> bytes:
    """One value, without a header.

    Args:
        name: of its schema.
        record: as the JSON would be; a field that is missing gets its default.

    Raises:
        ValueError: a field has a value that the schema has no place for.
    """
    ours = schema(name)
    texts = {
        field: msgspec.json.encode(record[field]).decode()
        for field in _holding_json(ours)
        if record.get(field) is not None
    }
    out = io.BytesIO()
    try:
        fastavro.schemaless_writer(out, ours, {**record, **texts}, strict_allow_default=True)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{ours['name']} has no place for it in Avro: {error}") from None
    return out.getvalue()


def decode(name: str, value: bytes, writer: Schema | None = None) -> dict[str, Any]:
    """What `encode` was given, with the defaults of what was not there.

    Args:
        name: of our schema.
        value: without a header.
        writer: the schema that it was written by, where that is another than ours.

    Raises:
        UnreadableAvro: the bytes do not follow the writer's schema, or ours cannot read it.
    """
    ours = schema(name)
    try:
        read: Any = fastavro.schemaless_reader(io.BytesIO(value), writer or ours, ours)
        found: dict[str, Any] = dict(read)
        for field in _holding_json(ours):
            if found[field] is not None:
                found[field] = msgspec.json.decode(found[field])
    except Exception as error:  # fastavro raises whatever its codecs meet
        raise UnreadableAvro(f"it is no Avro value of {ours['name']}: {error}") from None
    return found


def _holding_json(ours: Schema) -> list[str]:
    return [field["name"] for field in ours["fields"] if field.get("json")]
