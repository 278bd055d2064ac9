"""Dead letters: inputs that could not be processed, kept as they came."""

from __future__ import annotations

import base64
from typing import NamedTuple

from schemas.records import DeadLetter


class Origin(NamedTuple):
    """Where an input was read."""

    source: str = ""
    partition: int | None = None
    offset: int | None = None


NOWHERE = Origin()


def dead_letter(
    reason: str, detail: str, raw: bytes | None, origin: Origin = NOWHERE, ts: int | None = None
) -> DeadLetter:
    """The record of such an input; base64 where it is not UTF-8."""
    text = None
    if raw is not None:
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = base64.b64encode(raw).decode()
    return DeadLetter(reason, detail, ts, origin.source, origin.partition, origin.offset, text)
