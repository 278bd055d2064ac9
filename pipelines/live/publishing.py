"""What is written to the control topic to publish definitions, and whom that concerns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import msgspec

from pipelines.live.census import Census
from pipelines.live.failures import RunRefused
from schemas.documents import Document, read_documents
from transforms.definitions import EXISTING, RELEASE, STATUS, Key, compile_document
from transforms.graph import Release, Workflow
from transforms.releasing import obstacles

FLOWS = ("workflow", "rule")
"""Kinds of which each publication is a version."""

STATUSES = {"pause": "paused", "resume": "active", "drain": "draining", "retire": "retired"}
"""Command to the status that it sets."""

_encode = msgspec.json.Encoder().encode


class Plan(msgspec.Struct):
    """What a publication comes to.

    Attributes:
        writes: key to JSON, in the order in which it must be written.
        versions: ids and versions of workflows and rules that are new.
        replaced: keys of other documents that are new or changed.
        unchanged: keys of what is published already as it is.
    """

    writes: dict[str, bytes] = {}
    versions: dict[str, int] = {}
    replaced: list[str] = []
    unchanged: list[str] = []


def newest(documents: Mapping[str, bytes]) -> dict[tuple[str, str], Key]:
    """Kind and id to the key of the newest version of what the control topic holds."""
    found: dict[tuple[str, str], Key] = {}
    for key in sorted((Key.parse(name) for name in documents), key=lambda key: key.version):
        if key.kind not in (STATUS, RELEASE, EXISTING):
            found[key.kind, key.id] = key
    return found


def as_documents(documents: Mapping[str, bytes], without: Sequence[Document]) -> list[Document]:
    """What is published and is not about to be replaced, to be checked beside what is."""
    taken = {(document.kind, document.id) for document in without}
    return [
        one
        for place, key in newest(documents).items()
        if place not in taken
        for one in read_documents(documents[str(key)].decode(), f"published {key}")
    ]


def plan(
    documents: Sequence[Document],
    published: Mapping[str, bytes],
    census: Census,
    release: Release,
    condition: object = None,
) -> Plan:
    """What to write so that these documents hold.

    Args:
        documents: that `check` has accepted.
        published: what the control topic holds.
        census: who is in flight.
        release: how live runs take a new version.
        condition: contacts that are known already and meet it are started, too.

    Raises:
        RunRefused: live runs cannot be moved as asked for; or there is nothing that could be started.
    """
    known = newest(published)
    found = Plan()
    for document in documents:
        last = known.get((document.kind, document.id))
        body = _encode(document.tree)
        if last is not None and published[str(last)] == body:
            found.unchanged.append(str(last))
        elif document.kind in FLOWS:
            version = last.version + 1 if last else 1
            _refuse_obstacles(document, version, published, census, release)
            found.versions[document.id] = version
            # The release first: the version is never known without how it is to be taken.
            found.writes[str(Key(RELEASE, document.id, version))] = _encode(release)
            found.writes[str(Key(document.kind, document.id, version))] = body
        else:
            key = str(Key(document.kind, document.id))
            found.replaced.append(key)
            found.writes[key] = body
    if condition is not None:
        _add_existing(found, documents, known, condition)
    return found


def _refuse_obstacles(
    document: Document, version: int, published: Mapping[str, bytes], census: Census, release: Release
) -> None:
    new = compile_document(document.tree, version).value
    assert isinstance(new, Workflow)
    # Besides those of which runs are live now, runs of the newest may begin at any moment.
    flying = {*census.of(document.id), version - 1}
    older = []
    for one in flying:
        body = published.get(str(Key(document.kind, document.id, one)))
        compiled = compile_document(msgspec.json.decode(body), one).value if body else None
        if isinstance(compiled, Workflow):
            older.append(compiled)
    for obstacle in obstacles(older, new, release):
        raise RunRefused(f"{document.file}:{document.line(())}: {document.kind} {document.id}: {obstacle}")


def _add_existing(
    found: Plan, documents: Sequence[Document], known: Mapping[tuple[str, str], Key], condition: object
) -> None:
    workflows = [document.id for document in documents if document.kind == "workflow"]
    if len(workflows) != 1:
        raise RunRefused(f"--existing starts one workflow, and there are {len(workflows)}")
    (name,) = workflows
    version = found.versions.get(name) or known["workflow", name].version
    found.writes[str(Key(EXISTING, name, version))] = _encode(condition)


def status_change(command: str, name: str, published: Mapping[str, bytes]) -> dict[str, bytes]:
    """What to write so that a workflow or rule has the status that a command gives it.

    Raises:
        RunRefused: nobody has published it.
    """
    known = [id_ for kind, id_ in newest(published) if kind in FLOWS]
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"published are {', '.join(sorted(known)) or 'none'}"
        raise RunRefused(f"there is no workflow or rule `{name}`: {hint}")
    return {str(Key(STATUS, name)): _encode(STATUSES[command])}


def statuses(published: Mapping[str, bytes]) -> dict[str, str]:
    """Id to status of all workflows and rules: the one last set, else that of the newest version."""
    found = {}
    for (kind, id_), key in newest(published).items():
        if kind in FLOWS:
            set_later = published.get(str(Key(STATUS, id_)))
            tree = msgspec.json.decode(published[str(key)])
            found[id_] = msgspec.json.decode(set_later) if set_later else tree.get("status", "active")
    return found
