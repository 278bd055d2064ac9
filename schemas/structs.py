"""Readies struct types for use by several threads."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


def ready(shapes: Iterable[type[msgspec.Struct]]) -> None:
    """Has msgspec look at struct types now, when their module is imported.

    It does so at the first use of a type, and two threads whose first uses meet crash the process: one finds
    what the other has begun. The subtasks of a Flink job are threads of one process.
    """
    for shape in shapes:
        msgspec.json.Decoder(shape)


def below(base: type[msgspec.Struct]) -> Iterable[type[msgspec.Struct]]:
    """All types that derive from a type."""
    for shape in base.__subclasses__():
        yield shape
        yield from below(shape)
