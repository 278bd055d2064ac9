"""What an event of the input does to the card, and the facts that follow, in their order."""

from copy import deepcopy
from typing import Any

from model import card as cards
from model.card import Card, Fact
from model.values import number

OWN_FACT = {"banner_clicked", "email_opened", "email_link_clicked", "url_visited"}
EMAIL_HISTORY = {"email_opened": "opened", "email_link_clicked": "clicked"}


def apply(card: Card, created: bool, event: dict[str, Any], definitions: dict[str, Any]) -> list[Fact]:
    """Applies an event to the card; returns its facts, the event's own first."""
    kind, data, ts = event["type"], deepcopy(event["data"]), event["ts"]
    settings = definitions["settings"]
    if kind == "contact_added":
        facts: list[Fact] = [("contact_added" if created else "contact_readded", {})]
        return facts + [f for f in update_fields(card, data) if f[0] != "owner_changed"]
    if kind == "contact_updated":
        return update_fields(card, data)
    if kind in EMAIL_HISTORY:
        data = (
            definitions["emails"].get(data["email"], {}) | data
        )  # what the event does not say, the asset may
        cards.remember(card["emails"][EMAIL_HISTORY[kind]], {"ts": ts, **data})
    if kind in OWN_FACT:
        if kind == "url_visited":
            cards.remember(card["visits"], {"ts": ts, **data})
        return [(kind, data)]
    change = CHANGES.get(kind)
    return change(card, data, ts, settings) if change else []


def update_fields(card: Card, data: dict[str, Any]) -> list[Fact]:
    """The card fields of `contact_added` and `contact_updated`."""
    empty = cards.new_card("", 0)
    for name in ("phone", "name", "timezone", "locale", "push", "devices"):
        if name in data:
            card[name] = empty[name] if data[name] is None else data[name]
    if "email" in data:
        cards.set_email(card, data["email"])
    facts: list[Fact] = []
    for channel in ("email", "sms"):
        if f"{channel}_status" in data:
            facts += cards.set_status(card, channel, data[f"{channel}_status"] or "unknown")
    if "owner" in data:
        facts += cards.set_owner(card, data["owner"])
    if "tags" in data:
        card["tags"] = [] if data["tags"] is None else card["tags"]
        for tag in data["tags"] or []:
            facts += cards.assign_tag(card, tag)
    if "details" in data:
        card["details"] = {} if data["details"] is None else card["details"]
        for name, value in (data["details"] or {}).items():
            if value is None:
                card["details"].pop(name, None)
            else:
                facts += cards.set_detail(card, name, value)
    if "score" in data:
        facts += cards.set_score(card, data["score"] or 0)
    return facts


def assign_tag(card: Card, data: dict[str, Any], ts: int, settings: dict[str, Any]) -> list[Fact]:
    facts = cards.assign_tag(card, data["tag"])
    return facts + (cards.set_tag_score(card, data["tag"], data["score"]) if "score" in data else [])


def remove_tag(card: Card, data: dict[str, Any], ts: int, settings: dict[str, Any]) -> list[Fact]:
    if data["tag"] in card["tags"]:
        card["tags"].remove(data["tag"])
    return cards.set_tag_score(card, data["tag"], data["score"]) if "score" in data else []


def change_score(card: Card, data: dict[str, Any], ts: int, settings: dict[str, Any]) -> list[Fact]:
    tag = data.get("tag")
    before = card["score"] if tag is None else card["tag_scores"].get(tag, 0)
    after = number(data["score"]) if "score" in data else before + data["points"]
    facts = cards.set_tag_score(card, tag, after) if tag is not None else []
    return facts + cards.set_score(card, card["score"] + after - before)


def change_points(card: Card, data: dict[str, Any], sign: int, settings: dict[str, Any]) -> list[Fact]:
    tiers = settings.get("loyalty", {}).get(data["program"], {})
    return cards.add_loyalty_points(card, data["program"], sign * data["points"], tiers)


def bounce(card: Card, data: dict[str, Any], ts: int, settings: dict[str, Any]) -> list[Fact]:
    card["bounced"] = card["bounced"] or data.get("kind") == "hard"
    return []


def leave_campaign(card: Card, data: dict[str, Any], ts: int, settings: dict[str, Any]) -> list[Fact]:
    card["stages"].pop(data["campaign"], None)
    return []


def remove_detail(card: Card, data: dict[str, Any], ts: int, settings: dict[str, Any]) -> list[Fact]:
    card["details"].pop(data["name"], None)
    return []


def change_segment(card: Card, data: dict[str, Any], ts: int, settings: dict[str, Any]) -> list[Fact]:
    members = card["segments"].setdefault(data.get("app", ""), [])
    if data["segment"] in members:
        members.remove(data["segment"])
    if data["member"]:
        members.append(data["segment"])
    return []


CHANGES = {
    "email_bounced": bounce,
    "email_complained": lambda card, data, ts, _: cards.set_status(card, "email", "opted_out"),
    "email_opted_in": lambda card, data, ts, _: cards.set_status(card, "email", "opted_in"),
    "email_opted_out": lambda card, data, ts, _: cards.set_status(card, "email", "opted_out"),
    "sms_opted_in": lambda card, data, ts, _: cards.set_status(card, "sms", "opted_in"),
    "sms_opted_out": lambda card, data, ts, _: cards.set_status(card, "sms", "opted_out"),
    "stage_entered": lambda card, data, ts, _: cards.enter_stage(card, data["campaign"], data["stage"]),
    "campaign_left": leave_campaign,
    "rfm_changed": lambda card, data, ts, _: cards.set_rfm(
        card, data.get("report", "default"), data["dimension"], str(data["group"])
    ),
    "tag_assigned": assign_tag,
    "tag_removed": remove_tag,
    "detail_set": lambda card, data, ts, _: cards.set_detail(card, data["name"], data["value"]),
    "detail_removed": remove_detail,
    "score_changed": change_score,
    "external_event": lambda card, data, ts, _: cards.add_external(card, data, ts),
    "external_event_modified": lambda card, data, ts, _: cards.modify_external(card, data),
    "note_added": lambda card, data, ts, _: cards.add_note(card, data["text"], ts),
    "owner_changed": lambda card, data, ts, _: cards.set_owner(card, data["user"], data.get("role", "main")),
    "loyalty_tier_reached": lambda card, data, ts, _: cards.set_tier(card, data["program"], data["tier"]),
    "loyalty_points_earned": lambda card, data, ts, settings: change_points(card, data, 1, settings),
    "loyalty_points_spent": lambda card, data, ts, settings: change_points(card, data, -1, settings),
    "segment_changed": change_segment,
    "prediction_updated": lambda card, data, ts, _: cards.set_prediction(
        card, data["kind"], data["probability"]
    ),
}
