"""What step records say of the tests made, by the setting `trace`."""

from typing import Any

import pytest
from one_contact import OneContact, Tree, workflow

CHOICE = workflow(
    {
        "i": {"if": {"condition": "has_tag", "with": {"tag": "x"}}, "then": "b", "else": "b"},
        "b": {
            "branch": [
                {"if": {"condition": "score_exceeded", "with": {"score": 5}}},
                {"if": {"condition": "has_detail", "with": {"name": "k", "value": 1}, "negate": True}},
            ],
            "else": "o",
        },
        "o": {"on": {"event": "url_visited", "with": {"url": "pay"}}, "within": "1h"},
    },
    exits=[{"on": [{"event": "tag_assigned", "with": {"tag": t}} for t in ("y", "x")], "goal": True}],
)
RULE: Tree = {
    "kind": "rule",
    "id": "r",
    "on": {"event": "note_added", "with": {"contains": "call"}},
    "if": {"condition": "newsletter_subscriber"},
    "do": [{"do": "add_score", "with": {"points": 1}}],
}


def traced(setting: str, *documents: Tree) -> OneContact:
    return OneContact(*documents, {"kind": "settings", "trace": setting})


def traces(contact: OneContact) -> dict[str, Any]:
    """Outcome to the trace of the last step with it."""
    return {step["outcome"]: step["trace"] for step in contact.steps}


def shown(trace: list[Tree]) -> list[tuple[Any, ...]]:
    return [(t["field"], t["operator"], t["expected"], t["actual"], t["result"]) for t in trace]


def test_off_leaves_none() -> None:
    contact = traced("off", CHOICE, RULE).go().on("10:01", "note_added", text="call me")
    assert {step["trace"] and 1 for step in contact.steps} == {None}


def test_a_condition_shows_field_operator_expected_actual_and_result() -> None:
    contact = OneContact(CHOICE).on("09:00", "score_changed", score=3).go()
    assert shown(contact.steps[1]["trace"]) == [("tags", "contains any", ["x"], [], False)]


def test_a_branch_shows_the_tests_up_to_the_one_that_decided() -> None:
    contact = OneContact(CHOICE).on("09:00", "detail_set", name="k", value=1).go()
    assert contact.steps[2]["outcome"] == "failed_condition"
    assert shown(contact.steps[2]["trace"]) == [
        ("score", "gt", 5, 0, False),
        ("details.k", "passes", 1, 1, True),
    ]
    assert contact.steps[2]["trace"][1]["negated"] is True


def test_branches_shows_why_a_rule_refused_but_not_what_began_or_moved_a_run() -> None:
    contact = traced("branches", CHOICE, RULE).on("09:00", "detail_set", name="k", value=1).go()
    contact.on("10:01", "note_added", text="call me").on("10:02", "url_visited", url="/pay")
    assert [step["outcome"] for step in contact.steps if step["trace"]] == ["failed_condition"] * 3
    assert shown(traces(contact)["failed_condition"]) == [
        ("email_status", "eq", "opted_in", "unknown", False)
    ]


def test_all_shows_the_event_that_began_a_run() -> None:
    assert shown(traces(traced("all", CHOICE).go(value=3))["started"]) == [
        ("external_event", "matches", {}, {"type": "GO", "value": 3}, True)
    ]


def test_all_shows_the_event_that_moved_a_token() -> None:
    contact = traced("all", CHOICE).on("09:00", "detail_set", name="k", value=1).go()
    contact.on("10:02", "url_visited", url="/pay")
    assert shown(traces(contact)["matched"]) == [
        ("url_visited", "matches", {"url": "pay"}, {"url": "/pay", "seconds": 0}, True)
    ]


def test_all_shows_the_events_tested_up_to_the_one_that_ended_a_run() -> None:
    contact = traced("all", CHOICE).on("09:00", "detail_set", name="k", value=1).go()
    contact.on("10:02", "tag_assigned", tag="x")
    assert [(t["expected"], t["result"]) for t in traces(contact)["goal"]] == [
        ({"tag": "y"}, False),
        ({"tag": "x"}, True),
    ]


def test_all_shows_what_liquid_in_a_wait_came_to() -> None:
    waiting = workflow({"o": {"on": {"event": "tag_assigned", "with": {"tag": "{{ event.next }}"}}}})
    contact = traced("all", waiting).go(next="x").on("10:01", "tag_assigned", tag="x")
    assert traces(contact)["matched"][0]["expected"] == {"tag": "x"}


def test_all_shows_the_event_and_the_condition_that_began_a_rule() -> None:
    contact = traced("all", RULE).on("09:00", "email_opted_in").on("10:00", "note_added", text="call me")
    assert shown(traces(contact)["started"]) == [
        ("note_added", "matches", {"contains": "call"}, {"text": "call me"}, True),
        ("email_status", "eq", "opted_in", "opted_in", True),
    ]


def test_all_shows_the_condition_of_a_rule_that_an_action_runs() -> None:
    calling = workflow({"a": {"do": "run_automation_rule", "with": {"rule": "r"}}})
    contact = traced("all", RULE, calling).on("09:00", "email_opted_in").go()
    assert shown(traces(contact)["started"]) == [("email_status", "eq", "opted_in", "opted_in", True)]


def test_all_shows_the_event_of_a_start_that_is_kept() -> None:
    queueing = workflow({"t": {"wait": "1h"}}, entry={"policy": "queue"})
    contact = traced("all", queueing).go("10:00").go("10:01")
    assert [step["trace"][0]["field"] for step in contact.steps if step["reason"] == "queued"] == [
        "external_event"
    ]


@pytest.mark.parametrize("setting", ["off", "branches", "all"])
def test_the_setting_changes_nothing_but_traces(setting: str) -> None:
    def untraced(setting: str) -> list[Tree]:
        contact = traced(setting, CHOICE, RULE).go().on("10:01", "note_added", text="call me")
        return [{**step, "trace": None} for step in contact.steps]

    assert untraced(setting) == untraced("branches")
