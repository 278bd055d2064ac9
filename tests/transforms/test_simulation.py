"""All contacts in one process, and their cards at the end."""

import json
from typing import Any

import msgspec
from one_contact import Tree, packed, workflow

from transforms.engine import Engine
from transforms.simulation import Simulation

FORKING = workflow(
    {
        "f": {"if": {"all": []}, "then": ["o", "m"]},
        "o": {"on": {"event": "url_visited"}, "within": "2h"},
        "m": {"do": "send_sms", "with": {"text": "hi", "send": {"after": "1h"}}},
    },
)


def simulation(*events: Tree) -> Simulation:
    simulation = Simulation(Engine(packed(FORKING)))
    for number, event in enumerate(events):
        simulation.take(json.dumps({"id": f"e{number}", "contact": "c", "ts": number, **event}).encode())
    return simulation


def cards(simulation: Simulation) -> list[Any]:
    return [msgspec.to_builtins(card) for card in simulation.cards()]


def test_a_card_record_holds_the_card_and_where_its_live_runs_stand() -> None:
    (record,) = cards(simulation({"type": "external_event", "data": {"type": "GO"}}))
    assert (record["contact"], record["ts"]) == ("c", 0)
    assert record["runs"] == [{"workflow": "w", "version": 1, "nodes": ["o", "m"]}]
    assert record["card"]["id"] == "c"


def test_a_card_shows_all_that_the_vocabulary_names() -> None:
    data = {
        "email": "jo@x.example",
        "phone": "1",
        "name": "Jo",
        "timezone": "Europe/Warsaw",
        "locale": "pl",
        "email_status": "opted_in",
        "sms_status": "opted_out",
        "owner": "ann",
        "tags": ["x"],
        "details": {"city": "Łódź"},
        "score": 3,
        "push": {"endpoint": "e"},
        "devices": ["d"],
    }
    given = [
        {"type": "contact_added", "data": data},
        {"type": "owner_changed", "data": {"user": "bob", "role": "co"}},
        {"type": "score_changed", "data": {"tag": "x", "points": 2}},
        {"type": "stage_entered", "data": {"campaign": "sale", "stage": "won"}},
        {"type": "note_added", "data": {"text": "hello"}},
        {"type": "loyalty_points_earned", "data": {"program": "club", "points": 7}},
        {"type": "rfm_changed", "data": {"dimension": "recency", "group": 5}},
        {"type": "prediction_updated", "data": {"kind": "churn", "probability": 0.4}},
        {"type": "segment_changed", "data": {"app": "shop", "segment": "runners", "member": True}},
        {"type": "email_bounced", "data": {"email": "m1", "kind": "hard"}},
    ]
    (record,) = cards(simulation(*given))
    assert record["card"] == {
        **data,
        "id": "c",
        "added": 0,
        "co_owners": ["bob"],
        "tag_scores": {"x": 2},
        "score": 5,
        "stages": {"sale": "won"},
        "notes": [{"ts": 4, "text": "hello"}],
        "coupons": {},
        "loyalty": {"club": {"points": 7, "tier": None}},
        "rfm": {"default": {"recency": "5"}},
        "predictions": {"churn": 0.4},
        "segments": {"shop": ["runners"]},
        "bounced": True,
    }


def test_an_erased_contact_and_one_that_was_merged_have_no_card() -> None:
    visit = {"type": "url_visited", "data": {"url": "/"}}
    done = simulation(
        visit,
        {**visit, "contact": "d"},
        {**visit, "contact": "f"},
        {"type": "contact_merged", "data": {"from": "d"}},
        {"type": "contact_erased", "contact": "f"},
    )
    assert [record["contact"] for record in cards(done)] == ["c"]


def test_how_many_contacts_still_wait_for_a_time() -> None:
    go = {"type": "external_event", "data": {"type": "GO"}}
    done = simulation(
        go, {**go, "contact": "d"}, {"type": "url_visited", "data": {"url": "/"}, "contact": "f"}
    )
    assert done.waiting() == 2
    list(done.wake(2 * 3_600_000))
    assert done.waiting() == 1
    list(done.wake(3 * 3_600_000))
    assert done.waiting() == 0


def test_lines_that_cannot_be_read_do_not_count_for_the_latest_time() -> None:
    done = Simulation(Engine({}))
    assert [letter.reason for _, letter in done.take(b"no JSON")] == ["malformed"]  # type: ignore[attr-defined]
    assert done.latest is None
