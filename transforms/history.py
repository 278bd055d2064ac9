"""Bounded histories on the card, packed: adding an entry copies bytes, only a look at them decodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

SLACK = 56
"""So many entries beyond the limit are kept packed before the oldest are thrown out, to do it rarely.
`entries` never shows them."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[list[Any]])


class Visit(NamedTuple):
    """A visit of a page."""

    ts: int
    url: str
    seconds: float


class Sent(NamedTuple):
    """A message that counts as sent: one of ours, requested, or one that another system reported."""

    ts: int
    message: str | None
    asset: str | None
    workflow: str | None
    version: int | None
    node: str | None
    variant: str | None


class Opened(NamedTuple):
    """An e-mail was opened."""

    ts: int
    email: str
    group: str | None
    service: bool


class Clicked(NamedTuple):
    """A link in an e-mail was clicked."""

    ts: int
    email: str
    url: str | None
    service: bool


class External(NamedTuple):
    """An external event with all its fields, and for a purchase the message that it is attributed to
    (workflow, version, node, variant, message, channel)."""

    ts: int
    data: dict[str, Any]
    credit: list[Any] | None = None


class History(msgspec.Struct, array_like=True):
    """Entries of one kind in the order in which they came, as MessagePack arrays laid end to end."""

    packed: bytes = b""
    count: int = 0

    def add(self, entry: tuple[Any, ...], limit: int) -> None:
        """Adds an entry (its first field is its `ts`); of more than `limit` the oldest go."""
        self.packed += _encoder.encode(entry)
        self.count += 1
        if self.count > limit + SLACK:
            self.replace(self.entries(limit))

    def entries(self, limit: int) -> list[list[Any]]:
        """The newest `limit` entries, in the order in which they came."""
        rows = _decoder.decode(_array_header(self.count) + self.packed)
        if len(rows) > limit:
            newest = sorted(range(len(rows)), key=lambda i: rows[i][0])[len(rows) - limit :]
            rows = [rows[i] for i in sorted(newest)]
        return rows

    def replace(self, rows: Iterable[Iterable[Any]]) -> None:
        """Puts these entries in place of all."""
        encoded = [_encoder.encode(list(row)) for row in rows]
        self.packed = b"".join(encoded)
        self.count = len(encoded)


def _array_header(count: int) -> bytes:
    if count < 16:
        return bytes((0x90 | count,))
    return b"\xdc" + count.to_bytes(2, "big") if count < 65536 else b"\xdd" + count.to_bytes(4, "big")
