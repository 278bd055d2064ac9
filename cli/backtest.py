"""`contactflow backtest PATH… --events PATH --out DIR`: the Beam pipeline over history."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.definitions import accepted, fail, packed
from cli.pools import pools_file
from cli.times import read_until

if TYPE_CHECKING:
    from pipelines.backtest.files_backtest import Report

CONTEXT = {"ignore_unknown_options": True}
"""For the command: options that are not ours are Beam's, and come with the paths."""

KINDS = ("actions", "steps", "outcomes", "dead_letters")


def backtest(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH…",
            help="Definitions: files or folders. Beam's own options may stand among them, as --name=value.",
        ),
    ],
    events: Annotated[
        list[Path],
        typer.Option(
            "--events",
            metavar="PATH",
            help="Events as JSON lines: a file, or a folder of .jsonl files in the order of their names "
            "(may be repeated: read in the order given).",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the records; new or empty.")],
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TS|end",
            help="Fire timers up to then (epoch milliseconds or RFC 3339; default: the last event's time; "
            "`end`: 400 days beyond it).",
        ),
    ] = None,
    runner: Annotated[str, typer.Option(metavar="NAME", help="Any runner of Beam.")] = "DirectRunner",
    workers: Annotated[
        int, typer.Option(min=1, max=1024, help="Processes that work side by side. The records are the same.")
    ] = 1,
    pools: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML with pools of codes and groups of users.")
    ] = None,
) -> None:
    """Run workflows over history with Apache Beam: what would they have done?

    Example: contactflow backtest workflows/ --events history/ --out out/ --workers 4

    Contacts are worked on side by side, but for those that draw from a pool or a round of users: these follow
    one after the other, in the order of the input. Another runner's workers must see the same paths, and need
    contactflow installed, for example by --setup_file=./setup.py or in their container image.
    """
    from pipelines.backtest.files_backtest import Backtest, run_backtest
    from pipelines.live.failures import RunFailed, RunRefused

    definitions, options = _sorted_out(paths)
    allocation = pools_file(pools)
    asked = Backtest(
        definitions=packed(accepted(definitions)),
        events=[file for path in events for file in _event_files(path)],
        out=out,
        until=read_until(until),
        pools=allocation.pools,
        groups=allocation.groups,
        runner=runner,
        workers=workers,
        options=options,
    )
    try:
        with _display():
            report = run_backtest(asked)
    except RunRefused as refusal:
        fail(f"backtest: {refusal}")
    except RunFailed as failure:
        typer.echo(f"contactflow backtest: {failure}", err=True)
        raise typer.Exit(1) from None
    if until == "end" and (waiting := report.counts.get("waiting", 0)):
        typer.echo(
            f"contactflow: stopped 400 days after the last event; {waiting} contacts still wait", err=True
        )
    typer.echo(_summary(report), err=True)


def _sorted_out(paths: list[str]) -> tuple[list[Path], list[str]]:
    """Definitions, and options of Beam's own."""
    definitions, options = [], []
    for before, path in pairwise(["", *paths]):
        if path.startswith("-"):
            options.append(path)
        elif before.startswith("-") and "=" not in before and not Path(path).exists():
            fail(f"backtest: {before} {path}: if it is an option of Beam's, write {before}={path}")
        else:
            definitions.append(Path(path))
    if not definitions:
        fail("backtest: name the files or folders of the definitions")
    return definitions, options


def _event_files(path: Path) -> list[Path]:
    """The files that an `--events` names."""
    if not path.is_dir():
        return [path]
    files = sorted(path.rglob("*.jsonl"))
    if not files:
        fail(f"{path}: there are no .jsonl files in this folder")
    return files


@contextmanager
def _display() -> Iterator[None]:
    """Shows on a terminal that work goes on, and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    # A stream of its own: standard error belongs to the log while Beam runs.
    with os.fdopen(os.dup(2), "w") as terminal, Console(file=terminal).status("Beam is at work …"):
        yield


def _summary(report: Report) -> str:
    counts = ", ".join(f"{report.counts.get(kind, 0):,} {kind.replace('_', ' ')}" for kind in KINDS)
    return f"{report.counts.get('events', 0):,} events in {report.seconds:.1f} s: {counts}"
