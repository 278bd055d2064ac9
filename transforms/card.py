"""The contact card: what conditions see, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
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


def view(card: Card) -> dict[str, Any]:
    """The card as a tree of plain values, as templates, expressions and card records show it."""
    return {
        "id": card.id,
        "added": card.added,
        "email": card.email,
        "phone": card.phone,
        "name": card.name,
        "timezone": card.timezone,
        "locale": card.locale,
        "email_status": card.email_status,
        "sms_status": card.sms_status,
        "owner": card.owner,
        "co_owners": list(card.co_owners),
        "tags": list(card.tags),
        "tag_scores": dict(card.tag_scores),
        "details": dict(card.details),
        "score": card.score,
        "stages": dict(card.stages),
        "notes": [{"ts": ts, "text": text} for ts, text in card.notes],
        "coupons": {n: {"code": code, "valid_until": until} for n, (code, until) in card.coupons.items()},
        "loyalty": {p: {"points": points, "tier": tier} for p, (points, tier) in card.loyalty.items()},
        "rfm": {report: dict(groups) for report, groups in card.rfm.items()},
        "predictions": dict(card.predictions),
        "segments": {app: list(names) for app, names in card.segments.items()},
        "push": card.push,
        "devices": list(card.devices),
        "bounced": card.bounced,
    }
