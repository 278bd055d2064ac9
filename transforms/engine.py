"""The engine: (state, events, definitions, now) to (state', records, next wake-up), and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from schemas.events import ContactEvent, UnreadableEvent, read_event
from schemas.records import OUTPUTS
from transforms.advancing import Advance, Undone
from transforms.allocation import Allocator
from transforms.card_records import card_record
from transforms.definitions import Definitions
from transforms.existing import Existing
from transforms.letters import NOWHERE, Origin, dead_letter
from transforms.state import Cell, decode_cell, encode_cell
from transforms.step import CARDS, DEAD_LETTERS, Record
from transforms.timing import next_due

__all__ = ["OUTPUTS", "Answer", "Engine"]

MAX_AHEAD_MS = 5 * 60 * 1000
"""An event further ahead of the wall clock is a dead letter."""

encode_record = msgspec.json.Encoder().encode


class Answer(Struct):
    """What came of some inputs of one key.

    Attributes:
        state: to be kept for the key; None when there is nothing to keep.
        due: the earliest time (ms) for which something waits; None when nothing does.
        records: number of the output in `OUTPUTS`, and a line of JSON.
    """

    state: bytes | None
    due: int | None
    records: list[tuple[int, bytes]]


class Engine:
    """Decides what happens to contacts, by a set of definitions.

    Args:
        documents: `kind/id@version` to the JSON of a document.
        allocator: answers allocating actions in the same step; without one their tokens wait for an event.

    Raises:
        DefinitionError: when a definition cannot be used.
    """

    def __init__(self, documents: Mapping[str, bytes], allocator: Allocator | None = None) -> None:
        self.definitions = Definitions.read(documents)
        self.allocator = allocator

    def process(
        self,
        state: bytes | None,
        inputs: Sequence[bytes],
        *,
        until: int | None,
        wall: int | None = None,
        origins: Sequence[Origin] | None = None,
        existing: Existing | None = None,
        cards: bool = False,
    ) -> Answer:
        """Takes the inputs of one key in order.

        Args:
            state: of the key, as the last answer gave it.
            inputs: events as they came, JSON.
            until: timers due then or before fire after the inputs (ms); None: only those that events pass.
            wall: the wall clock (ms), live only.
            origins: where each input was read, for dead letters.
            existing: starts the contacts that it concerns, after everything else.
            cards: whether the card of each contact is a record, too.
        """
        cell = Cell() if state is None else decode_cell(state)
        advance = Advance(cell, self.definitions, self.allocator, state)
        for i, raw in enumerate(inputs):
            try:
                advance.take(read_in_time(raw, wall))
            except (UnreadableEvent, Undone) as error:
                advance.records.append(refused(error, raw, origins[i] if origins else NOWHERE))
        if until is not None:
            wake_all(advance, until)
        if existing is not None:
            self._start(advance, existing, wall)
        if cards:
            advance.records += [(CARDS, card_record(contact)) for contact in cell.contacts]
        return Answer(
            encode_cell(cell) if cell.contacts else None,
            self.due(cell),
            [(output, encode_record(record)) for output, record in advance.records],
        )

    def _start(self, advance: Advance, existing: Existing, wall: int | None) -> None:
        for contact in list(advance.cell.contacts):
            event = existing.event(contact, self.definitions, wall)
            if event is not None:
                try:
                    advance.take(event)
                except Undone as error:
                    advance.records.append(refused(error, encode_record(event), NOWHERE))

    def read(self, raw: bytes, wall: int | None = None, origin: Origin = NOWHERE) -> ContactEvent | Record:
        """The contact event of an input, or the dead letter that it becomes."""
        try:
            return read_in_time(raw, wall)
        except UnreadableEvent as error:
            return refused(error, raw, origin)

    def take(self, cell: Cell, event: ContactEvent, raw: bytes, origin: Origin = NOWHERE) -> list[Record]:
        """Takes one event into a cell, and gives the records that it leaves."""
        advance = Advance(cell, self.definitions, self.allocator)
        try:
            advance.take(event)
        except Undone as error:
            advance.records.append(refused(error, raw, origin))
        return advance.records

    def wake(self, cell: Cell, until: int) -> list[Record]:
        """Fires what is due in a cell until then, contact by contact."""
        advance = Advance(cell, self.definitions, self.allocator)
        wake_all(advance, until)
        return advance.records

    def due(self, cell: Cell) -> int | None:
        """The earliest time for which something waits in a cell."""
        earliest: int | None = None
        for contact in cell.contacts:
            due = next_due(contact, self.definitions.paused) if contact.runs else None
            if due is not None and (earliest is None or due < earliest):
                earliest = due
        return earliest


def read_in_time(raw: bytes, wall: int | None) -> ContactEvent:
    """The contact event of an input.

    Raises:
        UnreadableEvent: it is none, or too far ahead of the wall clock.
    """
    event = read_event(raw)
    if wall is not None and event.ts > wall + MAX_AHEAD_MS:
        raise UnreadableEvent("from_the_future", f"{event.ts - wall} ms ahead of the clock")
    return event


def refused(error: UnreadableEvent | Undone, raw: bytes, origin: Origin) -> Record:
    """The dead letter of an input that was not taken."""
    ts = error.ts if isinstance(error, Undone) else None
    return DEAD_LETTERS, dead_letter(error.reason, error.detail, raw, origin, ts)


def wake_all(advance: Advance, until: int) -> None:
    """Fires what is due until then, contact by contact."""
    for contact in list(advance.cell.contacts):
        advance.settle(contact)
        advance.wake(contact, until, inclusive=True)
