from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from toy_engine import DEFINITION, HOUR_MS
from toy_runs import START_MS, event

from pipelines.live.bridge import STATUS, Bridge, Options
from pipelines.live.bridge import open as open_bridge
from schemas.records import OUTPUTS

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
    """Sends contacts `(key, state, lines, woken, …)`; gives `[state, due, records]` each, records read."""
    sent = [(key, state, [(line, 0, 7) for line in lines], *how) for key, state, lines, *how in contacts]
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


WORKFLOW: dict[str, Any] = {
    "kind": "workflow",
    "id": "w",
    "name": "w",
    "nodes": {
        "s": {"on": {"event": "tag_assigned", "with": {"tag": "go"}}, "next": "t"},
        "t": {"wait": "1d", "next": "a"},
        "a": {"do": "add_note", "with": {"text": "x"}},
    },
}


def change(to: Bridge, key: str, tree: object, raw: bytes | None = None) -> tuple[bool, bool, list[Any]]:
    """Has a job's definitions changed; gives whether it was taken, whether it sweeps, and the records."""
    body = raw if raw is not None else None if tree is None else json.dumps(tree).encode()
    taken, sweep, records = msgspec.msgpack.decode(to.change(msgspec.msgpack.encode((key, body))))
    return taken, sweep, [(output, json.loads(record)) for output, record in records]


def live(subtask: int = 0) -> Bridge:
    """The real engine with one workflow, as the first of two tasks."""
    options = Options(live=True, topic="events", cards=True, reports=True)
    opened = open_bridge(msgspec.json.encode(options).decode(), subtask, 2)
    opened.define(msgspec.msgpack.encode(("workflow/w@1", json.dumps(WORKFLOW).encode())))
    return opened


def tagged(tag: str) -> bytes:
    body = {"id": "e", "contact": "jo", "type": "tag_assigned", "ts": START_MS, "data": {"tag": tag}}
    return json.dumps(body).encode()


def kinds(answer: Any) -> list[str]:
    """Outcomes of steps, and names of other records."""
    return [record.get("outcome", OUTPUTS[output]) for output, record in answer[2]]


@pytest.mark.parametrize(
    ("key", "tree", "sweeps"),
    [
        ("workflow/w@1", WORKFLOW, False),  # it is so already
        ("workflow/v@1", WORKFLOW | {"id": "v"}, False),
        ("workflow/w@2", WORKFLOW, False),
        ("status/w@1", "paused", False),
        ("status/w@1", "active", True),
        ("status/w@1", "draining", True),
        ("status/w@1", "retired", True),
        ("release/w@1", {"mode": "follow"}, True),
        ("release/w@2", {"mode": "follow"}, False),  # for a version that is still to come
        ("release/w@1", {"mode": "pin"}, False),
        ("existing/w@1", {"condition": "has_tag", "with": {"tag": "vip"}}, True),
        ("existing/w@1", None, False),
        ("policy/@1", {"kind": "policy", "channels": {}}, False),
    ],
)
def test_a_change_says_whether_it_concerns_every_contact(key: str, tree: object, sweeps: bool) -> None:
    taken, sweep, ((output, report),) = change(live(subtask=1), key, tree)
    assert (taken, sweep, output) == (True, sweeps, STATUS)
    assert (report["of"], report["key"], report["subtask"], report["subtasks"]) == ("change", key, 1, 2)
    assert report["refused"] is None


def test_a_version_whose_release_is_known_moves_runs_when_it_comes() -> None:
    job = live()
    assert change(job, "release/w@2", {"mode": "follow"})[1] is False
    assert change(job, "workflow/w@2", WORKFLOW)[1] is True


@pytest.mark.parametrize(
    ("key", "raw", "why"),
    [
        ("workflow/w@2", b'{"kind": "workflow", "id": "w"}', "missing key"),
        ("workflow/w@2", b"{", "Expecting"),
        ("status/w@1", b'"asleep"', "Invalid enum value 'asleep'"),
        ("release/w@1", b'{"mode": "jump"}', "Invalid enum value 'jump'"),
        ("existing/w@1", b'{"condition": "has_tags"}', "did you mean `has_tag`"),
        ("nonsense", b"{}", "invalid literal"),
    ],
)
def test_a_change_that_cannot_be_used_is_reported_by_all_and_a_dead_letter_of_one(
    key: str, raw: bytes, why: str
) -> None:
    taken, sweep, ((_, report), (output, letter)) = change(live(), key, None, raw)
    assert (taken, sweep, OUTPUTS[output]) == (False, False, "dead_letters")
    assert why in report["refused"]
    assert (letter["reason"], letter["source"], letter["raw"]) == ("invalid", "control", raw.decode())
    assert why in letter["detail"]
    assert len(change(live(subtask=1), key, None, raw)[2]) == 1


def test_a_sweep_settles_runs_and_starts_who_was_known() -> None:
    job = live()
    ((state, due, _),) = step(job, ("jo", None, [tagged("go")], False))
    assert due == START_MS + 24 * HOUR_MS
    change(job, "status/w@1", "paused")
    ((state, due, _),) = step(job, ("jo", state, [], True), watermark=due)
    assert due is None
    change(job, "status/w@1", "active")
    (answer,) = step(job, ("jo", state, [], False, True), watermark=START_MS + 25 * HOUR_MS)
    assert kinds(answer) == ["waited", "actions", "done", "completed", "cards"]
    change(job, "existing/w@1", {"condition": "has_tag", "with": {"tag": "go"}})
    (answer,) = step(job, ("jo", answer[0], [], False, True))
    assert kinds(answer) == ["started", "parked", "cards"]
    (answer,) = step(job, ("jo", answer[0], [], True, False))
    assert kinds(answer) == ["cards"]
    change(job, "status/w@1", "retired")
    (answer,) = step(job, ("jo", answer[0], [], False, True))
    assert kinds(answer) == ["retired", "cards"]


def test_an_erased_contact_leaves_a_tombstone() -> None:
    job = live()
    ((state, _, _),) = step(job, ("jo", None, [tagged("x")], False))
    erased = json.dumps({"id": "z", "contact": "jo", "type": "contact_erased", "ts": START_MS}).encode()
    request = msgspec.msgpack.encode((START_MS, 0, [("jo", state, [(erased, 0, 8)], False, False)]))
    ((state, _, records),) = msgspec.msgpack.decode(job.step(request))
    assert state is None
    assert records[-1] == [OUTPUTS.index("cards"), b""]
