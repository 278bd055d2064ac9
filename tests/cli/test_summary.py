"""The summary after a run, on small output directories made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.summary import summary

DEFINITIONS = {"win-back": ["silent", "worth", "mail", "opened", "text", "done"]}


def write_records(directory: Path, kind: str, *records: dict[str, Any]) -> None:
    """Records of one kind, in a subfolder, as a sink with buckets writes them."""
    folder = directory / kind / "2011-12-08"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part-0.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


def step(node: str | None, outcome: str, *to: str, contact: str = "c-1", **more: Any) -> dict[str, Any]:
    about = {"workflow": "win-back", "version": 1, "run": f"run-{contact}", "variant": None, "reason": None}
    return {
        **about,
        "contact": contact,
        "node": node,
        "outcome": outcome,
        "to": list(to),
        "ts": 1323300000000,
        **more,
    }


def action(kind: str, status: str, reason: str | None = None, contact: str = "c-1") -> dict[str, Any]:
    about = {"workflow": "win-back", "version": 1, "node": "mail", "ts": 1323300000000, "params": {}}
    return about | {"action": kind, "status": status, "reason": reason, "contact": contact}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Two contacts: one mail waits to be opened, one was suppressed; each start was dropped once."""
    write_records(
        tmp_path,
        "steps",
        step(None, "started", "silent"),
        step("worth", "passed", "mail"),
        step("mail", "done", "opened"),
        step("opened", "parked"),
        step("silent", "dropped", reason="already_running"),
        step(None, "started", "silent", contact="c-2"),
        step("worth", "passed", "mail", contact="c-2"),
        step("mail", "suppressed", "text", contact="c-2", reason="not_opted_in"),
        step("text", "done", "done", contact="c-2"),
        step(None, "goal", contact="c-2"),
        step("silent", "dropped", contact="c-2", reason="already_running"),
    )
    write_records(
        tmp_path,
        "actions",
        action("send_email", "requested"),
        action("send_email", "suppressed", "not_opted_in", contact="c-2"),
        action("send_sms", "requested", contact="c-2"),
    )
    return tmp_path


def words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line]


def test_headline_counts_everything(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary(run, DEFINITIONS, events=7)
    headline = capsys.readouterr().out.splitlines()[0]
    assert headline == ("7 events, 2 contacts, 2 runs, 3 actions, 0 dead letters (2011-12-07 to 2011-12-07)")


def test_actions_by_workflow_kind_and_status_with_reasons(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary(run, DEFINITIONS)
    shown = words(capsys.readouterr().out)
    assert ["win-back", "send_email", "requested", "1", "1"] in shown
    assert ["win-back", "send_email", "suppressed", "not_opted_in", "1", "1"] in shown
    assert ["win-back", "send_sms", "requested", "1", "1"] in shown


def test_funnel_in_the_order_of_the_definition(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary(run, DEFINITIONS)
    shown = words(capsys.readouterr().out)
    start = shown.index(["node", "came", "went", "on", "else", "stayed", "or", "ended"])
    assert shown[start + 1 : start + 7] == [
        ["silent", "2", "2"],
        ["worth", "2", "2"],  # no record names it in `to`, but two tokens left it
        ["mail", "2", "1", "1"],
        ["opened", "1", "1"],
        ["text", "1", "1"],
        ["done", "1", "1"],
    ]


def test_runs_by_how_they_ended_and_dropped_starts(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary(run, DEFINITIONS)
    title = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("win-back:"))
    assert title == ("win-back: 2 runs: 1 goal (50.0 %), 1 live; 2 starts dropped (2 already_running)")


def test_a_node_that_the_definition_no_longer_has_comes_last(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary(run, {"win-back": ["silent", "worth"]})
    nodes = [line[0] for line in words(capsys.readouterr().out)]
    start = nodes.index("silent")
    assert nodes[start : start + 6] == ["silent", "worth", "done", "mail", "opened", "text"]


def test_a_workflow_in_which_nothing_happened_is_shown(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary(run, DEFINITIONS | {"welcome": ["joined"]})
    assert "welcome: 0 runs" in capsys.readouterr().out.splitlines()


def test_dead_letters_and_outcomes(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_records(
        run, "dead_letters", {"reason": "malformed", "raw": "{"}, {"reason": "malformed", "raw": "?"}
    )
    bought = {"contact": "c-2", "kind": "purchase", "ts": 1323300000000, "channel": "email", "value": 12.5}
    write_records(run, "outcomes", bought | {"workflow": "win-back"}, bought | {"workflow": None})
    summary(run, DEFINITIONS)
    shown = words(capsys.readouterr().out)
    assert ["malformed", "2"] in shown
    assert ["purchase", "win-back", "1", "12.50"] in shown
    assert ["purchase", "(no", "message", "of", "ours)", "1", "12.50"] in shown


def test_odd_fields_do_not_matter(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = action("add_note", "applied") | {"params": "text", "version": "one", "surprise": [1, {"a": None}]}
    write_records(run, "actions", odd)
    summary(run, DEFINITIONS)
    assert ["win-back", "add_note", "applied", "1", "1"] in words(capsys.readouterr().out)


def test_an_empty_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "steps").mkdir()
    summary(tmp_path, {})
    shown = capsys.readouterr().out
    assert shown.startswith("0 contacts, 0 runs, 0 actions, 0 dead letters\n")
    assert str(tmp_path / "actions") in shown


def test_unfinished_files_are_left_out(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "steps" / "2011-12-08" / ".part-1.jsonl").write_text('{"contact": "c-9", "outcome": "star')
    summary(run, DEFINITIONS)
    assert "2 contacts, 2 runs" in capsys.readouterr().out
