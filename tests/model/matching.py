"""Whether a fact matches one entry of an `on`: by the event's name and its `with`."""

from collections.abc import Callable
from typing import Any

from model.urls import host_within, url_matches
from model.values import as_list, look_up, number, number_test, value_test

Params = dict[str, Any]


def matches(pattern: dict[str, Any], params: Params, fact: dict[str, Any]) -> bool:
    """`params` is the pattern's `with`, rendered where the place allows it."""
    if pattern["event"] != fact["name"]:
        return False
    return MEANINGS.get(fact["name"], any_such)(params, fact["about"])


def any_such(params: Params, about: Params) -> bool:
    """Every parameter that is given equals (one or a list: is one of) what the fact says."""
    return all(about.get(name) in as_list(wanted) for name, wanted in params.items())


def email_opened(params: Params, about: Params) -> bool:
    return any_such(params, about) and ("email" in params or about.get("service") is not True)


def email_link_clicked(params: Params, about: Params) -> bool:
    if "url" not in params and about.get("service") is True:
        return False
    named = {k: v for k, v in params.items() if k == "email"}
    return any_such(named, about) and (
        "url" not in params or url_matches(params["url"], about.get("url", ""))
    )


def url_visited(params: Params, about: Params) -> bool:
    if "url" in params and not url_matches(params["url"], about["url"]):
        return False
    if "domain" in params and not host_within(params["domain"], about["url"]):
        return False
    if "min_seconds" not in params:
        return True
    least = number(params["min_seconds"])
    return least is not None and about.get("seconds", 0) >= least


def tag_assigned(params: Params, about: Params) -> bool:
    return about["tag"] in as_list(params["tag"]) and (not params.get("first") or about["first"])


def detail_changed(params: Params, about: Params) -> bool:
    return about["name"] == params["name"] and (
        "value" not in params or value_test(params["value"], about["value"])
    )


def score_exceeded(params: Params, about: Params) -> bool:
    least = number(params["score"])
    if least is None or about["score"] <= least:
        return False
    return not params.get("crossing") or about["before"] <= least


def score_reached(params: Params, about: Params) -> bool:
    return number(params["score"]) == about["score"]


def tag_score_reached(params: Params, about: Params) -> bool:
    least = number(params["score"])
    return params["tag"] == about["tag"] and least is not None and about["score"] >= least


def external_event(params: Params, about: Params) -> bool:
    return ("type" not in params or params["type"] == about["type"]) and all(
        value_test(test, look_up(about["data"], field)) for field, test in params.get("where", {}).items()
    )


def external_event_modified(params: Params, about: Params) -> bool:
    wanted = params.get("fields")
    return ("type" not in params or params["type"] == about["type"]) and (
        wanted is None or any(f in about["changed"] for f in as_list(wanted))
    )


def note_added(params: Params, about: Params) -> bool:
    return "contains" not in params or params["contains"].lower() in about["text"].lower()


def loyalty_points_earned(params: Params, about: Params) -> bool:
    return ("program" not in params or params["program"] == about["program"]) and (
        "points" not in params or number_test(params["points"], about["points"])
    )


MEANINGS: dict[str, Callable[[Params, Params], bool]] = {
    "email_opened": email_opened,
    "email_link_clicked": email_link_clicked,
    "url_visited": url_visited,
    "tag_assigned": tag_assigned,
    "detail_added": detail_changed,
    "detail_modified": detail_changed,
    "score_exceeded": score_exceeded,
    "score_reached": score_reached,
    "tag_score_reached": tag_score_reached,
    "external_event": external_event,
    "external_event_modified": external_event_modified,
    "note_added": note_added,
    "loyalty_points_earned": loyalty_points_earned,
}
