"""Runs: how they begin, how they end, and who may begin one."""

from __future__ import annotations

from typing import Any

from transforms.graph import Workflow
from transforms.identity import run_id
from transforms.sight import Trace
from transforms.state import Contact, Run, Token, run_order
from transforms.step import MAX_TOKENS, LimitReached, Step


def live_runs(contact: Contact, workflow: str) -> list[Run]:
    """The live runs of a workflow, in the order of their start."""
    return sorted((run for run in contact.runs if run.workflow == workflow), key=run_order)


def entered_too_often(step: Step, workflow: Workflow) -> bool:
    """Whether the entry limit refuses another run now."""
    if workflow.limit is None:
        return False
    since = step.now - workflow.limit.per
    begun = [ts for ts in step.contact.entries.get(workflow.id, []) if since < ts <= step.now]
    return len(begun) >= workflow.limit.count


def create_run(step: Step, workflow: Workflow, event: dict[str, Any], key: Any = None) -> tuple[Run, Token]:
    """Begins a run, with its first token still on the way to its first node."""
    contact = step.contact
    n = step.begun.get(workflow.id, 0)
    step.begun[workflow.id] = n + 1
    run = Run(
        id=run_id(workflow.id, contact.card.id, step.source, n, key),
        workflow=workflow.id,
        version=workflow.version,
        started=step.now,
        seq=contact.tick(),
        key=key,
        events=[event],
    )
    contact.runs.append(run)
    if workflow.limit is not None:
        entries = contact.entries.setdefault(workflow.id, [])
        entries.append(step.now)
        del entries[: max(0, len(entries) - workflow.limit.count)]
    return run, make_token(run)


def make_token(run: Run, like: Token | None = None) -> Token:
    """One more token of a run, with the event and variant of another.

    Raises:
        LimitReached: when the run has as many as it may.
    """
    if len(run.tokens) >= MAX_TOKENS:
        raise LimitReached("token_limit", f"more than {MAX_TOKENS} live tokens and messages in a run")
    run.made += 1
    token = Token(run.made, "")
    if like is not None:
        token.event, token.variant = like.event, like.variant
    run.tokens.append(token)
    return token


def drop_token(run: Run, token: Token) -> None:
    """Takes a token out of its run."""
    run.tokens = [other for other in run.tokens if other is not token]


def complete(step: Step, run: Run) -> None:
    """Ends a run that has neither token nor message left."""
    if run.live and not run.tokens:
        step.note("completed", run)
        _remove(step, run)


def end_run(
    step: Step, run: Run, outcome: str, reason: str | None = None, trace: Trace | None = None
) -> None:
    """Ends a run wherever it stands; messages that wait leave a record."""
    for token in run.tokens:
        if token.alone or token.gate is not None:
            step.note("dropped", run, token.node, variant=token.variant, reason=outcome)
    step.note(outcome, run, reason=reason, trace=trace)
    run.tokens = []
    _remove(step, run)


def _remove(step: Step, run: Run) -> None:
    run.made = -1
    step.contact.runs = [other for other in step.contact.runs if other is not run]


def take_event(run: Run, token: Token, data: dict[str, Any]) -> None:
    """Gives a token another event to show, and forgets those that no token shows any more."""
    run.events.append(data)
    token.event = len(run.events) - 1
    if len(run.events) > 2 * len(run.tokens) + 1:
        shown = sorted({other.event for other in run.tokens} | {token.event})
        places = {old: new for new, old in enumerate(shown)}
        run.events = [run.events[old] for old in shown]
        for other in run.tokens:
            other.event = places[other.event]
