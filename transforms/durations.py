"""Durations and times of day as definitions write them."""

from __future__ import annotations

import re

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_PART = re.compile(r"(\d+)([smhdw])")
_WHOLE = re.compile(r"(\d+[smhdw])+")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")

LONGEST = 100 * 365 * DAY


class Duration(int):
    """Milliseconds, written as `90s`, `15m`, `2h`, `3d`, `1w` or a sum such as `1d12h`. A day is 24 h."""

    sample = "1h"

    @classmethod
    def parse(cls, text: object) -> Duration:
        """Reads a duration.

        Raises:
            ValueError: when it is none, or longer than a hundred years.
        """
        if not isinstance(text, str) or not _WHOLE.fullmatch(text):
            raise ValueError(f"expected a duration such as 90s, 15m, 2h, 3d, 1w or 1d12h, not {text!r}")
        total = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))
        if total > LONGEST:
            raise ValueError(f"a duration is at most a hundred years, not {text!r}")
        return cls(total)


class TimeOfDay(int):
    """Milliseconds after local midnight, written as `09:00` or `09:00:30`."""

    sample = "09:00"

    @classmethod
    def parse(cls, text: object) -> TimeOfDay:
        """Reads a time of day.

        Raises:
            ValueError: when it is none.
        """
        found = _TIME.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError(f'expected a time of day such as "09:00", not {text!r}')
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return cls(hours * HOUR + minutes * MINUTE + seconds * SECOND)
