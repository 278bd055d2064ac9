"""Checks that concern several documents: ids that stand twice, loops between workflows, missing assets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.documents import Document, Path
from transforms.actions import SendEmail, SendSms
from transforms.graph import Do, On, Workflow
from transforms.text import is_template

Workflows = Sequence[tuple[Document, Workflow]]


class SetProblem(NamedTuple):
    """A problem of one document that only the others show."""

    document: Document
    path: Path
    severity: str
    message: str


def check_set(documents: Sequence[Document], workflows: Workflows) -> Iterator[SetProblem]:
    """All such problems."""
    yield from _twice(documents)
    yield from _loops(workflows)
    yield from _assets(documents, workflows)


def _twice(documents: Sequence[Document]) -> Iterator[SetProblem]:
    seen: dict[tuple[str, str], Document] = {}
    for document in documents:
        kind = "workflow" if document.kind == "rule" else document.kind
        name = "" if kind in ("policy", "settings") else document.id
        if not kind or (not name and kind not in ("policy", "settings")):
            continue
        first = seen.setdefault((kind, name), document)
        if first is not document:
            what = f"{document.kind} `{document.id}`" if name else document.kind
            message = f"there are two documents of {what}; the other is {first.file}:{first.line(())}"
            yield SetProblem(document, ("id",), "error", message)


def _causes(node: Do) -> Iterator[tuple[str, str]]:
    """The facts that an action may cause, with their key."""
    tree = node.bound.tree
    match node.action:
        case "add_tag":
            tags = tree["tag"] if isinstance(tree["tag"], list) else [tree["tag"]]
            yield from (("tag_assigned", tag) for tag in tags)
        case "set_detail":
            yield from ((kind, tree["name"]) for kind in ("detail_added", "detail_modified"))
        case "add_to_stage":
            yield "stage_entered", tree["campaign"]
        case "add_tag_score":
            yield "tag_score_reached", tree["tag"]
        case "start_workflow":
            yield "workflow_start", tree["workflow"]
    if node.action in ("add_score", "set_score", "add_tag_score"):
        yield from (("score_reached", ""), ("score_exceeded", ""))


def _starts_on(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """The facts that start a workflow, with their key."""
    yield "workflow_start", workflow.id
    for name in workflow.starts:
        node = workflow.nodes[name]
        for test in node.tests if isinstance(node, On) else ():
            keys = test.bound.fixed.keys() if test.bound.fixed else None
            if test.kind in ("score_reached", "score_exceeded"):
                yield test.kind, ""
            else:
                yield from ((test.kind, key) for key in keys or ())


def _loops(workflows: Workflows) -> Iterator[SetProblem]:
    started: dict[tuple[str, str], list[str]] = {}
    for _, workflow in workflows:
        for fact in _starts_on(workflow):
            started.setdefault(fact, []).append(workflow.id)
    follows = {
        workflow.id: sorted(
            {
                other
                for node in workflow.nodes.values()
                if isinstance(node, Do)
                for fact in _causes(node)
                for other in started.get(fact, ())
            }
        )
        for _, workflow in workflows
    }
    told: set[frozenset[str]] = set()
    for document, workflow in workflows:
        loop = _way_back(workflow.id, follows)
        if loop and frozenset(loop) not in told:
            told.add(frozenset(loop))
            ways = " → ".join([*loop, loop[0]])
            message = f"workflows that start each other in a loop, which never ends: {ways}"
            yield SetProblem(document, (), "warning", message)


def _way_back(first: str, follows: dict[str, list[str]]) -> list[str]:
    """The shortest way from a workflow to itself; empty when there is none."""
    ways = [[first]]
    seen: set[str] = set()
    for way in ways:
        for other in follows.get(way[-1], ()):
            if other == first:
                return way
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def _assets(documents: Sequence[Document], workflows: Workflows) -> Iterator[SetProblem]:
    defined = {(document.kind, document.id) for document in documents}
    for document, workflow in workflows:
        for name, node in workflow.nodes.items():
            if not isinstance(node, Do):
                continue
            kind = {SendEmail: "email", SendSms: "sms"}.get(node.bound.shape)
            asset = node.bound.tree.get(kind or "")
            if kind is None or asset is None or is_template(asset) or (kind, asset) in defined:
                continue
            path: Path = ("nodes", name) if workflow.kind == "workflow" else ("do", int(name[3:]) - 1)
            what = f"no document of kind `{kind}` defines `{asset}`, which node `{name}` sends"
            yield SetProblem(document, path, "warning", what)
