"""The state of one key: a contact's card, its runs and what the engine remembers of it."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, field

from transforms.card import Card
from transforms.history import History

STATE_VERSION = 1
"""Counts changes of the layout that a decoder with defaults cannot bridge."""

IDS_REMEMBERED = 256
ID_BYTES = 8

# What a token is doing. Numbers, because they are in the state of every waiting contact.
MOVING, AT_EVENT, AT_WAIT, AT_GATE, AT_ANSWER, SCHEDULED = range(6)


class Token(Struct, array_like=True):
    """Where a run stands: a place on the graph, or a message that waits on its own."""

    age: int
    """The order in which the run's tokens were made."""
    node: str
    doing: int = MOVING
    since: int = 0
    """Number of the moment at which it parked: only facts that arose later move it."""
    due: int | None = None
    visit: int = 1
    event: int = 0
    """Index into the run's `events`: what `event.*` shows to this token."""
    came: int = 0
    """When it came to the node."""
    gate: int | None = None
    """When the message first came to the gate."""
    variant: str | None = None
    """The path that it took at the last split."""
    set_by: int = 0
    """Number of the input that set a timer due in the same instant, otherwise 0."""
    alone: bool = False
    """A message that waits on its own: it holds no path, and ends where it is."""


class Run(Struct, array_like=True):
    """One walk of the contact through one version of a workflow."""

    id: str
    workflow: str
    version: int
    started: int
    seq: int
    """Orders runs that started in the same instant."""
    key: Any = None
    tokens: list[Token] = field(default_factory=list)
    visits: dict[str, int] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    made: int = 0
    """How many tokens the run has made; -1 once it has ended."""

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.made >= 0

    def data(self, token: Token) -> dict[str, Any]:
        """What `event.*` shows to a token."""
        return self.events[token.event]


class Kept(Struct, array_like=True):
    """A start that waits for the live run to end (entry policy `queue`)."""

    node: str
    event: dict[str, Any]
    seq: int
    key: Any = None


class Contact(Struct, array_like=True):
    """All that is known of one contact."""

    card: Card
    clock: int
    seq: int = 0
    """Counts moments within the contact: facts, parkings and starts are ordered by it."""
    ids: bytes = b""
    """The last ids seen, eight bytes of a hash each."""
    runs: list[Run] = field(default_factory=list)
    kept: dict[str, Kept] = field(default_factory=dict)
    entries: dict[str, list[int]] = field(default_factory=dict)
    """Workflow to the times at which its latest runs began, for `limit`."""
    once: bytes = b""
    """Hashes of the `once` keys used up, eight bytes each."""
    caps: dict[str, list[int]] = field(default_factory=dict)
    """Channel to the times of its latest messages, ascending."""
    inputs: int = 0
    """Counts the inputs of the instant `clock`, for timers that are due when they are set."""
    budget: dict[int, int] = field(default_factory=dict)
    """Number of an input to the nodes that it has executed, while such a timer of it waits."""

    def tick(self) -> int:
        """The next moment."""
        self.seq += 1
        return self.seq


class Cell(Struct, array_like=True):
    """What is kept under one key: one contact, or several that are joined at some time."""

    version: int = STATE_VERSION
    contacts: list[Contact] = field(default_factory=list)


_encoder = msgspec.msgpack.Encoder()
encode_contact = _encoder.encode
decode_contact = msgspec.msgpack.Decoder(Contact).decode
encode_cell = _encoder.encode
decode_cell = msgspec.msgpack.Decoder(Cell).decode


class Snapshot(NamedTuple):
    """A contact as it was. Histories, the bulk of it, are packed already and need no copy."""

    body: bytes
    histories: dict[str, tuple[bytes, int]]


def snapshot(contact: Contact) -> Snapshot:
    """The contact as it is now, to go back to."""
    histories = contact.card.histories
    contact.card.histories = {}
    body = encode_contact(contact)
    contact.card.histories = histories
    return Snapshot(body, {kind: (history.packed, history.count) for kind, history in histories.items()})


def restore(contact: Contact, before: Snapshot | bytes) -> None:
    """Puts a contact back to what it was, in place; `before` may be the state of a cell with it alone."""
    if isinstance(before, bytes):
        (undone,) = decode_cell(before).contacts
    else:
        undone = decode_contact(before.body)
        undone.card.histories = {kind: History(*parts) for kind, parts in before.histories.items()}
    for name in undone.__struct_fields__:
        setattr(contact, name, getattr(undone, name))


def fingerprint(text: str) -> bytes:
    """Eight bytes of a hash: enough to tell the ids of one contact apart."""
    return blake2b(text.encode(), digest_size=ID_BYTES).digest()


def holds(packed: bytes, item: bytes) -> bool:
    """Whether `item` stands in a row of items of its length."""
    size = len(item)
    at = packed.find(item)
    while at >= 0:
        if at % size == 0:
            return True
        at = packed.find(item, at + 1)
    return False


def run_order(run: Run) -> tuple[int, int]:
    """Sorts runs by their start."""
    return run.started, run.seq
