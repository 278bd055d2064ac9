"""Compiled definitions: what the engine walks on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct, field

from transforms.actions import Action
from transforms.durations import Duration
from transforms.events import Event
from transforms.facts import Fact
from transforms.localtime import Span
from transforms.params import Bound
from transforms.sight import Sight, Trace

Targets = tuple[str, ...]
Names = Callable[[], Mapping[str, Any]]
Condition = Callable[[Sight], bool]


class EventTest(Struct, frozen=True):
    """One event that an `on` or an exit asks for."""

    kind: str
    bound: Bound[Event]

    def matches(self, fact: Fact, names: Names, trace: Trace | None = None) -> bool:
        """Whether a fact is this event; parameters that hold Liquid are filled in now."""
        if fact.kind != self.kind:
            return False
        params = self.bound.fixed or self.bound.typed(self.bound.rendered(names))
        result = params is not None and params.matches(fact)
        if trace is not None:
            expected = self.bound.rendered(names)
            test = {"field": fact.kind, "operator": "matches", "expected": expected, "actual": fact.fields}
            trace.append({**test, "result": result})
        return result


class Node(Struct, frozen=True):
    """A node: where the token goes on, and where else."""

    id: str
    next: Targets = ()
    otherwise: Targets = ()

    def successors(self) -> Targets:
        """All nodes that it points to."""
        return self.next + self.otherwise


class On(Node, frozen=True, kw_only=True):
    """A start or a wait for an event."""

    tests: tuple[EventTest, ...]
    within: Duration | None = None

    def matches(self, fact: Fact, names: Names, trace: Trace | None = None) -> bool:
        """Whether any of its events is this fact."""
        return any(test.matches(fact, names, trace) for test in self.tests)


class If(Node, frozen=True, kw_only=True):
    """A condition; `next` is `then`."""

    condition: Condition


class Branch(Node, frozen=True, kw_only=True):
    """Conditions tried in order."""

    cases: tuple[tuple[Condition, Targets], ...]

    def successors(self) -> Targets:
        return tuple(target for _, targets in self.cases for target in targets) + self.otherwise


class Do(Node, frozen=True, kw_only=True):
    """An action."""

    action: str
    bound: Bound[Action]


class Wait(Node, frozen=True, kw_only=True):
    """A wait for a while; the other waits are its children."""

    duration: Duration = Duration(0)


class WaitUntilTime(Node, frozen=True, kw_only=True):
    """A wait until the next such local time."""

    time_of_day: int


class WaitUntilDate(Node, frozen=True, kw_only=True):
    """A wait until a date on the card."""

    detail: str
    before: Duration
    time_of_day: int | None


class WaitWindow(Node, frozen=True, kw_only=True):
    """A wait until a window is open."""

    span: Span


class Split(Node, frozen=True, kw_only=True):
    """Paths by hash: upper bound of the share (0 to 100), targets, variant."""

    paths: tuple[tuple[float, Targets, str], ...]

    def successors(self) -> Targets:
        return tuple(target for _, targets, _ in self.paths for target in targets)


class End(Node, frozen=True):
    """The token ends."""


class Exit(Struct, frozen=True):
    """Events that end a run."""

    tests: tuple[EventTest, ...]
    goal: bool


class Limit(Struct, frozen=True):
    """At most `count` in the last `per`."""

    count: int
    per: Duration


class Workflow(Struct, frozen=True):
    """A workflow or rule of one version.

    Attributes:
        key: the field of the starting event by which runs are told apart, empty for none.
        condition: of a rule, what must hold for it to run.
    """

    id: str
    version: int
    kind: str
    name: str
    status: str
    priority: int
    timezone: str
    policy: str
    key: str
    limit: Limit | None
    exits: tuple[Exit, ...]
    nodes: dict[str, Node]
    starts: Targets
    condition: Condition | None = None

    @property
    def order(self) -> tuple[int, str]:
        """Sorts workflows by priority, high to low, then id."""
        return -self.priority, self.id


class Release(Struct, frozen=True):
    """How live runs of older versions take a new one.

    Attributes:
        moves: node of the old version to node of the new one, or to `end`.
    """

    mode: Literal["pin", "follow", "migrate"] = "pin"
    moves: dict[str, str] = field(default_factory=dict)


class ChannelRules(Struct, frozen=True):
    """The gate's rules of a channel."""

    caps: tuple[Limit, ...] = ()
    defers: bool = False
    give_up: Duration = Duration.parse("7d")
    quiet: Span | None = None

    @property
    def most(self) -> int:
        """The largest count of its caps."""
        return max((cap.count for cap in self.caps), default=0)
