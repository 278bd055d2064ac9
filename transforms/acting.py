"""Does an action: changes the card, asks a connector, sends a message, or starts something else."""

from __future__ import annotations

from transforms.act import Act, Went
from transforms.actions import (
    Action,
    Doing,
    DrawOwner,
    Flow,
    GenerateCoupon,
    Here,
    Message,
    RunAutomationRule,
    StartWorkflow,
    StopWorkflow,
)
from transforms.admission import rule_refusal
from transforms.answers import allocate, take_answer
from transforms.changes import CardLimit
from transforms.durations import HOUR
from transforms.facts import WORKFLOW_START, Fact
from transforms.messaging import scheduled_as_written, send_message
from transforms.runs import end_run, live_runs
from transforms.state import AT_ANSWER
from transforms.waiting import park

ANSWER_TIME_OUT_MS = HOUR


def do_action(act: Act) -> Went:
    """Does the action of a node that a token has come to."""
    action = act.typed()
    if action is None:
        return act.suppressed("invalid", act.node.next if scheduled_as_written(act) else None)
    if isinstance(action, Message):
        return send_message(act, action)
    if isinstance(action, Flow):
        return _flow(act, action)
    if isinstance(action, Here) or (isinstance(action, GenerateCoupon) and action.pool is None):
        return _here(act, action)
    return _out(act, action)


def _here(act: Act, action: Here | GenerateCoupon) -> Went:
    step = act.step
    doing = Doing(step.contact.card, step.now, step.definitions.settings, act.id, act.params)
    try:
        facts = action.apply(doing)
    except CardLimit:
        return act.suppressed("card_limit")
    act.params = doing.params
    act.record("applied")
    step.cause(facts)
    return act.done()


def _out(act: Act, action: Action) -> Went:
    act.record("requested", context=action.context(act.step.contact.card))
    if not action.asks:
        return act.done()
    step, run, token, node = act.step, act.run, act.token, act.node
    if step.allocator is not None and isinstance(action, DrawOwner | GenerateCoupon):
        reason = take_answer(step, action, allocate(step.allocator, action))
        if reason is None:
            return act.done()
        step.note("timed_out", run, node.id, node.otherwise, variant=token.variant, reason=reason)
        return Went(node.otherwise)
    park(step, token, AT_ANSWER, step.now + ANSWER_TIME_OUT_MS)
    step.note("parked", run, node.id, variant=token.variant)
    return Went(None)


def _flow(act: Act, action: Flow) -> Went:
    if isinstance(action, RunAutomationRule):
        return _run_rule(act, action)
    if isinstance(action, StartWorkflow):
        return _start_workflow(act, action)
    assert isinstance(action, StopWorkflow)
    act.record("applied")
    went = act.done()
    for run in live_runs(act.step.contact, action.workflow):
        end_run(act.step, run, "exited", "stopped")
    return went


def _run_rule(act: Act, action: RunAutomationRule) -> Went:
    step = act.step
    rule = step.definitions.current.get(action.rule)
    if rule is None or rule.kind != "rule":
        return act.suppressed("unknown")
    if step.definitions.statuses[rule.id] != "active":
        return act.suppressed("inactive")
    trace = step.full_trace()
    reason = rule_refusal(step, rule, act.run.data(act.token), trace)
    if reason is not None:
        return act.suppressed(reason)
    act.record("applied")
    return Went(act.done().targets, rule, trace)


def _start_workflow(act: Act, action: StartWorkflow) -> Went:
    workflow = act.step.definitions.current.get(action.workflow)
    if workflow is None or workflow.kind != "workflow":
        return act.suppressed("unknown")
    if act.step.definitions.statuses[workflow.id] != "active":
        return act.suppressed("inactive")
    act.record("applied")
    act.step.cause([Fact(WORKFLOW_START, {"workflow": workflow.id}, act.run.data(act.token))])
    return act.done()
