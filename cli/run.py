"""`contactflow run`: the Flink job, over event files (`--events`) or live over Kafka topics (`--kafka`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.definitions import accepted, fail, packed
from cli.live_options import setting
from cli.pools import pools_file
from cli.run_live import LiveOptions, run_live
from cli.summary import summary
from cli.times import read_milliseconds, read_until

if TYPE_CHECKING:
    from pipelines.live.files_run import Progress, Watch

LIVE = "Live"
KINDS = ("actions", "steps", "outcomes", "dead_letters")


def run(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH…", help="Definitions: files or folders.")
    ] = None,
    events: Annotated[
        list[Path] | None,
        typer.Option(
            "--events",
            metavar="FILE",
            help="Events as JSON lines (may be repeated: files are read in the order given).",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for the records; new or empty.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TS|end",
            help="Fire timers up to then (epoch milliseconds or RFC 3339; default: the last event's time; "
            "`end`: 400 days beyond it).",
        ),
    ] = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep checkpoints there (default: inside --out; --kafka needs it)."),
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
    checkpoint_interval: Annotated[
        str, typer.Option(metavar="DURATION", help="From one checkpoint to the next.")
    ] = "10s",
    kafka: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT,…", help="Run live over the topics of these brokers.", rich_help_panel=LIVE
        ),
    ] = None,
    topic_prefix: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="How the names of the topics begin: events and control in, actions, steps, outcomes and "
            "dead_letters out (default: contactflow.).",
            rich_help_panel=LIVE,
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Consumer group and name of the job; no two jobs may share one (default: contactflow).",
            rich_help_panel=LIVE,
        ),
    ] = None,
    partitions: Annotated[
        int | None,
        typer.Option(
            min=1, help="Partitions of topics that are missing and so created (4).", rich_help_panel=LIVE
        ),
    ] = None,
    lateness: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="How late an event may come and still win over a timer (default: 2s).",
            rich_help_panel=LIVE,
        ),
    ] = None,
    clock: Annotated[
        Literal["wall", "events"] | None,
        typer.Option(
            help="Time passes where nothing happens, too (wall, the default), or not (for tests, replays).",
            rich_help_panel=LIVE,
        ),
    ] = None,
    delivery: Annotated[
        Literal["exactly-once", "at-least-once"] | None,
        typer.Option(
            help="Records are seen once, with the next checkpoint (default), or at once, after a failure "
            "perhaps again.",
            rich_help_panel=LIVE,
        ),
    ] = None,
    transaction_timeout: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="After which the broker gives up what was not finished: longer than the job is ever away, "
            "and no longer than the broker allows (default: 10m).",
            rich_help_panel=LIVE,
        ),
    ] = None,
    kafka_settings: Annotated[
        list[str] | None,
        typer.Option(
            "-K",
            metavar="KEY=VALUE",
            help="A setting of Kafka's clients (may be repeated).",
            rich_help_panel=LIVE,
        ),
    ] = None,
) -> None:
    """Run workflows with Flink: over event files to their end, or live over Kafka topics.

    Example: contactflow run workflows/ --events events.jsonl --out out/ --until end

    In each folder of --out, read the files in the order of their names: then the records of each contact
    come in the order in which they happened.

    Example: contactflow run workflows/ --kafka localhost:9092 --checkpoints state/ --resume

    A live run goes on until Ctrl-C or SIGTERM, which save its state first; --resume goes on from there, after
    a crash from the last checkpoint, and begins where there is none.
    """
    from pipelines.live.failures import RunFailed, RunRefused
    from pipelines.live.files_run import FilesRun, run_files

    checkpoint_ms = read_milliseconds("--checkpoint-interval", checkpoint_interval)
    live = LiveOptions(
        topic_prefix, group, partitions, lateness, clock, delivery, transaction_timeout, kafka_settings
    )
    if kafka is not None:
        if events or out or until:
            fail("--kafka takes events from a topic and never ends: leave --events, --out and --until out")
        if checkpoints is None:
            fail("--kafka needs --checkpoints DIR")
        run_live(
            packed(accepted(paths or [])),
            kafka,
            live,
            pools_file(pools),
            checkpoints=checkpoints,
            checkpoint_ms=checkpoint_ms,
            resume=resume,
            parallelism=parallelism,
            backend=state,
            cluster=_cluster(cluster),
            flink=dict(setting("-D", one) for one in settings or []),
        )
        return
    if any(option is not None for option in live):
        fail(
            "--topic-prefix, --group, --partitions, --lateness, --clock, --delivery, --transaction-timeout "
            "and -K are for --kafka"
        )
    if not events or out is None or not paths:
        fail("run needs PATH…, --events FILE and --out DIR; or --kafka BROKERS and --checkpoints DIR")
    documents = accepted(paths)
    allocation = pools_file(pools)
    asked = FilesRun(
        definitions=packed(documents),
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
        checkpoint_ms=checkpoint_ms,
        flink=dict(setting("-D", one) for one in settings or []),
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
        typer.echo(f"contactflow run: {out} holds a run that had finished before; nothing was done", err=True)
        return
    typer.echo(_rate(progress), err=True)
    nodes = {one.id: one.tree.get("nodes", ()) for one in documents if one.kind in ("workflow", "rule")}
    summary(out, nodes, progress.lines)


def _cluster(address: str | None) -> str | None:
    if address is not None and not address.rpartition(":")[2].isdigit():
        fail(f"--cluster takes HOST:PORT, not {address!r}")
    return address


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
    rate = events / max(progress.seconds, 0.1)
    return f"{events:,} of {progress.lines:,} events, {written:,} records, {rate:,.0f} events a second"


def _rate(progress: Progress) -> str:
    events = progress.counts.get("events", 0)
    return (
        f"{events:,} events in {progress.seconds:.1f} s, {events / max(progress.seconds, 0.1):,.0f} a second"
    )
