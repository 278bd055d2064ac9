"""What a run did, in words and tables, read from its output directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.tables import Cell, print_table

if TYPE_CHECKING:
    import duckdb

# Only what is counted is read, and as text, so that any other field may be odd.
COLUMNS = {
    "actions": {"contact": "VARCHAR", "ts": "BIGINT"}
    | dict.fromkeys(("workflow", "action", "status", "reason"), "VARCHAR"),
    "steps": {"contact": "VARCHAR", "ts": "BIGINT", "to": "VARCHAR[]"}
    | dict.fromkeys(("workflow", "node", "outcome", "reason"), "VARCHAR"),
    "outcomes": dict.fromkeys(("workflow", "channel", "kind"), "VARCHAR") | {"value": "DOUBLE"},
    "dead_letters": {"reason": "VARCHAR"},
}

RUN_ENDS = ("completed", "goal", "exited", "restarted", "merged", "retired", "failed", "erased")

ACTIONS = """
select workflow, action, status, reason, count(*), count(distinct contact)
from actions group by all order by workflow, action, status, count(*) desc, reason
"""

RUNS = """
select workflow, outcome, case when outcome = 'dropped' then reason end, count(*)
from steps where outcome in ('started', 'dropped', {ends}) group by all
"""

# A token comes to a node as a start, or because another node's record names it in `to`. A start says nothing
# of the node behind it, so what happened there counts as well: a token that parked, or left, must have come.
FUNNEL = """
select workflow, node, greatest(sum(came), sum(parked), sum(went_on) + sum(went_else)),
    sum(went_on), sum(went_else)
from (
    select workflow, node, 0 as came, (outcome = 'parked')::int as parked,
        (outcome in ('passed', 'done', 'matched', 'waited', 'split'))::int as went_on,
        (outcome in ('failed_condition', 'suppressed', 'timed_out'))::int as went_else
    from steps where outcome != 'started'
    union all
    select workflow, coalesce(node, "to"[1]), 1, 0, 1, 0 from steps where outcome = 'started'
    union all
    select workflow, unnest("to"), 1, 0, 0, 0 from steps where outcome != 'started' or node is not null
) where node is not null group by all
"""


def summary(out_dir: Path, definitions: Mapping[str, Iterable[str]], events: int | None = None) -> None:
    """Print what the run that wrote `out_dir` did.

    `definitions` names the nodes of each workflow in the order of its definition, `events` is how many events
    were read (not said when None: the output does not tell).
    """
    import duckdb

    with duckdb.connect() as connection:
        counts = {kind: _load(connection, out_dir, kind) for kind in COLUMNS}
        print(_headline(connection, counts, events) + "\n")
        _print_actions(connection)
        _print_outcomes(connection)
        _print_dead_letters(connection)
        _print_workflows(connection, definitions)
    _print_files(out_dir, counts)


def _load(connection: duckdb.DuckDBPyConnection, out_dir: Path, kind: str) -> int:
    """Read the records of one kind into a table, and count them."""
    columns = COLUMNS[kind]
    files = [str(path) for path in (out_dir / kind).rglob("*.jsonl") if not path.name.startswith((".", "_"))]
    if files:
        connection.execute(
            f"create temp table {kind} as "
            f"select * from read_json(?, format = 'newline_delimited', columns = {columns!r})",
            [sorted(files)],
        )
    else:
        fields = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
        connection.execute(f"create temp table {kind} ({fields})")
    return int(_rows(connection, f"select count(*) from {kind}")[0][0])


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def _headline(connection: duckdb.DuckDBPyConnection, counts: dict[str, int], events: int | None) -> str:
    contacts, runs, first, last = _rows(
        connection,
        "select count(distinct contact), count(*) filter (outcome = 'started'), min(ts), max(ts) from steps",
    )[0]
    parts = [f"{events:,} events"] if events is not None else []
    parts += [f"{contacts:,} contacts", f"{runs:,} runs", f"{counts['actions']:,} actions"]
    parts += [f"{counts['dead_letters']:,} dead letters"]
    spans = f" ({_day(first)} to {_day(last)})" if first is not None else ""
    return ", ".join(parts) + spans


def _day(ts: int) -> str:
    return datetime.fromtimestamp(ts / 1000, UTC).date().isoformat()


def _print_actions(connection: duckdb.DuckDBPyConnection) -> None:
    rows = _rows(connection, ACTIONS)
    if rows:
        print_table("Actions", ["workflow", "action", "status", "reason", "records", "contacts"], rows)


def _print_outcomes(connection: duckdb.DuckDBPyConnection) -> None:
    rows = _rows(
        connection,
        "select kind, coalesce(workflow, '(no message of ours)'), count(*), sum(value) from outcomes "
        "group by all order by kind, 3 desc, 2",
    )
    if rows:
        print_table("Outcomes", ["kind", "workflow", "records", "value"], rows)


def _print_dead_letters(connection: duckdb.DuckDBPyConnection) -> None:
    rows = _rows(connection, "select reason, count(*) from dead_letters group by all order by 2 desc, 1")
    if rows:
        print_table("Dead letters", ["reason", "records"], rows)


def _print_workflows(connection: duckdb.DuckDBPyConnection, definitions: Mapping[str, Iterable[str]]) -> None:
    """A funnel for each workflow: its nodes in the order of the definition, then those it no longer has."""
    ends = ", ".join(f"'{end}'" for end in RUN_ENDS)
    runs: dict[str, dict[tuple[str, str | None], int]] = {}
    for workflow, outcome, reason, count in _rows(connection, RUNS.format(ends=ends)):
        runs.setdefault(workflow, {})[outcome, reason] = count
    funnels: dict[str, dict[str, tuple[int, int, int]]] = {}
    for workflow, node, *counts in _rows(connection, FUNNEL):
        came, went_on, went_else = (int(count) for count in counts)
        funnels.setdefault(workflow, {})[node] = (came, went_on, went_else)
    for workflow in [*definitions, *sorted(set(funnels) - set(definitions))]:
        funnel = funnels.get(workflow, {})
        order = list(definitions.get(workflow, ()))
        nodes = [*order, *sorted(set(funnel) - set(order))]
        rows = [_funnel_row(node, *funnel.get(node, (0, 0, 0))) for node in nodes]
        title = f"{workflow}: {_runs_text(runs.get(workflow, {}))}"
        print_table(title, ["node", "came", "went on", "else", "stayed or ended"], rows)


def _funnel_row(node: str, came: int, went_on: int, went_else: int) -> list[Cell]:
    return [node, came, went_on, went_else, came - went_on - went_else]


def _runs_text(runs: Mapping[tuple[str, str | None], int]) -> str:
    """Such as `120 runs: 40 goal (33.3 %), 70 completed, 10 live; 3 starts dropped (3 entry_limit)`."""
    started = runs.get(("started", None), 0)
    ends = {outcome: runs[outcome, None] for outcome in RUN_ENDS if runs.get((outcome, None))}
    parts = [
        f"{count:,} {outcome}"
        + (f" ({100 * count / started:.1f} %)" if outcome == "goal" and started else "")
        for outcome, count in ends.items()
    ]
    live = started - sum(ends.values())
    parts += [f"{live:,} live"] if live > 0 else []
    text = f"{started:,} runs" + (": " + ", ".join(parts) if parts else "")
    dropped = {reason: count for (outcome, reason), count in runs.items() if outcome == "dropped"}
    if dropped:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(dropped.items(), key=str))
        text += f"; {sum(dropped.values()):,} starts dropped ({reasons})"
    return text


def _print_files(out_dir: Path, counts: dict[str, int]) -> None:
    rows: list[list[Cell]] = [[kind, f"{count:,}", str(out_dir / kind)] for kind, count in counts.items()]
    if (out_dir / "analytics").is_dir():
        rows.append(["analytics", "", str(out_dir / "analytics")])
    print_table("Files", ["kind", "records", "folder"], rows)
