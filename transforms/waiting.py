"""Parks tokens, and tells until when they wait."""

from __future__ import annotations

from collections import Counter

from transforms.card import Card
from transforms.durations import HOUR
from transforms.graph import Wait, WaitUntilDate, WaitUntilTime, WaitWindow
from transforms.localtime import dated, days_before, instant, local, next_time, zone
from transforms.params import SendTime
from transforms.state import Run, Token
from transforms.step import Step

Waits = Wait | WaitUntilTime | WaitUntilDate | WaitWindow


def park(step: Step, token: Token, doing: int, due: int | None) -> None:
    """Leaves a token where it is, until a fact, or until `due`."""
    token.doing = doing
    token.due = due
    token.since = step.contact.tick()
    token.set_by = step.number if due is not None and due <= step.now else 0


def due_of(step: Step, run: Run, node: Waits) -> int | None:
    """When a wait is over; None when there is nothing to wait for: a date that is past or missing, a
    window that is open."""
    tz = step.zone(step.workflow(run))
    match node:
        case Wait():
            return step.now + node.duration
        case WaitUntilTime():
            return next_time(step.now, node.time_of_day, tz, strictly=True)
        case WaitWindow():
            return None if node.span.end_of(step.now, tz) is not None else node.span.opens(step.now, tz)
    date = dated(step.contact.card.details.get(node.detail), tz)
    if date is None:
        return None
    day, own_time = date
    time_of_day = own_time if node.time_of_day is None else node.time_of_day
    try:
        due = days_before(day, time_of_day, node.before, tz)
    except OverflowError:  # a date at the end of the calendar
        return None
    return due if due > step.now else None


def send_time(step: Step, run: Run, send: SendTime) -> int:
    """When a scheduled message is to go out."""
    tz = step.zone(step.workflow(run))
    if send.after is not None:
        return step.now + send.after
    if send.at is not None:
        today = instant(local(step.now, tz).date(), send.at, tz)
        return today if today >= step.now else next_time(step.now, send.at, tz, strictly=False)
    hour = _best_hour(step.contact.card, step.definitions.settings.limits.history, tz.key)
    if hour is None or local(step.now, tz).hour == hour:
        return step.now
    return next_time(step.now, hour * HOUR, tz, strictly=True)


def _best_hour(card: Card, history: int, zone_name: str) -> int | None:
    """The local hour with the most visits, opens and clicks; of several the smallest."""
    tz = zone(zone_name)
    assert tz is not None
    hours = Counter(
        local(entry.ts, tz).hour
        for kind in (card.visits, card.opened, card.clicked)
        for entry in kind(history)
    )
    return min(hours, key=lambda hour: (-hours[hour], hour), default=None)
