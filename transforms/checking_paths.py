"""Follows the ways through a workflow: conditions that are decided before they are asked, and messages
after an opt-out."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from transforms.actions import Message, OptIn, OptOut
from transforms.compiling import targets
from transforms.graph import Do, On, Wait, WaitUntilDate, WaitUntilTime, WaitWindow, Workflow
from transforms.problems import Problems

Known = dict[str, bool]
"""Condition, as canonical text, to what it is on every way that leads here."""

CHANGED_BY = {
    "add_note": {"has_note"},
    "add_tag": {"has_tag"},
    "remove_tag": {"has_tag"},
    "set_detail": {"has_detail"},
    "set_owner": {"has_owner", "main_owner_in"},
    "add_to_stage": {"on_stage"},
    "remove_from_campaign": {"on_stage"},
    "opt_in": {"newsletter_subscriber", "email_opted_out", "sms_opted_out"},
    "opt_out": {"newsletter_subscriber", "email_opted_out", "sms_opted_out"},
    "set_score": {"score_reached", "score_exceeded"},
    "add_score": {"score_reached", "score_exceeded"},
    "add_tag_score": {"score_reached", "score_exceeded", "tag_score_at_least"},
    "loyalty_points": {"in_loyalty_tier", "has_loyalty_points"},
    "add_task": set(),
    "alert_user": set(),
    "show_banner": set(),
    "run_website_rule": set(),
    "custom_audience": set(),
    "google_ads_audience": set(),
    "adform_audience": set(),
    "start_workflow": set(),
}
"""Action to the conditions whose answer it may change at once. After any other action, which may let the
token wait or run a rule, nothing is known any more."""

WAITS = (On, Wait, WaitUntilTime, WaitUntilDate, WaitWindow)


def check_decided(workflow: Workflow, written: dict[str, Any], problems: Problems) -> None:
    """Warns of conditions that are already decided, or contradicted, on every way to them.

    The workflow has no errors: all nodes are there.
    """
    known: dict[str, Known] = {name: {} for name in workflow.starts}
    front = deque(workflow.starts)
    while front:
        name = front.popleft()
        for target, facts in _ways(workflow, name, written[name], known[name]):
            before = known.get(target)
            after = facts if before is None else {c: v for c, v in before.items() if facts.get(c) is v}
            if before is None or len(after) < len(before):
                known[target] = after
                front.append(target)
    for name, facts in known.items():
        _warn_decided(name, written[name], facts, problems)


def _ways(workflow: Workflow, name: str, tree: dict[str, Any], known: Known) -> list[tuple[str, Known]]:
    """The targets of a node, each with what is known on the way to it."""
    node = workflow.nodes[name]
    if "if" in tree:
        ways = [(target, {**known, **implied(tree["if"], True)}) for target in targets(tree.get("then", []))]
        return ways + [
            (target, {**known, **implied(tree["if"], False)}) for target in targets(tree.get("else", []))
        ]
    if "branch" in tree:
        ways = []
        for case in tree["branch"]:
            ways += [
                (target, {**known, **implied(case["if"], True)}) for target in targets(case.get("next", []))
            ]
            known = {**known, **implied(case["if"], False)}
        return ways + [(target, known) for target in targets(tree.get("else", []))]
    if isinstance(node, WAITS) and name not in workflow.starts:
        known = {}
    elif isinstance(node, Do):
        changed = CHANGED_BY.get(node.action)
        known = {c: v for c, v in known.items() if changed is not None and _name_of(c) not in changed}
    return [(target, known) for target in node.successors()]


def _warn_decided(name: str, tree: dict[str, Any], known: Known, problems: Problems) -> None:
    if "if" in tree:
        value = decided(tree["if"], known)
        if value is not None:
            way = "else" if value else "then"
            problems.warn(
                ("nodes", name, "if"),
                f"node `{name}`: its `{way}` can never be taken, the condition is decided on every way to it",
            )
    for i, case in enumerate(tree.get("branch", [])):
        if decided(case["if"], known) is False:
            message = f"node `{name}`: branch {i + 1} can never be taken, every way to it contradicts it"
            problems.warn(("nodes", name, "branch", i), message)
        elif decided(case["if"], known) is True:
            message = f"node `{name}`: what comes after branch {i + 1} can never be taken, it always holds"
            problems.warn(("nodes", name, "branch", i), message)
            return
        known = {**known, **implied(case["if"], False)}


def _leaf(tree: dict[str, Any]) -> tuple[str, bool]:
    bare = {key: value for key, value in tree.items() if key != "negate"}
    return json.dumps(bare, sort_keys=True), tree.get("negate", False) is not True


def _name_of(condition: str) -> str:
    return str(json.loads(condition)["condition"])


def implied(tree: dict[str, Any], value: bool) -> Known:
    """What is known of single conditions when a composed one has this value."""
    if "not" in tree:
        return implied(tree["not"], not value)
    for operator, needed in (("all", True), ("any", False)):
        if operator in tree:
            if value is not needed:
                return implied(tree[operator][0], value) if len(tree[operator]) == 1 else {}
            return {c: v for part in tree[operator] for c, v in implied(part, value).items()}
    name, positive = _leaf(tree)
    return {name: value is positive}


def decided(tree: dict[str, Any], known: Known) -> bool | None:
    """The value of a condition, as far as what is known decides it."""
    if "not" in tree:
        inner = decided(tree["not"], known)
        return None if inner is None else not inner
    for operator, absorbing in (("all", False), ("any", True)):
        if operator in tree:
            values = [decided(part, known) for part in tree[operator]]
            if absorbing in values:
                return absorbing
            return None if None in values else not absorbing
    name, positive = _leaf(tree)
    value = known.get(name)
    return None if value is None else value is positive


def check_opt_out(workflow: Workflow, problems: Problems) -> None:
    """Warns of marketing messages that come after an `opt_out` of their channel."""
    out: dict[str, frozenset[str]] = {name: frozenset() for name in workflow.starts}
    front = deque(workflow.starts)
    while front:
        name = front.popleft()
        node, channels = workflow.nodes[name], out[name]
        params = node.bound.fixed if isinstance(node, Do) else None
        if isinstance(params, OptOut):
            channels = channels | {params.channel}
        elif isinstance(params, OptIn):
            channels = channels - {params.channel}
        for target in node.successors():
            if target not in out or not channels <= out[target]:
                out[target] = out.get(target, frozenset()) | channels
                front.append(target)
    for name, channels in out.items():
        node = workflow.nodes[name]
        if not isinstance(node, Do) or not issubclass(node.bound.shape, Message):
            continue
        if node.bound.shape.channel in channels and node.bound.tree.get("transactional") is not True:
            message = f"node `{name}`: a marketing message after `opt_out` on the same path is suppressed"
            problems.warn(("nodes", name), message)
