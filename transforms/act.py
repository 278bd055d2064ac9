"""An action about to be done: its parameters filled in, its record, and how the token goes on."""

from __future__ import annotations

from typing import Any, NamedTuple

from schemas.records import ActionRecord
from transforms.actions import Action
from transforms.graph import Do, Targets, Workflow
from transforms.identity import action_id
from transforms.sight import Trace
from transforms.state import Run, Token
from transforms.step import Step


class Went(NamedTuple):
    """How the token goes on after an action.

    Attributes:
        targets: where to; None when it stays.
        rule: the rule that runs first.
        trace: of the rule's condition.
    """

    targets: Targets | None
    rule: Workflow | None = None
    trace: Trace | None = None


class Act:
    """An action about to be done by a token at a node."""

    __slots__ = ("node", "params", "run", "step", "token", "workflow")

    def __init__(self, step: Step, run: Run, token: Token, node: Do) -> None:
        self.step = step
        self.run = run
        self.token = token
        self.node = node
        self.workflow = step.workflow(run)
        self.params: dict[str, Any] = node.bound.rendered(step.names(run, token))

    def typed(self) -> Action | None:
        """The parameters, None when one renders to what it cannot be."""
        return self.node.bound.typed(self.params)

    @property
    def id(self) -> str:
        """The action's id."""
        return action_id(self.run.id, self.node.id, self.token.visit)

    def record(self, status: str, reason: str | None = None, context: dict[str, Any] | None = None) -> None:
        """Writes the action record."""
        run = self.run
        self.step.write(
            ActionRecord(
                self.id,
                self.step.contact.card.id,
                self.node.action,
                status,
                reason,
                self.step.now,
                run.workflow,
                run.version,
                run.id,
                self.node.id,
                self.token.visit,
                self.params,
                context or {},
            )
        )

    def done(self) -> Went:
        """The token takes `next`."""
        return self._go("done", self.node.next)

    def suppressed(self, reason: str, targets: Targets | None = None) -> Went:
        """The action is not done; the token takes `else`, or the targets given."""
        self.record("suppressed", reason)
        return self._go("suppressed", self.node.otherwise if targets is None else targets, reason)

    def _go(self, outcome: str, targets: Targets, reason: str | None = None) -> Went:
        """Notes where the token goes; a message that waited on its own goes nowhere."""
        way = () if self.token.alone else targets
        self.step.note(outcome, self.run, self.node.id, way, variant=self.token.variant, reason=reason)
        return Went(way)
