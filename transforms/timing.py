"""Timers: which one is next, and what it does."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from transforms.act import Act
from transforms.actions import Message
from transforms.definitions import Definitions
from transforms.entry import release
from transforms.graph import Do, On
from transforms.identity import action_id
from transforms.messaging import pass_gate, scheduled_as_written
from transforms.state import AT_GATE, SCHEDULED, Contact, Run, Token
from transforms.step import Step
from transforms.walking import walk


class Timer(NamedTuple):
    """A token that waits for a time."""

    run: Run
    token: Token
    due: int

    @property
    def source(self) -> str:
        """What stands for the id of the input: the action id that the token would have at its node."""
        return action_id(self.run.id, self.token.node, self.token.visit)


def next_due(contact: Contact, paused: Collection[str]) -> int | None:
    """The earliest due time, None when nothing waits for one. Paused workflows hold theirs."""
    earliest: int | None = None
    for run in contact.runs:
        if run.workflow in paused:
            continue
        for token in run.tokens:
            if token.due is not None and (earliest is None or token.due < earliest):
                earliest = token.due
    return earliest


def next_timer(contact: Contact, definitions: Definitions, due: int) -> Timer:
    """Of the timers due at `due`, the one that fires first.

    Of those due together, messages that the gate holds come first (by priority, then by when they came to
    it), then all others; each by start of the run, then age of the token.
    """
    together = [
        Timer(run, token, due)
        for run in contact.runs
        for token in run.tokens
        if token.due == due and run.workflow not in definitions.paused
    ]
    if len(together) == 1:
        return together[0]

    def order(timer: Timer) -> tuple[int, int, int, int, int, int]:
        run, token = timer.run, timer.token
        held = token.doing == AT_GATE
        priority = definitions.of(run.workflow, run.version).priority if held else 0
        came = (token.gate or 0) if held else 0
        return (0 if held else 1, -priority, came, run.started, run.seq, token.age)

    return min(together, key=order)


def fire(step: Step, timer: Timer) -> None:
    """Does what a timer is for. The caller looks at the facts that it causes."""
    run, token = timer.run, timer.token
    node = step.workflow(run).nodes[token.node]
    token.due = None
    if isinstance(node, Do) and token.doing in (AT_GATE, SCHEDULED):
        _wake_message(step, run, token, node)
    elif isinstance(node, On | Do):
        step.note("timed_out", run, node.id, node.otherwise, variant=token.variant)
        walk(step, run, token, node.otherwise)
    else:
        step.note("waited", run, node.id, node.next, variant=token.variant)
        walk(step, run, token, node.next)
    release(step)


def _wake_message(step: Step, run: Run, token: Token, node: Do) -> None:
    act = Act(step, run, token, node)
    message = act.typed()
    if isinstance(message, Message):
        went = pass_gate(act, message)
    else:
        went = act.suppressed("invalid", node.next if scheduled_as_written(act) else None)
    if went.targets is not None:
        walk(step, run, token, went.targets)
