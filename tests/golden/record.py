"""Writes the journals anew after a deliberate change of what the engine does.

    python -m tests.golden.record                 # the records: same definitions, same events
    python -m tests.golden.record --sample        # also draws definitions and events from the examples again
    python -m tests.golden.record --state         # also the state of a contact that waits (see README.md)

Read the difference in Git before it is committed: every line of it is a change that users will see.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import orjson

from .journals import (
    FOLDER,
    NAMES,
    Records,
    read_definitions,
    read_events,
    replay,
    write_records,
    write_state,
)

EXAMPLES = FOLDER.parents[1] / "examples"
CONTACTS = 24
MOST_BYTES = 8_000
"""Contacts with longer histories are not drawn: nobody reads them."""


def main() -> None:
    """Writes what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.golden.record", description="Writes the journals anew."
    )
    parser.add_argument("--sample", action="store_true", help="draw from the examples again")
    parser.add_argument("--state", action="store_true", help="write the state of a contact that waits")
    asked = parser.parse_args()
    if asked.state:
        write_state()
    if asked.sample:
        for example in NAMES[1:]:
            sample(example)
    for name in NAMES:
        records = replay(read_definitions(name), read_events(name))
        write_records(name, records)
        print(f"{name}: {sum(map(len, records.values()))} records of {len(records)} contacts")


def sample(example: str) -> None:
    """Copies an example's definitions, and the events of contacts that together go every way there is."""
    files = sorted((EXAMPLES / example / "workflows").glob("*.yaml"))
    definitions = "---\n".join(file.read_text(encoding="utf-8") for file in files)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        _converter(example).convert(path)
        lines = path.read_bytes().splitlines()
    lengths: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        lengths[orjson.loads(line)["contact"]] += len(line)
    short = {contact for contact, length in lengths.items() if length <= MOST_BYTES}
    drawn = set(_drawn({c: r for c, r in replay(definitions, lines).items() if c in short}))
    target = FOLDER / example
    target.mkdir(exist_ok=True)
    (target / "definitions.yaml").write_text(definitions, encoding="utf-8")
    kept = [line for line in lines if orjson.loads(line)["contact"] in drawn]
    (target / "events.jsonl").write_bytes(b"\n".join(kept) + b"\n")


def _converter(example: str) -> ModuleType:
    """The module `examples/<example>/convert.py`; its folder is no package."""
    spec = importlib.util.spec_from_file_location(f"convert {example}", EXAMPLES / example / "convert.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _drawn(records: Records) -> list[str]:
    """Contacts, each of which shows the most that those before it have not shown."""
    told = ("of", "workflow", "node", "outcome", "status", "reason")
    shows = {contact: {tuple(r.get(f) for f in told) for r in own} for contact, own in records.items()}
    drawn: list[str] = []
    seen: set[tuple[object, ...]] = set()
    while len(drawn) < CONTACTS:
        best = max(sorted(shows.keys() - set(drawn)), key=lambda contact: len(shows[contact] - seen))
        drawn.append(best)
        seen |= shows[best]
    return drawn


if __name__ == "__main__":
    main()
