"""The JSON Schema of definitions takes all that `check` takes, and refuses what editors should mark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from scenario_files import ALL, documents_of

from docs.generator.__main__ import REFERENCE
from schemas.documents import Document, UnreadableDocument, read_documents
from transforms.check import check_documents

SCHEMA = json.loads((REFERENCE / "definition.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft7Validator(SCHEMA)
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/workflows/*.yaml"))

WORKFLOW: dict[str, Any] = {
    "kind": "workflow",
    "id": "w",
    "name": "W",
    "entry": {"policy": "parallel", "key": "event.order_id", "limit": {"count": 1, "per": "7d"}},
    "nodes": {
        "start": {"on": {"event": "external_event", "with": {"type": "CART"}}, "next": "wait"},
        "wait": {"wait": "1h", "next": "mail"},
        "mail": {"do": "send_email", "with": {"email": "cart", "expires": "6h"}, "next": "if"},
        "if": {"if": {"condition": "score_exceeded", "with": {"score": 5}}, "then": "split"},
        "split": {"split": [{"share": 100, "next": "opened"}]},
        "opened": {"on": {"event": "email_opened"}, "within": "1d", "next": "coupon"},
        "coupon": {"do": "generate_coupon", "with": {"name": "c", "length": "{{ event.length }}"}},
    },
}
POLICY: dict[str, Any] = {
    "kind": "policy",
    "channels": {"sms": {"caps": [{"count": 1, "per": "24h"}], "quiet": {"from": "20:00", "to": "09:00"}}},
}


def is_accepted(document: Document) -> bool:
    return not any(finding.severity == "error" for finding in check_documents([document]))


def test_it_is_a_json_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_it_takes_the_examples(file: Path) -> None:
    for document in read_documents(file.read_text(encoding="utf-8"), str(file)):
        assert [error.message for error in VALIDATOR.iter_errors(document.tree)] == []


def test_it_takes_all_of_the_scenarios_that_check_takes() -> None:
    different: dict[str, Document] = {}
    for _, case in ALL:
        try:
            different |= {json.dumps(document.tree): document for document in documents_of(case)}
        except UnreadableDocument:
            continue
    wrong = [
        text
        for text, document in different.items()
        if not VALIDATOR.is_valid(document.tree) and is_accepted(document)
    ]
    assert wrong == []
    assert len(different) > 1000


BROKEN: dict[str, tuple[dict[str, Any], tuple[str | int, ...], Any]] = {
    "kind that does not exist": (WORKFLOW, ("kind",), "workflo"),
    "id in capitals": (WORKFLOW, ("id",), "Cart"),
    "unknown key": (WORKFLOW, ("color",), "red"),
    "unknown status": (WORKFLOW, ("status",), "sleeping"),
    "priority beyond 100": (WORKFLOW, ("priority",), 101),
    "unknown entry policy": (WORKFLOW, ("entry", "policy"), "twice"),
    "key that is no field of the event": (WORKFLOW, ("entry", "key"), "order_id"),
    "limit of none": (WORKFLOW, ("entry", "limit", "count"), 0),
    "duration without unit": (WORKFLOW, ("entry", "limit", "per"), "7"),
    "no nodes": (WORKFLOW, ("nodes",), {}),
    "node of no kind": (WORKFLOW, ("nodes", "wait"), {"next": "mail"}),
    "node of two kinds": (WORKFLOW, ("nodes", "wait", "do"), "add_tag"),
    "unknown event": (WORKFLOW, ("nodes", "start", "on", "event"), "url_visit"),
    "unknown parameter of an event": (WORKFLOW, ("nodes", "start", "on", "with", "kind"), "x"),
    "number for a text": (WORKFLOW, ("nodes", "start", "on", "with", "type"), 7),
    "unknown operator": (WORKFLOW, ("nodes", "start", "on", "with", "where"), {"value": {"above": 7}}),
    "wait that is no duration": (WORKFLOW, ("nodes", "wait", "wait"), "soon"),
    "time of day that does not exist": (WORKFLOW, ("nodes", "wait", "wait"), {"until": "25:00"}),
    "wait until two things": (WORKFLOW, ("nodes", "wait", "wait"), {"until": "9:00", "window": {}}),
    "day that does not exist": (WORKFLOW, ("nodes", "wait", "wait"), {"window": {"days": ["monday"]}}),
    "unknown action": (WORKFLOW, ("nodes", "mail", "do"), "send_mail"),
    "missing parameter": (WORKFLOW, ("nodes", "mail", "with"), {"subject": "Hello"}),
    "no parameters where one is required": (WORKFLOW, ("nodes", "mail"), {"do": "send_email"}),
    "unknown send time": (WORKFLOW, ("nodes", "mail", "with", "send"), {"before": "2h"}),
    "text for a number": (WORKFLOW, ("nodes", "coupon", "with", "length"), "ten"),
    "unknown condition": (WORKFLOW, ("nodes", "if", "if", "condition"), "score_above"),
    "condition of two kinds": (WORKFLOW, ("nodes", "if", "if", "not"), {"condition": "sms_opted_out"}),
    "nested condition that is wrong": (WORKFLOW, ("nodes", "if", "if"), {"not": {"all": [{"any": [5]}]}}),
    "share beyond 100": (WORKFLOW, ("nodes", "split", "split", 0, "share"), 101),
    "deadline in words": (WORKFLOW, ("nodes", "opened", "within"), "one day"),
    "exit without event": (WORKFLOW, ("exits",), [{"goal": True}]),
    "unknown channel": (POLICY, ("channels", "fax"), {}),
    "cap of none": (POLICY, ("channels", "sms", "caps", 0, "count"), 0),
    "unknown way at a cap": (POLICY, ("channels", "sms", "on_cap"), "drop"),
    "quiet hours without end": (POLICY, ("channels", "sms", "quiet"), {"from": "20:00"}),
    "unknown setting": ({"kind": "settings"}, ("traces",), "all"),
    "unknown trace": ({"kind": "settings"}, ("trace",), "some"),
    "rule without actions": ({"kind": "rule", "id": "r"}, ("do",), []),
    "e-mail without id": ({"kind": "email"}, ("subject",), "Hello"),
}


@pytest.mark.parametrize("tree", [WORKFLOW, POLICY, {"kind": "settings"}], ids=lambda tree: tree["kind"])
def test_it_takes_what_is_broken_below(tree: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(tree)
    assert is_accepted(Document(tree, "whole.json", json.dumps(tree)))


@pytest.mark.parametrize("name", BROKEN)
def test_it_refuses_as_check_does(name: str) -> None:
    tree, (*path, last), value = BROKEN[name]
    broken = json.loads(json.dumps(tree))
    inner = broken
    for part in path:
        inner = inner[part]
    inner[last] = value
    assert not VALIDATOR.is_valid(broken)
    assert not is_accepted(Document(broken, "broken.json", json.dumps(broken)))
