"""What one fact does: it ends runs, moves tokens that wait for it, and starts runs."""

from __future__ import annotations

from transforms.entry import forget_kept, release, start
from transforms.facts import WORKFLOW_START, Fact
from transforms.graph import On, Workflow
from transforms.runs import end_run, take_event
from transforms.state import AT_EVENT, Run, Token
from transforms.step import Step
from transforms.values import MISSING, reach, same
from transforms.walking import walk


def drain(step: Step) -> None:
    """Looks at all facts in order, and at those that they cause."""
    while step.queue:
        fact = step.queue.popleft()
        if step.contact.runs:
            _end_runs(step, fact)
            _move_tokens(step, fact)
        _start_runs(step, fact)


def _end_runs(step: Step, fact: Fact) -> None:
    for run_id in [run.id for run in _in_order(step) if step.workflow(run).exits]:
        run = _live(step, run_id)
        if run is None:
            continue
        workflow = step.workflow(run)
        if run.seq >= fact.seq or not _concerns(workflow, run, fact):
            continue
        names = step.names_of(fact.data, run)
        trace = step.full_trace()
        for one in workflow.exits:
            if any(test.matches(fact, names, trace) for test in one.tests):
                end_run(step, run, "goal" if one.goal else "exited", trace=trace)
                forget_kept(step, workflow, fact.seq)
                release(step)
                break


def _move_tokens(step: Step, fact: Fact) -> None:
    waiting = [
        (run.id, token.age)
        for run in _in_order(step)
        for token in sorted(run.tokens, key=lambda token: token.age)
        if _waits(step, run, token, fact)
    ]
    for run_id, age in waiting:
        run = _live(step, run_id)
        if run is None:
            continue
        token = next(token for token in run.tokens if token.age == age)
        node = step.workflow(run).nodes[token.node]
        assert isinstance(node, On)
        trace = step.full_trace()
        if _concerns(step.workflow(run), run, fact) and node.matches(fact, step.names(run, token), trace):
            take_event(run, token, fact.data)
            token.due = None
            step.note("matched", run, node.id, node.next, variant=token.variant, trace=trace)
            walk(step, run, token, node.next)
            release(step)


def _waits(step: Step, run: Run, token: Token, fact: Fact) -> bool:
    """Whether a token was parked for such a fact before it arose."""
    if token.doing != AT_EVENT or token.since >= fact.seq or run.workflow in step.definitions.paused:
        return False
    node = step.workflow(run).nodes[token.node]
    return isinstance(node, On) and any(test.kind == fact.kind for test in node.tests)


def _concerns(workflow: Workflow, run: Run, fact: Fact) -> bool:
    """A run with a key takes only facts of its key, or without the field."""
    if run.key is None:
        return True
    value = reach(fact.data, workflow.key)
    return value is MISSING or same(value, run.key)


def _start_runs(step: Step, fact: Fact) -> None:
    if fact.kind == WORKFLOW_START:
        _start_named(step, fact)
        return
    for one in step.definitions.starts.candidates(fact):
        trace = step.full_trace()
        if one.node.matches(fact, dict, trace):
            start(step, one.workflow, one.node.id, fact, trace)
            release(step)


def _start_named(step: Step, fact: Fact) -> None:
    workflow = step.definitions.current.get(fact.fields["workflow"])
    if workflow is None or workflow.kind != "workflow":
        step.note("dropped", None, reason=f"unknown workflow {fact.fields['workflow']}")
        return
    start(step, workflow, workflow.starts[0], fact)
    release(step)


def _live(step: Step, run_id: str) -> Run | None:
    """The run as it is now, None when it has ended: what came before may have ended it, or put it back."""
    return next((run for run in step.contact.runs if run.id == run_id), None)


def _in_order(step: Step) -> list[Run]:
    """Live runs by workflow priority, workflow id and start."""
    if len(step.contact.runs) < 2:
        return list(step.contact.runs)
    return sorted(step.contact.runs, key=lambda run: (*step.workflow(run).order, run.started, run.seq))
