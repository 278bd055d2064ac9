"""Local time: what a clock on the contact's wall shows, with the rules of gaps and overlaps."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from transforms.durations import DAY

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")


@lru_cache(maxsize=1024)
def zone(name: str | None) -> ZoneInfo | None:
    """The time zone of an IANA name, None when there is none of it.

    It comes from the `tzdata` package, never from the machine, so that every machine has the same rules.
    """
    if not name or not _NAME.fullmatch(name):
        return None
    source = resources.files("tzdata.zoneinfo").joinpath(*name.split("/"))
    try:
        with source.open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError):
        return None


def local(ts: int, tz: ZoneInfo) -> datetime:
    """The local date and time of an instant."""
    return (_EPOCH + timedelta(milliseconds=ts)).astimezone(tz)


@lru_cache(maxsize=65_536)
def instant(day: date, time_of_day: int, tz: ZoneInfo) -> int:
    """The instant (ms) of a local date and a time in ms after midnight.

    One that does not exist is the first instant after the gap, one that exists twice is the first.
    """
    naive = datetime(day.year, day.month, day.day) + timedelta(milliseconds=time_of_day)
    before = _ms(naive, naive.replace(tzinfo=tz).utcoffset())
    after = _ms(naive, naive.replace(tzinfo=tz, fold=1).utcoffset())
    if before <= after:
        return before
    # In a gap the earlier offset gives an instant after it, the later one an instant before it.
    low, high = after, before
    offset = local(high, tz).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if local(middle, tz).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high


def _ms(naive: datetime, offset: timedelta | None) -> int:
    moment = naive - (offset or timedelta()) - _EPOCH.replace(tzinfo=None)
    return (moment.days * 86_400 + moment.seconds) * 1000 + moment.microseconds // 1000


def next_time(now: int, time_of_day: int, tz: ZoneInfo, *, strictly: bool) -> int:
    """The next instant at which it is this local time; now counts unless `strictly`."""
    today = local(now, tz).date()
    times = (instant(today + timedelta(days=ahead), time_of_day, tz) for ahead in range(-1, 4))
    return next(then for then in times if then > now or (then == now and not strictly))


class Span:
    """A daily span of local time: from `start` to before `end`, of the next date when `end` is not later.

    Attributes:
        days: the weekdays (0 is Monday) on which it begins.
    """

    __slots__ = ("days", "end", "start")

    def __init__(self, start: int, end: int, days: Collection[int] = range(7)) -> None:
        self.start = start
        self.end = end
        self.days = frozenset(days)

    def _around(self, now: int, tz: ZoneInfo, ahead: int) -> Iterator[tuple[int, int]]:
        today = local(now, tz).date()
        for offset in range(-1, ahead):
            day = today + timedelta(days=offset)
            if day.weekday() in self.days:
                last = day if self.end > self.start else day + timedelta(days=1)
                yield instant(day, self.start, tz), instant(last, self.end, tz)

    def end_of(self, now: int, tz: ZoneInfo) -> int | None:
        """When the span ends in which `now` lies; None when it lies in none."""
        ends = [end for start, end in self._around(now, tz, 2) if start <= now < end]
        return max(ends) if ends else None

    def opens(self, now: int, tz: ZoneInfo) -> int:
        """When it next begins, not before now."""
        return min(start for start, _ in self._around(now, tz, 10) if start >= now)


def dated(value: object, tz: ZoneInfo) -> tuple[date, int] | None:
    """The local date and time of day (ms) of an ISO date or date and time; None when it is neither."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == 10:
            return date.fromisoformat(value), 0
        then = datetime.fromisoformat(value)
    except ValueError:
        return None
    if then.tzinfo is not None:
        then = then.astimezone(tz)
    ms = (then.hour * 3600 + then.minute * 60 + then.second) * 1000 + then.microsecond // 1000
    return then.date(), ms


def days_before(day: date, time_of_day: int, before: int, tz: ZoneInfo) -> int:
    """The instant of a local date and time, less whole days by the calendar, less the rest by the clock."""
    return instant(day - timedelta(days=before // DAY), time_of_day, tz) - before % DAY
