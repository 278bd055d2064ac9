"""What the tests of the Flink job share: events, a run in a process of its own, what it wrote and should."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from toy_engine import DEFINITION, ToyEngine

from pipelines.live.files_run import FilesRun
from pipelines.live.folder import LINES
from pipelines.live.pools import KeptPools
from transforms.letters import NOWHERE

HERE = Path(__file__).parent
START_MS = 1_700_000_000_000
PATIENCE_SECONDS = 300

Records = dict[str, dict[str, list[dict[str, Any]]]]
"""Kind of record → contact → records in order."""


def event(number: int, contact: str, ts: int, kind: str = "url_visited", /, **data: object) -> bytes:
    data = data or {"url": f"https://shop.example/{number}"}
    body = {"id": f"e-{number}", "contact": contact, "type": kind, "ts": ts, "data": data}
    return json.dumps(body).encode()


def many_events(count: int, contacts: int) -> list[bytes]:
    """Events of contacts by chance, some of them purchases, some late; now and then a line that is none."""
    chance = Random(count)
    lines = []
    ts = START_MS
    for number in range(count):
        ts += chance.randrange(60_000)
        contact = f"c-{chance.randrange(contacts)}"
        if number % 997 == 5:
            lines.append(b'{"id": "e-%d", "contact"' % number)
        elif number % 5 == 0:
            lines.append(event(number, contact, ts, "external_event", type="PURCHASE", value=1.5))
        else:
            lines.append(event(number, contact, ts - chance.choice((0, 0, 0, 7_200_000))))
    return lines


def latest(events: list[bytes]) -> int:
    """The largest time of those that `event` has made."""
    return max(int(line.split(b'"ts": ')[1].split(b",")[0]) for line in events if b'"ts": ' in line)


def write_events(path: Path, lines: Iterable[bytes]) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def asked(
    events: list[Path], out: Path, definition: dict[str, object] | None = None, **options: Any
) -> FilesRun:
    """A run with the toy engine."""
    return FilesRun(
        definitions={DEFINITION: json.dumps(definition or {}).encode()},
        events=events,
        out=out,
        engine="toy_engine:ToyEngine",
        python_path=[HERE],
        **options,
    )


def start(run: FilesRun) -> subprocess.Popen[str]:
    """Starts a run in a process of its own."""
    request = run.out.with_suffix(".request")
    request.write_bytes(msgspec.json.encode(run, enc_hook=str))
    command = [sys.executable, str(HERE / "toy_run.py"), str(request)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Status, output and messages of a run."""
    output, messages = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, output, messages


def complete(run: FilesRun) -> dict[str, Any] | None:
    """Runs to the end, which must be a good one; gives the progress."""
    status, output, messages = finish(start(run))
    assert status == 0 and not messages, f"status {status}: {messages}"
    return json.loads(output)


def wait_for(process: subprocess.Popen[str], happened: Callable[[], bool]) -> None:
    """Waits until something has happened while a process runs."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert process.poll() is None, "the run has ended: " + (process.communicate()[1] or "well")
        assert time.monotonic() < deadline
        time.sleep(0.002)


def records(out: Path) -> Records:
    """What a run has written, its files read in the order of their names."""
    found: Records = {}
    for kind in LINES:
        found[kind] = by_contact(map(json.loads, lines(out, kind)))
    return found


def lines(out: Path, kind: str) -> list[str]:
    """The records of one kind as they were written."""
    return [line for file in sorted((out / kind).glob("*.jsonl")) for line in file.open()]


def expected(lines: list[bytes], until: int, definition: dict[str, object] | None = None) -> Records:
    """What the toy engine makes of events, one contact after the other, without Flink."""
    engine = ToyEngine({DEFINITION: json.dumps(definition or {}).encode()}, KeptPools({}, {}))
    inputs: dict[str, list[bytes]] = defaultdict(list)
    for line in lines:
        try:
            inputs[json.loads(line)["contact"]].append(line)
        except (ValueError, KeyError):
            inputs[""].append(line)
    found: list[list[dict[str, Any]]] = [[] for _ in LINES]
    for mine in inputs.values():
        answer = engine.process(None, mine, until=until, origins=[NOWHERE] * len(mine))
        for output, record in answer.records:
            found[output].append(json.loads(record))
    return {kind: by_contact(found[number]) for number, kind in enumerate(LINES)}


def by_contact(found: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    sorted_out: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in found:
        record.pop("at", None)
        record.pop("code", None)
        sorted_out[record.get("contact", "")].append(record)
    return dict(sorted_out)
