"""What a connector gets with a message, and messages that wait."""

from typing import Any

import pytest
from one_contact import OneContact, Tree, workflow

CARD: Tree = {"email": "jo@x.example", "email_status": "opted_in", "name": "Jo", "phone": "1"}
QUIET = {"kind": "policy", "channels": {"sms": {"quiet": {"from": "21:00", "to": "08:00"}}}}


def known(*documents: Tree) -> OneContact:
    return OneContact(*documents).on("08:00", "contact_added", **CARD, details={"city": "Łódź", "n": 2})


def context(body: str | None, subject: str | None = None, **event: Any) -> Tree:
    """The context of an e-mail whose asset has this body; None where there is no asset."""
    nodes = {"c": {"do": "generate_coupon", "with": {"name": "k"}, "next": "m"}}
    nodes["m"] = {"do": "send_email", "with": {"email": "m1"}}
    asset = [{"kind": "email", "id": "m1", "body": body, "subject": subject}] if body is not None else []
    contact = known(workflow(nodes), *asset).go("10:00", **event)
    return dict(contact.actions[-1]["context"])


def test_the_context_holds_the_address_and_the_name() -> None:
    assert context(None) == {"email": "jo@x.example", "name": "Jo"}
    assert context("Hello!", "Hello") == {"email": "jo@x.example", "name": "Jo"}


def test_the_context_holds_what_the_asset_names_from_outside() -> None:
    body = (
        "{{ contact.details.city }} {{ event.value }} {{ coupon.k }} {{ run.workflow }} {{ contact.none.at }}"
    )
    found = context(body, "{{ event.products[0].sku }}", value=2.0, products=[{"sku": "a"}])
    assert len(found["coupon"].pop("k")) == 10
    assert found == {
        "email": "jo@x.example",
        "name": "Jo",
        "contact": {"details": {"city": "Łódź"}},
        "event": {"value": 2, "products": [{"sku": "a"}]},
        "coupon": {},
        "run": {"workflow": "w"},
    }


@pytest.mark.parametrize(
    "body", ["{{ 'now' | date: '%Y' }}", "{{ now }} {{ timezone }} {{ nothing.at.all }}"]
)
def test_what_the_asset_may_not_name_is_left_out(body: str) -> None:
    assert context(body) == {"email": "jo@x.example", "name": "Jo"}


def test_an_sms_gets_the_values_of_its_own_asset() -> None:
    nodes: Tree = {"m": {"do": "send_sms", "with": {"sms": "s1"}}}
    assets = [{"kind": kind, "id": "s1", "body": f"{{{{ event.{kind} }}}}"} for kind in ("email", "sms")]
    contact = known(workflow(nodes), *assets).go("10:00", email=1, sms=2)
    assert contact.actions[0]["context"] == {"phone": "1", "name": "Jo", "event": {"sms": 2}}


def test_a_deferred_message_whose_parameters_have_become_invalid_is_suppressed() -> None:
    message: Tree = {
        "do": "send_sms",
        "with": {"text": "hi", "expires": "{{ contact.details.n }}d"},
        "else": "e",
    }
    contact = known(workflow({"m": message, "e": {"do": "add_note", "with": {"text": "else"}}}), QUIET)
    contact.go("21:30").on("22:00", "detail_set", name="n", value="many").until("2024-01-16T08:00:00Z")
    assert (contact.actions[0]["status"], contact.actions[0]["reason"]) == ("suppressed", "invalid")
    assert contact.told[-3:] == ["suppressed", "done", "completed"]


def test_a_scheduled_message_whose_parameters_have_become_invalid_ends_its_run() -> None:
    message: Tree = {
        "do": "send_sms",
        "with": {"text": "hi", "send": {"after": "1h"}, "expires": "{{ contact.details.n }}d"},
    }
    contact = known(workflow({"m": message})).go("10:00")
    contact.on("10:30", "detail_set", name="n", value="many").until("11:00")
    assert contact.actions[0]["reason"] == "invalid"
    assert contact.told[-2:] == ["suppressed", "completed"]


def test_a_scheduled_message_that_goes_out_leads_nowhere() -> None:
    message: Tree = {"do": "send_sms", "with": {"text": "hi", "send": {"after": "1h"}}, "next": "t"}
    contact = known(workflow({"m": message, "t": {"wait": "1d"}})).go("10:00").until("11:00")
    assert [(s["outcome"], s["to"]) for s in contact.steps if s["node"] == "m"] == [
        ("parked", ["t"]),
        ("done", []),
    ]


def test_the_actions_of_a_rule_go_on_while_a_message_is_deferred() -> None:
    actions = [{"do": "send_sms", "with": {"text": "hi"}}, {"do": "add_score", "with": {"points": 1}}]
    rule: Tree = {"kind": "rule", "id": "r", "on": {"event": "external_event"}, "do": actions}
    contact = known(rule, QUIET).go("21:30").until("2024-01-16T08:00:00Z")
    assert [(s["outcome"], s["node"], s["to"]) for s in contact.steps] == [
        ("started", "on", ["do-1"]),
        ("deferred", "do-1", ["do-2"]),
        ("done", "do-2", []),
        ("done", "do-1", []),
        ("completed", None, []),
    ]


def test_a_message_dropped_with_its_run_leaves_a_step_and_no_action() -> None:
    message: Tree = {"do": "send_sms", "with": {"text": "hi", "send": {"after": "1h"}}, "next": "t"}
    contact = known(workflow({"m": message, "t": {"wait": "1d"}}, exits=[{"on": {"event": "url_visited"}}]))
    contact.go("10:00").on("10:30", "url_visited", url="https://x.example/").until("12:00")
    assert contact.actions == []
    assert [(s["outcome"], s["node"], s["reason"]) for s in contact.steps[-2:]] == [
        ("dropped", "m", "exited"),
        ("exited", None, None),
    ]
