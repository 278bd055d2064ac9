"""`contactflow pause`, `resume`, `drain`, `retire`: the status of a workflow or rule that a job runs."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.live_options import BROKERS, KAFKA, PREFIX, contacts, live, settings_of, taken_up

NAMES = Annotated[list[str], typer.Argument(metavar="ID…", help="Workflows or rules.")]


def pause(
    names: NAMES, kafka: BROKERS, topic_prefix: PREFIX = "contactflow.", kafka_settings: KAFKA = None
) -> None:
    """Pause workflows: no starts, nobody moves, timers that come due are held.

    Example: contactflow pause win-back --kafka localhost:9092
    """
    _set("pause", names, kafka, topic_prefix, kafka_settings)


def resume(
    names: NAMES, kafka: BROKERS, topic_prefix: PREFIX = "contactflow.", kafka_settings: KAFKA = None
) -> None:
    """Have workflows go on: timers that were held fire in order.

    Example: contactflow resume win-back --kafka localhost:9092
    """
    _set("resume", names, kafka, topic_prefix, kafka_settings)


def drain(
    names: NAMES, kafka: BROKERS, topic_prefix: PREFIX = "contactflow.", kafka_settings: KAFKA = None
) -> None:
    """Let workflows run out: no starts, live runs go on.

    Example: contactflow drain win-back --kafka localhost:9092
    """
    _set("drain", names, kafka, topic_prefix, kafka_settings)


def retire(
    names: NAMES, kafka: BROKERS, topic_prefix: PREFIX = "contactflow.", kafka_settings: KAFKA = None
) -> None:
    """Retire workflows: no starts, live runs end.

    Example: contactflow retire win-back --kafka localhost:9092
    """
    _set("retire", names, kafka, topic_prefix, kafka_settings)


def _set(command: str, names: list[str], brokers: str, prefix: str, kafka: list[str] | None) -> None:
    from pipelines.live.census import take_census
    from pipelines.live.control import read_all
    from pipelines.live.publishing import STATUSES, status_change
    from pipelines.live.topics import CONTROL, topic

    with live(command):
        settings = settings_of(kafka)
        published = read_all(brokers, topic(prefix, CONTROL), settings)
        changes: dict[str, bytes] = {}
        for name in names:
            changes |= status_change(command, name, published)
        census = take_census(brokers, prefix, settings)
        for name in names:
            flying = sum(census.of(name).values())
            typer.echo(f"{name}: {STATUSES[command]}; {contacts(flying)} in flight")
        taken_up(command, brokers, prefix, changes, settings)
