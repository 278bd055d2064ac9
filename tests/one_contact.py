"""Contacts of one cell, for tests: the state is encoded and decoded between any two inputs."""

from __future__ import annotations

import json
from typing import Any

from model.scenarios import milliseconds

from transforms.allocation import Allocator
from transforms.definitions import Key
from transforms.engine import OUTPUTS, Engine

Tree = dict[str, Any]
When = int | str
"""Epoch milliseconds, or a time as scenarios write it, such as "10:00"."""


def workflow(nodes: Tree, id: str = "w", **more: Any) -> Tree:
    """A workflow; without a start it begins at its first node on an external event."""
    starts = {} if "s" in nodes else {"s": {"on": {"event": "external_event"}, "next": next(iter(nodes))}}
    return {"kind": "workflow", "id": id, "name": id, "nodes": {**starts, **nodes}, **more}


def packed(*documents: Tree) -> dict[str, bytes]:
    """Documents as an engine takes them."""
    return {str(Key(tree["kind"], tree.get("id", ""))): json.dumps(tree).encode() for tree in documents}


class OneContact:
    """A contact, `c`, with those that it is merged with, and all records of it so far."""

    def __init__(self, *documents: Tree, allocator: Allocator | None = None) -> None:
        self.engine = Engine(packed(*documents), allocator)
        self.state: bytes | None = None
        self.due: int | None = None
        self.records: dict[str, list[Tree]] = {name: [] for name in OUTPUTS}
        self.inputs = 0

    def on(
        self, when: When, type: str, /, *, id: str | None = None, contact: str = "c", **data: Any
    ) -> OneContact:
        """An event comes."""
        self.inputs += 1
        event = {"id": id or f"e{self.inputs}", "contact": contact, "type": type, "ts": milliseconds(when)}
        return self.line(json.dumps(event | {"data": data}).encode())

    def go(self, when: When = "10:00", **data: Any) -> OneContact:
        """The external event comes that starts most workflows of tests."""
        return self.on(when, "external_event", **{"type": "GO", **data})

    def line(self, raw: bytes) -> OneContact:
        """An input comes as it stands."""
        return self._process([raw], None)

    def until(self, when: When) -> OneContact:
        """Time passes."""
        return self._process([], milliseconds(when))

    def _process(self, inputs: list[bytes], until: int | None) -> OneContact:
        answer = self.engine.process(self.state, inputs, until=until)
        self.state, self.due = answer.state, answer.due
        for output, record in answer.records:
            self.records[OUTPUTS[output]].append(json.loads(record))
        return self

    @property
    def actions(self) -> list[Tree]:
        """The action records."""
        return self.records["actions"]

    @property
    def steps(self) -> list[Tree]:
        """The step records."""
        return self.records["steps"]

    @property
    def outcomes(self) -> list[Tree]:
        """The outcome records."""
        return self.records["outcomes"]

    @property
    def reasons(self) -> list[str]:
        """Why inputs became dead letters."""
        return [letter["reason"] for letter in self.records["dead_letters"]]

    @property
    def said(self) -> list[str]:
        """The texts of the notes added, of what has them."""
        return [a["params"]["text"] for a in self.actions if a["action"] == "add_note"]

    @property
    def told(self) -> list[str]:
        """The outcomes of the steps."""
        return [step["outcome"] for step in self.steps]

    def step(self, outcome: str) -> Tree:
        """The only step with this outcome."""
        (found,) = [step for step in self.steps if step["outcome"] == outcome]
        return found
