"""An engine with little to decide, to test what carries it: it counts events and wakes up an hour later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from schemas.events import UnreadableEvent, read_event
from transforms.allocation import Pools
from transforms.letters import Origin

HOUR_MS = 3_600_000
ACTION, STEP, OUTCOME, DEAD = range(4)


class Memory(msgspec.Struct, array_like=True):
    events: int = 0
    due: int | None = None


class Answer(msgspec.Struct):
    state: bytes | None
    due: int | None
    records: list[tuple[int, bytes]]


_decode = msgspec.msgpack.Decoder(Memory).decode


class ToyEngine:
    """`purchase` events become outcomes, every event a step, an hour without any an action."""

    def __init__(self, documents: Mapping[str, bytes], allocator: Pools) -> None:
        document = msgspec.json.decode(documents["workflow/toy@1"])
        self.version = document["version"]
        self.fail_at = document.get("fail_at")
        self.allocator = allocator

    def process(
        self,
        state: bytes | None,
        inputs: Sequence[bytes],
        *,
        until: int | None,
        wall: int | None = None,
        origins: Sequence[Origin],
    ) -> Answer:
        memory = Memory() if state is None else _decode(state)
        records: list[tuple[int, bytes]] = []
        for line, origin in zip(inputs, origins, strict=True):
            try:
                event = read_event(line)
            except UnreadableEvent as error:
                letter = {"reason": error.reason, "raw": line.decode(errors="replace")[:80], "at": origin}
                records.append((DEAD, msgspec.json.encode(letter)))
                continue
            self._fire(memory, records, event.contact, before=event.ts)
            memory.events += 1
            if memory.events == self.fail_at:
                raise ValueError(f"contact {event.contact} has {memory.events} events")
            memory.due = event.ts + HOUR_MS
            step = {"contact": event.contact, "ts": event.ts, "n": memory.events, "id": event.id}
            step |= {"code": self.allocator.code("codes")}
            step |= {"workflow": "toy", "version": self.version, "node": event.type, "outcome": "passed"}
            records.append((STEP, msgspec.json.encode(step)))
            if event.type == "external_event":
                outcome = {"contact": event.contact, "ts": event.ts, "kind": "purchase"}
                records.append((OUTCOME, msgspec.json.encode(outcome)))
        if until is not None:
            self._fire(memory, records, "", before=until + 1)
        return Answer(msgspec.msgpack.encode(memory), memory.due, records)

    def _fire(self, memory: Memory, records: list[tuple[int, bytes]], contact: str, before: int) -> None:
        if memory.due is not None and memory.due < before:
            action = {"contact": contact, "ts": memory.due, "n": memory.events}
            records.append((ACTION, msgspec.json.encode(action)))
            memory.due = None
