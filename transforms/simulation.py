"""All contacts in one process: events in the order of the input, then the timers that are left."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.events import MERGING, ContactEvent
from schemas.records import CardRecord
from transforms.card_records import card_record
from transforms.durations import DAY
from transforms.engine import Engine
from transforms.letters import NOWHERE, Origin
from transforms.state import Cell
from transforms.step import Record

END_AFTER_MS = 400 * DAY
"""How long after the last event `end` is, at the latest."""


class Simulation:
    """The contacts of a simulation, in the order in which they first appeared.

    Attributes:
        latest: the largest `ts` of the events taken; None before the first.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.cells: dict[str, Cell] = {}
        self.latest: int | None = None

    def take(self, raw: bytes, origin: Origin = NOWHERE) -> list[Record]:
        """Takes a line of input, and gives the records that it leaves."""
        event = self.engine.read(raw, None, origin)
        if not isinstance(event, ContactEvent):
            return [event]
        self.latest = event.ts if self.latest is None else max(self.latest, event.ts)
        cell = self.cells.get(event.contact)
        if cell is None:
            cell = self.cells[event.contact] = Cell()
        if event.type not in MERGING:
            return self.engine.take(cell, event, raw, origin)
        ending = self.cells.get(event.data[MERGING[event.type]], Cell())
        joined = Cell(contacts=cell.contacts + ending.contacts)
        records = self.engine.take(joined, event, raw, origin)
        cell.contacts = [contact for contact in joined.contacts if contact.card.id == event.contact]
        ending.contacts = [contact for contact in joined.contacts if contact.card.id != event.contact]
        return records

    def wake(self, until: int) -> Iterator[list[Record]]:
        """Fires what is due until then, contact by contact in the order of first appearance."""
        for cell in self.cells.values():
            yield self.engine.wake(cell, until)

    def waiting(self) -> int:
        """How many contacts still wait for a time."""
        return sum(self.engine.due(cell) is not None for cell in self.cells.values())

    def cards(self) -> Iterator[CardRecord]:
        """The card of every contact with its live runs."""
        for cell in self.cells.values():
            yield from map(card_record, cell.contacts)
