"""When a `wait` is over."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from model.localtime import WEEKDAYS, at_local, next_at, spans, time_of_day, to_local
from model.values import DAY, MISSING, duration

INSIDE = object()
"""Inside the window: straight on."""
PAST = object()
"""A date on the card that is now or past, or none."""


def due(wait: Any, card: dict[str, Any], now: int, tz: ZoneInfo) -> Any:
    if isinstance(wait, str):
        return now + duration(wait)
    if "window" in wait:
        window = wait["window"]
        start, end = time_of_day(window.get("from", "00:00")), time_of_day(window.get("to", "00:00"))
        return opening(spans(start, end, now, tz, window.get("days", WEEKDAYS)), now)
    if isinstance(wait["until"], str):
        return next_at(time_of_day(wait["until"]), now, tz)
    try:
        found = detail_time(wait["until"], card["details"].get(wait["until"]["detail"], MISSING), tz)
    except OverflowError:  # before the first year
        return PAST
    return PAST if found is None or found <= now else found


def opening(around: list[tuple[int, int]], now: int) -> Any:
    if any(a <= now < b for a, b in around):
        return INSIDE
    return min(a for a, _ in around if a > now)


def detail_time(until: dict[str, Any], value: Any, tz: ZoneInfo) -> int | None:
    """The local date less whole days, at the time of day, less the rest; None where the value is no date."""
    local = local_value(value, tz)
    if local is None:
        return None
    before = duration(until.get("before", "0s"))
    day = local.date() - timedelta(days=before // DAY)
    clock = time_of_day(until["at"]) if "at" in until else local.time()
    return at_local(day, clock, tz) - before % DAY


def local_value(value: Any, tz: ZoneInfo) -> datetime | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        if len(value) == 10:
            return datetime.combine(date.fromisoformat(value), time())
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    if found.tzinfo is None:
        return found
    return to_local(round(found.timestamp() * 1000), tz).replace(tzinfo=None)
