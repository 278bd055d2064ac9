"""The gate that all messages pass."""

from typing import Any

from model.localtime import WEEKDAYS, at_local, days_from, next_at, spans, time_of_day, to_local
from model.values import duration
from model.world import Item, Run, World

CHANNELS = {
    "send_email": "email",
    "send_sms": "sms",
    "send_web_push": "web_push",
    "send_text_message": "text_message",
}
SENT_EVENTS = {
    "email_sent": "email",
    "sms_sent": "sms",
    "push_sent": "web_push",
    "text_sent": "text_message",
}
NEVER = float("inf")


def verdict(world: World, run: Run, item: Item, params: dict[str, Any]) -> tuple[str, Any]:
    """One pass of the gate: ("requested", None), ("suppressed", reason) or ("deferred", until when)."""
    channel = CHANNELS[world.node(run, item)["do"]]
    policy = world.definitions["policy"].get(channel, {})
    transactional = params.get("transactional") is True
    now = world.now
    expires = duration(params["expires"]) if "expires" in params else NEVER
    used = once_key(run, item, params) in world.contact["once"]

    reason = refusal(world.contact["card"], channel, transactional)
    if reason:
        return "suppressed", reason

    def defer(until: float, wake: float) -> tuple[str, Any]:
        if until - item["came"] >= expires:
            return "suppressed", "expired"
        return ("suppressed", "once") if used else ("deferred", wake)

    if not transactional:
        quiet_end = end_of_quiet(world, run, policy, now)
        if quiet_end is not None:
            return defer(quiet_end, quiet_end)
        free = cap_allows(world.contact["counted"].get(channel, []), policy.get("caps", []), now)
        if free > now:
            if policy.get("on_cap", "skip") == "skip":
                return "suppressed", "capped"
            last = item["gate_came"] + duration(policy.get("give_up", "7d"))
            if now >= last:
                return "suppressed", "gave_up"
            return defer(free, min(free, last))
    if now - item["came"] >= expires:
        return "suppressed", "expired"
    if used:
        return "suppressed", "once"
    return "requested", None


def refusal(card: dict[str, Any], channel: str, transactional: bool) -> str | None:
    """Why consent or address forbid the message."""
    address = {"email": "email", "sms": "phone", "web_push": "push", "text_message": "devices"}[channel]
    if not card[address]:
        return "no_address"
    if channel == "email" and card["bounced"]:
        return "bounced"
    if transactional or channel not in ("email", "sms"):
        return None
    status = card[f"{channel}_status"]
    if status == "opted_out":
        return "opted_out"
    return "not_opted_in" if channel == "email" and status != "opted_in" else None


def end_of_quiet(world: World, run: Run, policy: dict[str, Any], now: int) -> int | None:
    if "quiet" not in policy:
        return None
    start, end = time_of_day(policy["quiet"]["from"]), time_of_day(policy["quiet"]["to"])
    around = spans(start, end, now, world.zone(run), WEEKDAYS)
    return next((b for a, b in around if a <= now < b), None)


def cap_allows(sent: list[int], caps: list[dict[str, Any]], now: int) -> float:
    """The earliest moment, from now on, at which all the caps allow one more."""

    def allowed(at: int) -> bool:
        return all(sum(at - duration(c["per"]) < ts <= at for ts in sent) < c["count"] for c in caps)

    moments = sorted({now} | {ts + duration(c["per"]) for ts in sent for c in caps})
    return next((m for m in moments if m >= now and allowed(m)), NEVER)


def once_key(run: Run, item: Item, params: dict[str, Any]) -> str | None:
    once = params.get("once")
    if once is None or once is False:
        return None
    return f"node:{run['workflow']}:{item['node']}" if once is True else f"key:{once}"


def count(contact: dict[str, Any], channel: str, ts: int, message: str | None) -> bool:
    """Counts a message that was sent, but not one that is counted already; whether it counted."""
    if message is not None:
        if message in contact["messages"]:
            return False
        contact["messages"].append(message)
    contact["counted"].setdefault(channel, []).append(ts)
    return True


def send_time(world: World, run: Run, send: Any) -> int:
    """When a scheduled message comes to the gate."""
    tz, now = world.zone(run), world.now
    if "after" in send:
        return now + duration(send["after"])
    if "at" in send:
        clock = time_of_day(send["at"])
        today = at_local(to_local(now, tz).date(), clock, tz)
        return today if today >= now else next_at(clock, now, tz)
    hour = best_hour(world.contact["card"], tz)
    if hour is None or hour == to_local(now, tz).hour:
        return now
    starts = [at_local(day, time_of_day(f"{hour:02}:00"), tz) for day in days_from(now, tz, -1, 2)]
    return min(s for s in starts if s > now)


def best_hour(card: dict[str, Any], tz: Any) -> int | None:
    history = card["visits"] + card["emails"]["opened"] + card["emails"]["clicked"]
    hours = [to_local(e["ts"], tz).hour for e in history]
    return min(hours, key=lambda h: (-hours.count(h), h)) if hours else None
