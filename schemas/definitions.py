"""The shape of definitions: which keys a document, a node or an entry may have, and of what type."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from schemas.structs import below, ready

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,64}$", description="a-z, 0-9 and -, at most 64")]
Share = Annotated[float, Meta(ge=0, le=100)]
Priority = Annotated[int, Meta(ge=0, le=100)]
Targets = str | list[str]
Status = Literal["active", "paused", "draining", "retired"]


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all shapes: a key that is not listed is an error."""


class LimitShape(Shape, frozen=True):
    """At most `count` runs begun per duration."""

    count: Annotated[int, Meta(ge=1)]
    per: str


class EntryShape(Shape, frozen=True):
    """What a start does while a run is live."""

    policy: Literal["drop", "restart", "queue", "parallel"] = "drop"
    key: str | None = None
    limit: LimitShape | None = None


class EventShape(Shape, frozen=True, rename={"parameters": "with"}):
    """An event of the vocabulary with its parameters."""

    event: str
    parameters: dict[str, Any] = {}


class ExitShape(Shape, frozen=True):
    """An event that ends the run wherever it stands."""

    on: EventShape | list[EventShape]
    goal: bool = False


class WorkflowShape(Shape, frozen=True):
    """A directed graph that one contact walks through."""

    kind: Literal["workflow"]
    id: Slug
    name: str
    nodes: dict[str, Any]
    status: Status = "active"
    priority: Priority = 50
    timezone: str = "UTC"
    goals: list[str] = []
    channels: list[str] = []
    tactics: list[str] = []
    entry: EntryShape = EntryShape()
    exits: list[Any] = []
    note: str | None = None
    description: str | None = None


class RuleShape(Shape, frozen=True, rename={"condition": "if"}):
    """A workflow of one step."""

    kind: Literal["rule"]
    id: Slug
    do: list[Any]
    name: str | None = None
    on: Any = None
    condition: Any = None
    limit: LimitShape | None = None
    status: Status = "active"
    priority: Priority = 50
    timezone: str = "UTC"
    note: str | None = None
    description: str | None = None


class OnNode(Shape, frozen=True, rename={"otherwise": "else"}):
    """A start, or a wait for an event."""

    on: Any
    next: Targets = []
    within: str | None = None
    otherwise: Targets = []
    name: str | None = None
    note: str | None = None


class IfNode(Shape, frozen=True, rename={"condition": "if", "otherwise": "else"}):
    """One condition, two ways."""

    condition: Any
    then: Targets = []
    otherwise: Targets = []
    name: str | None = None
    note: str | None = None


class BranchCase(Shape, frozen=True, rename={"condition": "if"}):
    """One way of a branch."""

    condition: Any
    next: Targets = []


class BranchNode(Shape, frozen=True, rename={"otherwise": "else"}):
    """Conditions tried in order; the first that holds wins."""

    branch: list[Any]
    otherwise: Targets = []
    name: str | None = None
    note: str | None = None


class DoNode(Shape, frozen=True, rename={"parameters": "with", "otherwise": "else"}):
    """An action. A missing `else` means `next`."""

    do: str
    parameters: dict[str, Any] = {}
    next: Targets = []
    otherwise: Targets | None = None
    name: str | None = None
    note: str | None = None


class UntilDetail(Shape, frozen=True):
    """A date on the card."""

    detail: str
    before: str = "0s"
    at: str | None = None


class Window(Shape, frozen=True, rename={"start": "from", "end": "to"}):
    """A span of local time on some days of the week."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] | None = None
    start: str = "00:00"
    end: str = "00:00"


class WaitUntil(Shape, frozen=True):
    """A wait until a local time or a date on the card, or until a window opens."""

    until: str | UntilDetail | None = None
    window: Window | None = None


class WaitNode(Shape, frozen=True, rename={"otherwise": "else"}):
    """A wait by the clock."""

    wait: str | WaitUntil
    next: Targets = []
    otherwise: Targets | None = None
    name: str | None = None
    note: str | None = None


class SplitPath(Shape, frozen=True):
    """One path of a split, with its share in per cent."""

    share: Share
    next: Targets = []
    variant: str | None = None


class SplitNode(Shape, frozen=True):
    """Paths by a stable hash of the contact."""

    split: list[SplitPath]
    name: str | None = None
    note: str | None = None


class EndNode(Shape, frozen=True):
    """The token ends here."""

    end: Literal[True]
    name: str | None = None
    note: str | None = None


NODES: dict[str, type[Shape]] = {
    "on": OnNode,
    "if": IfNode,
    "branch": BranchNode,
    "do": DoNode,
    "wait": WaitNode,
    "split": SplitNode,
    "end": EndNode,
}
"""The key that a node has exactly one of, and the shape of the node."""


class ActionShape(Shape, frozen=True, rename={"parameters": "with"}):
    """One action of a rule."""

    do: str
    parameters: dict[str, Any] = {}


class ConditionShape(Shape, frozen=True, rename={"parameters": "with"}):
    """A condition of the vocabulary with its parameters."""

    condition: str
    parameters: dict[str, Any] = {}
    negate: bool = False


class CapShape(Shape, frozen=True):
    """At most `count` messages per duration."""

    count: Annotated[int, Meta(ge=1)]
    per: str


class Quiet(Shape, frozen=True, rename={"start": "from", "end": "to"}):
    """Local hours in which no message goes out."""

    start: str
    end: str


class ChannelShape(Shape, frozen=True):
    """The gate's rules of one channel."""

    caps: list[CapShape] = []
    on_cap: Literal["skip", "defer"] = "skip"
    give_up: str = "7d"
    quiet: Quiet | None = None


class ChannelsShape(Shape, frozen=True):
    """The gate's rules by channel."""

    email: ChannelShape = ChannelShape()
    sms: ChannelShape = ChannelShape()
    web_push: ChannelShape = ChannelShape()
    text_message: ChannelShape = ChannelShape()


class PolicyShape(Shape, frozen=True):
    """The message gate: one document for all workflows."""

    kind: Literal["policy"]
    channels: ChannelsShape = ChannelsShape()


class AssetShape(Shape, frozen=True):
    """An e-mail or SMS that messages name."""

    kind: Literal["email", "sms"]
    id: str
    body: str = ""
    subject: str | None = None
    group: str | None = None
    service: bool = False
    name: str | None = None
    note: str | None = None
    preview: str | None = None


ready(below(Shape))
