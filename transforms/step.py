"""One input of one contact on its way through the engine: the time, what it may spend, what it writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from schemas.records import OUTPUTS, ActionRecord, DeadLetter, OutcomeRecord, StepRecord
from transforms.allocation import Allocator
from transforms.definitions import Definitions
from transforms.facts import Fact
from transforms.graph import Names, Workflow
from transforms.localtime import zone
from transforms.names import CardNames, EventNames
from transforms.sight import Sight, Trace
from transforms.state import Contact, Run, Token

MAX_NODES = 1000
"""Nodes executed for one event or timer and contact."""

MAX_TOKENS = 100
"""Live tokens and scheduled messages of a run, and live runs of a workflow."""

ACTIONS, STEPS, OUTCOMES, DEAD_LETTERS, CARDS = range(len(OUTPUTS))

Record = tuple[int, Struct]


class LimitReached(Exception):
    """The input does more than it may: it is undone.

    Attributes:
        reason: of the dead letter, `step_limit` or `token_limit`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Step:
    """An event or a timer of a contact, while it is processed.

    Attributes:
        now: the time of the step (ms).
        source: the id of the event, or for a timer the action id that its token would have at its node.
        number: counts the inputs of this instant; timers due when they are set share their setter's.
        spent: nodes executed so far.
        queue: facts that wait to be looked at.
    """

    __slots__ = (
        "allocator",
        "begun",
        "contact",
        "definitions",
        "now",
        "number",
        "queue",
        "records",
        "source",
        "spent",
    )

    def __init__(
        self,
        contact: Contact,
        definitions: Definitions,
        now: int,
        source: str,
        number: int,
        spent: int,
        allocator: Allocator | None,
    ) -> None:
        self.contact = contact
        self.definitions = definitions
        self.now = now
        self.source = source
        self.number = number
        self.spent = spent
        self.allocator = allocator
        self.queue: deque[Fact] = deque()
        self.records: list[Record] = []
        self.begun: dict[str, int] = {}

    def spend(self) -> None:
        """Counts the arrival of a token at a node.

        Raises:
            LimitReached: beyond 1,000.
        """
        self.spent += 1
        if self.spent > MAX_NODES:
            raise LimitReached("step_limit", f"more than {MAX_NODES} nodes for one input")

    def cause(self, facts: Iterable[Fact]) -> None:
        """Puts facts that arise now at the end of the queue."""
        for fact in facts:
            fact.seq = self.contact.tick()
            self.queue.append(fact)

    def workflow(self, run: Run) -> Workflow:
        """The version of the workflow that a run walks through."""
        return self.definitions.of(run.workflow, run.version)

    def zone(self, workflow: Workflow) -> ZoneInfo:
        """The contact's time zone, else the workflow's, else UTC."""
        found = zone(self.contact.card.timezone) or zone(workflow.timezone) or zone("UTC")
        assert found is not None
        return found

    def names(self, run: Run, token: Token) -> Names:
        """What texts may name, seen from a token."""
        return self.names_of(run.data(token), run)

    def names_of(self, event: dict[str, Any], run: Run | None, workflow: Workflow | None = None) -> Names:
        """What texts may name, given the event; without a run `run.*` is empty."""

        def names() -> Mapping[str, Any]:
            card = self.contact.card
            own = workflow or (self.workflow(run) if run else None)
            about = run and {
                "id": run.id,
                "workflow": run.workflow,
                "version": run.version,
                "started": run.started,
            }
            return {
                "contact": CardNames(card),
                "event": EventNames(event),
                "coupon": {name: code for name, (code, _) in card.coupons.items()},
                "run": about or {},
                "now": self.now,
                "timezone": self.zone(own).key if own else "UTC",
            }

        return names

    def sight(self, event: dict[str, Any], names: Names, *, traced: bool) -> Sight:
        """What a condition sees now."""
        settings = self.definitions.settings
        trace: Trace | None = [] if traced else None
        return Sight(self.contact.card, self.now, event, names, settings.limits.history, trace)

    @property
    def traces(self) -> bool:
        """Whether conditions leave a trace."""
        return self.definitions.settings.trace != "off"

    def full_trace(self) -> Trace | None:
        """A trace for what began, moved or ended a run; None unless the setting is `all`."""
        return [] if self.definitions.settings.trace == "all" else None

    def note(
        self,
        outcome: str,
        run: Run | None,
        node: str | None = None,
        to: tuple[str, ...] = (),
        *,
        workflow: Workflow | None = None,
        variant: str | None = None,
        reason: str | None = None,
        trace: Trace | None = None,
    ) -> None:
        """Writes a step record, of a run or of a workflow that did not get one."""
        record = StepRecord(
            self.contact.card.id,
            outcome,
            self.now,
            run.workflow if run else workflow.id if workflow else None,
            run.version if run else workflow.version if workflow else None,
            run.id if run else None,
            node,
            list(to),
            variant,
            reason,
            trace,
        )
        self.records.append((STEPS, record))

    def write(self, record: ActionRecord | OutcomeRecord | DeadLetter) -> None:
        """Writes another record."""
        output = {ActionRecord: ACTIONS, OutcomeRecord: OUTCOMES, DeadLetter: DEAD_LETTERS}[type(record)]
        self.records.append((output, record))
