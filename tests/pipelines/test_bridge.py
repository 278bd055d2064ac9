from __future__ import annotations

import json
from typing import Any

import msgspec
from toy_engine import DEFINITION, HOUR_MS
from toy_runs import START_MS, event

from pipelines.live.bridge import Bridge, Options
from pipelines.live.bridge import open as open_bridge

LAST = 2**63 - 1


def bridge(**options: Any) -> Bridge:
    """As the operator opens it, with the toy defined."""
    asked = Options(engine="toy_engine:ToyEngine", **options)
    opened = open_bridge(msgspec.json.encode(asked).decode())
    define(opened, version=1)
    return opened


def define(to: Bridge, **definition: object) -> None:
    to.define(msgspec.msgpack.encode((DEFINITION, json.dumps(definition).encode())))


def step(to: Bridge, *contacts: tuple[Any, ...], watermark: int = -(2**63)) -> list[Any]:
    """Sends contacts `(key, state, lines, woken)`; gives `[state, due, records]` each, records read."""
    sent = [(key, state, [(line, 0, 7) for line in lines], woken) for key, state, lines, woken in contacts]
    answers = msgspec.msgpack.decode(to.step(msgspec.msgpack.encode((START_MS, watermark, sent))))
    for answer in answers:
        answer[2] = [(output, json.loads(record)) for output, record in answer[2]]
    return answers


def test_answers_for_each_contact_in_the_order_of_the_request() -> None:
    answers = step(
        bridge(),
        ("jo", None, [event(1, "jo", START_MS), event(2, "jo", START_MS + 5)], False),
        ("al", None, [event(3, "al", START_MS)], False),
    )
    assert [due for _, due, _ in answers] == [START_MS + 5 + HOUR_MS, START_MS + HOUR_MS]
    assert [[record["id"] for _, record in records] for _, _, records in answers] == [["e-1", "e-2"], ["e-3"]]


def test_goes_on_with_the_state_that_it_gave() -> None:
    toy = bridge()
    ((state, _, _),) = step(toy, ("jo", None, [event(1, "jo", START_MS)], False))
    ((_, _, [(_, second)]),) = step(toy, ("jo", state, [event(2, "jo", START_MS)], False))
    assert second["n"] == 2


def test_fires_what_the_watermark_has_passed_once_the_timer_woke_the_contact() -> None:
    toy = bridge()
    ((state, due, _),) = step(toy, ("jo", None, [event(1, "jo", START_MS)], False))
    ((same, _, none),) = step(toy, ("jo", state, [], False), watermark=due)
    assert (same, none) == (state, [])
    ((_, _, early),) = step(toy, ("jo", state, [], True), watermark=due - 1)
    assert early == []
    ((_, later, [(output, action)]),) = step(toy, ("jo", state, [], True), watermark=due)
    assert (output, action["ts"], later) == (0, due, None)


def test_neither_asks_for_timers_beyond_the_horizon_nor_fires_them() -> None:
    toy = bridge(horizon=START_MS + HOUR_MS)
    lines = [event(1, "jo", START_MS)], [event(2, "al", START_MS + 1)]
    (jo, jo_due, _), (al, al_due, _) = step(toy, ("jo", None, lines[0], False), ("al", None, lines[1], False))
    assert (jo_due, al_due) == (START_MS + HOUR_MS, None)
    jo_answer, al_answer = step(toy, ("jo", jo, [], True), ("al", al, [], True), watermark=LAST)
    assert len(jo_answer[2]) == 1
    assert al_answer[2] == []


def test_keeps_nothing_for_lines_that_are_no_events_and_says_where_they_were() -> None:
    ((state, due, [(output, letter)]),) = step(bridge(files=["a.jsonl"]), ("", None, [b"{"], False))
    assert (state, due, output) == (None, None, 3)
    assert letter["at"] == ["a.jsonl", None, 7]
    ((_, _, [(_, letter)]),) = step(bridge(topic="events"), ("", None, [b"{"], False))
    assert letter["at"] == ["events", 0, 7]


def test_sees_a_changed_definition_with_the_next_bundle() -> None:
    toy = bridge()
    contact = ("jo", None, [event(1, "jo", START_MS)], False)
    assert step(toy, contact)[0][2][0][1]["version"] == 1
    define(toy, version=2)
    assert step(toy, contact)[0][2][0][1]["version"] == 2


def test_goes_on_giving_out_codes_where_its_snapshot_stopped() -> None:
    pools = {"codes": ["a", "b", "c"]}
    first = bridge(pools=pools)
    contact = ("jo", None, [event(1, "jo", START_MS)], False)
    assert step(first, contact, contact)[1][2][0][1]["code"] == "b"
    second = bridge(pools=pools)
    second.restore(first.snapshot())
    assert [answer[2][0][1]["code"] for answer in step(second, contact, contact)] == ["c", None]
