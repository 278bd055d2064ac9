"""Starts for contacts that are known when a workflow is published."""

import json
from typing import Any

import pytest

from transforms.engine import OUTPUTS, Engine
from transforms.existing import read_existing

Tree = dict[str, Any]

NODES: Tree = {
    "s": {"on": {"event": "tag_assigned", "with": {"tag": "never"}}, "next": "a"},
    "a": {"do": "add_note", "with": {"text": "hello"}},
}
TAGGED: Tree = {"condition": "has_tag", "with": {"tag": "vip"}}


def engine(nodes: Tree = NODES) -> Engine:
    tree = {"kind": "workflow", "id": "w", "name": "w", "nodes": nodes}
    return Engine({"workflow/w@2": json.dumps(tree).encode(), "existing/w@2": json.dumps(TAGGED).encode()})


def known(tag: str) -> bytes:
    body = {"id": "e", "contact": "c", "type": "tag_assigned", "ts": 5000, "data": {"tag": tag}}
    state = engine().process(None, [json.dumps(body).encode()], until=None).state
    assert state is not None
    return state


def swept(state: bytes, to: Engine | None = None, wall: int | None = None) -> tuple[bytes | None, list[Tree]]:
    existing = read_existing("w", 2, json.dumps(TAGGED).encode())
    answer = (to or engine()).process(state, [], until=None, wall=wall, existing=existing)
    return answer.state, [{"of": OUTPUTS[output], **json.loads(record)} for output, record in answer.records]


def test_starts_who_meets_the_condition_by_the_wall_clock() -> None:
    _, records = swept(known("vip"), wall=9000)
    assert [(record["of"], record["ts"]) for record in records] == [
        ("steps", 9000),
        ("actions", 9000),
        ("steps", 9000),
        ("steps", 9000),
    ]
    assert [record["outcome"] for record in records if record["of"] == "steps"] == [
        "started",
        "done",
        "completed",
    ]


def test_leaves_others_alone() -> None:
    state = known("x")
    assert swept(state, wall=9000) == (state, [])


def test_without_a_wall_clock_it_is_the_contacts_own_time() -> None:
    _, records = swept(known("vip"))
    assert {record["ts"] for record in records} == {5000}


def test_nobody_starts_twice() -> None:
    state, _ = swept(known("vip"), wall=9000)
    assert state is not None
    _, records = swept(state, wall=9500)
    assert [(record["outcome"], record["reason"]) for record in records] == [("duplicate", "existing/w@2")]


def test_a_start_that_reaches_a_limit_is_a_dead_letter() -> None:
    many = {f"n{i}": {"do": "add_note", "with": {"text": "x"}, "next": f"n{i + 1}"} for i in range(1100)}
    last: Tree = {"n1100": {"do": "add_note", "with": {"text": "x"}}}
    nodes = {"s": NODES["s"] | {"next": "n0"}, **many, **last}
    state, records = swept(known("vip"), engine(nodes), wall=9000)
    assert state == known("vip")
    assert [(record["of"], record["reason"]) for record in records] == [("dead_letters", "step_limit")]


def test_a_condition_that_is_wrong_is_refused() -> None:
    with pytest.raises(ValueError, match="did you mean `has_tag`"):
        read_existing("w", 2, b'{"condition": "has_tags", "with": {"tag": "vip"}}')


def test_cards_are_records_when_they_are_wanted() -> None:
    answer = engine().process(known("vip"), [], until=None, cards=True)
    ((output, record),) = answer.records
    assert OUTPUTS[output] == "cards"
    assert json.loads(record)["card"]["tags"] == ["vip"]
