"""Journals: definitions, events, and every record that they gave when the journal was written.

A folder of each: `definitions.yaml`, `events.jsonl`, and `records.jsonl` by contact, in order, without nulls.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from cli.definitions import packed
from schemas.documents import read_documents
from schemas.records import OUTPUTS
from transforms.engine import Engine
from transforms.simulation import END_AFTER_MS, Simulation

FOLDER = Path(__file__).parent
NAMES = ("everything", "online-retail", "clickstream")

Records = dict[str, list[dict[str, Any]]]
"""Contact (empty for dead letters that have none) to its records in order, `of` saying of which output."""

MOST_SHOWN = 20


def replay(definitions: str, events: Iterable[bytes]) -> Records:
    """What the engine makes of a history today, until nothing waits any more."""
    simulation = Simulation(Engine(packed(read_documents(definitions, "definitions.yaml"))))
    records = [record for line in events for record in simulation.take(line)]
    assert simulation.latest is not None
    for woken in simulation.wake(simulation.latest + END_AFTER_MS):
        records += woken
    records += [(OUTPUTS.index("cards"), card) for card in simulation.cards()]
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for output, record in records:
        fields = msgspec.to_builtins(record)
        kept = {name: value for name, value in fields.items() if value is not None}
        found[fields.get("contact", "")].append({"of": OUTPUTS[output], **kept})
    return dict(sorted(found.items()))


def read_events(name: str) -> list[bytes]:
    """The history of a journal."""
    return (FOLDER / name / "events.jsonl").read_bytes().splitlines()


def read_definitions(name: str) -> str:
    """The definitions of a journal."""
    return (FOLDER / name / "definitions.yaml").read_text(encoding="utf-8")


def read_records(name: str) -> Records:
    """The records of a journal as they were written."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (FOLDER / name / "records.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        found[record.get("contact", "")].append(record)
    return dict(found)


def read_state() -> bytes:
    """The state of a contact that waits in every way there is, as an engine of some time gave it."""
    return (FOLDER / "state" / "state.msgpack").read_bytes()


def write_state() -> None:
    """Writes that state as the engine gives it today."""
    engine = Engine(packed(read_documents(read_definitions("state"), "definitions.yaml")))
    state = engine.process(None, read_events("state"), until=None).state
    assert state is not None
    (FOLDER / "state" / "state.msgpack").write_bytes(state)


def write_records(name: str, records: Records) -> None:
    """Writes the records of a journal."""
    lines = [json.dumps(record, ensure_ascii=False) for own in records.values() for record in own]
    (FOLDER / name / "records.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def differences(written: Records, found: Records) -> list[str]:
    """Which contact, which record and which field is not what it was; no more than a screen of them."""
    every = list(_differences(written, found))
    left = len(every) - MOST_SHOWN
    return every[:MOST_SHOWN] + ([f"… and {left} more"] if left > 0 else [])


def _differences(written: Records, found: Records) -> Iterator[str]:
    for contact in sorted(written.keys() | found.keys()):
        pairs = zip_longest(written.get(contact, []), found.get(contact, []))
        for place, (old, new) in enumerate(pairs, 1):
            where = f"contact {contact}, record {place}"
            if old is None or new is None:
                yield f"{where}: {'new' if old is None else 'gone'}: {_brief(old or new)}"
                break
            fields = [name for name in {**old, **new} if old.get(name) != new.get(name)]
            for name in fields:
                was, now = json.dumps(old.get(name)), json.dumps(new.get(name))
                yield f"{where} ({_brief(old)}): {name} was {was}, is {now}"
            if {"of", "outcome", "action", "node"} & set(fields):
                break  # the records are out of step from here on


def _brief(record: dict[str, Any]) -> str:
    shown = ("of", "ts", "workflow", "node", "outcome", "action", "status", "kind", "reason")
    return " ".join(str(record[name]) for name in shown if name in record)
