"""Compiles the tree of a workflow or rule to what the engine walks on, noting what is wrong with it."""

from __future__ import annotations

from typing import Any

from schemas import definitions as shapes
from schemas.documents import Path
from transforms.actions import ACTIONS
from transforms.durations import Duration, TimeOfDay
from transforms.events import EVENTS
from transforms.graph import (
    Branch,
    Do,
    End,
    EventTest,
    Exit,
    If,
    Limit,
    Node,
    On,
    Split,
    Targets,
    Wait,
    WaitUntilDate,
    WaitUntilTime,
    WaitWindow,
    Workflow,
)
from transforms.localtime import DAYS, Span, zone
from transforms.logic import compile_condition
from transforms.params import Bound
from transforms.problems import Problems, fit, fit_params, unknown
from transforms.text import is_template

MAX_NODES = 10_000
RULE_START = "on"
"""The node at which a rule's own event starts it."""


def compile_workflow(tree: dict[str, Any], version: int, problems: Problems) -> Workflow | None:
    """The workflow of a tree, None when the problems do not let it be compiled."""
    shape = fit(tree, shapes.WorkflowShape, (), "workflow", problems)
    if shape is None:
        return None
    if not shape.nodes:
        problems.error(("nodes",), "workflow: it has no nodes")
    if len(shape.nodes) > MAX_NODES:
        problems.error(
            ("nodes",), f"workflow: it has {len(shape.nodes)} nodes, at most {MAX_NODES} are allowed"
        )
        return None
    nodes: dict[str, Node] = {}
    for name, node_tree in shape.nodes.items():
        node = compile_node(name, node_tree, ("nodes", name), problems)
        if node is not None:
            nodes[name] = node
    exits = tuple(
        one
        for i, exit_tree in enumerate(shape.exits)
        if (one := _exit(exit_tree, ("exits", i), problems)) is not None
    )
    _check_timezone(shape.timezone, problems)
    pointed = {target for node in nodes.values() for target in node.successors()}
    starts = tuple(n for n, node in nodes.items() if isinstance(node, On) and n not in pointed)
    key = (shape.entry.key or "").removeprefix("event.")
    if shape.entry.key is not None:
        if shape.entry.policy != "parallel":
            problems.error(("entry", "key"), "entry: `key` goes with `policy: parallel`")
        if not shape.entry.key.startswith("event.") or not key:
            problems.error(
                ("entry", "key"), "entry: `key` names a field of the event, such as event.order_id"
            )
    return Workflow(
        id=shape.id,
        version=version,
        kind="workflow",
        name=shape.name,
        status=shape.status,
        priority=shape.priority,
        timezone=shape.timezone,
        policy=shape.entry.policy,
        key=key,
        limit=_limit(shape.entry.limit, ("entry", "limit"), problems),
        exits=exits,
        nodes=nodes,
        starts=starts,
    )


def compile_rule(tree: dict[str, Any], version: int, problems: Problems) -> Workflow | None:
    """The rule of a tree, as a workflow whose nodes are `do-1`, `do-2`, …"""
    shape = fit(tree, shapes.RuleShape, (), "rule", problems)
    if shape is None:
        return None
    if not shape.do:
        problems.error(("do",), "rule: `do` is empty")
    nodes: dict[str, Node] = {}
    if shape.on is not None:
        tests = compile_events(shape.on, ("on",), "rule", problems, start=True)
        nodes[RULE_START] = On(RULE_START, ("do-1",), tests=tests)
    for i, action_tree in enumerate(shape.do, 1):
        path: Path = ("do", i - 1)
        action = fit(action_tree, shapes.ActionShape, path, f"action {i}", problems)
        if action is not None:
            following = (f"do-{i + 1}",) if i < len(shape.do) else ()
            node = _do(f"do-{i}", action.do, action.parameters, path, f"action {i}", problems)
            if node is not None:
                nodes[node.id] = Do(node.id, following, following, action=node.action, bound=node.bound)
    condition = None
    if shape.condition is not None:
        condition = compile_condition(shape.condition, ("if",), "rule", problems)
    _check_timezone(shape.timezone, problems)
    return Workflow(
        id=shape.id,
        version=version,
        kind="rule",
        name=shape.name or shape.id,
        status=shape.status,
        priority=shape.priority,
        timezone=shape.timezone,
        policy="parallel",
        key="",
        limit=_limit(shape.limit, ("limit",), problems),
        exits=(),
        nodes=nodes,
        starts=(RULE_START,) if shape.on is not None else (),
        condition=condition,
    )


def compile_node(name: str, tree: Any, path: Path, problems: Problems) -> Node | None:
    """One node, None when the problems do not let it be compiled."""
    what = f"node `{name}`"
    if not isinstance(tree, dict):
        problems.error(path, f"{what}: expected a map with one of {', '.join(shapes.NODES)}")
        return None
    kinds = [key for key in shapes.NODES if key in tree]
    if len(kinds) != 1:
        found = f"found {' and '.join(kinds)}" if kinds else _nearest_kind(tree)
        problems.error(path, f"{what}: it needs exactly one of {', '.join(shapes.NODES)}; {found}")
        return None
    shape = fit(tree, shapes.NODES[kinds[0]], path, what, problems)
    match shape:
        case shapes.OnNode():
            return _on(name, shape, path, what, problems)
        case shapes.IfNode():
            condition = compile_condition(shape.condition, (*path, "if"), what, problems)
            return If(name, targets(shape.then), targets(shape.otherwise), condition=condition)
        case shapes.BranchNode():
            return _branch(name, shape, path, what, problems)
        case shapes.DoNode():
            node = _do(name, shape.do, shape.parameters, path, what, problems)
            following = targets(shape.next)
            otherwise = following if shape.otherwise is None else targets(shape.otherwise)
            return node and Do(name, following, otherwise, action=node.action, bound=node.bound)
        case shapes.WaitNode():
            return _wait(name, shape, path, what, problems)
        case shapes.SplitNode():
            return _split(name, shape, path, what, problems)
        case shapes.EndNode():
            return End(name)
    return None


def targets(tree: shapes.Targets) -> Targets:
    """The nodes that a `next` names."""
    return (tree,) if isinstance(tree, str) else tuple(tree)


def compile_events(
    tree: Any, path: Path, what: str, problems: Problems, *, start: bool
) -> tuple[EventTest, ...]:
    """The events that an `on` asks for; those of a start may not hold Liquid."""
    if isinstance(tree, list) and not tree:
        problems.error(path, f"{what}: the list of events is empty")
    tests = []
    for i, one in enumerate(tree if isinstance(tree, list) else [tree]):
        at: Path = (*path, i) if isinstance(tree, list) else path
        shape = fit(one, shapes.EventShape, at, what, problems)
        if shape is None:
            continue
        entry = EVENTS.get(shape.event)
        if entry is None:
            problems.error((*at, "event"), f"{what}: {unknown('event', shape.event, EVENTS)}")
            continue
        if fit_params(shape.parameters, entry, (*at, "with"), f"{what}: {shape.event}", problems):
            bound = Bound(entry, shape.parameters)
            if start and bound.fixed is None:
                problems.error((*at, "with"), f"{what}: a start or an exit may not hold Liquid")
            tests.append(EventTest(shape.event, bound))
    return tuple(tests)


def _on(name: str, shape: shapes.OnNode, path: Path, what: str, problems: Problems) -> On:
    tests = compile_events(shape.on, (*path, "on"), what, problems, start=False)
    within = None if shape.within is None else duration(shape.within, (*path, "within"), what, problems)
    if shape.otherwise and shape.within is None:
        problems.error((*path, "else"), f"{what}: `else` needs `within`")
    return On(name, targets(shape.next), targets(shape.otherwise), tests=tests, within=within)


def _branch(name: str, shape: shapes.BranchNode, path: Path, what: str, problems: Problems) -> Branch:
    cases = []
    if not shape.branch:
        problems.error((*path, "branch"), f"{what}: `branch` is empty")
    for i, tree in enumerate(shape.branch):
        case = fit(tree, shapes.BranchCase, (*path, "branch", i), f"{what}: branch {i + 1}", problems)
        if case is not None:
            at = (*path, "branch", i, "if")
            cases.append((compile_condition(case.condition, at, what, problems), targets(case.next)))
    return Branch(name, (), targets(shape.otherwise), cases=tuple(cases))


def _do(
    name: str, action: str, parameters: dict[str, Any], path: Path, what: str, problems: Problems
) -> Do | None:
    entry = ACTIONS.get(action)
    if entry is None:
        problems.error((*path, "do"), f"{what}: {unknown('action', action, ACTIONS)}")
        return None
    if not fit_params(parameters, entry, (*path, "with"), f"{what}: {action}", problems):
        return None
    return Do(name, action=action, bound=Bound(entry, parameters))


def _wait(name: str, shape: shapes.WaitNode, path: Path, what: str, problems: Problems) -> Node | None:
    following = targets(shape.next)
    otherwise = following if shape.otherwise is None else targets(shape.otherwise)
    at = (*path, "wait")
    wait = shape.wait
    if isinstance(wait, str):
        while_ = duration(wait, at, what, problems)
        return None if while_ is None else Wait(name, following, otherwise, duration=while_)
    if (wait.until is None) == (wait.window is None):
        problems.error(at, f"{what}: `wait` is a duration, or a map with either `until` or `window`")
        return None
    if wait.window is not None:
        start = time_of_day(wait.window.start, (*at, "window", "from"), what, problems)
        end = time_of_day(wait.window.end, (*at, "window", "to"), what, problems)
        days = DAYS if wait.window.days is None else wait.window.days
        if not days:
            problems.error((*at, "window", "days"), f"{what}: `days` is empty")
        if start is None or end is None or not days:
            return None
        span = Span(start, end, [DAYS.index(day) for day in days])
        return WaitWindow(name, following, otherwise, span=span)
    if isinstance(wait.until, str):
        then = time_of_day(wait.until, (*at, "until"), what, problems)
        return None if then is None else WaitUntilTime(name, following, otherwise, time_of_day=then)
    assert wait.until is not None
    before = duration(wait.until.before, (*at, "until", "before"), what, problems)
    then = None
    if wait.until.at is not None:
        then = time_of_day(wait.until.at, (*at, "until", "at"), what, problems)
    if before is None:
        return None
    return WaitUntilDate(
        name, following, otherwise, detail=wait.until.detail, before=before, time_of_day=then
    )


def _split(name: str, shape: shapes.SplitNode, path: Path, what: str, problems: Problems) -> Split:
    total, paths = 0.0, []
    for i, one in enumerate(shape.split):
        total += one.share
        variant = one.variant or (chr(65 + i) if i < 26 else f"P{i + 1}")
        paths.append((total, targets(one.next), variant))
    if abs(total - 100) > 1e-6:
        problems.error((*path, "split"), f"{what}: the shares sum to {total:g}, not 100")
    if len({variant for _, _, variant in paths}) < len(paths):
        problems.error((*path, "split"), f"{what}: two paths have the same variant")
    return Split(name, paths=tuple(paths))


def _exit(tree: Any, path: Path, problems: Problems) -> Exit | None:
    shape = fit(tree, shapes.ExitShape, path, "exit", problems)
    if shape is None:
        return None
    raw = tree["on"]
    return Exit(compile_events(raw, (*path, "on"), "exit", problems, start=True), shape.goal)


def _limit(shape: shapes.LimitShape | None, path: Path, problems: Problems) -> Limit | None:
    if shape is None:
        return None
    per = duration(shape.per, (*path, "per"), "limit", problems)
    return None if per is None else Limit(shape.count, per)


def duration(text: str, path: Path, what: str, problems: Problems) -> Duration | None:
    """A duration of a definition's own (not of a `with`): no Liquid."""
    try:
        return Duration.parse(text)
    except ValueError as error:
        problems.error(path, f"{what}: {error}" + (", without Liquid" if is_template(text) else ""))
        return None


def time_of_day(text: str, path: Path, what: str, problems: Problems) -> TimeOfDay | None:
    """A time of day of a definition's own."""
    try:
        return TimeOfDay.parse(text)
    except ValueError as error:
        problems.error(path, f"{what}: {error}")
        return None


def _check_timezone(name: str, problems: Problems) -> None:
    if zone(name) is None:
        problems.error(("timezone",), f"unknown time zone `{name}`; it is an IANA name such as Europe/Warsaw")


def _nearest_kind(tree: dict[str, Any]) -> str:
    common = {"next", "then", "else", "with", "within", "name", "note"}
    strange = [key for key in tree if key not in common]
    return unknown("key", strange[0], shapes.NODES) if strange else "found none"
