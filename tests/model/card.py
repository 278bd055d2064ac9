"""The contact card, and what its changes cause: facts (name, about); `about` is what an `on` may ask."""

from typing import Any

from model.values import MISSING, equal, look_up

MOST_TAGS = 1000
MOST_DETAILS = 1000
MOST_NOTES = 100
MOST_HISTORY = 200

Fact = tuple[str, dict[str, Any]]
Card = dict[str, Any]

PREDICTION_FACTS = {"churn": "churn_predicted", "purchase": "purchase_predicted"}


class CardFull(Exception):
    """A tag or detail is refused."""


def new_card(contact: str, added: int) -> Card:
    return {
        "id": contact,
        "added": added,
        "email": None,
        "phone": None,
        "name": None,
        "timezone": None,
        "locale": None,
        "email_status": "unknown",
        "sms_status": "unknown",
        "bounced": False,
        "owner": None,
        "co_owners": [],
        "tags": [],
        "tag_scores": {},
        "details": {},
        "score": 0,
        "stages": {},
        "notes": [],
        "coupons": {},
        "loyalty": {},
        "rfm": {},
        "predictions": {},
        "segments": {},
        "push": None,
        "devices": [],
        "emails": {"sent": [], "opened": [], "clicked": []},
        "visits": [],
        "external": [],
    }


def remember(history: list[dict[str, Any]], entry: dict[str, Any], most: int = MOST_HISTORY) -> None:
    """Into a bounded history, ordered by ts; the oldest go first."""
    history.append(entry)
    history.sort(key=lambda e: e["ts"])
    del history[:-most]


def set_status(card: Card, channel: str, status: str) -> list[Fact]:
    before = card[f"{channel}_status"]
    card[f"{channel}_status"] = status
    return [(f"{channel}_{status}", {})] if before != status and status != "unknown" else []


def set_email(card: Card, address: str | None) -> None:
    if address != card["email"]:
        card["bounced"] = False
    card["email"] = address


def assign_tag(card: Card, tag: str) -> list[Fact]:
    first = tag not in card["tags"]
    if first:
        if len(card["tags"]) >= MOST_TAGS:
            raise CardFull
        card["tags"].append(tag)
    return [("tag_assigned", {"tag": tag, "first": first})]


def set_tag_score(card: Card, tag: str, score: int | float) -> list[Fact]:
    before = card["tag_scores"].get(tag, 0)
    card["tag_scores"][tag] = score
    return [("tag_score_reached", {"tag": tag, "score": score})] if score != before else []


def set_score(card: Card, score: int | float) -> list[Fact]:
    before = card["score"]
    card["score"] = score
    if score == before:
        return []
    return [(name, {"score": score, "before": before}) for name in ("score_reached", "score_exceeded")]


def set_detail(card: Card, name: str, value: Any) -> list[Fact]:
    before = card["details"].get(name, MISSING)
    if before is not MISSING and equal(before, value):
        return []
    if before is MISSING and len(card["details"]) >= MOST_DETAILS:
        raise CardFull
    card["details"][name] = value
    return [("detail_added" if before is MISSING else "detail_modified", {"name": name, "value": value})]


def add_note(card: Card, text: str, ts: int) -> list[Fact]:
    remember(card["notes"], {"text": text, "ts": ts}, MOST_NOTES)
    return [("note_added", {"text": text})]


def set_owner(card: Card, user: str | None, role: str = "main") -> list[Fact]:
    if role == "co":
        if user in card["co_owners"]:
            return []
        card["co_owners"].append(user)
    else:
        if user == card["owner"]:
            return []
        card["owner"] = user
    return [("owner_changed", {"user": user, "role": role})] if user is not None else []


def enter_stage(card: Card, campaign: str, stage: str) -> list[Fact]:
    before = card["stages"].get(campaign)
    card["stages"][campaign] = stage
    return [("stage_entered", {"campaign": campaign, "stage": stage})] if stage != before else []


def set_rfm(card: Card, report: str, dimension: str, group: str) -> list[Fact]:
    groups = card["rfm"].setdefault(report, {})
    before = groups.get(dimension, "none")
    groups[dimension] = group
    if group == before:
        return []
    return [("rfm_changed", {"report": report, "dimension": dimension, "from": before, "to": group})]


def loyalty(card: Card, program: str) -> dict[str, Any]:
    found: dict[str, Any] = card["loyalty"].setdefault(program, {"points": 0, "tier": None})
    return found


def set_tier(card: Card, program: str, tier: str) -> list[Fact]:
    account = loyalty(card, program)
    before, account["tier"] = account["tier"], tier
    return [("loyalty_tier_reached", {"program": program, "tier": tier})] if tier != before else []


def add_loyalty_points(card: Card, program: str, points: int | float, tiers: dict[str, Any]) -> list[Fact]:
    account = loyalty(card, program)
    before = account["points"]
    account["points"] = max(0, before + points)
    if points <= 0:
        return []
    facts: list[Fact] = [("loyalty_points_earned", {"program": program, "points": points})]
    present = tiers.get(account["tier"], float("-inf"))
    for tier, needed in sorted(tiers.items(), key=lambda t: t[1]):
        if before < needed <= account["points"] and needed > present:
            facts += set_tier(card, program, tier)
    return facts


def level(probability: float) -> str:
    return next(
        name
        for name, top in (("low", 0.25), ("medium", 0.5), ("high", 0.75), ("very_high", 1))
        if probability <= top
    )


def set_prediction(card: Card, kind: str, probability: float) -> list[Fact]:
    before = card["predictions"].get(kind)
    card["predictions"][kind] = probability
    if before is not None and level(before) == level(probability):
        return []
    return [(PREDICTION_FACTS[kind], {"level": level(probability)})]


def add_external(card: Card, data: dict[str, Any], ts: int) -> list[Fact]:
    remember(card["external"], {"ts": ts, "data": data})
    return [("external_event", {"type": data["type"], "data": data})]


def modify_external(card: Card, data: dict[str, Any]) -> list[Fact]:
    """Changes fields of the latest external event of that id."""
    same = [e for e in card["external"] if e["data"].get("event_id") == data["event_id"]]
    if not same:
        return []
    known = same[-1]["data"]
    changed = [k for k, v in data.items() if look_up(known, k) is MISSING or not equal(known[k], v)]
    known.update({k: data[k] for k in changed})
    return [("external_event_modified", {"type": known.get("type"), "changed": changed})] if changed else []
