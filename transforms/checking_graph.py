"""Checks the graph of one workflow: every node is there, reached, and no cycle runs without waiting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.documents import Path
from transforms.events import START_ONLY
from transforms.graph import EventTest, On, Wait, WaitUntilDate, WaitUntilTime, WaitWindow, Workflow
from transforms.problems import Problems, unknown

WAITS = (Wait, WaitUntilTime, WaitUntilDate, WaitWindow)


def check_graph(workflow: Workflow, tree: dict[str, Any], problems: Problems) -> None:
    """Notes what is wrong with the nodes and the ways between them."""
    written = tree["nodes"]
    for name, node in workflow.nodes.items():
        for target in dict.fromkeys(node.successors()):
            if target not in written:
                message = f"node `{name}`: {unknown('node', target, written)}"
                problems.error(("nodes", name, *_key_of(written[name], target)), message)
    if not workflow.starts:
        problems.error(("nodes",), "there is no start: an `on` node that nothing points to")
    _check_starts(workflow, written, problems)
    for i, one in enumerate(workflow.exits):
        _check_no_start_only(one.tests, ("exits", i, "on"), "exit", problems)
    _check_reached(workflow, written, problems)
    _check_cycles(workflow, problems)


def _key_of(node: Any, target: str) -> tuple[str | int, ...]:
    """Where in a node a target is named."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("next", "then", "else") and (
                value == target or (isinstance(value, list) and target in value)
            ):
                return (key,)
            if key in ("branch", "split") and isinstance(value, list):
                for i, one in enumerate(value):
                    inner = _key_of(one, target)
                    if inner:
                        return (key, i, *inner)
    return ()


def _check_starts(workflow: Workflow, written: dict[str, Any], problems: Problems) -> None:
    for name, node in workflow.nodes.items():
        if not isinstance(node, On):
            continue
        if name in workflow.starts:
            if node.within is not None:
                problems.error(("nodes", name, "within"), f"node `{name}`: a start cannot have `within`")
            for test in node.tests:
                if test.bound.fixed is None:
                    problems.error(("nodes", name, "on"), f"node `{name}`: a start may not hold Liquid")
            continue
        _check_no_start_only(node.tests, ("nodes", name, "on"), f"node `{name}`", problems)
        if node.within is None and "within" not in written[name]:
            problems.warn(
                ("nodes", name), f"node `{name}`: it waits for an event without `within`, maybe for ever"
            )


def _check_no_start_only(tests: Sequence[EventTest], path: Path, what: str, problems: Problems) -> None:
    for test in tests:
        if test.kind in START_ONLY:
            problems.error(path, f"{what}: `{test.kind}` can only start a workflow")


def _check_reached(workflow: Workflow, written: dict[str, Any], problems: Problems) -> None:
    reached = set(workflow.starts)
    front = list(reached)
    while front:
        node = workflow.nodes.get(front.pop())
        for target in node.successors() if node else ():
            if target not in reached:
                reached.add(target)
                front.append(target)
    for name in written:
        if name not in reached and name in workflow.nodes:
            problems.error(("nodes", name), f"node `{name}`: no start leads to it")


def _check_cycles(workflow: Workflow, problems: Problems) -> None:
    """A cycle of nodes none of which waits would never end."""
    waiting = {
        name
        for name, node in workflow.nodes.items()
        if isinstance(node, WAITS) or (isinstance(node, On) and name not in workflow.starts)
    }
    done: set[str] = set()
    for first in workflow.nodes:
        if first in done or first in waiting:
            continue
        path: list[str] = []
        stack: list[tuple[str, bool]] = [(first, False)]
        on_path: set[str] = set()
        while stack:
            name, left = stack.pop()
            if left:
                path.pop()
                on_path.discard(name)
                done.add(name)
                continue
            if name in on_path:
                cycle = [*path[path.index(name) :], name]
                ways = " → ".join(cycle)
                problems.error(
                    ("nodes", name), f"node `{name}`: the cycle {ways} has no `wait` and no `on` in it"
                )
                continue
            if name in done or name in waiting or name not in workflow.nodes:
                continue
            path.append(name)
            on_path.add(name)
            stack.append((name, True))
            stack += [(target, False) for target in workflow.nodes[name].successors()]
