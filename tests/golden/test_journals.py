"""Recorded histories give the records that they gave when they were written."""

import json
from typing import Any

import pytest
from golden.journals import NAMES, differences, read_definitions, read_events, read_records, replay

from schemas.documents import read_documents
from schemas.event_data import EVENT_DATA
from transforms.actions import ACTIONS
from transforms.conditions import CONDITIONS
from transforms.events import EVENTS


@pytest.mark.parametrize("name", NAMES)
def test_a_history_gives_the_records_that_it_gave(name: str) -> None:
    found = replay(read_definitions(name), read_events(name))
    assert not differences(read_records(name), found)


def test_a_difference_names_contact_record_and_field() -> None:
    written = read_records("everything")
    found = {contact: [dict(record) for record in own] for contact, own in written.items()}
    found["jo"][2]["reason"] = "no reason"
    del found["v-1"][-1]
    first, second = differences(written, found)
    assert first.startswith("contact jo, record 3 (")
    assert first.endswith('reason was null, is "no reason"')
    assert second.startswith(f"contact v-1, record {len(written['v-1'])}: gone: ")


def test_many_differences_fit_on_a_screen() -> None:
    written = read_records("clickstream")
    assert len(differences(written, {})) == 21


def records_of_everything() -> list[dict[str, Any]]:
    return [record for own in read_records("everything").values() for record in own]


def test_everything_holds_every_type_of_event_and_what_is_none() -> None:
    types = {json.loads(line)["type"] for line in read_events("everything") if line.startswith(b"{")}
    assert types == EVENT_DATA.keys() | {"url_visit"}


def test_everything_holds_every_event_that_is_asked_for() -> None:
    tests = [test for record in records_of_everything() for test in record.get("trace", [])]
    assert {t["field"] for t in tests if t["operator"] == "matches" and t["result"]} == EVENTS.keys()


def test_everything_holds_every_action_done_and_every_status() -> None:
    actions = [record for record in records_of_everything() if record["of"] == "actions"]
    assert {action["action"] for action in actions if action["status"] != "suppressed"} == ACTIONS.keys()
    assert {action["status"] for action in actions} == {"applied", "requested", "suppressed"}


def test_everything_holds_every_condition() -> None:
    definitions = read_documents(read_definitions("everything"), "definitions.yaml")
    (asking,) = [d.tree["nodes"] for d in definitions if d.id == "every-condition"]
    asked = json.dumps(asking)
    assert [name for name in CONDITIONS if f'"condition": "{name}"' not in asked] == []
    walked = {r.get("node") for r in records_of_everything() if r.get("workflow") == "every-condition"}
    assert asking.keys() <= walked


def test_everything_holds_every_outcome_that_needs_no_new_definitions() -> None:
    outcomes = {record["outcome"] for record in records_of_everything() if record["of"] == "steps"}
    assert outcomes == {
        *("started", "passed", "failed_condition", "done", "suppressed", "parked", "matched", "timed_out"),
        *("waited", "split", "goal", "exited", "completed", "restarted", "merged", "failed", "dropped"),
        *("deferred", "erased", "duplicate"),
    }


def test_everything_holds_every_kind_of_outcome_record() -> None:
    kinds = {record["kind"] for record in records_of_everything() if record["of"] == "outcomes"}
    assert kinds == {
        *("sent", "delivered", "bounced", "opened", "clicked", "opted_out", "complained"),
        *("purchase", "refund"),
    }
