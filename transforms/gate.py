"""The gate that every message passes: consent and address, quiet hours, caps, expiry, once."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from transforms.actions import Message
from transforms.card import OPTED_IN, OPTED_OUT, Card
from transforms.graph import ChannelRules


class Decision(NamedTuple):
    """What the gate says: the message goes (neither field set), is suppressed, or waits.

    Attributes:
        reason: why it is suppressed.
        until: when it comes to the gate again.
    """

    reason: str | None = None
    until: int | None = None


SEND = Decision()


def refusal(message: Message, card: Card) -> str | None:
    """Why the contact may not be written to by this channel, the address first."""
    if message.address(card) is None:
        return "no_address"
    if message.channel == "email" and card.bounced:
        return "bounced"
    if message.transactional:
        return None
    if message.channel == "email" and card.email_status != OPTED_IN:
        return "opted_out" if card.email_status == OPTED_OUT else "not_opted_in"
    if message.channel == "sms" and card.sms_status == OPTED_OUT:
        return "opted_out"
    return None


def cap_frees(rules: ChannelRules, times: list[int], now: int) -> int | None:
    """When the caps next allow a message; None when they do now. `times` ascend."""
    frees = [times[-cap.count] + cap.per for cap in rules.caps if len(times) >= cap.count]
    return max((free for free in frees if free > now), default=None)


def decide(
    message: Message,
    card: Card,
    rules: ChannelRules,
    times: list[int],
    *,
    now: int,
    came: int,
    first: int,
    zone: ZoneInfo,
    used: bool,
) -> Decision:
    """One pass of the gate.

    Args:
        times: when the contact got messages of the channel, ascending.
        came: when the token came to the node.
        first: when the message first came to the gate.
        used: whether its `once` is used up.
    """
    reason = refusal(message, card)
    if reason is not None:
        return Decision(reason)
    if not message.transactional:
        end = rules.quiet.end_of(now, zone) if rules.quiet else None
        if end is not None:
            return _held(message, came, used, end, end)
        free = cap_frees(rules, times, now)
        if free is not None:
            if not rules.defers:
                return Decision("capped")
            if now >= first + rules.give_up:
                return Decision("gave_up")
            return _held(message, came, used, free, min(free, first + rules.give_up))
    if message.expires is not None and now - came >= message.expires:
        return Decision("expired")
    return Decision("once") if used else SEND


def _held(message: Message, came: int, used: bool, moment: int, wake: int) -> Decision:
    """Deferred to `moment`, unless it is clear now that it would be suppressed then."""
    if message.expires is not None and moment - came >= message.expires:
        return Decision("expired")
    return Decision("once") if used else Decision(until=wake)
