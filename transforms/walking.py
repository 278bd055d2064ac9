"""Moves a token on from node to node, until it and all that it forks into has parked or ended."""

from __future__ import annotations

from transforms.act import Act, Went
from transforms.acting import do_action
from transforms.graph import (
    Branch,
    Do,
    End,
    If,
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
from transforms.identity import share_of
from transforms.runs import complete, create_run, drop_token, make_token
from transforms.sight import Trace
from transforms.state import AT_EVENT, AT_WAIT, MOVING, Run, Token
from transforms.step import Step
from transforms.waiting import due_of, park

RULE_FIRST = ("do-1",)

Pending = tuple[Run, Token, Targets]


def walk(step: Step, run: Run, token: Token, targets: Targets) -> None:
    """Takes a token to its targets and on from there.

    Forks go depth first. A rule that an action runs walks to its end before the token goes on.
    """
    stack: list[Pending] = [(run, token, targets)]
    while stack:
        run, token, targets = stack.pop()
        if not run.live:
            continue
        if not targets:
            drop_token(run, token)
            complete(step, run)
        elif len(targets) > 1:
            stack += reversed([(run, child, (target,)) for child, target in _fork(run, token, targets)])
        else:
            went = _arrive(step, run, token, targets[0])
            if went.targets is not None:
                stack.append((run, token, went.targets))
            if went.rule is not None:
                stack.append(begin(step, went.rule, run.data(token), RULE_FIRST, trace=went.trace))


def begin(
    step: Step,
    workflow: Workflow,
    event: dict[str, object],
    targets: Targets,
    key: object = None,
    trace: Trace | None = None,
) -> Pending:
    """A new run, ready to be walked."""
    run, token = create_run(step, workflow, event, key)
    first = workflow.nodes[targets[0]]
    if isinstance(first, On):
        step.note("started", run, first.id, first.next, trace=trace)
    else:  # a rule that an action runs has no node before its first
        step.note("started", run, to=targets, trace=trace)
    return run, token, targets


def _fork(run: Run, token: Token, targets: Targets) -> list[tuple[Token, str]]:
    drop_token(run, token)
    return [(make_token(run, token), target) for target in targets]


def _arrive(step: Step, run: Run, token: Token, name: str) -> Went:
    step.spend()
    visit = run.visits.get(name, 0) + 1
    run.visits[name] = visit
    token.node, token.visit, token.came = name, visit, step.now
    token.doing, token.due, token.gate = MOVING, None, None
    return _execute(step, run, token, step.workflow(run).nodes[name])


def _execute(step: Step, run: Run, token: Token, node: Node) -> Went:
    match node:
        case Do():
            return do_action(Act(step, run, token, node))
        case If():
            see = step.sight(run.data(token), step.names(run, token), traced=step.traces)
            held = node.condition(see)
            way = node.next if held else node.otherwise
            outcome = "passed" if held else "failed_condition"
            step.note(outcome, run, node.id, way, variant=token.variant, trace=see.trace)
            return Went(way)
        case Branch():
            return _branch(step, run, token, node)
        case On():
            # A start begins here, and the token that stands on it goes on; elsewhere it waits.
            if node.id in step.workflow(run).starts:
                return Went(node.next)
            due = None if node.within is None else step.now + node.within
            park(step, token, AT_EVENT, due)
            step.note("parked", run, node.id, variant=token.variant)
            return Went(None)
        case Wait() | WaitUntilTime() | WaitUntilDate() | WaitWindow():
            return _wait(step, run, token, node)
        case Split():
            at = share_of(run.workflow, node.id, step.contact.card.id)
            way, variant = next(
                ((to, name) for upper, to, name in node.paths if at < upper), node.paths[-1][1:]
            )
            token.variant = variant
            step.note("split", run, node.id, way, variant=variant)
            return Went(way)
    assert isinstance(node, End)
    return Went(())


def _branch(step: Step, run: Run, token: Token, node: Branch) -> Went:
    see = step.sight(run.data(token), step.names(run, token), traced=step.traces)
    for condition, way in node.cases:
        if condition(see):
            step.note("passed", run, node.id, way, variant=token.variant, trace=see.trace)
            return Went(way)
    step.note("failed_condition", run, node.id, node.otherwise, variant=token.variant, trace=see.trace)
    return Went(node.otherwise)


def _wait(
    step: Step, run: Run, token: Token, node: Wait | WaitUntilTime | WaitUntilDate | WaitWindow
) -> Went:
    due = due_of(step, run, node)
    if due is not None:
        park(step, token, AT_WAIT, due)
        step.note("parked", run, node.id, variant=token.variant)
        return Went(None)
    missed = isinstance(node, WaitUntilDate)
    way = node.otherwise if missed else node.next
    reason = "no_date_to_come" if missed else "open"
    step.note("waited", run, node.id, way, variant=token.variant, reason=reason)
    return Went(way)
