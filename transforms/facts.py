"""Facts: what an event or an action comes to, and what starts, exits and parked tokens are tested against."""

from __future__ import annotations

from typing import Any


class Fact:
    """One thing that is now so.

    Attributes:
        kind: the name under which `on` asks for it.
        fields: what its parameters are tested against.
        data: what Liquid and `key` see as `event`.
        seq: the moment at which it arose.
    """

    __slots__ = ("data", "fields", "kind", "seq")

    def __init__(self, kind: str, fields: dict[str, Any], data: dict[str, Any] | None = None) -> None:
        self.kind = kind
        self.fields = fields
        self.data = fields if data is None else data
        self.seq = 0


WORKFLOW_START = "workflow_start"
"""The one kind that no `on` asks for: it names the workflow to start."""
