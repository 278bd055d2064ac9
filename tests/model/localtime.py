"""Local times: from the wall to the instant and back."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def zone(*names: str | None) -> ZoneInfo:
    """The first of the names that is a known time zone, else UTC."""
    for name in names:
        if name:
            try:
                return ZoneInfo(name)
            except Exception:  # unknown, or not even a name
                continue
    return ZoneInfo("UTC")


def to_local(ms: int, tz: ZoneInfo) -> datetime:
    return (EPOCH + ms * MILLISECOND).astimezone(tz)


def to_ms(moment: datetime) -> int:
    return (moment.astimezone(UTC) - EPOCH) // MILLISECOND


def time_of_day(text: Any) -> time | None:
    if not isinstance(text, str) or not re.fullmatch(r"\d\d?:\d\d(:\d\d)?", text):
        return None
    try:
        return time(*map(int, text.split(":")))
    except ValueError:
        return None


def at_local(day: date, clock: time, tz: ZoneInfo) -> int:
    """The instant of a local time: the first of two, or the first after the gap that it lies in."""
    naive = datetime.combine(day, clock)
    first = to_ms(naive.replace(tzinfo=tz, fold=0))
    if to_local(first, tz).replace(tzinfo=None) == naive:
        return first
    before, after = to_ms(naive.replace(tzinfo=tz, fold=1)), first
    while after - before > 1:  # the offset changes between the two: search where
        middle = (before + after) // 2
        same = to_local(middle, tz).utcoffset() == to_local(before, tz).utcoffset()
        before, after = (middle, after) if same else (before, middle)
    return after


def days_from(now: int, tz: ZoneInfo, first: int, last: int) -> Iterator[date]:
    today = to_local(now, tz).date()
    return (today + timedelta(days=n) for n in range(first, last + 1))


def next_at(clock: time, now: int, tz: ZoneInfo) -> int:
    """The next such local time, strictly later than now."""
    return min(t for t in (at_local(d, clock, tz) for d in days_from(now, tz, -1, 3)) if t > now)


def spans(start: time, end: time, now: int, tz: ZoneInfo, days: list[str]) -> list[tuple[int, int]]:
    """The spans around now and after it that begin on such days."""
    found = []
    for day in days_from(now, tz, -2, 10):
        if WEEKDAYS[day.weekday()] in days:
            until = day if end > start else day + timedelta(days=1)
            found.append((at_local(day, start, tz), at_local(until, end, tz)))
    return [(a, b) for a, b in found if a < b]
