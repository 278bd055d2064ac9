"""State that was written some time ago decodes, and whoever waits in it goes on."""

import json
from typing import Any

import pytest
from golden.journals import read_definitions, read_state

from cli.definitions import packed
from schemas.documents import read_documents
from schemas.records import OUTPUTS
from transforms.card import view
from transforms.engine import Engine
from transforms.identity import action_id
from transforms.state import AT_ANSWER, AT_EVENT, AT_GATE, AT_WAIT, SCHEDULED, Contact, decode_cell

NOW = 1705352400000  # 2024-01-15 22:00 in Warsaw, when the token parked
HOUR = 3_600_000


def waiting() -> Contact:
    (contact,) = decode_cell(read_state()).contacts
    return contact


def said(type: str | None = None, after: int = 0, /, until: int = NOW, **data: Any) -> list[str]:
    """The texts of notes and messages that an event, or the time, leads to."""
    engine = Engine(packed(read_documents(read_definitions("state"), "definitions.yaml")))
    event = {"id": "new", "contact": "c", "type": type, "ts": NOW + after, "data": data}
    lines = [json.dumps(event).encode()] if type else []
    answer = engine.process(read_state(), lines, until=until)
    actions = [json.loads(record) for output, record in answer.records if OUTPUTS[output] == "actions"]
    return [action["params"]["text"] for action in actions if "text" in action["params"]]


def asked(node: str) -> str:
    """The id of the action whose token waits at a node for an answer."""
    (found,) = [
        action_id(run.id, token.node, token.visit)
        for run in waiting().runs
        for token in run.tokens
        if token.node == node
    ]
    return found


def test_it_holds_every_way_to_wait() -> None:
    doing = {token.doing for run in waiting().runs for token in run.tokens}
    assert doing == {AT_EVENT, AT_WAIT, AT_GATE, AT_ANSWER, SCHEDULED}
    assert [kept.event["wanted"] for kept in waiting().kept.values()] == ["z"]
    assert [run.key for run in waiting().runs] == ["o-1", 2, None]


def test_the_card_is_what_it_was() -> None:
    assert view(waiting().card) == {
        "id": "c",
        "added": 1705300000000,
        "email": "jo@x.example",
        "phone": "1",
        "name": "Jo",
        "timezone": "Europe/Warsaw",
        "locale": "pl",
        "email_status": "opted_in",
        "sms_status": "opted_in",
        "owner": "zoe",
        "co_owners": ["eve"],
        "tags": ["x"],
        "tag_scores": {"x": 2},
        "details": {"city": "Łódź", "n": 2.5, "flag": True},
        "score": 6,
        "stages": {"sale": "won"},
        "notes": [{"ts": 1705300003000, "text": "hello"}],
        "coupons": {},
        "loyalty": {"club": {"points": 0, "tier": "gold"}},
        "rfm": {"default": {"recency": "5"}},
        "predictions": {"churn": 0.4},
        "segments": {"shop": ["runners"]},
        "push": {"endpoint": "e"},
        "devices": ["d"],
        "bounced": False,
    }


def test_the_histories_are_what_they_were() -> None:
    card = waiting().card
    assert [sent.message for sent in card.sent("email", 200)] == ["esp-1"]
    assert [opened.group for opened in card.opened(200)] == ["letters"]
    assert [click.url for click in card.clicked(200)] == ["https://x.example/a"]
    assert [visit.seconds for visit in card.visits(200)] == [4]
    assert [event.data["type"] for event in card.events(200)] == ["ORDER", "ORDER", "GO", "GO"]


@pytest.mark.parametrize(
    ("type", "data", "texts"),
    [
        ("tag_assigned", {"tag": "y"}, ["event"]),
        ("tag_assigned", {"tag": "z"}, []),
        ("url_visited", {"url": "/"}, ["in time"]),
        ("external_event", {"type": "PAID", "order": "o-1"}, ["paid o-1"]),
        ("external_event", {"type": "PAID", "order": "2"}, ["paid 2"]),
        ("external_event", {"type": "PAID"}, ["paid ", "paid "]),
    ],
)
def test_an_event_moves_who_waits_for_it(type: str, data: dict[str, Any], texts: list[str]) -> None:
    assert said(type, 2_000, **data) == texts


def test_an_answer_moves_who_asked() -> None:
    assert said("allocation_done", 2_000, action_id=asked("owner"), user="ann") == ["owner"]
    assert said("webhook_answered", 2_000, action_id=asked("hook"), age=41) == ["hook"]


@pytest.mark.parametrize(
    ("hours", "texts"),
    [
        (0, []),
        (1, ["no owner", "no hook"]),
        (10, ["deferred", "message"]),
        (12, ["scheduled"]),
        (48, ["too late"]),
        (72, ["clock"]),
    ],
)
def test_time_moves_who_waits_for_it(hours: int, texts: list[str]) -> None:
    before = said(until=NOW + hours * HOUR - 1)
    assert said(until=NOW + hours * HOUR)[len(before) :] == texts


def test_ids_seen_are_remembered() -> None:
    engine = Engine(packed(read_documents(read_definitions("state"), "definitions.yaml")))
    line = b'{"id": "12", "contact": "c", "type": "url_visited", "ts": 1705352500000, "data": {"url": "/"}}'
    records = engine.process(read_state(), [line], until=None).records
    assert [json.loads(record)["outcome"] for _, record in records] == ["duplicate"]
