"""`contactflow report` on small output directories made by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner, Result

from cli.report import report

Window = tuple[str, int, str, str | None, str, str | None, int]
"""Day and minute as `2011-12-09 12:50`, revision, workflow, node, outcome, variant, count."""

COLUMNS = (
    *("window_start", "window_end", "revision", "workflow", "version"),
    *("node", "outcome", "variant", "count", "contacts"),
)


def write_windows(directory: Path, *windows: Window) -> None:
    """The output directory of a run with these windows, of a minute each."""
    for number, (minute, revision, workflow, node, outcome, variant, count) in enumerate(windows):
        start = datetime.fromisoformat(minute).replace(tzinfo=UTC)
        values = (start, start, revision, workflow, 1, node, outcome, variant, count, count)
        row = {name: [value] for name, value in zip(COLUMNS, values, strict=True)}
        folder = directory / "analytics" / "workflow_steps" / f"dt={minute[:10]}"
        folder.mkdir(parents=True, exist_ok=True)
        table = pa.table(row).cast(
            pa.table(row)
            .schema.set(7, pa.field("variant", pa.string()))
            .set(2, pa.field("revision", pa.int32()))
        )
        pq.write_table(table, folder / f"part-{number}.parquet")


def run_report(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command()(report)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def lines(*arguments: str | Path) -> list[list[str]]:
    result = run_report(*arguments)
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.stdout.splitlines() if line]


STARTED: Window = ("2011-12-08 09:00", 1, "win-back", "silent", "started", None, 3)
MAILED: Window = ("2011-12-08 09:00", 1, "win-back", "mail", "done", None, 2)
NO_MAIL: Window = ("2011-12-09 10:00", 1, "win-back", "mail", "suppressed", None, 1)
WELCOMED: Window = ("2011-11-30 10:00", 1, "welcome", "mail", "done", None, 1200)


def test_a_table_for_each_workflow_with_nodes_down_and_outcomes_across(tmp_path: Path) -> None:
    write_windows(tmp_path, STARTED, MAILED, NO_MAIL, WELCOMED)
    assert lines(tmp_path) == [
        ["welcome"],
        ["node", "done"],
        ["mail", "1,200"],
        ["win-back"],
        ["node", "started", "done", "suppressed"],
        ["mail", "2", "1"],
        ["silent", "3"],
    ]


def test_numbers_stand_under_their_heading(tmp_path: Path) -> None:
    write_windows(tmp_path, STARTED, MAILED, NO_MAIL)
    heading, mail, silent = run_report(tmp_path).stdout.splitlines()[1:4]
    assert mail.index("2") == heading.index("done") + len("done") - 1
    assert silent.index("3") == heading.index("started") + len("started") - 1


def test_the_highest_revision_of_a_window_wins(tmp_path: Path) -> None:
    later = (*STARTED[:1], 3, *STARTED[2:6], 5)
    between = (*STARTED[:1], 2, *STARTED[2:6], 4)
    write_windows(tmp_path, STARTED, later, between)
    assert lines(tmp_path)[-1] == ["silent", "5"]


def test_what_concerns_the_whole_run_comes_first(tmp_path: Path) -> None:
    whole = ("2011-12-08 09:00", 1, "win-back", None, "completed", None, 1)
    write_windows(tmp_path, STARTED, MAILED, whole)
    assert [line[0] for line in lines(tmp_path)] == ["win-back", "node", "(run)", "silent", "mail"]


def test_windows_and_variants_are_added_up(tmp_path: Path) -> None:
    other_minute = ("2011-12-08 09:01", *STARTED[1:])
    split = [("2011-12-08 09:00", 1, "win-back", "test", "split", variant, 2) for variant in ("A", "B")]
    write_windows(tmp_path, STARTED, other_minute, *split)
    assert lines(tmp_path)[-2:] == [["silent", "6"], ["test", "4"]]


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("day", [["2011-12-08", "3", "2"], ["2011-12-09", "1"]]),
        ("month", [["2011-12", "3", "2", "1"]]),
    ],
)
def test_by_period(tmp_path: Path, by: str, rows: list[list[str]]) -> None:
    write_windows(tmp_path, STARTED, MAILED, NO_MAIL)
    assert lines(tmp_path, "--by", by)[1:] == [[by, "started", "done", "suppressed"], *rows]


def test_one_workflow_alone(tmp_path: Path) -> None:
    write_windows(tmp_path, STARTED, WELCOMED)
    assert lines(tmp_path, "--workflow", "welcome") == [["welcome"], ["node", "done"], ["mail", "1,200"]]


def test_json_lines(tmp_path: Path) -> None:
    write_windows(tmp_path, STARTED)
    totals = run_report(tmp_path, "--json").stdout.splitlines()
    assert [json.loads(line) for line in totals] == [
        {"workflow": "win-back", "node": "silent", "outcome": "started", "count": 3}
    ]
    by_day = run_report(tmp_path, "--json", "--by", "day").stdout.splitlines()
    assert json.loads(by_day[0])["day"] == "2011-12-08"


def test_a_run_without_steps_is_said(tmp_path: Path) -> None:
    (tmp_path / "analytics" / "workflow_steps").mkdir(parents=True)
    result = run_report(tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{tmp_path}: no step was taken\n"


def test_files_that_are_still_being_written_are_left_out(tmp_path: Path) -> None:
    write_windows(tmp_path, STARTED)
    (tmp_path / "analytics" / "workflow_steps" / "dt=2011-12-08" / ".part.parquet").write_bytes(b"PAR1")
    assert lines(tmp_path)[-1] == ["silent", "3"]


def assert_refused(result: Result, reason: str) -> None:
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr
    assert result.stderr.startswith("contactflow: ") and result.stderr.count("\n") == 1


def test_refuses_what_is_no_output_directory(tmp_path: Path) -> None:
    assert_refused(run_report(tmp_path), "not an output directory")
    assert_refused(run_report(tmp_path / "missing"), "not an output directory")


def test_refuses_files_that_are_no_parquet(tmp_path: Path) -> None:
    write_windows(tmp_path, STARTED)
    (tmp_path / "analytics" / "workflow_steps" / "dt=2011-12-08" / "bad.parquet").write_text("no parquet")
    assert_refused(run_report(tmp_path), "not readable as workflow_steps")


def test_refuses_a_workflow_without_steps(tmp_path: Path) -> None:
    write_windows(tmp_path, STARTED)
    assert_refused(run_report(tmp_path, "--workflow", "win-bakc"), "'win-bakc'")
