"""Takes the contacts of one cell through events and timers, one input at a time, each whole or not at all."""

from __future__ import annotations

from collections.abc import Callable

from schemas.events import MERGING, ContactEvent
from schemas.records import StepRecord
from transforms.allocation import Allocator
from transforms.answers import ANSWERS, take_answer
from transforms.applying import Applied, apply_event
from transforms.card import Card
from transforms.changes import CardLimit
from transforms.definitions import Definitions
from transforms.entry import drop_free, release
from transforms.graph import Do
from transforms.identity import action_id
from transforms.letters import dead_letter
from transforms.merging import merge, remembered
from transforms.reacting import drain
from transforms.runs import end_run
from transforms.settling import settle_runs
from transforms.state import (
    AT_ANSWER,
    Cell,
    Contact,
    Run,
    Token,
    fingerprint,
    holds,
    restore,
    snapshot,
)
from transforms.step import DEAD_LETTERS, STEPS, LimitReached, Record, Step
from transforms.timing import Timer, fire, next_due, next_timer
from transforms.walking import walk


class Undone(Exception):
    """An input that was undone.

    Attributes:
        reason: of the dead letter.
        ts: of the event, where it was one.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.ts: int | None = None


class Advance:
    """Inputs of one cell; `records` gathers what they write.

    Args:
        cell: nothing has been done to it.
        state: what the cell was decoded from, where that is at hand: it saves the first snapshot.
    """

    def __init__(
        self, cell: Cell, definitions: Definitions, allocator: Allocator | None, state: bytes | None = None
    ) -> None:
        self.cell = cell
        self.definitions = definitions
        self.allocator = allocator
        self.records: list[Record] = []
        self._state = state if len(cell.contacts) == 1 else None

    def contact(self, name: str) -> Contact | None:
        """The contact of this id, None when it is not known."""
        for contact in self.cell.contacts:
            if contact.card.id == name:
                return contact
        return None

    def settle(self, contact: Contact) -> None:
        """Ends or moves the runs of workflows that were retired or published anew since it was last seen, and
        begins the starts that a pause has held back."""
        if not contact.kept and not any(run.workflow in self.definitions.unsettled for run in contact.runs):
            return

        source = f"settle\x1f{contact.clock}\x1f{contact.seq}"
        self._whole(contact, contact.clock, source, None, settle_runs)
        self._release(contact, contact.clock, source)

    def wake(self, contact: Contact, until: int, *, inclusive: bool) -> None:
        """Fires the timers of a contact that are due before `until`, or at it too."""
        while True:
            due = next_due(contact, self.definitions.paused)
            if due is None or due > until or (due == until and not inclusive):
                return
            self._fire(contact, next_timer(contact, self.definitions, due))

    def take(self, event: ContactEvent) -> None:
        """Takes an event: timers due before it, then the event, unless it was seen already.

        Raises:
            Undone: the event was; what the timers did stays done.
        """
        contact = self.contact(event.contact)
        mark = fingerprint(event.id)
        if contact is not None and contact.ids and holds(contact.ids, mark):
            now = max(event.ts, contact.clock)
            record = StepRecord(event.contact, "duplicate", now, reason=event.id)
            self.records.append((STEPS, record))
            return
        if contact is not None and (contact.runs or contact.kept):
            self.settle(contact)
            self.wake(contact, event.ts, inclusive=False)
        if event.type == "contact_erased":
            self._erase(event, contact)
            return
        new = contact is None
        if contact is None:
            self._state = None
            contact = Contact(Card(event.contact, event.ts), event.ts)
            self.cell.contacts.append(contact)
        try:
            if event.type in MERGING:
                self._merge(contact, event)
            else:
                self._apply(contact, event, new)
        except Undone as undone:
            if new:
                self.cell.contacts.remove(contact)
            undone.ts = event.ts
            raise
        contact.ids = remembered(contact.ids + mark)

    def _apply(self, contact: Contact, event: ContactEvent, new: bool) -> None:
        def body(step: Step) -> None:
            applied = Applied(contact, event, self.definitions, new)
            facts, outcome = apply_event(applied)
            if outcome is not None:
                step.write(outcome)
            if event.type in ANSWERS:
                _answer(step, event)
            elif event.fire:
                step.cause(facts)
                if len(facts) > 1:
                    for fact in facts:
                        fact.seq = facts[-1].seq
            drain(step)

        self._whole(contact, max(event.ts, contact.clock), event.id, None, body)

    def _fire(self, contact: Contact, timer: Timer) -> None:
        now, source, run_id = max(timer.due, contact.clock), timer.source, timer.run.id

        def body(step: Step) -> None:
            fire(step, timer)
            drain(step)

        try:
            self._whole(contact, now, source, timer.token, body)
        except Undone as undone:
            letter = dead_letter(undone.reason, undone.detail, None, ts=now)
            self.records.append((DEAD_LETTERS, letter))
            self._fail(contact, now, source, run_id, undone.reason)

    def _fail(self, contact: Contact, now: int, source: str, run_id: str, reason: str) -> None:
        """Ends the run of a timer that was undone, so that it does not come again."""

        def end(step: Step) -> None:
            run = next(run for run in contact.runs if run.id == run_id)
            end_run(step, run, "failed", reason)

        self._whole(contact, now, source, None, end)
        self._release(contact, now, source)

    def _release(self, contact: Contact, now: int, source: str) -> None:
        """Begins the starts that have become free; when what they cause reaches a limit, they are dropped."""

        if not contact.kept:
            return

        def go_on(step: Step) -> None:
            release(step)
            drain(step)

        try:
            self._whole(contact, now, source, None, go_on)
        except Undone as undone:
            reason = undone.reason
            self.records.append((DEAD_LETTERS, dead_letter(reason, undone.detail, None, ts=now)))
            self._whole(contact, now, source, None, lambda step: drop_free(step, reason))

    def _whole(
        self, contact: Contact, now: int, source: str, token: Token | None, body: Callable[[Step], None]
    ) -> None:
        """Runs an input; when it fails, the contact is as if it had not come.

        Raises:
            Undone: when it was.
        """
        before = self._state or snapshot(contact)
        self._state = None
        drawn = self.allocator.mark() if self.allocator else 0
        step = self._step(contact, now, source, token)
        try:
            body(step)
        except Exception as error:
            restore(contact, before)
            if self.allocator:
                self.allocator.undo(drawn)
            raise _undone(error) from error
        if contact.runs or contact.budget:
            self._settle(contact, step)
        self.records += step.records

    def _step(self, contact: Contact, now: int, source: str, token: Token | None) -> Step:
        if now > contact.clock:
            contact.clock, contact.inputs = now, 0
            if contact.budget:
                contact.budget = {}
        number = token.set_by if token is not None and token.due == now else 0
        if not number:
            contact.inputs += 1
            number = contact.inputs
        spent = contact.budget.get(number, 0) if contact.budget else 0
        return Step(contact, self.definitions, now, source, number, spent, self.allocator)

    def _settle(self, contact: Contact, step: Step) -> None:
        """Keeps what the input has spent, while timers that it set for now are still to fire."""
        for run in contact.runs:
            for token in run.tokens:
                if token.set_by == step.number and token.due is not None:
                    contact.budget[step.number] = step.spent
                    return
        if contact.budget:
            contact.budget.pop(step.number, None)

    def _erase(self, event: ContactEvent, contact: Contact | None) -> None:
        now = max(event.ts, contact.clock) if contact else event.ts
        self._state = None
        if contact is not None:
            self.cell.contacts.remove(contact)
        self.records.append((STEPS, StepRecord(event.contact, "erased", now)))

    def _merge(self, contact: Contact, event: ContactEvent) -> None:
        source = self.contact(event.data[MERGING[event.type]])
        if source is not None:
            self.settle(source)
            self.wake(source, event.ts, inclusive=False)
        now = max(event.ts, contact.clock, source.clock if source else 0)

        def body(step: Step) -> None:
            if source is not None:
                own = Step(source, self.definitions, now, event.id, 0, 0, None)
                merge(step, source, own)
                step.records += own.records
                self.cell.contacts.remove(source)

        self._whole(contact, now, event.id, None, body)


def _undone(error: Exception) -> Undone:
    if isinstance(error, LimitReached):
        return Undone(error.reason, error.detail)
    if isinstance(error, CardLimit):
        return Undone("card_limit", str(error))
    return Undone("engine_error", f"{type(error).__name__}: {error}")


def _answer(step: Step, event: ContactEvent) -> None:
    """Moves the token that waits for this answer."""
    wanted = event.data["action_id"]
    for run in step.contact.runs:
        for token in run.tokens:
            if token.doing == AT_ANSWER and action_id(run.id, token.node, token.visit) == wanted:
                _take_answer(step, run, token, event)
                return
    step.note("dropped", None, reason=f"nothing waits for the answer to {wanted}")


def _take_answer(step: Step, run: Run, token: Token, event: ContactEvent) -> None:
    node = step.workflow(run).nodes[token.node]
    assert isinstance(node, Do)
    action = node.bound.typed(node.bound.rendered(step.names(run, token)))
    if not ANSWERS[event.type]:
        reason: str | None = event.type
    else:
        reason = take_answer(step, action, event.data) if action is not None else "invalid"
    outcome, way = ("matched", node.next) if reason is None else ("timed_out", node.otherwise)
    step.note(outcome, run, node.id, way, variant=token.variant, reason=reason)
    walk(step, run, token, way)
    release(step)
