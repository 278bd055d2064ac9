"""All scenarios as one run over a file: what goes in, and what came out for each."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
from model import scenarios
from scenario_engine import Setting
from scenario_files import ALL, documents_of

from cli.definitions import packed
from pipelines.live.folder import LINES
from schemas.events import MERGING, ContactEvent, UnreadableEvent, read_event
from transforms.simulation import END_AFTER_MS

ENGINE = "scenario_engine:ScenarioEngine"
CASES = [case for _, case in ALL if "expect" in case]


class Batch:
    """Definitions, events, pools and horizon of a run that holds every scenario."""

    def __init__(self, folder: Path) -> None:
        self.definitions: dict[str, bytes] = {}
        self.pools: dict[str, list[str]] = {}
        self.groups: dict[str, list[str]] = {}
        self.until = 0
        self.events = folder / "events.jsonl"
        with self.events.open("wb") as events:
            for number, case in enumerate(CASES):
                events.writelines(self._lines(number, case))

    def _lines(self, number: int, case: scenarios.Case) -> list[bytes]:
        texts = [line.encode() if isinstance(line, str) else line for line in scenarios.lines(case)]
        horizon = _horizon(case, texts)
        self.until = max(self.until, horizon or 0)
        self.definitions[f"scenario/{number}@1"] = msgspec.json.encode(
            Setting(packed(documents_of(case)), horizon)
        )
        for kind, given in (("pools", self.pools), ("groups", self.groups)):
            given |= {f"{number}/{name}": of for name, of in case.get("pools", {}).get(kind, {}).items()}
        return [_wrapped(number, place, text) for place, text in enumerate(texts)]


def _horizon(case: scenarios.Case, texts: list[bytes]) -> int | None:
    """Until when the timers of a scenario fire."""
    times = [event.ts for event in map(_read, texts) if event is not None]
    if not times:
        return None
    until = scenarios.until(case)
    if isinstance(until, int):
        return until
    return max(times) + (END_AFTER_MS if until == "end" else 0)


def _read(text: bytes) -> ContactEvent | None:
    try:
        return read_event(text)
    except UnreadableEvent:
        return None


def _wrapped(number: int, place: int, text: bytes) -> bytes:
    """An event of the contact `scenario/contact` that holds the line, and joins contacts where that does."""
    event = _read(text)
    contact, kind, data = "?", "note_added", {"text": text.decode()}
    if event is not None:
        contact = event.contact
        if event.type in MERGING:
            kind, field = event.type, MERGING[event.type]
            data[field] = f"{number}/{event.data[field]}"
    body = {"id": f"{number}-{place}", "contact": f"{number}/{contact}", "type": kind, "ts": 0, "data": data}
    return json.dumps(body).encode() + b"\n"


class Results:
    """What a run has written, by scenario."""

    def __init__(self, out: Path) -> None:
        self._records: dict[str, dict[int, scenarios.Records]] = {kind: {} for kind in LINES}
        for kind, found in self._records.items():
            for file in sorted((out / kind).glob("*.jsonl")):
                for line in file.open():
                    record = json.loads(line)
                    found.setdefault(record["scenario"], []).append(record)

    def difference(self, case: scenarios.Case, *, in_order: bool) -> str | None:
        """The first difference between what a scenario expects and what there is.

        Args:
            in_order: whether codes and users were drawn in the order of the input; if they were not, each
                must still have been drawn as often.
        """
        number = CASES.index(case)
        actions = self._records["actions"].get(number, [])
        dead = [letter["reason"] for letter in self._records["dead_letters"].get(number, [])]
        if in_order or not _draws(case):
            return scenarios.difference(case, actions, dead)
        wanted, found = _drawn(case, case["expect"]), _drawn(case, actions)
        assert wanted.total() > 0
        return None if found == wanted else f"drawn {dict(found)}, expected {dict(wanted)}"


def _draws(case: scenarios.Case) -> bool:
    """Whether several contacts draw codes or users from the same."""
    contacts = {event.get("contact", "c") for event in case["events"] if isinstance(event, dict)}
    return len(contacts) > 1 and bool(_stock(case))


def _stock(case: scenarios.Case) -> set[str]:
    """All codes and users that a scenario may draw."""
    pools = case.get("pools", {})
    given = [*pools.get("pools", {}).values(), *pools.get("groups", {}).values()]
    for workflow in case["workflows"]:
        for node in workflow.get("nodes", {}).values():
            if node.get("do") == "draw_owner":
                given.append(node["with"].get("users", []))
    return {name for names in given for name in names}


def _drawn(case: scenarios.Case, records: list[dict[str, Any]]) -> Counter[str]:
    """How often each code and user stands in the texts of records."""
    texts = (str(record.get("params", {}).get("text", "")) for record in records)
    return Counter(word for text in texts for word in re.findall(r"\w+", text) if word in _stock(case))
