"""`contactflow backtest`: the files of `run`, the records of `simulate`, one sentence for what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from record_files import read_records
from typer.testing import CliRunner

from cli.main import app

DEFINITION = """
kind: workflow
id: greet
name: Greet
nodes:
  start: {on: {event: url_visited}, next: wait}
  wait: {wait: 500d, next: note}
  note: {do: add_note, with: {text: hello}}
"""
SECOND_MS = 1000


def visit(number: int) -> str:
    data = {"url": "https://shop.example/"}
    event = {"id": f"e{number}", "contact": f"c{number}", "type": "url_visited", "data": data}
    return json.dumps(event | {"ts": number * SECOND_MS}) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "greet.yaml").write_text(DEFINITION)
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "b.jsonl").write_text(visit(1) + "nonsense\n")
    (tmp_path / "history" / "a.jsonl").write_text(visit(2))
    (tmp_path / "history" / "notes.txt").write_text("not read")
    return tmp_path


def arguments(files: Path, *more: str, events: str = "history") -> list[str]:
    paths = [str(files / name) for name in ("greet.yaml", events, "out")]
    return ["backtest", paths[0], "--events", paths[1], "--out", paths[2], *more]


def test_nothing_but_the_summary_reaches_the_terminal(files: Path) -> None:
    command = [sys.executable, "-c", "from cli.main import main; main()", *arguments(files, "--workers=2")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    first, *rest = done.stderr.splitlines()
    assert first.startswith("3 events in ") and not rest
    assert first.endswith(" s: 0 actions, 4 steps, 0 outcomes, 1 dead letters")
    records = read_records(files / "out")
    assert set(records["steps"]) == {"c1", "c2"}
    assert list(records["dead_letters"]) == [f"{files}/history/b.jsonl:2"]


def test_until_end_says_who_still_waits(files: Path) -> None:
    result = CliRunner().invoke(app, arguments(files, "--until", "end"))
    assert result.exit_code == 0
    assert "stopped 400 days after the last event; 2 contacts still wait" in result.stderr


def test_until_fires_the_timers_up_to_and_with_then(files: Path) -> None:
    due = 500 * 86_400 * SECOND_MS + SECOND_MS
    result = CliRunner().invoke(app, arguments(files, "--until", str(due)))
    assert result.exit_code == 0
    assert {name: len(of) for name, of in read_records(files / "out")["actions"].items()} == {"c1": 1}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--runner", "Sprinter"], "--runner Sprinter: "),
        (["--strange=1"], "has the option --strange"),
        (["--strange", "1"], "--strange 1: if it is an option of Beam's, write --strange=1"),
        (["--direct_num_workers=two"], "invalid int value: 'two'"),
        (["--until", "soon"], "--until soon: "),
    ],
)
def test_refuses_in_one_sentence(files: Path, more: list[str], why: str) -> None:
    result = CliRunner().invoke(app, arguments(files, *more))
    assert result.exit_code == 2
    assert why in result.stderr and result.stderr.count("\n") == 1
    assert result.stderr.startswith("contactflow: ")
    assert not (files / "out").exists()


def test_refuses_a_folder_that_is_used_and_events_that_are_not_there(files: Path) -> None:
    result = CliRunner().invoke(app, arguments(files, events="future"))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    (files / "future").mkdir()
    result = CliRunner().invoke(app, arguments(files, events="future"))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1) and "no .jsonl files" in result.stderr
    (files / "out").mkdir()
    (files / "out" / "letter.txt").write_text("mine")
    result = CliRunner().invoke(app, arguments(files))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1) and "is not empty" in result.stderr
    assert [path.name for path in (files / "out").iterdir()] == ["letter.txt"]


def test_the_command_starts_without_beam() -> None:
    code = "import sys, cli.backtest; sys.exit(any(name.startswith('apache_beam') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
