"""An engine with little to decide, to test what carries it: it counts events and wakes up an hour later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from schemas.events import UnreadableEvent, read_event
from transforms.allocation import Pools
from transforms.letters import Origin

HOUR_MS = 3_600_000
ACTION, STEP, OUTCOME, DEAD = range(4)

DEFINITION = "workflow/toy@1"


class Memory(msgspec.Struct, array_like=True):
    """What is kept for a key: events and due time of each of its contacts."""

    events: dict[str, int] = {}
    due: dict[str, int] = {}


class Answer(msgspec.Struct):
    state: bytes | None
    due: int | None
    records: list[tuple[int, bytes]]


_decode = msgspec.msgpack.Decoder(Memory).decode


class ToyEngine:
    """Every event is a step, a `PURCHASE` an outcome, an hour without any event an action.

    The definition may ask for trouble: `fail_at`, the count of a contact's events at which to raise, and
    `toil`, how much to do for nothing with each event, so that a run takes its time.
    """

    def __init__(self, documents: Mapping[str, bytes], allocator: Pools) -> None:
        document = msgspec.json.decode(documents[DEFINITION])
        self.version = document.get("version", 1)
        self.fail_at = document.get("fail_at")
        self.toil = document.get("toil", 0)
        self.allocator = allocator

    def process(
        self,
        state: bytes | None,
        inputs: Sequence[bytes],
        *,
        until: int | None,
        wall: int | None = None,
        origins: Sequence[Origin],
        **_: object,
    ) -> Answer:
        memory = Memory() if state is None else _decode(state)
        records: list[tuple[int, bytes]] = []
        for line, origin in zip(inputs, origins, strict=True):
            self._take(memory, line, origin, records)
        if until is not None:
            for contact in sorted(memory.due):
                self._fire(memory, contact, until + 1, records)
        return Answer(
            msgspec.msgpack.encode(memory) if memory.events else None,
            min(memory.due.values(), default=None),
            records,
        )

    def _take(self, memory: Memory, line: bytes, origin: Origin, records: list[tuple[int, bytes]]) -> None:
        try:
            event = read_event(line)
        except UnreadableEvent as error:
            letter = {"reason": error.reason, "bytes": len(line), "at": origin}
            records.append((DEAD, msgspec.json.encode(letter)))
            return
        contact = event.contact
        self._fire(memory, contact, event.ts, records)
        count = memory.events[contact] = memory.events.get(contact, 0) + 1
        if count == self.fail_at:
            raise ValueError(f"contact {contact} has {count} events")
        sum(range(self.toil))
        memory.due[contact] = event.ts + HOUR_MS
        step = {"contact": contact, "ts": event.ts, "n": count, "known": len(memory.events), "id": event.id}
        step |= {"code": self.allocator.code("codes"), "workflow": "toy", "version": self.version}
        step |= {"node": event.type, "outcome": "passed"}
        records.append((STEP, msgspec.json.encode(step)))
        if event.data.get("type") == "PURCHASE":
            outcome = {"contact": contact, "ts": event.ts, "kind": "purchase"}
            records.append((OUTCOME, msgspec.json.encode(outcome)))

    def _fire(self, memory: Memory, contact: str, before: int, records: list[tuple[int, bytes]]) -> None:
        due = memory.due.get(contact)
        if due is not None and due < before:
            action = {"contact": contact, "ts": due, "n": memory.events[contact]}
            records.append((ACTION, msgspec.json.encode(action)))
            del memory.due[contact]
