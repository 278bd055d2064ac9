"""Starts: what a matching event does while a run is live, and starts that wait for one to end."""

from __future__ import annotations

from typing import Any

from schemas.records import DeadLetter
from transforms.admission import MAX_RUNS, rule_refusal
from transforms.compiling import RULE_START
from transforms.facts import Fact
from transforms.graph import Workflow
from transforms.runs import end_run, entered_too_often, live_runs
from transforms.sight import Trace
from transforms.state import Kept, restore, snapshot
from transforms.step import LimitReached, Step
from transforms.values import MISSING, reach, same
from transforms.walking import begin, walk


def start(step: Step, workflow: Workflow, node: str, fact: Fact, trace: Trace | None = None) -> None:
    """Begins a run at a start node, as far as the entry rules let it; otherwise writes why not."""
    if step.definitions.statuses[workflow.id] != "active":
        _refuse(step, workflow, node, "inactive")
        return
    if workflow.kind == "rule":
        _start_rule(step, workflow, fact, trace)
        return
    key = _key(workflow, fact.data)
    live = live_runs(step.contact, workflow.id)
    if workflow.policy == "queue" and live:
        _keep(step, workflow, Kept(node, fact.data, step.contact.tick(), key), trace)
        return
    running = key is not None and any(run.key is not None and same(run.key, key) for run in live)
    if running or (workflow.policy == "drop" and live):
        _refuse(step, workflow, node, "already_running")
    elif entered_too_often(step, workflow):
        _refuse(step, workflow, node, "entry_limit")
    elif workflow.policy == "parallel" and len(live) >= MAX_RUNS:
        _refuse(step, workflow, node, "too_many_runs")
    else:
        if workflow.policy == "restart":
            for run in live:
                end_run(step, run, "restarted")
        walk(step, *begin(step, workflow, fact.data, (node,), key, trace))


def release(step: Step) -> None:
    """Begins the starts whose live run has ended, as soon as nothing moves; a pause holds them.

    One that begins may end the live run for which another is kept.
    """
    while step.contact.kept and (free := _free(step)):
        _begin_kept(step, free[0], step.contact.kept.pop(free[0].id))


def drop_free(step: Step, reason: str) -> None:
    """Drops the starts that `release` would begin."""
    for workflow in _free(step):
        _refuse(step, workflow, step.contact.kept.pop(workflow.id).node, reason)


def _free(step: Step) -> list[Workflow]:
    """The workflows whose kept start may begin, in the order in which they do."""
    contact, current, paused = step.contact, step.definitions.current, step.definitions.paused
    free = [name for name in contact.kept if name not in paused and not live_runs(contact, name)]
    return sorted((current[name] for name in free if name in current), key=lambda workflow: workflow.order)


def forget_kept(step: Step, workflow: Workflow, arisen: int) -> None:
    """Drops the start kept for a workflow whose run a fact has ended, unless it was kept after that."""
    kept = step.contact.kept.get(workflow.id)
    if kept is not None and kept.seq < arisen:
        del step.contact.kept[workflow.id]
        _refuse(step, workflow, kept.node, "exited")


def _start_rule(step: Step, rule: Workflow, fact: Fact, trace: Trace | None) -> None:
    reason = rule_refusal(step, rule, fact.data, trace)
    if reason is None:
        walk(step, *begin(step, rule, fact.data, (RULE_START,), trace=trace))
    elif reason != "condition":
        _refuse(step, rule, RULE_START, reason)


def _key(workflow: Workflow, data: dict[str, Any]) -> Any:
    """The value by which runs are told apart; None for a run without key."""
    value = reach(data, workflow.key) if workflow.key else None
    return None if value is MISSING else value


def _keep(step: Step, workflow: Workflow, kept: Kept, trace: Trace | None) -> None:
    earlier = step.contact.kept.get(workflow.id)
    if earlier is not None:
        _refuse(step, workflow, earlier.node, "replaced")
    step.contact.kept[workflow.id] = kept
    step.note("parked", None, kept.node, workflow=workflow, reason="queued", trace=trace)


def _begin_kept(step: Step, workflow: Workflow, kept: Kept) -> None:
    """Begins a kept start; when it reaches a limit, it alone is undone and dropped."""
    node = kept.node if kept.node in workflow.nodes else workflow.starts[0]
    if step.definitions.statuses[workflow.id] != "active":
        _refuse(step, workflow, node, "inactive")
        return
    if entered_too_often(step, workflow):
        _refuse(step, workflow, node, "entry_limit")
        return
    before, records = snapshot(step.contact), len(step.records)
    spent, queued, begun = step.spent, len(step.queue), step.begun.get(workflow.id, 0)
    drawn = step.allocator.mark() if step.allocator else 0
    try:
        walk(step, *begin(step, workflow, kept.event, (node,), kept.key))
    except LimitReached as limit:
        restore(step.contact, before)
        del step.records[records:]
        while len(step.queue) > queued:
            step.queue.pop()
        step.spent, step.begun[workflow.id] = spent, begun
        if step.allocator:
            step.allocator.undo(drawn)
        detail = f"the start kept for workflow {workflow.id}: {limit.detail}"
        step.write(DeadLetter(limit.reason, detail, step.now, "", None, None, None))
        _refuse(step, workflow, node, limit.reason)


def _refuse(step: Step, workflow: Workflow, node: str, reason: str) -> None:
    step.note("dropped", None, node, workflow=workflow, reason=reason)
