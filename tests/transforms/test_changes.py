"""What the card takes, and what it refuses."""

from one_contact import OneContact, workflow

SMALL = {"kind": "settings", "limits": {"tags": 1, "details": 1, "notes": 2}}


def test_an_event_whose_tag_score_the_card_refuses_is_a_dead_letter() -> None:
    contact = OneContact(SMALL).on("10:00", "score_changed", tag="x", points=1)
    contact.on("10:01", "score_changed", tag="y", points=1).on("10:02", "score_changed", tag="x", points=1)
    assert contact.reasons == ["card_limit"]


def test_an_action_whose_tag_score_the_card_refuses_is_suppressed_and_leaves_the_total() -> None:
    scoring = {"do": "add_tag_score", "with": {"tag": "{{ event.tag }}", "points": 2}, "next": "n"}
    telling = {"do": "add_note", "with": {"text": "{{ contact.score }}"}}
    contact = OneContact(SMALL, workflow({"a": scoring, "n": telling})).go(tag="x").go("10:01", tag="y")
    assert contact.actions[2]["reason"] == "card_limit"
    assert contact.said == ["2", "2"]
