"""The first pass over event files: how far time goes, and which contacts must be keyed together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from schemas.events import UnreadableEvent, instant, read_event

_BLOCK = 8192
_JOINING = {"contact_merged": "from", "identified": "visitor"}


class Survey(msgspec.Struct):
    """What the first pass has found."""

    lines: int = 0
    """Lines with anything on them."""
    latest: int | None = None
    """Largest `ts` of the events that can be read, in milliseconds."""
    joined: dict[str, str] = {}
    """Contact → key, for contacts that merges join. Who is not in it is a key of their own."""


class Glance(msgspec.Struct, gc=False):
    """As much of an event as the survey needs of most."""

    contact: str
    type: str
    ts: int | float | str


_glance = msgspec.json.Decoder(Glance).decode


def survey(files: Iterable[Path]) -> Survey:
    """Reads all lines of all files once.

    Raises:
        OSError: a file cannot be read.
    """
    found = Survey()
    keys = _Keys()
    for path in files:
        with path.open("rb") as lines:
            for block in _blocks(lines):
                _take(block, found, keys)
    found.joined = keys.joined()
    return found


def _blocks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    while block := list(islice(lines, _BLOCK)):
        yield block


def _take(block: list[bytes], found: Survey, keys: _Keys) -> None:
    ahead: list[tuple[int, bytes]] = []
    latest = -(2**63) if found.latest is None else found.latest
    for line in block:
        try:
            event = _glance(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found.lines += not line.isspace()
            continue
        found.lines += 1
        ts = event.ts
        if type(ts) is not int:
            try:
                ts = instant(ts)
            except UnreadableEvent:
                continue
        if ts > latest:
            ahead.append((ts, line))
        if event.type in _JOINING:
            keys.join(line)
    # A glance does not tell whether an event can be read. To read each whole would take four times as long,
    # so only those are read that would move the end of time, the last one first.
    ahead.sort(key=lambda candidate: candidate[0], reverse=True)
    found.latest = next((ts for ts, line in ahead if _is_readable(line)), found.latest)


def _is_readable(line: bytes) -> bool:
    try:
        read_event(line.rstrip(b"\n"))
    except UnreadableEvent:
        return False
    return True


class _Keys:
    """Sets of contacts that belong together (union–find)."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def join(self, line: bytes) -> None:
        try:
            event = read_event(line.rstrip(b"\n"))
        except UnreadableEvent:
            return
        one, other = self._root(event.contact), self._root(event.data[_JOINING[event.type]])
        if one != other:
            self._parents[other] = one

    def joined(self) -> dict[str, str]:
        return {contact: self._root(contact) for contact in self._parents}

    def _root(self, contact: str) -> str:
        root = contact
        while (parent := self._parents.get(root)) is not None:
            root = parent
        while contact != root:
            above = self._parents[contact]
            self._parents[contact] = root
            contact = above
        return root
