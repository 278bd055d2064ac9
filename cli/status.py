"""`contactflow status`: what is published, who is in flight, and how the jobs do."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from cli.live_options import BROKERS, KAFKA, PREFIX, live, settings_of
from cli.tables import print_table
from transforms.definitions import Key

if TYPE_CHECKING:
    from pipelines.live.census import Census
    from pipelines.live.reports import Heartbeat


def status(
    kafka: BROKERS,
    topic_prefix: PREFIX = "contactflow.",
    json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    kafka_settings: KAFKA = None,
) -> None:
    """Show what is published, how many contacts are in flight and where, and how the jobs do.

    Status 1 when no job is running.

    Example: contactflow status --kafka localhost:9092
    """
    from pipelines.live.census import take_census
    from pipelines.live.control import read_all
    from pipelines.live.publishing import FLOWS, newest, statuses
    from pipelines.live.reports import RUNNING, heartbeats, state_of
    from pipelines.live.topics import CONTROL, STATUS, topic

    with live("status"):
        settings = settings_of(kafka_settings)
        published = read_all(kafka, topic(topic_prefix, CONTROL), settings)
        jobs = heartbeats(kafka, topic(topic_prefix, STATUS), settings)
        census = take_census(kafka, topic_prefix, settings)
    states = statuses(published)
    flows = [key for (kind, _), key in sorted(newest(published).items()) if kind in FLOWS]
    if json:
        _as_json(jobs, flows, states, census)
    else:
        _as_tables(jobs, flows, states, census)
    if not any(state_of(job) == RUNNING for job in jobs):
        raise typer.Exit(1)


def _as_json(jobs: Sequence[Heartbeat], flows: list[Key], states: dict[str, str], census: Census) -> None:
    from pipelines.live.reports import state_of

    found = {
        "jobs": [{**msgspec.to_builtins(job), "state": state_of(job)} for job in jobs],
        "contacts": census.contacts,
        "workflows": [
            {
                "kind": key.kind,
                "id": key.id,
                "version": key.version,
                "status": states[key.id],
                "in_flight": {str(version): count for version, count in census.of(key.id).items()},
                "nodes": _nodes(census, key.id),
            }
            for key in flows
        ],
    }
    typer.echo(msgspec.json.encode(found).decode())


def _as_tables(jobs: Sequence[Heartbeat], flows: list[Key], states: dict[str, str], census: Census) -> None:
    from pipelines.live.reports import state_of

    now = time.time()
    rows = [
        (
            job.group,
            state_of(job),
            f"{now - job.at / 1000:,.0f} s ago",
            job.counts.get("events", 0),
            job.counts.get("actions", 0),
            job.counts.get("dead_letters", 0),
            job.reason or "",
        )
        for job in jobs
    ]
    if rows:
        columns = ["job", "state", "last heard", "events", "actions", "dead letters", "reason"]
        print_table("Jobs", columns, rows)
    else:
        typer.echo("no job has ever run over these topics\n")
    print_table(
        f"Workflows and rules ({census.contacts:,} contacts known)",
        ["id", "kind", "version", "status", "in flight", "where"],
        [
            (
                key.id,
                key.kind,
                f"{key.version}",
                states[key.id],
                sum(census.of(key.id).values()),
                _brief(_nodes(census, key.id)),
            )
            for key in flows
        ],
    )
    sys.stdout.flush()


def _nodes(census: Census, workflow: str) -> dict[str, int]:
    """Node to the runs that have a token there, the most first."""
    found: dict[str, int] = {}
    for (name, _, node), count in census.places.most_common():
        if name == workflow:
            found[node] = found.get(node, 0) + count
    return found


def _brief(nodes: dict[str, int], most: int = 4) -> str:
    shown = [f"{node} {count:,}" for node, count in list(nodes.items())[:most]]
    return ", ".join([*shown, "…"] if len(nodes) > most else shown)
