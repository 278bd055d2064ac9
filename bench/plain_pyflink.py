"""The workflow of the comparison in PyFlink: a `KeyedProcessFunction` with a state and a timer a contact.

`OfferFollowUp` is written as PyFlink's documentation has it: events by `json`, a pickled object as state.
`TunedOfferFollowUp` is the same with msgspec for both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import msgspec
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor

from bench.workload import DAY_MS

ACTIONS, STEPS = 0, 1
OFFER = "/offer/"
WAIT_MS = 2 * DAY_MS
WITHIN_MS = 7 * DAY_MS
KEEN_VISITS = 2
VISITS_KEPT = 200
NOTES_KEPT = 100
IDS_KEPT = 256
ID_BYTES = 8

Record = tuple[int, bytes]


class Visited(msgspec.Struct):
    """What the job reads of an event's data."""

    url: str
    seconds: float = 0


class Event(msgspec.Struct):
    """What the job reads of an event."""

    id: str
    contact: str
    type: str
    ts: int
    data: Visited


class Contact(msgspec.Struct, array_like=True):
    """State of one contact: the part of the card that the workflow needs, and its run."""

    added: int
    clock: int
    visits: list[tuple[int, str, float]] = []
    tags: list[str] = []
    notes: list[tuple[int, str]] = []
    runs: int = 0
    due: int | None = None
    ids: bytes = b""
    """Hashes of the last ids, against duplicates."""


class Action(msgspec.Struct):
    """What an action leaves."""

    action_id: str
    contact: str
    action: str
    status: str
    ts: int
    run: str
    node: str
    text: str


class Step(msgspec.Struct):
    """What a step of a run leaves."""

    contact: str
    outcome: str
    ts: int
    workflow: str
    run: str | None
    node: str | None
    to: str | None


_read_event = msgspec.json.Decoder(Event).decode
_read_contact = msgspec.msgpack.Decoder(Contact).decode
_pack = msgspec.msgpack.Encoder().encode
_line = msgspec.json.Encoder().encode


class OfferFollowUp(KeyedProcessFunction):
    """The workflow. Gives records as (number of the output, line)."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.contacts = runtime_context.get_state(ValueStateDescriptor("contact", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Record]:
        event = self.read(value)
        contact = self.load() or Contact(event.ts, event.ts)
        mark = blake2b(event.id.encode(), digest_size=ID_BYTES).digest()
        if _holds(contact.ids, mark):
            return
        contact.ids = (contact.ids + mark)[-ID_BYTES * IDS_KEPT :]
        if contact.due is not None and contact.due < event.ts:
            ctx.timer_service().delete_event_time_timer(contact.due)
            yield from _after_pause(contact, event.contact)
        contact.clock = max(contact.clock, event.ts)
        if event.type == "url_visited":
            before = contact.due
            yield from _visited(contact, event)
            if contact.due is not None and contact.due != before:
                ctx.timer_service().register_event_time_timer(contact.due)
        self.store(contact)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Record]:
        contact = self.load()
        if contact is not None and contact.due == timestamp:
            yield from _after_pause(contact, ctx.get_current_key())
            self.store(contact)

    def read(self, value: Any) -> Event:
        """The event, of a row of contact and line."""
        return msgspec.convert(json.loads(value[1]), Event)

    def load(self) -> Contact | None:
        """The contact of the current key."""
        return self.contacts.value()

    def store(self, contact: Contact) -> None:
        """Keeps it."""
        self.contacts.update(contact)


class TunedOfferFollowUp(OfferFollowUp):
    """The same with faster ways to read and write. Takes lines, keyed by contact."""

    def read(self, value: Any) -> Event:
        return _read_event(value)

    def load(self) -> Contact | None:
        stored = self.contacts.value()
        return None if stored is None else _read_contact(stored)

    def store(self, contact: Contact) -> None:
        self.contacts.update(_pack(contact))


def _holds(ids: bytes, mark: bytes) -> bool:
    at = ids.find(mark)
    while at >= 0 and at % ID_BYTES:
        at = ids.find(mark, at + 1)
    return at >= 0


def _visited(contact: Contact, event: Event) -> Iterator[Record]:
    contact.visits.append((event.ts, event.data.url, event.data.seconds))
    del contact.visits[:-VISITS_KEPT]
    if OFFER not in event.data.url.lower():
        return
    if contact.due is not None:
        yield _step(event.contact, "dropped", event.ts, None, "looked", "already_running")
        return
    contact.runs += 1
    contact.due = event.ts + WAIT_MS
    run = _run(contact, event.contact)
    yield _step(event.contact, "started", event.ts, run, None, "looked")
    yield _step(event.contact, "parked", event.ts, run, "pause", None)


def _after_pause(contact: Contact, key: str) -> Iterator[Record]:
    now, run = contact.due, _run(contact, key)
    assert now is not None
    contact.due, contact.clock = None, now
    yield _step(key, "waited", now, run, "pause", "keen")
    found = sum(1 for ts, url, _ in contact.visits if now - WITHIN_MS < ts <= now and OFFER in url.lower())
    if found >= KEEN_VISITS:
        yield _step(key, "passed", now, run, "keen", "mark")
        if "keen" not in contact.tags:
            contact.tags.append("keen")
        yield _action(key, "add_tag", "applied", now, run, "mark", "keen")
        yield _step(key, "done", now, run, "mark", "tell")
        yield _action(key, "alert_user", "requested", now, run, "tell", "Looks at offers again")
        yield _step(key, "done", now, run, "tell", None)
    else:
        yield _step(key, "failed_condition", now, run, "keen", "note")
        contact.notes.append((now, "Looked at an offer once"))
        del contact.notes[:-NOTES_KEPT]
        yield _action(key, "add_note", "applied", now, run, "note", "Looked at an offer once")
        yield _step(key, "done", now, run, "note", None)
    yield _step(key, "completed", now, run, None, None)


def _run(contact: Contact, key: str) -> str:
    return f"offer-follow-up/{key}/{contact.runs}"


def _action(key: str, action: str, status: str, ts: int, run: str, node: str, text: str) -> Record:
    return ACTIONS, _line(Action(f"{run}/{node}", key, action, status, ts, run, node, text))


def _step(key: str, outcome: str, ts: int, run: str | None, node: str | None, to: str | None) -> Record:
    return STEPS, _line(Step(key, outcome, ts, "offer-follow-up", run, node, to))
