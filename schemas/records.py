"""Records: what the engine writes down. Times are milliseconds since the epoch, UTC."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

OUTPUTS = ("actions", "steps", "outcomes", "dead_letters", "cards")
"""The kinds of record, in the order of their output numbers."""


class ActionRecord(Struct):
    """An action that was done, asked for, or suppressed with a reason."""

    action_id: str
    contact: str
    action: str
    status: str
    reason: str | None
    ts: int
    workflow: str
    version: int
    run: str
    node: str
    visit: int
    params: dict[str, Any]
    context: dict[str, Any]


class StepRecord(Struct):
    """What happened in a run, or to a start, and why."""

    contact: str
    outcome: str
    ts: int
    workflow: str | None = None
    version: int | None = None
    run: str | None = None
    node: str | None = None
    to: list[str] = []
    variant: str | None = None
    reason: str | None = None
    trace: list[dict[str, Any]] | None = None


class OutcomeRecord(Struct):
    """What came of a message, or a purchase or refund with the message that it is attributed to."""

    contact: str
    kind: str
    ts: int
    workflow: str | None = None
    version: int | None = None
    node: str | None = None
    variant: str | None = None
    message: str | None = None
    channel: str | None = None
    value: float | int | None = None
    currency: str | None = None


class CardRecord(Struct):
    """The contact card with its live runs. A card of null is a tombstone."""

    contact: str
    ts: int
    card: dict[str, Any] | None
    runs: list[dict[str, Any]] = []


class DeadLetter(Struct):
    """An input that could not be processed, as it came."""

    reason: str
    detail: str
    ts: int | None
    source: str
    partition: int | None
    offset: int | None
    raw: str | None
