"""Times on the command line."""

from __future__ import annotations

import re
from typing import Literal

from cli.definitions import fail
from schemas.events import UnreadableEvent, instant
from transforms.durations import Duration

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


def read_milliseconds(option: str, text: str) -> int:
    """The value of an option that is a duration; ends the command when it is none."""
    if re.fullmatch(r"\d{1,9}ms", text):
        return int(text[:-2])
    try:
        return Duration.parse(text)
    except ValueError as error:
        fail(f"{option}: {str(error).replace('such as', 'such as 500ms,')}")
