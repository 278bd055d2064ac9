"""Applies a contact event to the card, and derives its facts in the order of the language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.events import ContactEvent
from schemas.records import OutcomeRecord
from transforms import changes
from transforms.card import OPTED_IN, OPTED_OUT, UNKNOWN, Card
from transforms.changes import Facts
from transforms.definitions import Definitions
from transforms.facts import WORKFLOW_START, Fact
from transforms.history import Clicked, External, Opened, Sent, Visit
from transforms.messages import (
    ABOUT_MESSAGES,
    count_message,
    counted,
    credit_of,
    outcome_of_message,
    outcome_of_trade,
)
from transforms.settings import Settings
from transforms.state import Contact


class Applied:
    """An event on its way into the card.

    Attributes:
        definitions: settings, caps, and the assets that say what an e-mail is where the event does not.
        credit: the message that a purchase is attributed to.
    """

    __slots__ = ("card", "contact", "credit", "data", "definitions", "event", "new", "settings")

    def __init__(self, contact: Contact, event: ContactEvent, definitions: Definitions, new: bool) -> None:
        self.contact = contact
        self.card: Card = contact.card
        self.event = event
        self.data: dict[str, Any] = event.data
        self.definitions = definitions
        self.settings: Settings = definitions.settings
        self.new = new
        self.credit: list[Any] | None = None

    def about(self, email: str, field: str) -> Any:
        """`group` or `service` of an e-mail: what the event says, else what the asset says."""
        if field in self.data:
            return self.data[field]
        asset = self.definitions.assets.get(("email", email))
        return getattr(asset, field) if asset else None


Apply = Callable[[Applied], Facts]


def apply_event(applied: Applied) -> tuple[Facts, OutcomeRecord | None]:
    """Applies the event.

    Returns:
        Its own fact, then those that the change caused, all carrying the event's data; and what it says
        about a message, a purchase or a refund.

    Raises:
        CardLimit: when the card takes no more tags or details.
    """
    event = applied.event
    outcome = None
    if event.type in ABOUT_MESSAGES:
        outcome = outcome_of_message(applied.card, event, applied.settings.limits.history)
    elif event.type == "external_event":
        outcome = _trade(applied)
    facts = APPLY[event.type](applied)
    for fact in facts:
        fact.data = applied.data
    return facts, outcome


def _trade(applied: Applied) -> OutcomeRecord | None:
    settings, event = applied.settings, applied.event
    kind = event.data["type"]
    if kind == settings.purchase:
        applied.credit = credit_of(applied.card, event.ts, settings)
        return outcome_of_trade(event, "purchase", applied.credit, settings.currency)
    if kind != settings.refund:
        return None
    order = event.data.get("event_id")
    purchases = [
        entry
        for entry in applied.card.events(settings.limits.history)
        if entry.data["type"] == settings.purchase and str(entry.data.get("event_id")) == str(order)
    ]
    credit = purchases[-1].credit if purchases and order is not None else None
    return outcome_of_trade(event, "refund", credit, settings.currency)


def _nothing(applied: Applied) -> Facts:
    return []


def _card_fields(applied: Applied) -> Facts:
    card, data, event = applied.card, applied.data, applied.event
    limits = applied.settings.limits
    facts: Facts = []
    if event.type == "contact_added":
        facts.append(Fact("contact_added" if applied.new else "contact_readded", {}))
    if "email" in data:
        changes.set_email(card, data["email"] or None)
    for name in ("phone", "name", "timezone", "locale"):
        if name in data:
            setattr(card, name, data[name] or None)
    if "push" in data:
        card.push = data["push"] or None
    if "devices" in data:
        card.devices = data["devices"] or []
    if "email_status" in data:
        facts += changes.set_email_status(card, data["email_status"] or UNKNOWN)
    if "sms_status" in data:
        facts += changes.set_sms_status(card, data["sms_status"] or UNKNOWN)
    if "owner" in data:
        owner = changes.set_owner(card, data["owner"] or None)
        facts += owner if event.type != "contact_added" else []
    if "tags" in data:
        if data["tags"] is None:
            card.tags.clear()
        for tag in data["tags"] or []:
            facts += changes.assign_tag(card, tag, limits)
    if "details" in data:
        if data["details"] is None:
            card.details.clear()
        for name, value in (data["details"] or {}).items():
            if value is None:
                card.details.pop(name, None)
            else:
                facts += changes.set_detail(card, name, value, limits)
    if "score" in data:
        facts += changes.set_score(card, data["score"] or 0)
    return facts


def _banner_clicked(applied: Applied) -> Facts:
    data = applied.data
    return [Fact("banner_clicked", {"banner": data["banner"], "variant": data.get("variant")})]


def _email_sent(applied: Applied) -> Facts:
    return _sent(applied, "email", applied.data["email"])


def _message_sent(channel: str) -> Apply:
    return lambda applied: _sent(applied, channel, None)


def _sent(applied: Applied, channel: str, asset: str | None) -> Facts:
    message, limit = applied.data.get("message_id"), applied.settings.limits.history
    if not counted(applied.card, channel, message, limit):
        sent = Sent(applied.event.ts, message, asset, None, None, None, None)
        count_message(applied.contact, channel, sent, limit, applied.definitions.most.get(channel, 0))
    return []


def _email_bounced(applied: Applied) -> Facts:
    if applied.data.get("kind") == "hard":
        applied.card.bounced = True
    return []


def _email_opened(applied: Applied) -> Facts:
    data = applied.data
    group, service = applied.about(data["email"], "group"), bool(applied.about(data["email"], "service"))
    entry = Opened(applied.event.ts, data["email"], group, service)
    applied.card.remember("opened", entry, applied.settings.limits.history)
    return [Fact("email_opened", {"email": data["email"], "group": group, "service": service})]


def _email_link_clicked(applied: Applied) -> Facts:
    data = applied.data
    url, service = data.get("url"), bool(applied.about(data["email"], "service"))
    entry = Clicked(applied.event.ts, data["email"], url, service)
    applied.card.remember("clicked", entry, applied.settings.limits.history)
    return [Fact("email_link_clicked", {"email": data["email"], "url": url, "service": service})]


def _email_status(status: str) -> Apply:
    return lambda applied: changes.set_email_status(applied.card, status)


def _sms_status(status: str) -> Apply:
    return lambda applied: changes.set_sms_status(applied.card, status)


def _stage_entered(applied: Applied) -> Facts:
    return changes.set_stage(applied.card, applied.data["campaign"], applied.data["stage"])


def _campaign_left(applied: Applied) -> Facts:
    applied.card.stages.pop(applied.data["campaign"], None)
    return []


def _rfm_changed(applied: Applied) -> Facts:
    data = applied.data
    report = data.get("report") or "default"
    return changes.set_rfm(applied.card, report, data["dimension"], str(data["group"]))


def _url_visited(applied: Applied) -> Facts:
    url, seconds = applied.data["url"], applied.data.get("seconds") or 0
    applied.card.remember("visits", Visit(applied.event.ts, url, seconds), applied.settings.limits.history)
    return [Fact("url_visited", {"url": url, "seconds": seconds})]


def _tag_assigned(applied: Applied) -> Facts:
    data, limits = applied.data, applied.settings.limits
    facts = changes.assign_tag(applied.card, data["tag"], limits)
    return facts + _tag_score(applied)


def _tag_removed(applied: Applied) -> Facts:
    changes.remove_tag(applied.card, applied.data["tag"])
    return _tag_score(applied)


def _tag_score(applied: Applied) -> Facts:
    data = applied.data
    if data.get("score") is None:
        return []
    return changes.set_tag_score(applied.card, data["tag"], data["score"], applied.settings.limits)


def _detail_set(applied: Applied) -> Facts:
    data = applied.data
    return changes.set_detail(applied.card, data["name"], data["value"], applied.settings.limits)


def _detail_removed(applied: Applied) -> Facts:
    applied.card.details.pop(applied.data["name"], None)
    return []


def _score_changed(applied: Applied) -> Facts:
    card, data = applied.card, applied.data
    tag, to = data.get("tag"), data.get("score")
    before = card.score if tag is None else card.tag_scores.get(tag, 0)
    by = data["points"] if to is None else to - before
    facts: Facts = []
    if tag is not None:
        facts += changes.set_tag_score(card, tag, before + by, applied.settings.limits)
    return facts + changes.set_score(card, card.score + by)


def _external_event(applied: Applied) -> Facts:
    event = applied.event
    entry = External(event.ts, event.data, applied.credit)
    applied.card.remember("events", entry, applied.settings.limits.history)
    return [Fact("external_event", event.data)]


def _external_event_modified(applied: Applied) -> Facts:
    data = applied.data
    return changes.modify_event(applied.card, data["event_id"], data, applied.settings.limits.history)


def _note_added(applied: Applied) -> Facts:
    return changes.add_note(applied.card, applied.event.ts, applied.data["text"], applied.settings.limits)


def _owner_changed(applied: Applied) -> Facts:
    return changes.set_owner(applied.card, applied.data["user"], applied.data.get("role") or "main")


def _loyalty_tier_reached(applied: Applied) -> Facts:
    return changes.set_tier(applied.card, applied.data["program"], applied.data["tier"])


def _loyalty_points(sign: int) -> Apply:
    def apply(applied: Applied) -> Facts:
        program = applied.data["program"]
        tiers = applied.settings.loyalty.get(program, {})
        return changes.add_points(applied.card, program, sign * applied.data["points"], tiers)

    return apply


def _segment_changed(applied: Applied) -> Facts:
    data = applied.data
    changes.set_segment(applied.card, data.get("app") or "", data["segment"], data["member"])
    return []


def _prediction_updated(applied: Applied) -> Facts:
    return changes.set_prediction(applied.card, applied.data["kind"], applied.data["probability"])


def _workflow_start(applied: Applied) -> Facts:
    return [Fact(WORKFLOW_START, {"workflow": applied.data["workflow"]})]


APPLY: dict[str, Apply] = {
    "contact_added": _card_fields,
    "contact_updated": _card_fields,
    "banner_clicked": _banner_clicked,
    "banner_shown": _nothing,
    "email_sent": _email_sent,
    "email_delivered": _nothing,
    "email_bounced": _email_bounced,
    "email_opened": _email_opened,
    "email_link_clicked": _email_link_clicked,
    "email_complained": _email_status(OPTED_OUT),
    "email_opted_in": _email_status(OPTED_IN),
    "email_opted_out": _email_status(OPTED_OUT),
    "sms_opted_in": _sms_status(OPTED_IN),
    "sms_opted_out": _sms_status(OPTED_OUT),
    "sms_sent": _message_sent("sms"),
    "sms_delivered": _nothing,
    "sms_failed": _nothing,
    "push_sent": _message_sent("web_push"),
    "push_clicked": _nothing,
    "text_sent": _message_sent("text_message"),
    "stage_entered": _stage_entered,
    "campaign_left": _campaign_left,
    "rfm_changed": _rfm_changed,
    "url_visited": _url_visited,
    "tag_assigned": _tag_assigned,
    "tag_removed": _tag_removed,
    "detail_set": _detail_set,
    "detail_removed": _detail_removed,
    "score_changed": _score_changed,
    "external_event": _external_event,
    "external_event_modified": _external_event_modified,
    "note_added": _note_added,
    "owner_changed": _owner_changed,
    "loyalty_tier_reached": _loyalty_tier_reached,
    "loyalty_points_earned": _loyalty_points(1),
    "loyalty_points_spent": _loyalty_points(-1),
    "segment_changed": _segment_changed,
    "prediction_updated": _prediction_updated,
    "workflow_start": _workflow_start,
    "allocation_done": _nothing,
    "allocation_failed": _nothing,
    "webhook_answered": _nothing,
    "webhook_failed": _nothing,
}
"""Event type to what it does to the card. Erasure and merging concern more than the card."""
