"""May live runs of older versions move on to a new one? Asked before it is published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transforms.actions import Message
from transforms.graph import Do, Node, On, Release, Wait, WaitUntilDate, WaitUntilTime, WaitWindow, Workflow
from transforms.settling import END

Waiting = On | Wait | WaitUntilTime | WaitUntilDate | WaitWindow


def obstacles(older: Iterable[Workflow], new: Workflow, release: Release) -> Iterator[str]:
    """Why live runs of older versions cannot be moved as asked for; nothing when they can.

    Args:
        older: the versions of which runs may be live.
        new: the version to come.
        release: how they are to take it.
    """
    versions = sorted(older, key=lambda workflow: workflow.version)
    if release.mode == "pin":
        if release.moves:
            yield "a map is for --in-flight migrate: with pin nobody moves"
        return
    if release.mode == "follow" and release.moves:
        yield "a map is for --in-flight migrate: with follow everybody stays on the node of the same name"
        return
    known = {name for workflow in versions for name in workflow.nodes}
    for name, target in release.moves.items():
        if name not in known:
            yield f"the map names node `{name}`, which no earlier version has"
        if target != END and target not in new.nodes:
            yield f"the map moves `{name}` to `{target}`, which version {new.version} does not have"
    told = set()
    for workflow in versions:
        for node in workflow.nodes.values():
            if node.id not in told and may_hold(workflow, node):
                for obstacle in _obstacle(workflow, node, new, release):
                    told.add(node.id)
                    yield obstacle


def may_hold(workflow: Workflow, node: Node) -> bool:
    """Whether a token can be parked on a node of a workflow."""
    if isinstance(node, Do):
        action = node.bound.fixed
        return action is None or isinstance(action, Message) or action.asks
    return isinstance(node, Waiting) and node.id not in workflow.starts


def _obstacle(workflow: Workflow, node: Node, new: Workflow, release: Release) -> Iterator[str]:
    if release.moves.get(node.id) == END:
        return
    target = release.moves.get(node.id, node.id)
    there = new.nodes.get(target)
    who = f"a contact may wait on node `{node.id}` of version {workflow.version}"
    if there is None:
        if node.id not in release.moves:
            yield f"{who}, and version {new.version} has no such node: map it to another, or to `{END}`"
    elif isinstance(node, Do) != isinstance(there, Do) or not may_hold(new, there):
        yield f"{who}, and nobody can wait for that on node `{target}` of version {new.version}"
