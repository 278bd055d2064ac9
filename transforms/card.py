"""The contact card: what conditions see, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct, field

from transforms.history import Clicked, External, History, Opened, Sent, Visit

UNKNOWN, OPTED_IN, OPTED_OUT = "unknown", "opted_in", "opted_out"

CHANNELS = ("email", "sms", "web_push", "text_message")


class Card(Struct, array_like=True):
    """One contact. New fields go to the end, with a default, so that older state still decodes."""

    id: str
    added: int
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    timezone: str | None = None
    locale: str | None = None
    email_status: str = UNKNOWN
    sms_status: str = UNKNOWN
    owner: str | None = None
    co_owners: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    tag_scores: dict[str, int | float] = field(default_factory=dict)
    details: dict[str, str | int | float | bool] = field(default_factory=dict)
    score: int | float = 0
    stages: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[int, str]] = field(default_factory=list)
    coupons: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    """Coupon name to code and the time until which it is valid."""
    loyalty: dict[str, tuple[int | float, str | None]] = field(default_factory=dict)
    """Program to points and tier."""
    rfm: dict[str, dict[str, str]] = field(default_factory=dict)
    predictions: dict[str, float] = field(default_factory=dict)
    segments: dict[str, list[str]] = field(default_factory=dict)
    """App ("" where none was named) to the segments that the contact is a member of."""
    push: str | bool | dict[str, Any] | None = None
    devices: list[str | dict[str, Any]] = field(default_factory=list)
    bounced: bool = False
    """The present address bounced hard."""
    histories: dict[str, History] = field(default_factory=dict)
    """By channel what was sent, and `opened`, `clicked`, `visits`, `events`."""

    def remember(self, kind: str, entry: tuple[Any, ...], limit: int) -> None:
        """Adds an entry to the history of a kind; of more than `limit` the oldest by `ts` go."""
        history = self.histories.get(kind)
        if history is None:
            history = self.histories[kind] = History()
        history.add(entry, limit)

    def sent(self, channel: str, limit: int) -> Iterator[Sent]:
        """The messages sent by a channel, in the order in which they were counted."""
        return (Sent(*row) for row in self._rows(channel, limit))

    def visits(self, limit: int) -> Iterator[Visit]:
        """The visits."""
        return (Visit(*row) for row in self._rows("visits", limit))

    def opened(self, limit: int) -> Iterator[Opened]:
        """The e-mails opened."""
        return (Opened(*row) for row in self._rows("opened", limit))

    def clicked(self, limit: int) -> Iterator[Clicked]:
        """The links clicked."""
        return (Clicked(*row) for row in self._rows("clicked", limit))

    def events(self, limit: int) -> Iterator[External]:
        """The external events."""
        return (External(*row) for row in self._rows("events", limit))

    def _rows(self, kind: str, limit: int) -> list[list[Any]]:
        history = self.histories.get(kind)
        return history.entries(limit) if history else []


FIELDS: dict[str, Callable[[Card], Any]] = {
    "id": lambda card: card.id,
    "added": lambda card: card.added,
    "email": lambda card: card.email,
    "phone": lambda card: card.phone,
    "name": lambda card: card.name,
    "timezone": lambda card: card.timezone,
    "locale": lambda card: card.locale,
    "email_status": lambda card: card.email_status,
    "sms_status": lambda card: card.sms_status,
    "owner": lambda card: card.owner,
    "co_owners": lambda card: list(card.co_owners),
    "tags": lambda card: list(card.tags),
    "tag_scores": lambda card: dict(card.tag_scores),
    "details": lambda card: dict(card.details),
    "score": lambda card: card.score,
    "stages": lambda card: dict(card.stages),
    "notes": lambda card: [{"ts": ts, "text": text} for ts, text in card.notes],
    "coupons": lambda card: {
        name: {"code": code, "valid_until": until} for name, (code, until) in card.coupons.items()
    },
    "loyalty": lambda card: {
        program: {"points": points, "tier": tier} for program, (points, tier) in card.loyalty.items()
    },
    "rfm": lambda card: {report: dict(groups) for report, groups in card.rfm.items()},
    "predictions": lambda card: dict(card.predictions),
    "segments": lambda card: {app: list(names) for app, names in card.segments.items()},
    "push": lambda card: card.push,
    "devices": lambda card: list(card.devices),
    "bounced": lambda card: card.bounced,
}
"""What of the card templates, expressions and card records show, as plain values."""


def view(card: Card) -> dict[str, Any]:
    """The card as a tree of plain values."""
    return {name: show(card) for name, show in FIELDS.items()}
