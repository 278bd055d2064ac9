"""`contactflow run --kafka`: the live job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import typer

from cli.definitions import fail
from cli.live_options import settings_of
from cli.pools import PoolsFile
from cli.times import read_milliseconds


class LiveOptions(NamedTuple):
    """The options that only a live run has, as they were given."""

    topic_prefix: str | None
    group: str | None
    partitions: int | None
    lateness: str | None
    clock: str | None
    delivery: str | None
    transaction_timeout: str | None
    kafka: list[str] | None


def run_live(
    definitions: dict[str, bytes],
    brokers: str,
    options: LiveOptions,
    allocation: PoolsFile,
    *,
    checkpoints: Path,
    checkpoint_ms: int,
    resume: bool,
    parallelism: int,
    backend: str,
    cluster: str | None,
    flink: dict[str, str],
) -> None:
    """Runs until Ctrl-C or SIGTERM; ends the command with its status."""
    from pipelines.live.failures import RunFailed, RunRefused
    from pipelines.live.kafka_run import KafkaRun, run_kafka
    from pipelines.live.running import Told

    asked = KafkaRun(
        definitions=definitions,
        brokers=brokers,
        checkpoints=checkpoints,
        checkpoint_ms=checkpoint_ms,
        resume=resume,
        parallelism=parallelism,
        backend=backend,
        cluster=cluster,
        flink=flink,
        kafka=settings_of(options.kafka),
        pools=allocation.pools,
        groups=allocation.groups,
        **_given(options),
    )
    told = Told(created=_created, published=_published, progress=_progress, stopping=_stopping)
    try:
        counts = run_kafka(asked, told)
    except RunRefused as refusal:
        fail(f"run: {refusal}")
    except RunFailed as failure:
        _say(f"contactflow run: {failure}; --resume goes on from the last checkpoint")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _say("contactflow run: interrupted; --resume goes on from the last checkpoint")
        raise typer.Exit(130) from None
    _say(f"contactflow run: stopped, its state is saved; --resume goes on from there ({_counted(counts)})")


def _given(options: LiveOptions) -> dict[str, object]:
    times = {
        "lateness_ms": ("--lateness", options.lateness),
        "transaction_timeout_ms": ("--transaction-timeout", options.transaction_timeout),
    }
    plain = {
        "prefix": options.topic_prefix,
        "group": options.group,
        "partitions": options.partitions,
        "clock": options.clock,
        "delivery": options.delivery,
    }
    found = {name: read_milliseconds(option, text) for name, (option, text) in times.items() if text}
    return found | {name: value for name, value in plain.items() if value is not None}


def _created(topics: dict[str, int]) -> None:
    made = ", ".join(
        f"{name} ({count} partition{'s' if count > 1 else ''})" for name, count in topics.items()
    )
    _say(f"created the topics {made}")


def _published(new: list[str], others: list[str]) -> None:
    if new:
        _say(f"published {', '.join(new)}")
    for key in others:
        _say(f"{key} is published with other content, and that holds; `contactflow publish` replaces it")


def _progress(counts: dict[str, int], seconds: float) -> None:
    if sys.stderr.isatty():
        line = f"{seconds:,.0f} s: {_counted(counts)}" if counts else "starting Flink …"
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def _stopping() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)
    _say("saving the state …")


def _counted(counts: dict[str, int]) -> str:
    kinds = ("events", "actions", "steps", "outcomes", "dead_letters")
    return ", ".join(f"{counts.get(kind, 0):,} {kind.replace('_', ' ')}" for kind in kinds)


def _say(message: str) -> None:
    typer.echo(message, err=True)
