"""What runs over files leave behind, and what the same events give in this process."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from pipelines.live.folder import LINES
from schemas.records import OUTPUTS
from transforms.allocation import Pools
from transforms.engine import Engine
from transforms.letters import Origin
from transforms.simulation import END_AFTER_MS, Simulation
from transforms.step import Record

Records = dict[str, dict[str, list[dict[str, Any]]]]
"""Kind of record → contact → records in order."""


def read_records(out: Path) -> Records:
    """What a run has written, its files read in the order of their names."""
    return {
        kind: by_contact(
            json.loads(line) for file in sorted((out / kind).glob("*.jsonl")) for line in file.open()
        )
        for kind in LINES
    }


def by_contact(records: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Records of each contact; those of none by where they come from."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        found[record.get("contact") or f"{record['source']}:{record['offset']}"].append(record)
    return dict(found)


def simulated(
    definitions: Mapping[str, bytes],
    events: Iterable[Path],
    until: int | str | None = None,
    pools: Pools | None = None,
) -> Records:
    """What `simulate` makes of the events of some files."""
    simulation = Simulation(Engine(definitions, pools or Pools({}, {})))
    records: list[Record] = []
    for path in events:
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            if text := line.rstrip(b"\r"):
                records += simulation.take(text, Origin(str(path), None, number))
    assert simulation.latest is not None
    last = simulation.latest if until is None else until
    last = simulation.latest + END_AFTER_MS if last == "end" else last
    assert isinstance(last, int)
    for more in simulation.wake(last):
        records += more
    return {
        kind: by_contact(msgspec.to_builtins(record) for output, record in records if OUTPUTS[output] == kind)
        for kind in LINES
    }
