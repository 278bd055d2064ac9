"""Messages that count as sent, and what came of them."""

from typing import Any

import pytest
from one_contact import OneContact, Tree, workflow

MAIL: Tree = {"do": "send_email", "with": {"email": "m1"}}
SMS: Tree = {"do": "send_sms", "with": {"text": "hi"}}
CARD: Tree = {
    "email": "jo@x.example",
    "email_status": "opted_in",
    "phone": "1",
    "push": True,
    "devices": ["d"],
}
NOT_OURS = dict.fromkeys(("workflow", "version", "node", "variant", "message", "value", "currency"))


def sending(*actions: Tree, on: str = "GO", id: str = "w", **more: Any) -> Tree:
    """A workflow that sends messages one after the other, from nodes m1, m2, …"""
    nodes: Tree = {"s": {"on": {"event": "external_event", "with": {"type": on}}, "next": "m1"}}
    for n, action in enumerate(actions, 1):
        nodes[f"m{n}"] = {**action, **({"next": f"m{n + 1}"} if n < len(actions) else {})}
    return workflow(nodes, id, **more)


def known(*documents: Tree) -> OneContact:
    return OneContact(*documents).on("08:00", "contact_added", **CARD)


@pytest.mark.parametrize(
    ("type", "data", "kind", "channel"),
    [
        ("email_sent", {"email": "m1"}, "sent", "email"),
        ("email_delivered", {"email": "m1"}, "delivered", "email"),
        ("email_bounced", {"email": "m1", "kind": "soft"}, "bounced", "email"),
        ("email_opened", {"email": "m1"}, "opened", "email"),
        ("email_link_clicked", {"email": "m1", "url": "https://x.example/"}, "clicked", "email"),
        ("email_complained", {"email": "m1"}, "complained", "email"),
        ("email_opted_out", {}, "opted_out", "email"),
        ("sms_sent", {}, "sent", "sms"),
        ("sms_delivered", {}, "delivered", "sms"),
        ("sms_failed", {}, "bounced", "sms"),
        ("sms_opted_out", {}, "opted_out", "sms"),
        ("push_sent", {}, "sent", "web_push"),
        ("push_clicked", {}, "clicked", "web_push"),
        ("text_sent", {}, "sent", "text_message"),
    ],
)
def test_every_event_about_a_message_leaves_one_outcome(
    type: str, data: Tree, kind: str, channel: str
) -> None:
    contact = known().on("10:00", type, **data)
    (outcome,) = contact.outcomes
    assert outcome == {
        "contact": "c",
        "kind": kind,
        "ts": 1705312800000,
        "channel": channel,
        **NOT_OURS,
    }


@pytest.mark.parametrize("type", ["email_opted_in", "sms_opted_in", "banner_clicked", "url_visited"])
def test_other_events_leave_no_outcome(type: str) -> None:
    contact = known().on("10:00", type, banner="b", url="https://x.example/")
    assert contact.outcomes == [] and contact.reasons == []


def test_an_outcome_of_our_message_names_its_workflow_version_node_and_variant() -> None:
    split = workflow({"x": {"split": [{"share": 100, "next": "m", "variant": "blue"}]}, "m": MAIL})
    contact = known(split).go("10:00")
    message = contact.actions[0]["action_id"]
    contact.on("11:00", "email_opened", email="m1", message_id=message)
    assert contact.outcomes[0] == {
        "contact": "c",
        "kind": "opened",
        "ts": 1705316400000,
        "workflow": "w",
        "version": 1,
        "node": "m",
        "variant": "blue",
        "message": message,
        "channel": "email",
        "value": None,
        "currency": None,
    }


def test_an_outcome_of_a_message_that_another_system_sent_names_none_of_ours() -> None:
    contact = known(sending(MAIL)).on("09:00", "email_sent", email="news", message_id="esp-7").go("10:00")
    contact.on("11:00", "email_opened", email="news", message_id="esp-7")
    assert contact.outcomes[-1]["workflow"] is None and contact.outcomes[-1]["message"] is None


def test_an_outcome_without_fire_is_written_all_the_same() -> None:
    line = b'{"id": "a", "contact": "c", "type": "sms_sent", "ts": 1705312800000, "fire": false}'
    assert [outcome["kind"] for outcome in known().line(line).outcomes] == ["sent"]


COUNT = workflow(
    {
        "s": {"on": {"event": "external_event", "with": {"type": "COUNT"}}, "next": "i"},
        "i": {"if": {"condition": "emails_received", "with": {"count": 2}}, "then": "two", "else": "other"},
        "two": {"do": "add_note", "with": {"text": "two"}},
        "other": {"do": "add_note", "with": {"text": "other"}},
    },
    id="count",
)


def test_a_sent_event_with_the_id_of_our_message_is_not_counted_again() -> None:
    contact = known(sending(MAIL), COUNT).go("10:00")
    contact.on("10:01", "email_sent", email="m1", message_id=contact.actions[0]["action_id"])
    assert contact.on("10:02", "external_event", type="COUNT").said == ["other"]
    contact.on("10:03", "email_sent", email="m1", message_id="another")
    assert contact.on("10:04", "external_event", type="COUNT").said == ["other", "two"]


def test_a_sent_event_that_comes_twice_counts_once() -> None:
    contact = known(COUNT)
    for minute, message in enumerate(["one", "one", "two"]):
        contact.on(f"10:0{minute}", "email_sent", email="m1", message_id=message)
    assert contact.on("10:04", "external_event", type="COUNT").said == ["two"]


def test_a_sent_event_without_an_id_always_counts() -> None:
    contact = known(COUNT).on("10:00", "email_sent", email="m1").on("10:01", "email_sent", email="m1")
    assert contact.on("10:04", "external_event", type="COUNT").said == ["two"]


def trade(contact: OneContact, when: int | str, type: str = "PURCHASE", **data: Any) -> Tree:
    """The outcome of a purchase or refund at that time."""
    contact.on(when, "external_event", type=type, **data)
    return contact.outcomes[-1]


def attributing(**settings: Any) -> OneContact:
    """E-mail m1 went out at 10:00, the SMS m2 at 11:00, e-mail m3 at 12:00."""
    documents = [sending(a, on=f"GO{n}", id=f"w{n}") for n, a in enumerate((MAIL, SMS, MAIL), 1)]
    contact = known(*documents, {"kind": "settings", **settings})
    for n in (1, 2, 3):
        contact.on(f"{9 + n}:00", "external_event", type=f"GO{n}")
    return contact


@pytest.mark.parametrize(
    ("attribution", "when", "workflow"),
    [
        ("last", "13:00", "w3"),
        ("last", "11:30", "w2"),
        ("last", "12:00", "w3"),
        ("first", "13:00", "w1"),
        ("first", "01-20 10:00", "w2"),
        ("none", "13:00", None),
    ],
)
def test_a_purchase_goes_to_one_of_the_messages_before(
    attribution: str, when: str, workflow: str | None
) -> None:
    outcome = trade(attributing(attribution=attribution), when, value=9.5)
    assert (outcome["kind"], outcome["value"], outcome["workflow"]) == ("purchase", 9.5, workflow)


def test_the_purchase_names_the_message_it_goes_to() -> None:
    contact = attributing()
    outcome = trade(contact, "13:00", value="20.00", currency="PLN")
    sent = contact.actions[-1]
    named = {name: outcome[name] for name in ("workflow", "version", "node", "message", "channel")}
    assert named == {
        "workflow": "w3",
        "version": 1,
        "node": "m1",
        "message": sent["action_id"],
        "channel": "email",
    }
    assert (outcome["value"], outcome["currency"]) == (20, "PLN")


def test_the_window_is_five_days_and_does_not_hold_its_beginning() -> None:
    assert trade(known(sending(MAIL)).go("10:00"), "01-20 09:59:59.999")["workflow"] == "w"
    assert trade(known(sending(MAIL)).go("10:00"), "01-20 10:00")["workflow"] is None


def test_the_window_is_a_setting() -> None:
    short = {"kind": "settings", "attribution_window": "1h"}
    assert trade(known(sending(MAIL), short).go("10:00"), "10:59")["workflow"] == "w"
    assert trade(known(sending(MAIL), short).go("10:00"), "11:00")["workflow"] is None


def test_a_purchase_that_comes_late_goes_to_a_message_before_it_happened() -> None:
    assert trade(attributing(), "11:30")["workflow"] == "w2"
    assert trade(attributing(), "09:30")["workflow"] is None


def test_of_messages_of_one_instant_the_last_is_the_one_requested_last() -> None:
    contact = known(sending(MAIL, MAIL)).go("10:00")
    assert trade(contact, "10:30")["message"] == contact.actions[1]["action_id"]


def test_messages_of_other_systems_and_suppressed_ones_get_no_purchase() -> None:
    contact = OneContact(sending(MAIL)).on("08:00", "contact_added", email="jo@x.example").go("10:00")
    contact.on("10:30", "email_sent", email="news", message_id="esp-7")
    assert contact.actions[0]["status"] == "suppressed"
    assert trade(contact, "11:00")["workflow"] is None


def test_a_refund_goes_where_its_purchase_went() -> None:
    contact = attributing()
    trade(contact, "10:30", event_id="o-1", value=10)
    refund = trade(contact, "01-31 10:00", "REFUND", event_id="o-1", value=4)
    assert (refund["kind"], refund["value"], refund["workflow"]) == ("refund", 4, "w1")


@pytest.mark.parametrize("event_id", ["unknown", None])
def test_a_refund_of_no_known_purchase_goes_to_no_message(event_id: str | None) -> None:
    contact = attributing()
    trade(contact, "12:30", value=10)
    assert trade(contact, "13:00", "REFUND", event_id=event_id, value=4)["workflow"] is None


def test_a_refund_of_a_purchase_without_a_message_goes_to_none() -> None:
    contact = attributing()
    trade(contact, "09:30", event_id="o-1", value=10)
    assert trade(contact, "13:00", "REFUND", event_id="o-1", value=10)["workflow"] is None


def test_what_a_purchase_and_a_refund_are_called_is_a_setting() -> None:
    contact = attributing(purchase="ORDER", refund="RETURN", currency="EUR")
    assert trade(contact, "12:30", "ORDER", event_id=7, value=10)["currency"] == "EUR"
    assert trade(contact, "12:40", "RETURN", event_id="7", value=10)["workflow"] == "w3"
    assert trade(contact, "12:50", "PURCHASE", value=10) == contact.outcomes[1]


def test_a_value_that_is_no_number_is_left_out() -> None:
    outcome = trade(attributing(), "12:30", value="much")
    assert (outcome["value"], outcome["workflow"]) == (None, "w3")
