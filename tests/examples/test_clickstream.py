"""The clickstream converter: every hit becomes one event, and copies are other visitors at other times."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def convert(converter: Callable[[str], ModuleType]) -> ModuleType:
    return converter("clickstream")


@pytest.fixture(scope="module")
def hits(convert: ModuleType) -> list[dict[str, str]]:
    with convert.SAMPLE.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def events(convert: ModuleType, read_events: Callable[[Path], Events], tmp_path_factory: Any) -> Events:
    path = tmp_path_factory.mktemp("clickstream") / "events.jsonl"
    convert.convert(path)
    return read_events(path)


def kind(event: dict[str, Any]) -> str:
    return str(event["data"].get("type", event["type"]))


def test_every_hit_is_one_event_and_every_visitor_is_added(
    events: Events, hits: list[dict[str, str]]
) -> None:
    of_hits = Counter(hit["event_type"] for hit in hits)
    assert Counter(map(kind, events)) == {
        "url_visited": of_hits["view"],
        "CART": of_hits["cart"],
        "PURCHASE": of_hits["purchase"],
        "contact_added": len({hit["user_id"] for hit in hits}),
    }
    assert len(hits) == 1_000


def test_purchases_keep_product_and_value(events: Events, hits: list[dict[str, str]]) -> None:
    made = {
        (event["contact"], event["data"]["products"][0]["sku"], event["data"]["value"])
        for event in events
        if kind(event) == "PURCHASE"
    }
    assert made == {
        (f"u{hit['user_id']}", hit["product_id"], float(hit["price"]))
        for hit in hits
        if hit["event_type"] == "purchase"
    }


def test_a_view_has_the_category_in_its_url(events: Events) -> None:
    first = next(event for event in events if event["type"] == "url_visited")
    assert first["data"]["url"] == "https://shop.example/other/44600062"
    assert first["ts"] == 1_569_888_000_000  # 2019-10-01 00:00:00 UTC
    assert any(event["data"].get("url", "").startswith("https://shop.example/computers/") for event in events)


def test_seconds_reach_to_the_next_hit_of_the_session(events: Events) -> None:
    session = "566511c2-e2e3-422b-b695-cf8e6e792ca8"
    own = [event for event in events if event["data"].get("session") == session]
    for event, following in itertools.pairwise(own):
        if event["type"] == "url_visited":
            assert event["data"]["seconds"] == (following["ts"] - event["ts"]) / 1000
    assert len(own) > 2 and "seconds" not in own[-1]["data"]


def test_events_are_in_order_and_a_visitor_is_added_first(events: Events) -> None:
    assert [event["ts"] for event in events] == sorted(event["ts"] for event in events)
    seen: set[str] = set()
    for event in events:
        assert (event["type"] == "contact_added") == (event["contact"] not in seen)
        seen.add(event["contact"])


def test_half_of_the_visitors_may_be_written_to(events: Events) -> None:
    cards = [event["data"] for event in events if event["type"] == "contact_added"]
    opted_in = sum(card.get("email_status") == "opted_in" for card in cards)
    assert opted_in / len(cards) == pytest.approx(0.5, abs=0.08)
    assert all(card.get("email", "@visitors.example").endswith("@visitors.example") for card in cards)


def test_copies_are_other_visitors_later(
    events: Events, convert: ModuleType, read_events: Callable[[Path], Events], tmp_path: Path
) -> None:
    path = tmp_path / "three.jsonl"
    counts = convert.convert(path, repeat=3)
    three = read_events(path)
    assert three[: len(events)] == events
    assert len(three) == 3 * len(events) == sum(counts.values())
    assert len({(event["contact"], event["id"]) for event in three}) == len(three)
    assert len({event["contact"] for event in three}) == 3 * len({event["contact"] for event in events})
    assert [event["ts"] for event in three] == sorted(event["ts"] for event in three)
    shift = three[len(events)]["ts"] - events[0]["ts"]
    assert shift % 60_000 == 0 and shift > events[-1]["ts"] - events[0]["ts"]
    assert three[len(events)]["data"] == events[0]["data"]


def test_repeat_must_be_positive(
    convert: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "x.jsonl")
    monkeypatch.setattr("sys.argv", ["convert.py", "-o", output, "--repeat", "0"])
    with pytest.raises(SystemExit) as exit_:
        convert.main()
    assert exit_.value.code == 2
    assert "--repeat must be at least 1" in capsys.readouterr().err
