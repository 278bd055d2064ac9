"""`contactflow publish`: definitions for a running job, without a restart."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import typer

from cli.definitions import fail, load
from cli.live_options import BROKERS, KAFKA, PREFIX, contacts, live, settings_of, taken_up
from transforms.check import check_documents
from transforms.graph import Release

if TYPE_CHECKING:
    from pipelines.live.census import Census
    from pipelines.live.publishing import Plan
    from schemas.documents import Document


def publish(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Definitions: files or folders.")],
    kafka: BROKERS,
    in_flight: Annotated[
        Literal["pin", "follow", "migrate"],
        typer.Option(
            help="What live runs of earlier versions do: finish on theirs, follow to the new one, or migrate "
            "by --map."
        ),
    ] = "pin",
    map_: Annotated[
        Path | None,
        typer.Option(
            "--map", metavar="FILE", help="YAML: node of the old version to node of the new one, or to `end`."
        ),
    ] = None,
    existing: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="YAML with a condition: contacts that are known and meet it are started, too.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, also on a terminal.")] = False,
    topic_prefix: PREFIX = "contactflow.",
    kafka_settings: KAFKA = None,
) -> None:
    """Publish definitions to the running job: a changed workflow or rule becomes its next version.

    Shows first how many contacts are in flight. Content that is published already changes nothing.

    Example: contactflow publish win-back.yaml --kafka localhost:9092 --in-flight follow
    """
    from pipelines.live.census import take_census
    from pipelines.live.control import read_all
    from pipelines.live.publishing import as_documents, plan
    from pipelines.live.topics import CONTROL, topic

    documents, found = load(paths)
    refused = [finding for finding in found if finding.severity == "error"]
    release = Release(in_flight, _map(map_, in_flight))
    condition = None if existing is None else _condition(existing)
    with live("publish"):
        settings = settings_of(kafka_settings)
        published = read_all(kafka, topic(topic_prefix, CONTROL), settings)
        files = {document.file for document in documents}
        together = check_documents([*as_documents(published, documents), *documents])
        refused += [one for one in together if one.severity == "error" and one.file in files]
        if refused:
            for finding in dict.fromkeys(refused):
                typer.echo(str(finding), err=True)
            fail("nothing was published")
        census = take_census(kafka, topic_prefix, settings)
        planned = plan(documents, published, census, release, condition)
        _show(planned, census, release)
        if not planned.writes or not _agreed(yes):
            return
        taken_up("publish", kafka, topic_prefix, planned.writes, settings)


def _map(file: Path | None, mode: str) -> dict[str, str]:
    if file is None:
        if mode == "migrate":
            fail("--in-flight migrate needs --map FILE")
        return {}
    tree = _yaml(file)
    try:
        return msgspec.convert(tree, dict[str, str])
    except msgspec.ValidationError:
        fail(f"{file}:1: a map has names of nodes, `old: new`, one a line")


def _condition(file: Path) -> Any:
    from transforms.existing import compile_existing

    tree = _yaml(file)
    errors = [problem for problem in compile_existing(tree)[1] if problem.severity == "error"]
    if errors:
        fail(f"{file}:1: {errors[0].message}")
    return tree


def _yaml(file: Path) -> Any:
    from schemas.documents import UnreadableDocument, read_documents

    try:
        documents: Sequence[Document] = read_documents(file.read_text(encoding="utf-8"), str(file))
    except UnreadableDocument as error:
        fail(f"{file}:{error.line}: {error}")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file}: cannot be read: {error}")
    if len(documents) != 1:
        fail(f"{file}: one document is wanted, there are {len(documents)}")
    return documents[0].tree


def _show(planned: Plan, census: Census, release: Release) -> None:
    for key in planned.unchanged:
        typer.echo(f"{key}: unchanged")
    for key in planned.replaced:
        typer.echo(f"{key}: replaced, for all that is still to come")
    ways = {
        "pin": "finish on their version",
        "follow": "move to the new version at their next step",
        "migrate": "move to the new version by the map",
    }
    for name, version in planned.versions.items():
        flying = census.of(name)
        typer.echo(f"{name}: version {version}; {contacts(sum(flying.values()))} in flight")
        for old, count in flying.items():
            typer.echo(f"  {contacts(count)} on version {old}: {ways[release.mode]}")
    if any(key.startswith("existing/") for key in planned.writes):
        typer.echo(f"{contacts(census.contacts)} are known; those that meet the condition are started")


def _agreed(yes: bool) -> bool:
    if yes or not sys.stdin.isatty():
        return True
    return typer.confirm("Publish?")
