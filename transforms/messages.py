"""Messages that count as sent: for caps, conditions and the attribution of what came of them."""

from __future__ import annotations

from bisect import insort
from typing import Any

from schemas.events import ContactEvent
from schemas.records import OutcomeRecord
from transforms.card import CHANNELS, Card
from transforms.history import Sent
from transforms.settings import Settings
from transforms.state import Contact
from transforms.values import number

KEPT_FOR_CAPS = 200
"""Times kept for caps by channel, at least; a cap that counts more keeps more."""

ABOUT_MESSAGES = {
    "email_sent": ("email", "sent"),
    "email_delivered": ("email", "delivered"),
    "email_bounced": ("email", "bounced"),
    "email_opened": ("email", "opened"),
    "email_link_clicked": ("email", "clicked"),
    "email_complained": ("email", "complained"),
    "email_opted_out": ("email", "opted_out"),
    "sms_sent": ("sms", "sent"),
    "sms_delivered": ("sms", "delivered"),
    "sms_failed": ("sms", "bounced"),
    "sms_opted_out": ("sms", "opted_out"),
    "push_sent": ("web_push", "sent"),
    "push_clicked": ("web_push", "clicked"),
    "text_sent": ("text_message", "sent"),
}
"""Event type to channel and kind of outcome."""


def count_message(contact: Contact, channel: str, sent: Sent, history: int, most: int) -> None:
    """Counts a message as sent. `most` is the largest count of the channel's caps."""
    contact.card.remember(channel, sent, history)
    times = contact.caps.setdefault(channel, [])
    insort(times, sent.ts)
    del times[: max(0, len(times) - max(most, KEPT_FOR_CAPS))]


def counted(card: Card, channel: str, message: str | None, history: int) -> bool:
    """Whether a message of this id is counted already."""
    return message is not None and find(card, channel, message, history) is not None


def find(card: Card, channel: str, message: str, history: int) -> Sent | None:
    """The message of this id, the latest of it."""
    found = [sent for sent in card.sent(channel, history) if sent.message == message]
    return found[-1] if found else None


def outcome_of_message(card: Card, event: ContactEvent, history: int) -> OutcomeRecord:
    """The outcome record of an event about a message; fields of ours are null where it is not ours."""
    channel, kind = ABOUT_MESSAGES[event.type]
    message = event.data.get("message_id")
    sent = find(card, channel, message, history) if isinstance(message, str) else None
    if sent is None or sent.workflow is None:
        return OutcomeRecord(event.contact, kind, event.ts, channel=channel)
    return OutcomeRecord(
        event.contact, kind, event.ts, sent.workflow, sent.version, sent.node, sent.variant, message, channel
    )


def credit_of(card: Card, ts: int, settings: Settings) -> list[Any] | None:
    """The message that a purchase at `ts` is attributed to, as `External.credit` keeps it."""
    if settings.attribution == "none":
        return None
    ours = [
        (sent, channel)
        for channel in CHANNELS
        for sent in card.sent(channel, settings.limits.history)
        if sent.workflow is not None and ts - settings.attribution_window < sent.ts <= ts
    ]
    if not ours:
        return None
    ours.sort(key=lambda pair: pair[0].ts)
    sent, channel = ours[-1 if settings.attribution == "last" else 0]
    return [sent.workflow, sent.version, sent.node, sent.variant, sent.message, channel]


def outcome_of_trade(
    event: ContactEvent, kind: str, credit: list[Any] | None, currency: str | None
) -> OutcomeRecord:
    """The outcome record of a purchase or a refund."""
    workflow, version, node, variant, message, channel = credit or [None] * 6
    return OutcomeRecord(
        event.contact,
        kind,
        event.ts,
        workflow,
        version,
        node,
        variant,
        message,
        channel,
        value=number(event.data.get("value")),
        currency=event.data.get("currency") or currency,
    )
