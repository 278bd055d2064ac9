"""What the commands for a running job share: how to reach it, and what is said when that fails."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer

from cli.definitions import fail

BROKERS = Annotated[
    str, typer.Option("--kafka", metavar="HOST:PORT,…", help="The brokers of the job's topics.")
]
PREFIX = Annotated[
    str, typer.Option("--topic-prefix", metavar="TEXT", help="How the names of the topics begin.")
]
KAFKA = Annotated[
    list[str] | None,
    typer.Option("-K", metavar="KEY=VALUE", help="A setting of Kafka's clients (may be repeated)."),
]


@contextmanager
def live(command: str) -> Iterator[None]:
    """Ends a command in one sentence when what it asks for cannot be."""
    from pipelines.live.failures import RunRefused

    try:
        yield
    except RunRefused as refusal:
        fail(f"{command}: {refusal}")


def setting(option: str, text: str) -> tuple[str, str]:
    """The value KEY=VALUE of an option; ends the command when it is none."""
    name, equals, value = text.partition("=")
    if not equals:
        fail(f"{option} takes KEY=VALUE, not {text!r}")
    return name, value


def settings_of(kafka: list[str] | None) -> dict[str, str]:
    """Settings of Kafka's clients."""
    return dict(setting("-K", one) for one in kafka or [])


def contacts(count: int) -> str:
    """So many contacts, in words."""
    return f"{count:,} contact{'' if count == 1 else 's'}"


def taken_up(
    command: str, brokers: str, prefix: str, changes: Mapping[str, bytes], kafka: Mapping[str, str]
) -> None:
    """Writes changes to the control topic, and says what the running job makes of them.

    Status 1 when it refuses one.
    """
    from pipelines.live.control import write
    from pipelines.live.reports import await_taken
    from pipelines.live.topic_reading import end_of
    from pipelines.live.topics import CONTROL, STATUS, topic

    status = topic(prefix, STATUS)
    since = end_of(brokers, status, kafka)
    begin = time.time()
    write(brokers, topic(prefix, CONTROL), changes, kafka)
    taken = await_taken(brokers, status, since, changes.keys(), kafka)
    if taken is None:
        typer.echo("written; no job has taken it up: it holds as soon as one runs", err=True)
        return
    refusals = dict.fromkeys(f"{one.key}: {one.refused}" for one in taken if one.refused)
    for refusal in refusals:
        typer.echo(f"contactflow {command}: the job refuses {refusal}", err=True)
    if refusals:
        raise typer.Exit(1)
    seconds = max(one.at for one in taken) / 1000 - begin
    typer.echo(f"the running job has taken it up after {max(seconds, 0):.1f} s", err=True)
