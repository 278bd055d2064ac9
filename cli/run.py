"""`contactflow run PATH… --events FILE --out DIR`: the Flink job over event files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.definitions import accepted, fail, packed
from cli.pools import pools_file
from cli.times import read_until

if TYPE_CHECKING:
    from pipelines.live.files_run import Progress, Watch

KINDS = ("actions", "steps", "outcomes", "dead_letters")


def run(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Definitions: files or folders.")],
    events: Annotated[
        list[Path],
        typer.Option(
            "--events",
            metavar="FILE",
            help="Events as JSON lines (may be repeated: files are read in the order given).",
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
    checkpoints: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep checkpoints there (default: inside --out).")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the newest checkpoint of the run that has stopped.")
    ] = False,
    parallelism: Annotated[int, typer.Option(min=1, max=1024, help="Tasks that work side by side.")] = 1,
    state: Annotated[
        Literal["heap", "rocksdb"],
        typer.Option(help="Keep the state of contacts in memory, or on disk when it does not fit."),
    ] = "heap",
    pools: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML with pools of codes and groups of users.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Send the job to the Flink cluster whose REST port this is."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("-D", metavar="KEY=VALUE", help="A setting of Flink (may be repeated)."),
    ] = None,
) -> None:
    """Run workflows over event files with Flink.

    Example: contactflow run workflows/ --events events.jsonl --out out/ --until end

    In each folder of --out, read the files in the order of their names: then the records of each contact
    come in the order in which they happened.
    """
    from pipelines.live.failures import RunFailed, RunRefused
    from pipelines.live.files_run import FilesRun, run_files

    allocation = pools_file(pools)
    asked = FilesRun(
        definitions=packed(accepted(paths)),
        events=events,
        out=out,
        until=read_until(until),
        checkpoints=checkpoints,
        resume=resume,
        parallelism=parallelism,
        backend=state,
        pools=allocation.pools,
        groups=allocation.groups,
        cluster=_cluster(cluster),
        flink=dict(_setting(setting) for setting in settings or []),
    )
    try:
        with _display() as watch:
            progress = run_files(asked, watch)
    except RunRefused as refusal:
        fail(f"run: {refusal}")
    except RunFailed as failure:
        typer.echo(f"contactflow run: {failure}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("contactflow run: interrupted; --resume goes on from the last checkpoint", err=True)
        raise typer.Exit(130) from None
    if progress is None:
        typer.echo(f"{out}: the run had finished before; nothing was done", err=True)
    else:
        typer.echo(_summary(progress), err=True)


def _cluster(address: str | None) -> str | None:
    if address is not None and not address.rpartition(":")[2].isdigit():
        fail(f"--cluster takes HOST:PORT, not {address!r}")
    return address


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        fail(f"-D takes KEY=VALUE, not {text!r}")
    return name, value


@contextmanager
def _display() -> Iterator[Watch]:
    """Shows the progress on a terminal, and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(Text("starting Flink …"), console=Console(stderr=True), transient=True) as live:
        yield lambda progress: live.update(Text(_line(progress)))


def _line(progress: Progress) -> str:
    events = progress.counts.get("events", 0)
    written = sum(progress.counts.get(kind, 0) for kind in KINDS)
    rate = events / progress.seconds if progress.seconds else 0.0
    return f"{events:,} of {progress.lines:,} events, {written:,} records, {rate:,.0f} events/s"


def _summary(progress: Progress) -> str:
    counts = ", ".join(f"{progress.counts.get(kind, 0):,} {kind.replace('_', ' ')}" for kind in KINDS)
    return f"{progress.counts.get('events', 0):,} events in {progress.seconds:.1f} s: {counts}"
