"""Inputs of one key: what becomes of lines, clocks and states."""

import base64
import json

from one_contact import OneContact, packed, workflow

from transforms.engine import MAX_AHEAD_MS, Engine
from transforms.letters import Origin
from transforms.state import decode_cell

WAITING = workflow({"t": {"wait": "1h", "next": "n"}, "n": {"do": "add_note", "with": {"text": "hi"}}})


def event(contact: str, ts: int, **data: str) -> bytes:
    body = {
        "id": f"{ts}",
        "contact": contact,
        "type": "external_event",
        "ts": ts,
        "data": {"type": "GO", **data},
    }
    return json.dumps(body).encode()


def test_a_line_that_cannot_be_read_is_a_dead_letter_with_its_origin_and_the_next_is_taken() -> None:
    origins = [Origin("events.jsonl", None, 1), Origin("topic", 3, 77), Origin("topic", 3, 78)]
    answer = Engine(packed(WAITING)).process(
        None, [b"id,contact", b"\xff\xfe", event("c", 0)], until=None, origins=origins
    )
    letters = [json.loads(record) for output, record in answer.records if output == 3]
    assert [(letter["source"], letter["partition"], letter["offset"]) for letter in letters] == origins[:2]
    assert [letter["raw"] for letter in letters] == ["id,contact", base64.b64encode(b"\xff\xfe").decode()]
    assert answer.due == 3_600_000


def test_an_event_of_the_future_is_a_dead_letter_where_there_is_a_wall_clock() -> None:
    engine, wall = Engine(packed(WAITING)), 1_000_000
    last = engine.process(None, [event("c", wall + MAX_AHEAD_MS)], until=None, wall=wall)
    assert last.state is not None
    ahead = engine.process(None, [event("c", wall + MAX_AHEAD_MS + 1)], until=None, wall=wall)
    assert ahead.state is None
    (letter,) = [json.loads(record) for _, record in ahead.records]
    assert (letter["reason"], letter["detail"]) == ("from_the_future", "300001 ms ahead of the clock")
    assert engine.process(None, [event("c", wall + MAX_AHEAD_MS + 1)], until=None).state is not None


def test_nothing_is_kept_where_nobody_is_left() -> None:
    contact = OneContact(WAITING).go("10:00")
    assert contact.due == 1705316400000
    contact.on("10:01", "contact_erased")
    assert (contact.state, contact.due) == (None, None)
    assert contact.step("erased") == {
        "contact": "c",
        "outcome": "erased",
        "ts": 1705312860000,
        "to": [],
        **dict.fromkeys(("workflow", "version", "run", "node", "variant", "reason", "trace")),
    }


def test_the_next_due_time_is_the_earliest_of_all_contacts_of_the_cell() -> None:
    answer = Engine(packed(WAITING)).process(None, [event("c", 5), event("d", 3), event("f", 9)], until=None)
    assert answer.due == 3 + 3_600_000
    assert answer.state is not None
    assert [contact.card.id for contact in decode_cell(answer.state).contacts] == ["c", "d", "f"]


def test_timers_up_to_and_with_until_fire_after_the_inputs() -> None:
    engine = Engine(packed(WAITING))
    assert engine.process(None, [event("c", 0)], until=3_599_999).due == 3_600_000
    assert engine.process(None, [event("c", 0)], until=3_600_000).due is None
