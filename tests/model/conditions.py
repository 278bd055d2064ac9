"""Conditions of `if`, looked up on the card."""

from collections.abc import Callable
from typing import Any

import cel

from model.card import level
from model.text import render
from model.urls import url_matches
from model.values import MISSING, as_list, duration, look_up, number, number_test, value_test

Params = dict[str, Any]


class NoSuchValue(Exception):
    """A parameter that renders to nothing usable: the test is false."""


class View:
    """What a condition sees: the card, the token's event, now, and the names for texts."""

    def __init__(self, card: Params, event: Params, now: int, names: Params) -> None:
        self.card, self.event, self.now, self.names = card, event, now, names

    def recent(self, history: list[Params], params: Params) -> list[Params]:
        """The entries with ts in (now - within, now]."""
        if "within" not in params:
            return history
        within = duration(params["within"])
        if within is None:
            raise NoSuchValue
        return [e for e in history if self.now - within < e["ts"] <= self.now]


def holds(condition: Any, view: View) -> bool:
    if "all" in condition:
        return all(holds(c, view) for c in condition["all"])
    if "any" in condition:
        return any(holds(c, view) for c in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], view)
    try:
        found = MEANINGS[condition["condition"]](render(condition.get("with", {}), view.names), view)
    except NoSuchValue:
        found = False
    return found != condition.get("negate", False)


def needed(value: Any) -> int | float:
    found = number(value)
    if found is None:
        raise NoSuchValue
    return found


def opened(params: Params, view: View) -> bool:
    found = view.recent(view.card["emails"]["opened"], params)
    if "email" in params:
        return any(e["email"] in as_list(params["email"]) for e in found)
    return any(e.get("service") is not True for e in found)


def clicked(params: Params, view: View) -> bool:
    found = view.recent(view.card["emails"]["clicked"], params)
    if "email" in params:
        found = [e for e in found if e["email"] in as_list(params["email"])]
    if "url" in params:
        return any(url_matches(params["url"], e.get("url", "")) for e in found)
    return any(e.get("service") is not True for e in found)


def has_tag(params: Params, view: View) -> bool:
    mode = all if params.get("match", "any") == "all" else any
    return mode(t in view.card["tags"] for t in as_list(params["tag"]))


def external_event_occurred(params: Params, view: View) -> bool:
    found = [
        e
        for e in view.recent(view.card["external"], params)
        if ("type" not in params or e["data"]["type"] == params["type"])
        and all(value_test(t, look_up(e["data"], f)) for f, t in params.get("where", {}).items())
    ]
    return number_test(params.get("count", {"gte": 1}), len(found))


def visited(params: Params, view: View) -> bool:
    found = [
        v
        for v in view.recent(view.card["visits"], params)
        if "url" not in params or url_matches(params["url"], v["url"])
    ]
    return number_test(params.get("count", {"gte": 1}), len(found))


def has_owner(params: Params, view: View) -> bool:
    owners = {"main": [o for o in [view.card["owner"]] if o is not None], "co": view.card["co_owners"]}
    found = owners[params["role"]] if "role" in params else owners["main"] + owners["co"]
    return params["user"] in found if "user" in params else bool(found)


def has_note(params: Params, view: View) -> bool:
    part = params.get("contains", "").lower()
    return any(part in n["text"].lower() for n in view.recent(view.card["notes"], params))


def in_mobile_segment(params: Params, view: View) -> bool:
    apps = [params["app"]] if "app" in params else list(view.card["segments"])
    return any(params["segment"] in view.card["segments"].get(app, []) for app in apps)


def predicted(kind: str) -> Callable[[Params, View], bool]:
    def meaning(params: Params, view: View) -> bool:
        probability = view.card["predictions"].get(kind)
        return probability is not None and level(probability) in as_list(params["level"])

    return meaning


def on_stage(params: Params, view: View) -> bool:
    stage = view.card["stages"].get(params["campaign"])
    return stage is not None and params.get("stage", stage) == stage


def in_rfm_segment(params: Params, view: View) -> bool:
    groups = view.card["rfm"].get(params.get("report", "default"), {})
    return bool(groups.get(params["dimension"], "none") == str(params["group"]))


def active(params: Params, view: View) -> bool:
    emails = view.card["emails"]
    history = view.card["visits"] + emails["opened"] + emails["clicked"] + view.card["external"]
    return bool(view.recent(history, params))


def expression(params: Params, view: View) -> bool:
    names = {"contact": view.card, "event": view.event, "now": view.now}
    try:
        return cel.evaluate(params["expression"], names) is True
    except Exception:
        return False


def detail(params: Params, view: View) -> bool:
    return value_test(
        params.get("value", {"exists": True}), view.card["details"].get(params["name"], MISSING)
    )


MEANINGS: dict[str, Callable[[Params, View], bool]] = {
    "on_stage": on_stage,
    "email_opened": opened,
    "email_link_clicked": clicked,
    "has_tag": has_tag,
    "has_detail": detail,
    "external_event_occurred": external_event_occurred,
    "main_owner_in": lambda p, v: v.card["owner"] in p["users"],
    "has_owner": has_owner,
    "in_rfm_segment": in_rfm_segment,
    "email_opted_out": lambda p, v: v.card["email_status"] == "opted_out",
    "score_reached": lambda p, v: v.card["score"] == needed(p["score"]),
    "score_exceeded": lambda p, v: v.card["score"] > needed(p["score"]),
    "has_note": has_note,
    "in_mobile_segment": in_mobile_segment,
    "tag_score_at_least": lambda p, v: v.card["tag_scores"].get(p["tag"], 0) >= needed(p["score"]),
    "churn_prediction": predicted("churn"),
    "emails_received": lambda p, v: number_test(p["count"], len(v.recent(v.card["emails"]["sent"], p))),
    "purchase_prediction": predicted("purchase"),
    "newsletter_subscriber": lambda p, v: v.card["email_status"] == "opted_in",
    "in_loyalty_tier": lambda p, v: v.card["loyalty"].get(p["program"], {}).get("tier") == p["tier"],
    "has_loyalty_points": lambda p, v: number_test(
        p["points"], v.card["loyalty"].get(p["program"], {}).get("points", 0)
    ),
    "email_sent": lambda p, v: any(
        e["email"] in as_list(p["email"]) for e in v.recent(v.card["emails"]["sent"], p)
    ),
    "url_visited": visited,
    "sms_opted_out": lambda p, v: v.card["sms_status"] == "opted_out",
    "active_within": active,
    "event_field": lambda p, v: value_test(p.get("value", {"exists": True}), look_up(v.event, p["name"])),
    "expression": expression,
}
