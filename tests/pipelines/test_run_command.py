"""`contactflow run` as its users meet it."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from toy_runs import PATIENCE_SECONDS, START_MS, by_contact, event, lines, many_events, wait_for, write_events

COMMAND = [sys.executable, "-c", "from cli.main import main; main()"]

WORKFLOW = """
kind: workflow
id: welcome
name: Welcome
entry: {policy: parallel}
nodes:
  seen: {on: {event: external_event, with: {type: PURCHASE}}, next: later}
  later: {wait: 1h, next: note}
  note: {do: add_note, with: {text: Thanks}}
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    path = tmp_path / "workflow.yaml"
    path.write_text(WORKFLOW)
    return path


@pytest.mark.flink
def test_writes_the_records_of_simulate_and_a_summary(tmp_path: Path, definitions: Path) -> None:
    events = write_events(tmp_path / "events.jsonl", many_events(500, contacts=20))
    ran = run(definitions, "--events", events, "--out", tmp_path / "out", "--until", "end")
    assert ran.returncode == 0, ran.stderr
    assert re.fullmatch(r"500 events in [\d.]+ s, [\d,]+ a second\n", ran.stderr)
    assert ran.stdout.startswith("500 events, 20 contacts, ")
    simulated = subprocess.run(
        [*COMMAND, "simulate", definitions, "--events", events, "--until", "end"],
        capture_output=True,
        check=True,
    )
    wanted = [json.loads(line) for line in simulated.stdout.splitlines()]
    assert wanted
    assert by_contact(map(json.loads, lines(tmp_path / "out", "actions"))) == by_contact(wanted)


@pytest.mark.flink
def test_shows_its_progress_on_a_terminal_and_stops_at_ctrl_c(tmp_path: Path, definitions: Path) -> None:
    events = write_events(tmp_path / "events.jsonl", many_events(200_000, contacts=2000))
    out = tmp_path / "out"
    terminal, end = pty.openpty()
    command = [*COMMAND, "run", definitions, "--events", events, "--out", out]
    with subprocess.Popen(command, stderr=end, stdout=subprocess.PIPE, text=True) as process:
        os.close(end)
        shown = b""

        def counts() -> bool:
            nonlocal shown
            shown += os.read(terminal, 10_000)
            return re.search(rb"[1-9][\d,]* of 200,000 events", shown) is not None

        wait_for(process, counts)
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_SECONDS)
    try:
        while more := os.read(terminal, 10_000):
            shown += more
    except OSError:  # the other end is closed: all has been read
        pass
    os.close(terminal)
    assert process.returncode == 130
    assert b"interrupted; --resume goes on" in shown
    assert b"Traceback" not in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "run needs PATH…"),
        (["DEFINITIONS", "--events", "EVENTS"], "run needs PATH…"),
        (["none", "--events", "EVENTS", "--out", "OUT"], "none: there is no such file"),
        (["DEFINITIONS", "--events", "none", "--out", "OUT"], "none: No such file"),
        (["DEFINITIONS", "--events", "EVENTS", "--out", "OUT", "--until", "soon"], "--until"),
        (["DEFINITIONS", "--events", "EVENTS", "--out", "OUT", "-D", "no-value"], "-D takes KEY=VALUE"),
        (
            ["DEFINITIONS", "--events", "EVENTS", "--out", "OUT", "--cluster", "here"],
            "--cluster takes HOST:PORT",
        ),
        (["DEFINITIONS", "--events", "EVENTS", "--out", "EVENTS"], "is a file; --out takes a folder"),
        (["DEFINITIONS", "--events", "EVENTS", "--out", "FOLDER"], "is not empty"),
    ],
)
def test_says_in_one_line_what_is_wrong(
    tmp_path: Path, definitions: Path, arguments: list[str], message: str
) -> None:
    events = write_events(tmp_path / "events.jsonl", [event(1, "jo", START_MS)])
    names = {"DEFINITIONS": definitions, "EVENTS": events, "OUT": tmp_path / "out", "FOLDER": tmp_path}
    ran = run(*(names.get(argument, argument) for argument in arguments))
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert ran.stderr.startswith("contactflow: ")
    assert message in ran.stderr
    assert not (tmp_path / "out").exists()
