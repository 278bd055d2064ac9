"""The example run: what it starts, in which order, and what it does to an earlier run."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
STEP = (
    b'{"contact": "c-1", "workflow": "vip", "outcome": "started", "ts": 1323300000000, "to": ["crossed"]}\n'
)


class Commands:
    """Stands in for the commands: notes them, and writes what they would write."""

    def __init__(self) -> None:
        self.started: list[list[str]] = []
        self.failing = ""
        self.found: list[str] = []

    def run(self, command: list[str], **_: object) -> SimpleNamespace:
        self.started.append([Path(command[0]).name, *command[1:]])
        if "--out" in command:
            out = Path(command[command.index("--out") + 1])
            self.found = sorted(str(path) for path in out.rglob("*"))
            (out / "steps").mkdir(parents=True, exist_ok=True)
            (out / "steps" / "part.jsonl").write_bytes(STEP)
        else:
            events = Path(command[command.index("-o") + 1])
            events.parent.mkdir(parents=True, exist_ok=True)
            events.write_bytes(b"{}\n{}\n")
        failed = self.failing and self.failing in " ".join(command)
        return SimpleNamespace(returncode=3 if failed else 0)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    """A folder like the repository's, where nothing is really started."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    commands = Commands()
    monkeypatch.setattr(subprocess, "run", commands.run)
    return commands


@pytest.fixture(scope="module")
def example_run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_run", ROOT / "examples" / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_converts_runs_and_shows_the_summary(
    commands: Commands, example_run: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example_run.run_example("online-retail", 1) == 0
    convert, run = commands.started
    assert convert[1:] == ["examples/online-retail/convert.py", "-o", "out/online-retail/events.jsonl"]
    assert run == [
        *("contactflow", "run", "examples/online-retail/workflows"),
        *("--events", "out/online-retail/events.jsonl", "--out", "out/online-retail/run"),
    ]
    shown = capsys.readouterr().out
    assert shown.startswith("2 events, 1 contacts, 1 runs, 0 actions, 0 dead letters")
    assert "vip: 1 runs: 1 live" in shown.splitlines()
    assert "win-back: 0 runs" in shown.splitlines()


def test_an_earlier_run_is_gone_before_the_next_begins(commands: Commands, example_run: ModuleType) -> None:
    old = Path("out/online-retail/run/actions/old.jsonl")
    old.parent.mkdir(parents=True)
    old.write_text("{}\n")
    assert example_run.run_example("online-retail", 1) == 0
    assert commands.found == []
    assert not old.exists()


def test_the_clickstream_is_repeated_and_run_to_the_end(commands: Commands, example_run: ModuleType) -> None:
    assert example_run.run_example("clickstream", 5) == 0
    convert, run = commands.started
    assert convert[-2:] == ["--repeat", "5"]
    assert run[-2:] == ["--until", "end"]


@pytest.mark.parametrize(("failing", "started"), [("convert.py", 1), ("contactflow", 2)])
def test_a_failure_ends_it_with_the_status_of_what_failed(
    commands: Commands,
    example_run: ModuleType,
    failing: str,
    started: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    commands.failing = failing
    assert example_run.run_example("online-retail", 1) == 3
    assert len(commands.started) == started
    assert capsys.readouterr().out == ""
