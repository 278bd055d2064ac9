"""`contactflow report DIR`: the analytics of a run as tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

if TYPE_CHECKING:
    import duckdb

OUTCOMES = (
    *("started", "passed", "failed_condition", "split", "parked", "matched", "timed_out", "waited"),
    *("deferred", "done", "suppressed", "goal", "completed", "exited", "restarted", "merged", "retired"),
    *("failed", "dropped", "erased", "duplicate"),
)
"""Step outcomes in the order of a run's life: the order of the columns."""

# A window's row is written again in full when a late record changes it: the highest revision is the truth.
COUNTS = """
select workflow, node, outcome, period, sum(count)::bigint as count from (
    select coalesce(workflow, '') as workflow, coalesce(node, '(run)') as node, outcome, count,
        left(dt::varchar, ?) as period
    from read_parquet(?, hive_partitioning = true, hive_types = {'dt': varchar})
    qualify row_number() over (
        partition by window_start, window_end, workflow, version, node, outcome, variant
        order by revision desc
    ) = 1
) where len(?) = 0 or list_contains(?, workflow)
group by all order by all
"""

PERIOD_LENGTHS = {None: 0, "month": len("2011-12"), "day": len("2011-12-09")}

Counts = list[tuple[str, str, str, str, int]]
"""Rows of workflow, node, outcome, period (empty for all time), count."""


def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Output directory of `contactflow run`.")],
    workflow: Annotated[
        list[str] | None, typer.Option("--workflow", "-w", help="Only this workflow (may be repeated).")
    ] = None,
    by: Annotated[
        Literal["day", "month"] | None, typer.Option("--by", help="Outcomes per day or month (UTC).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines instead of tables.")] = False,
) -> None:
    """Show what happened in each workflow: how often each node came to each outcome.

    Example: contactflow report out/online-retail --workflow win-back --by month
    """
    files = _window_files(directory)
    counts = _read_counts(files, workflow or [], by) if files else []
    for name in workflow or []:
        if name not in {row[0] for row in counts}:
            _refuse(f"{directory}: no step of a workflow {name!r}")
    if as_json:
        _print_json(counts, by)
    elif not counts:
        typer.echo(f"{directory}: no step was taken", err=True)
    else:
        for name in sorted({row[0] for row in counts}):
            _print_workflow(name, [row for row in counts if row[0] == name], by)


def _window_files(directory: Path) -> list[str]:
    root = directory / "analytics" / "workflow_steps"
    if not root.is_dir():
        _refuse(f"{directory}: not an output directory of `contactflow run` (no analytics/workflow_steps)")
    return sorted(str(path) for path in root.rglob("*.parquet") if not path.name.startswith((".", "_")))


def _read_counts(files: list[str], workflows: list[str], by: str | None) -> Counts:
    import duckdb

    try:
        with duckdb.connect() as connection:
            return _fetch(connection, files, workflows, PERIOD_LENGTHS[by])
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        _refuse(f"{Path(files[0]).parent}: not readable as workflow_steps: {reason}")


def _fetch(
    connection: duckdb.DuckDBPyConnection, files: list[str], workflows: list[str], period_length: int
) -> Counts:
    return connection.execute(COUNTS, [period_length, files, workflows, workflows]).fetchall()


def _print_json(counts: Counts, by: str | None) -> None:
    for workflow, node, outcome, period, count in counts:
        row = {"workflow": workflow, "node": node, "outcome": outcome, "count": count}
        print(json.dumps(row | ({by: period} if by else {})))


def _print_workflow(workflow: str, counts: Counts, by: str | None) -> None:
    """One table: nodes (busiest first) or periods down, outcomes across."""
    from cli.tables import print_table

    totals: dict[str, dict[str, int]] = {}
    for _, node, outcome, period, count in counts:
        row = totals.setdefault(period if by else node, {})
        row[outcome] = row.get(outcome, 0) + count
    found = {outcome for row in totals.values() for outcome in row}
    outcomes = [name for name in OUTCOMES if name in found] + sorted(found.difference(OUTCOMES))
    keys = sorted(totals) if by else sorted(totals, key=lambda node: _rank(node, totals[node]))
    rows = [[key, *(totals[key].get(outcome) for outcome in outcomes)] for key in keys]
    print_table(workflow or "(no workflow)", [by or "node", *outcomes], rows)


def _rank(node: str, row: dict[str, int]) -> tuple[bool, int, str]:
    """What concerns a run as a whole first, then the busiest node."""
    return node != "(run)", -sum(row.values()), node


def _refuse(message: str) -> NoReturn:
    typer.echo(f"contactflow: {message}", err=True)
    raise typer.Exit(2)
