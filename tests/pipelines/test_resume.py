"""Runs that are killed and go on: nothing is missing then, and nothing there twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from toy_runs import (
    asked,
    complete,
    expected,
    finish,
    latest,
    lines,
    many_events,
    records,
    start,
    wait_for,
    write_events,
)

from pipelines.live.folder import WINDOWS

pytestmark = pytest.mark.flink

EVENTS = many_events(60_000, contacts=2000)
TOIL = {"toil": 2000}
CODES = [f"code-{number}" for number in range(50_000)]


def checkpoints(count: int) -> Callable[[Path], bool]:
    """Whether so many have been completed in an attempt, the older ones among them removed."""

    def reached(out: Path) -> bool:
        found = out.glob(".run/checkpoints/attempt-*/*/chk-*/_metadata")
        return any(int(metadata.parent.name.removeprefix("chk-")) >= count for metadata in found)

    return reached


def reading(out: Path) -> bool:
    return any(out.glob("steps/.part-*")) and not checkpoints(1)(out)


def read_to_the_end(out: Path) -> bool:
    """Flink has taken its last checkpoint, and commits the last files."""
    log = out / ".run" / "flink.log"
    return log.exists() and "RUNNING to FINISHED" in log.read_text().partition("Source: events (1/1)")[2]


def writing_windows(out: Path) -> bool:
    return any((out / ".run" / "windows").rglob("part-*"))


def kill(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def counted(out: Path) -> list[tuple[object, ...]]:
    return duckdb.sql(f"select sum(count), count(*) from '{out}/{WINDOWS}/*/*.parquet'").fetchall()


@pytest.mark.parametrize(
    ("backend", "moments"),
    [
        ("heap", [checkpoints(1), checkpoints(4)]),
        ("rocksdb", [reading, checkpoints(2)]),
        ("heap", [read_to_the_end]),
        ("heap", [writing_windows]),
    ],
    ids=["early and later", "before the first checkpoint", "at the end", "while windows are counted"],
)
def test_goes_on_after_kill_9(tmp_path: Path, backend: str, moments: list[Callable[[Path], bool]]) -> None:
    events = write_events(tmp_path / "events.jsonl", EVENTS)
    out = tmp_path / "out"
    run = asked([events], out, TOIL, checkpoint_ms=150, backend=backend, resume=True, pools={"codes": CODES})
    for moment in moments:
        process = start(run)
        wait_for(process, lambda moment=moment: moment(out))
        kill(process)
    complete(run)
    given = [step["code"] for line in lines(out, "steps") if (step := json.loads(line))["code"]]
    assert sorted(given) == sorted(CODES)
    wanted = expected(EVENTS, until=latest(EVENTS))
    assert records(out) == wanted
    steps = [step for of in wanted["steps"].values() for step in of]
    rows = {(step["ts"] // 60_000, step["node"]) for step in steps}
    assert counted(out) == [(len(steps), len(rows))]
    assert not list(out.rglob("*inprogress*"))
    assert not (out / ".run" / "checkpoints").exists()


def test_goes_on_after_the_java_process_was_killed_with_checkpoints_elsewhere(tmp_path: Path) -> None:
    events = write_events(tmp_path / "events.jsonl", EVENTS)
    out = tmp_path / "out"
    kept = tmp_path / "kept"
    run = asked([events], out, TOIL, checkpoint_ms=150, checkpoints=kept)
    process = start(run)
    wait_for(process, lambda: any(kept.glob("attempt-*/*/chk-*/_metadata")))
    (java,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(java), signal.SIGKILL)
    status, _, messages = finish(process)
    log = out / ".run" / "flink.log"
    assert (status, messages) == (1, f"the Java process has ended before its time; see {log}\n")
    run.resume = True
    complete(run)
    assert records(out) == expected(EVENTS, until=latest(EVENTS))


def test_begins_anew_without_checkpoints_and_does_nothing_when_it_had_finished(tmp_path: Path) -> None:
    few = EVENTS[:1000]
    events = write_events(tmp_path / "events.jsonl", few)
    run = asked([events], tmp_path / "out", resume=True)
    complete(run)
    manifest = tmp_path / "out" / ".run" / "run.json"
    manifest.write_text(manifest.read_text().replace('"finished":true', '"finished":false'))
    assert complete(run) is not None
    assert records(tmp_path / "out") == expected(few, until=latest(few))
    assert complete(run) is None
    assert records(tmp_path / "out") == expected(few, until=latest(few))
