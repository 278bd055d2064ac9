"""Exits, where what one of them sets off ends another run first."""

import json
from typing import Any

from transforms.engine import OUTPUTS, Engine


def event(number: int, kind: str, **data: Any) -> bytes:
    body = {"id": f"e{number}", "contact": "c", "type": kind, "ts": number, "data": data}
    return json.dumps(body).encode()


def test_a_run_that_a_released_start_has_stopped_is_not_ended_again_by_its_exit() -> None:
    exits = [{"on": {"event": "tag_assigned", "with": {"tag": "x"}}}]
    queueing = {
        "kind": "workflow",
        "id": "a",
        "name": "a",
        "entry": {"policy": "queue"},
        "exits": exits,
        "nodes": {
            "s": {"on": {"event": "tag_assigned", "with": {"tag": "k"}}, "next": "i"},
            "i": {"if": {"condition": "has_tag", "with": {"tag": "x"}}, "then": "stop", "else": "t"},
            "stop": {"do": "stop_workflow", "with": {"workflow": "b"}},
            "t": {"wait": "1d"},
        },
    }
    other = {
        "kind": "workflow",
        "id": "b",
        "name": "b",
        "exits": exits,
        "nodes": {"s": {"on": {"event": "external_event"}, "next": "t"}, "t": {"wait": "1d"}},
    }
    engine = Engine({f"workflow/{tree['id']}@1": json.dumps(tree).encode() for tree in (queueing, other)})
    inputs = [
        event(1, "tag_assigned", tag="k"),
        event(2, "external_event", type="GO"),
        event(3, "contact_updated", tags=["k", "x"]),
    ]
    records = engine.process(None, inputs, until=None).records
    steps = [json.loads(line) for output, line in records if OUTPUTS[output] == "steps"]
    assert [(step["workflow"], step["reason"]) for step in steps if step["outcome"] == "exited"] == [
        ("a", None),
        ("b", "stopped"),
    ]
