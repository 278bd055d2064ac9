"""The Flink job over event files, from its start to the files that it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from toy_runs import (
    START_MS,
    asked,
    complete,
    event,
    expected,
    finish,
    latest,
    lines,
    many_events,
    records,
    start,
    write_events,
)

from pipelines.live.folder import LINES, WINDOWS

pytestmark = pytest.mark.flink

HOUR_MS = 3_600_000


@pytest.mark.parametrize("options", [{}, {"parallelism": 2, "backend": "rocksdb"}], ids=["heap", "rocksdb"])
def test_writes_what_the_engine_decides_contact_by_contact(
    tmp_path: Path, options: dict[str, object]
) -> None:
    given = many_events(5000, contacts=300)
    events = write_events(tmp_path / "events.jsonl", given)
    out = tmp_path / "out"
    progress = complete(asked([events], out, **options))
    wanted = expected(given, until=latest(given))
    assert all(wanted.values())
    assert records(out) == wanted
    counted = {kind: sum(map(len, of.values())) for kind, of in wanted.items()}
    assert progress is not None and progress["counts"] == counted | {"events": len(given), "cards": 0}
    # Nothing lies there but finished files.
    assert {path.name for path in out.iterdir()} == {*LINES, "analytics", ".run"}
    assert {path.suffix for kind in LINES for path in (out / kind).iterdir()} == {".jsonl"}
    assert {path.suffix for path in (out / WINDOWS).glob("*/*")} == {".parquet"}
    assert {path.name for path in (out / ".run").iterdir()} == {"flink.log", "lock", "run.json"}


def test_counts_steps_by_minute_in_parquet(tmp_path: Path) -> None:
    day_later = START_MS + 86_400_000
    given = [
        event(1, "jo", START_MS),
        event(2, "jo", START_MS + 1),
        event(3, "al", START_MS + 39_999),
        event(4, "al", START_MS + 40_000),
        event(5, "al", day_later, "note_added", text="x"),
    ]
    events = write_events(tmp_path / "events.jsonl", given)
    complete(asked([events], tmp_path / "out"))
    query = f"""
        select dt::varchar, epoch_ms(window_start), epoch_ms(window_end),
            revision, workflow, version, node, outcome, variant, count, contacts
        from read_parquet('{tmp_path}/out/{WINDOWS}/*/*.parquet', hive_partitioning = true)
        order by window_start
    """
    minute = START_MS - START_MS % 60_000
    last = day_later - day_later % 60_000
    same = (1, "toy", 1, "url_visited", "passed", None)
    assert duckdb.sql(query).fetchall() == [
        ("2023-11-14", minute, minute + 60_000, *same, 3, 2),
        ("2023-11-14", minute + 60_000, minute + 120_000, *same, 1, 1),
        ("2023-11-15", last, last + 60_000, 1, "toy", 1, "note_added", "passed", None, 1, 1),
    ]


def test_reads_files_in_the_order_given_and_keys_merged_contacts_together(tmp_path: Path) -> None:
    first = write_events(tmp_path / "z.jsonl", [event(1, "jo", START_MS), event(2, "al", START_MS + 1)])
    merge = event(3, "jo", START_MS + 2, "contact_merged", **{"from": "al"})
    too_long = event(5, "jo", START_MS, title="y" * 5_000_000)
    second = write_events(tmp_path / "a.jsonl", [merge, b"nonsense", too_long, event(4, "al", START_MS + 3)])
    complete(asked([first, second], tmp_path / "out"))
    steps = records(tmp_path / "out")["steps"]
    assert [(step["id"], step["known"]) for step in steps["jo"]] == [("e-1", 1), ("e-3", 2)]
    assert [(step["id"], step["known"]) for step in steps["al"]] == [("e-2", 2), ("e-4", 2)]
    letters = [json.loads(line) for line in lines(tmp_path / "out", "dead_letters")]
    assert sorted(letters, key=lambda letter: letter["at"]) == [
        {"reason": "malformed", "bytes": 8, "at": [str(second), None, 2]},
        {"reason": "too_large", "bytes": 4 * 1024 * 1024, "at": [str(second), None, 3]},
    ]


def test_fires_timers_until_the_horizon(tmp_path: Path) -> None:
    given = [event(1, "jo", START_MS), event(2, "al", START_MS + 1)]
    events = write_events(tmp_path / "events.jsonl", given)
    complete(asked([events], tmp_path / "out", until=START_MS + HOUR_MS))
    assert records(tmp_path / "out")["actions"] == {
        "jo": [{"contact": "jo", "ts": START_MS + HOUR_MS, "n": 1}]
    }


def test_ends_well_without_any_event(tmp_path: Path) -> None:
    events = write_events(tmp_path / "events.jsonl", [])
    complete(asked([events], tmp_path / "out"))
    assert records(tmp_path / "out") == {kind: {} for kind in LINES}


def test_says_in_one_sentence_why_a_job_failed(tmp_path: Path) -> None:
    events = write_events(tmp_path / "events.jsonl", many_events(500, contacts=3))
    run = asked([events], tmp_path / "out", {"fail_at": 100})
    status, output, messages = finish(start(run))
    log = tmp_path / "out" / ".run" / "flink.log"
    assert (status, output, messages.count("\n")) == (1, "", 1)
    assert "ValueError" in messages and "has 100 events" in messages and str(log) in messages
    assert "has 100 events" in log.read_text()


def test_needs_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    events = write_events(tmp_path / "events.jsonl", [])
    status, _, messages = finish(start(asked([events], tmp_path / "out")))
    assert (status, messages) == (2, "Flink needs Java 17 or newer, and there is no `java` on the PATH\n")
    assert not (tmp_path / "out").exists()
