"""Lines of the input: contact events, or the reason why a line is none."""

import json
from typing import Any

from model.values import instant, is_number

LARGEST = 256 * 1024
TEXT, NUMBER, FLAG, ANY, SCALAR, TEXTS, MAP = "text", "number", "flag", "any", "scalar", "texts", "map"

CARD_TEXTS = ("email", "phone", "name", "timezone", "locale", "email_status", "sms_status", "owner")
CARD_FIELDS = {
    **dict.fromkeys(CARD_TEXTS, TEXT),
    "tags": TEXTS,
    "details": MAP,
    "score": NUMBER,
    "push": ANY,
    "devices": ANY,
}

# What each type of event holds; a name with ! is required.
SHAPES: dict[tuple[str, ...], dict[str, str]] = {
    ("contact_added", "contact_updated"): CARD_FIELDS,
    ("banner_clicked", "banner_shown"): {"banner!": TEXT, "variant": TEXT},
    (
        "email_sent",
        "email_delivered",
        "email_bounced",
        "email_opened",
        "email_link_clicked",
        "email_complained",
    ): {"email!": TEXT, "message_id": TEXT, "group": TEXT, "service": FLAG, "url": TEXT, "kind": TEXT},
    ("email_opted_in", "email_opted_out", "sms_opted_in", "sms_opted_out", "contact_erased"): {},
    ("sms_sent", "sms_delivered", "sms_failed", "push_sent", "push_clicked", "text_sent"): {
        "message_id": TEXT
    },
    ("stage_entered",): {"campaign!": TEXT, "stage!": TEXT},
    ("campaign_left",): {"campaign!": TEXT},
    ("rfm_changed",): {"report": TEXT, "dimension!": TEXT, "group!": SCALAR},
    ("url_visited",): {"url!": TEXT, "seconds": NUMBER, "title": TEXT},
    ("tag_assigned", "tag_removed"): {"tag!": TEXT, "score": NUMBER},
    ("detail_set",): {"name!": TEXT, "value!": SCALAR},
    ("detail_removed",): {"name!": TEXT},
    ("score_changed",): {"points": NUMBER, "score": NUMBER, "tag": TEXT},
    ("external_event",): {"type!": TEXT, "event_id": TEXT},
    ("external_event_modified",): {"event_id!": TEXT},
    ("note_added",): {"text!": TEXT},
    ("owner_changed",): {"user!": TEXT, "role": TEXT},
    ("loyalty_tier_reached",): {"program!": TEXT, "tier!": TEXT},
    ("loyalty_points_earned", "loyalty_points_spent"): {"program!": TEXT, "points!": NUMBER},
    ("segment_changed",): {"app": TEXT, "segment!": TEXT, "member!": FLAG},
    ("prediction_updated",): {"kind!": TEXT, "probability!": NUMBER},
    ("identified",): {"visitor!": TEXT},
    ("contact_merged",): {"from!": TEXT},
    ("workflow_start",): {"workflow!": TEXT},
    ("allocation_done", "allocation_failed", "webhook_answered", "webhook_failed"): {"action_id!": TEXT},
}
TYPES = {kind: shape for kinds, shape in SHAPES.items() for kind in kinds}


class Refused(Exception):
    """Why a line of the input is a dead letter."""


def read(line: str | bytes) -> dict[str, Any]:
    """The event of a line; raises Refused with the reason of the dead letter."""
    raw = line.encode() if isinstance(line, str) else line
    if len(raw) > LARGEST:
        raise Refused("too_large")
    try:
        event = json.loads(raw.decode())
    except ValueError:
        raise Refused("malformed") from None
    if not isinstance(event, dict):
        raise Refused("malformed")
    event = {"data": {}, "fire": True, "source": "", **event, "ts": instant(event.get("ts"))}
    kinds = {
        "id": TEXT,
        "contact": TEXT,
        "type": TEXT,
        "source": TEXT,
        "data": MAP,
        "fire": FLAG,
        "ts": NUMBER,
    }
    if not all(is_a(kind, event.get(name)) for name, kind in kinds.items()):
        raise Refused("invalid")
    if event["type"] not in TYPES:
        raise Refused("unknown_type")
    check_data(event["type"], event["data"])
    return event


def check_data(kind: str, data: dict[str, Any]) -> None:
    for name, wanted in TYPES[kind].items():
        field = name.rstrip("!")
        if field not in data:
            if name.endswith("!"):
                raise Refused("invalid")
        elif not is_a(wanted, data[field]) and not (data[field] is None and TYPES[kind] is CARD_FIELDS):
            raise Refused("invalid")
    if kind == "score_changed" and "points" not in data and "score" not in data:
        raise Refused("invalid")
    if kind == "prediction_updated" and not 0 <= data["probability"] <= 1:
        raise Refused("invalid")
    for field in ("email_status", "sms_status"):
        if TYPES[kind] is CARD_FIELDS and data.get(field) not in (None, "unknown", "opted_in", "opted_out"):
            raise Refused("invalid")


def is_a(kind: str, value: Any) -> bool:
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    return {
        TEXT: isinstance(value, str),
        NUMBER: is_number(value),
        FLAG: isinstance(value, bool),
        MAP: isinstance(value, dict),
        SCALAR: isinstance(value, str | bool) or is_number(value),
        ANY: True,
    }[kind]
