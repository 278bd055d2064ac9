"""Times on the command line."""

from __future__ import annotations

from typing import Literal

from cli.definitions import fail
from schemas.events import UnreadableEvent, instant

Until = int | Literal["end"] | None
"""A time (ms), `end`, or None where the option is not given."""


def read_until(text: str | None) -> Until:
    """The value of `--until`; ends the command when it is no time."""
    if text is None or text == "end":
        return text  # type: ignore[return-value]
    try:
        return instant(int(text) if text.lstrip("-").isdecimal() else text)
    except UnreadableEvent as error:
        fail(f"--until {text}: {error.detail.replace('`ts`', 'it')}")
