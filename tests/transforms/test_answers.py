"""Actions whose token waits for an answer: drawn owners, pooled coupons, webhooks."""

from typing import Any

import pytest
from one_contact import OneContact, Tree, packed, workflow

from transforms.allocation import Pools
from transforms.engine import Engine

NODES: Tree = {
    "next": {"do": "add_note", "with": {"text": "next"}},
    "else": {"do": "add_note", "with": {"text": "else"}},
}
DRAW: Tree = {"do": "draw_owner", "with": {"users": ["ann", "bob"]}}
POOL: Tree = {"do": "generate_coupon", "with": {"name": "cart", "pool": "spring", "valid_days": 2}}
HOOK: Tree = {
    "do": "webhook",
    "with": {
        "url": "https://x.example/",
        "body": {"id": "{{ contact.id }}"},
        "wait": True,
        "store": {"city": "address.city", "age": "age"},
    },
}
SAYING = workflow(
    {
        "s": {"on": [{"event": "detail_added", "with": {"name": n}} for n in ("city", "age")], "next": "n"},
        "n": {"do": "add_note", "with": {"text": "{{ event.name }}: {{ event.value }}"}},
    },
    id="saying",
)


def asking(action: Tree, **more: Any) -> Tree:
    return workflow({"a": {**action, "next": "next", "else": "else"}, **NODES}, **more)


def waiting(action: Tree, *others: Tree) -> OneContact:
    """A contact whose token waits since 10:00."""
    return OneContact(asking(action), *others).go("10:00")


def asked(contact: OneContact) -> str:
    return str(contact.actions[0]["action_id"])


@pytest.mark.parametrize("action", [DRAW, POOL, HOOK])
def test_the_token_waits_for_an_hour_then_takes_else(action: Tree) -> None:
    contact = waiting(action)
    assert [(a["action"], a["status"]) for a in contact.actions] == [(action["do"], "requested")]
    assert contact.step("parked")["node"] == "a"
    assert contact.until("10:59:59.999").said == []
    assert contact.until("11:00").said == ["else"]
    assert contact.step("timed_out")["to"] == ["else"]


@pytest.mark.parametrize(
    ("action", "type", "answer"),
    [
        (DRAW, "allocation_done", {"user": "bob"}),
        (POOL, "allocation_done", {"code": "SPRING-1"}),
        (HOOK, "webhook_answered", {}),
    ],
)
def test_an_answer_at_the_deadline_wins(action: Tree, type: str, answer: Tree) -> None:
    contact = waiting(action)
    contact.on("11:00", type, action_id=asked(contact), **answer)
    assert contact.said == ["next"]
    assert contact.step("matched")["to"] == ["next"]
    assert len(contact.actions) == 2  # no second record of the action that waited


@pytest.mark.parametrize(("action", "type"), [(DRAW, "allocation_failed"), (HOOK, "webhook_failed")])
def test_a_failure_takes_else(action: Tree, type: str) -> None:
    contact = waiting(action)
    contact.on("10:10", type, action_id=asked(contact))
    assert contact.said == ["else"]
    assert contact.step("timed_out")["reason"] == type


@pytest.mark.parametrize("action", [DRAW, POOL])
def test_an_allocation_that_gives_nothing_takes_else(action: Tree) -> None:
    contact = waiting(action)
    contact.on("10:10", "allocation_done", action_id=asked(contact), user="", code=None)
    assert contact.said == ["else"]
    assert contact.step("timed_out")["reason"] == "no_result"


def test_an_answer_after_the_time_out_moves_nothing_and_leaves_a_record() -> None:
    contact = waiting(DRAW)
    contact.on("11:00:00.001", "allocation_done", action_id=asked(contact), user="bob")
    assert contact.said == ["else"]
    assert contact.steps[-1]["reason"] == f"nothing waits for the answer to {asked(contact)}"
    owner = workflow({"n": {"do": "add_note", "with": {"text": "owner {{ contact.owner }}"}}})
    contact.engine = Engine(packed(owner))
    assert contact.go("12:00").said[-1] == "owner "


def test_an_answer_that_nobody_asked_for_leaves_a_record() -> None:
    contact = OneContact(asking(HOOK)).on("10:00", "webhook_answered", action_id="nothing")
    assert contact.told == ["dropped"]
    assert contact.state is not None


def test_a_second_answer_moves_nothing() -> None:
    contact = waiting(DRAW)
    contact.on("10:10", "allocation_done", action_id=asked(contact), user="ann")
    contact.on("10:11", "allocation_done", action_id=asked(contact), user="bob")
    assert contact.said == ["next"]
    assert contact.steps[-1]["outcome"] == "dropped"


def test_an_answer_without_fire_counts_all_the_same() -> None:
    contact = waiting(DRAW)
    body = (
        '{"id": "x", "contact": "c", "type": "allocation_done", "ts": 1705312860000, "fire": false, "data": '
    )
    contact.line(f'{body}{{"action_id": "{asked(contact)}", "user": "ann"}}}}'.encode())
    assert contact.said == ["next"]


def test_a_drawn_owner_is_set_as_by_set_owner() -> None:
    noting = workflow(
        {
            "s": {"on": {"event": "owner_changed"}, "next": "n"},
            "n": {"do": "add_note", "with": {"text": "{{ event.user }} {{ event.role }}"}},
        },
        id="noting",
    )
    contact = waiting({"do": "draw_owner", "with": {"group": "sales", "role": "co"}}, noting)
    contact.on("10:10", "allocation_done", action_id=asked(contact), user="ann")
    assert contact.said == ["next", "ann co"]


def test_a_pooled_code_is_on_the_card_and_valid_from_the_answer() -> None:
    showing = {"do": "add_note", "with": {"text": "{{ coupon.cart }} {{ contact.coupons.cart.valid_until }}"}}
    contact = OneContact(workflow({"a": {**POOL, "next": "n"}, "n": showing})).go("10:00")
    assert contact.actions[0]["params"] == POOL["with"]
    contact.on("10:10", "allocation_done", action_id=asked(contact), code="SPRING-1")
    assert contact.said == [f"SPRING-1 {contact.actions[-1]['ts'] + 2 * 24 * 3_600_000}"]


def test_fields_of_a_webhooks_answer_become_details_in_the_order_of_store() -> None:
    contact = waiting(HOOK, SAYING)
    contact.on("10:10", "webhook_answered", action_id=asked(contact), age=41, address={"city": "Łódź"})
    assert contact.said == ["next", "city: Łódź", "age: 41"]


def test_fields_that_are_missing_or_no_plain_values_are_not_stored() -> None:
    contact = waiting(HOOK, SAYING)
    contact.on("10:10", "webhook_answered", action_id=asked(contact), age=None, address={"city": ["Łódź"]})
    assert contact.said == ["next"]


def test_an_answer_that_the_card_refuses_is_not_stored_at_all() -> None:
    settings = {"kind": "settings", "limits": {"details": 1}}
    contact = waiting(HOOK, SAYING, settings)
    contact.on("10:10", "webhook_answered", action_id=asked(contact), age=41, address={"city": "Łódź"})
    assert contact.said == ["else"]
    assert contact.step("timed_out")["reason"] == "card_limit"


def test_an_answer_to_parameters_that_are_no_longer_valid_takes_else() -> None:
    lengthy = {**POOL, "with": {**POOL["with"], "length": "{{ contact.details.length }}"}}
    contact = OneContact(asking(lengthy)).on("09:00", "detail_set", name="length", value=8).go("10:00")
    contact.on("10:01", "detail_set", name="length", value=99)
    contact.on("10:02", "allocation_done", action_id=asked(contact), code="SPRING-1")
    assert contact.said == ["else"]
    assert contact.step("timed_out")["reason"] == "invalid"


def test_each_visit_of_a_node_waits_for_its_own_answer() -> None:
    again = workflow({"a": {**DRAW, "next": "a", "else": "else"}, **NODES})
    contact = OneContact(again).go("10:00")
    contact.on("10:10", "allocation_done", action_id=asked(contact), user="ann")
    contact.on("10:20", "allocation_done", id="late", action_id=asked(contact), user="bob")
    assert [action["visit"] for action in contact.actions] == [1, 2]
    assert contact.steps[-1]["outcome"] == "dropped"
    assert contact.until("11:10").said == ["else"]


def test_of_several_tokens_the_one_that_asked_gets_the_answer() -> None:
    both = workflow(
        {"f": {"if": {"all": []}, "then": ["a", "b"]}, "a": HOOK, "b": {**HOOK, "next": "next"}, **NODES}
    )
    contact = OneContact(both).go("10:00")
    contact.on("10:10", "webhook_answered", action_id=contact.actions[1]["action_id"])
    assert contact.said == ["next"]
    assert contact.due is not None


def test_an_exit_drops_the_token_that_waits() -> None:
    contact = OneContact(asking(DRAW, exits=[{"on": {"event": "url_visited"}}])).go("10:00")
    contact.on("10:05", "url_visited", url="https://x.example/")
    contact.on("10:10", "allocation_done", action_id=asked(contact), user="ann")
    assert contact.told == ["started", "parked", "exited", "dropped"]


def test_a_webhook_without_wait_does_not_hold_the_token() -> None:
    contact = waiting({"do": "webhook", "with": {"url": "https://x.example/", "body": "{{ contact.id }}"}})
    assert contact.said == ["next"]
    assert contact.actions[0]["params"]["body"] == "c"


def test_an_answer_to_an_action_that_a_new_version_replaced_lets_the_token_go_on() -> None:
    contact = waiting(DRAW)
    replaced = {"workflow/w@2": packed(asking({"do": "add_score", "with": {"points": 1}}))["workflow/w@1"]}
    contact.engine = Engine(packed(asking(DRAW)) | replaced | {"release/w@2": b'{"mode": "follow"}'})
    contact.on("10:10", "allocation_done", action_id=asked(contact), user="ann")
    assert contact.said == ["next"]


def test_an_allocator_in_the_process_answers_at_once() -> None:
    contact = OneContact(
        workflow({"a": {**POOL, "next": "next", "else": "else"}, **NODES}),
        allocator=Pools({"spring": ["SPRING-1"]}, {}),
    )
    assert contact.go("10:00").go("10:01").said == ["next", "else"]
    assert contact.step("timed_out")["reason"] == "no_result"
