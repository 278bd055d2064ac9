"""Inputs are whole or not at all, and what cannot be done does not come again."""

import json
from collections.abc import Sequence

from one_contact import OneContact, packed, workflow

from transforms.allocation import Pools
from transforms.engine import Engine
from transforms.state import decode_cell

TICKING = workflow(
    {"t": {"wait": "1h", "next": "a"}, "a": {"do": "add_tag", "with": {"tag": "x"}}}, id="ticking"
)
"""Assigns the tag that `LOOP` goes on with."""

LOOP = workflow(
    {
        "s": {"on": {"event": "tag_assigned", "with": {"tag": "x"}}, "next": "a"},
        "a": {"do": "add_tag", "with": {"tag": "x"}},
    },
    id="loop",
)
"""Starts itself for ever."""


class Broken(Pools):
    """An allocator whose store has gone away."""

    def user(self, group: str | None, users: Sequence[str] | None) -> str | None:
        raise ConnectionError("the store has gone away")


def test_a_timer_that_reaches_the_limit_fails_its_run_and_does_not_come_again() -> None:
    contact = OneContact(TICKING, LOOP).go("10:00").until("12:00").until("15:00")
    assert contact.reasons == ["step_limit"]
    assert contact.records["dead_letters"][0]["raw"] is None
    assert contact.step("failed")["reason"] == "step_limit"
    assert contact.due is None
    assert contact.actions == []


def test_the_start_kept_for_a_failed_run_is_dropped_when_it_fails_too() -> None:
    queueing = {**TICKING, "entry": {"policy": "queue"}}
    queueing["nodes"] = {
        **TICKING["nodes"],
        "s": {"on": {"event": "external_event"}, "next": "i"},
        "i": {
            "if": {"condition": "event_field", "with": {"name": "n", "value": 1}},
            "then": "t",
            "else": "a",
        },
    }
    contact = OneContact(queueing, LOOP).go("10:00", n=1).go("10:10", n=2).until("12:00")
    assert contact.reasons == ["step_limit", "step_limit"]
    assert contact.told[-2:] == ["failed", "dropped"]
    assert contact.steps[-1]["reason"] == "step_limit"
    assert contact.until("15:00").reasons == ["step_limit", "step_limit"]


def test_a_start_that_a_pause_held_back_is_dropped_when_it_reaches_the_limit() -> None:
    queueing = workflow(
        {"a": {"do": "add_tag", "with": {"tag": "x"}, "next": "t"}, "t": {"wait": "1d"}},
        entry={"policy": "queue"},
    )
    stopping = workflow(
        {
            "s": {"on": {"event": "url_visited"}, "next": "a"},
            "a": {"do": "stop_workflow", "with": {"workflow": "w"}},
        },
        id="stopping",
    )
    contact = OneContact(queueing, stopping).go("10:00").go("10:10")
    contact.engine = Engine(packed(queueing, stopping) | {"status/w@1": b'"paused"'})
    contact.on("11:00", "url_visited", url="https://x.example/")
    assert contact.reasons == []
    contact.engine = Engine(packed(queueing, stopping, LOOP))
    assert contact.until("12:00").until("13:00").reasons == ["step_limit"]
    assert contact.told[-1] == "dropped"


def test_an_event_that_breaks_the_engine_is_a_dead_letter_and_leaves_no_trace() -> None:
    drawing = workflow({"a": {"do": "draw_owner", "with": {"users": ["ann"]}}})
    contact = OneContact(drawing, allocator=Broken({}, {})).go("10:00", id="one")
    (letter,) = contact.records["dead_letters"]
    assert letter["reason"] == "engine_error"
    assert letter["detail"] == "ConnectionError: the store has gone away"
    assert json.loads(letter["raw"])["id"] == "one"
    assert contact.state is None and contact.steps == []


def test_the_contact_goes_on_after_an_event_that_broke_the_engine() -> None:
    drawing = workflow({"a": {"do": "draw_owner", "with": {"users": ["ann"]}}})
    contact = OneContact(drawing, allocator=Broken({}, {}))
    contact.on("09:00", "tag_assigned", tag="x").go("10:00", id="one")
    assert contact.state is not None
    (kept,) = decode_cell(contact.state).contacts
    assert (kept.card.tags, kept.clock) == (["x"], 1705309200000)
    contact.engine.allocator = Pools({}, {})
    assert contact.go("10:05", id="one").told[-2:] == ["done", "completed"]
