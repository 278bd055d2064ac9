"""The settings document: limits, loyalty tiers, attribution, traces."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from transforms.durations import DAY, Duration


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """How much a card holds. Histories: entries of a kind; the oldest by `ts` go first."""

    tags: int = 1000
    details: int = 1000
    notes: int = 100
    history: int = 200


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for all workflows."""

    kind: Literal["settings"] = "settings"
    loyalty: dict[str, dict[str, int | float]] = field(default_factory=dict)
    """Program to tier to the points from which on a contact is on it."""
    limits: Limits = Limits()
    trace: Literal["off", "branches", "all"] = "branches"
    """Which step records say what was tested: none; those of `if`, `branch` and a rule's `if` that refused
    it; or also those of what began, moved or ended a run: the events asked for, a rule's `if` that held."""
    attribution: Literal["last", "first", "none"] = "last"
    attribution_window: Duration = Duration(5 * DAY)
    purchase: str = "PURCHASE"
    refund: str = "REFUND"
    currency: str | None = None
    secret: str = "contactflow"
    """What coupon codes derive from, with the action id: set your own."""
