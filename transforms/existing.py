"""Runs for contacts that are known already when a workflow is published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.events import ContactEvent
from transforms.graph import Condition
from transforms.logic import compile_condition
from transforms.problems import Problems
from transforms.state import Contact
from transforms.step import Step

if TYPE_CHECKING:
    from transforms.definitions import Definitions


class Existing(NamedTuple):
    """Whom to start in a version of a workflow.

    Attributes:
        id: of the `workflow_start` event that each gets: the same at a second look, so that nobody starts
            twice.
    """

    id: str
    workflow: str
    condition: Condition

    def event(self, contact: Contact, definitions: Definitions, now: int | None) -> ContactEvent | None:
        """The start of a contact; None when the condition does not hold for it.

        Args:
            contact: who is known.
            definitions: settings and time zones come from them.
            now: the wall clock (ms); the contact's own where it does not count.
        """
        ts = max(contact.clock, contact.clock if now is None else now)
        step = Step(contact, definitions, ts, "", 0, 0, None)
        names = step.names_of({}, None, definitions.current.get(self.workflow))
        if not self.condition(step.sight({}, names, traced=False)):
            return None
        return ContactEvent(self.id, contact.card.id, "workflow_start", ts, {"workflow": self.workflow})


def compile_existing(tree: Any) -> tuple[Condition, Problems]:
    """The condition that says who is started, and what is wrong with it."""
    problems = Problems()
    return compile_condition(tree, (), "existing", problems), problems


def read_existing(workflow: str, version: int, body: bytes) -> Existing:
    """Reads what the control topic says.

    Raises:
        ValueError: it is no condition.
    """
    condition, problems = compile_existing(json.loads(body))
    for problem in problems:
        raise ValueError(problem.message)
    return Existing(f"existing/{workflow}@{version}", workflow, condition)
