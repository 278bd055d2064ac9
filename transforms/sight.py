"""What a condition sees: the card at an instant and the token's event; and the trace that it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from transforms.card import Card

Trace = list[dict[str, Any]]
"""The tests made, each with field, operator, expected, actual and result."""


class Sight:
    """The card, the time and the token's event, for one look.

    Attributes:
        names: makes what Liquid and expressions may name.
        history: how many entries of a kind the card shows.
        trace: the tests made, where they are wanted.
    """

    __slots__ = ("card", "event", "history", "names", "now", "trace")

    def __init__(
        self,
        card: Card,
        now: int,
        event: dict[str, Any],
        names: Callable[[], Mapping[str, Any]],
        history: int,
        trace: Trace | None = None,
    ) -> None:
        self.card = card
        self.now = now
        self.event = event
        self.names = names
        self.history = history
        self.trace = trace

    def recent(self, ts: int, within: int | None) -> bool:
        """Whether `ts` lies in the look-back `(now - within, now]`; always without one."""
        return within is None or self.now - within < ts <= self.now

    def test(self, field: str, operator: str, expected: Any, actual: Any, result: bool) -> bool:
        """Notes a test in the trace and hands its result on."""
        if self.trace is not None:
            self.trace.append(
                {
                    "field": field,
                    "operator": operator,
                    "expected": expected,
                    "actual": actual,
                    "result": result,
                }
            )
        return result
