"""What people wrote for the reference: the meaning of fields, and an example for each entry."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from schemas.documents import read_documents

PARTS = {
    "transforms.events": ("events", "vocabulary"),
    "transforms.conditions": ("conditions", "vocabulary"),
    "transforms.actions": ("actions", "vocabulary"),
    "transforms.settings": ("definitions",),
    "schemas.definitions": ("definitions",),
    "schemas.event_data": ("data",),
    "schemas.events": ("records",),
    "schemas.records": ("records",),
}
"""Module to where the meanings of its fields stand, the nearest first."""


@cache
def notes(name: str) -> Any:
    """The content of `meanings.yaml` or `examples.yaml`."""
    path = Path(__file__).with_name(f"{name}.yaml")
    return read_documents(path.read_text(encoding="utf-8"), path.name)[0].tree


def field_meaning(shape: type[Struct], field: str) -> str:
    """What a field means.

    Raises:
        KeyError: nobody has written it.
    """
    parts = [notes("meanings")[part] for part in PARTS[shape.__module__]]
    names = [f"{of.__name__}.{field}" for of in shape.__mro__] + [field]
    for part in parts:
        for name in names:
            if name in part:
                return str(part[name])
    raise KeyError(f"meanings.yaml does not tell what `{field}` of {shape.__module__}.{shape.__name__} is")
