"""The example workflows, simulated: what they do agrees with what the events say, reckoned independently."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from typer.testing import CliRunner

from cli.main import app

EXAMPLES = Path(__file__).parents[2] / "examples"
HOUR = 3_600_000
DAY = 24 * HOUR

Records = list[dict[str, Any]]
ByContact = dict[str, Records]


@dataclass
class Run:
    """Events that went in, and records that came out, by contact."""

    events: ByContact
    latest: int
    actions: ByContact = field(default_factory=lambda: defaultdict(list))
    steps: ByContact = field(default_factory=lambda: defaultdict(list))
    dead_letters: Records = field(default_factory=list)

    def purchases(self, contact: str) -> Records:
        return [event for event in self.events[contact] if event["data"].get("type") == "PURCHASE"]

    def cards(self) -> dict[str, dict[str, Any]]:
        return {contact: events[0]["data"] for contact, events in self.events.items()}


def read_lines(path: Path) -> Records:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def simulate(example: str, lines: list[bytes], folder: Path, *options: str) -> Run:
    """The example's workflows over these lines of events."""
    files = {name: folder / f"{name}.jsonl" for name in ("events", "steps", "dead-letters")}
    files["events"].write_bytes(b"\n".join(lines))
    names = [text for name, path in files.items() for text in (f"--{name}", str(path))]
    result = CliRunner().invoke(app, ["simulate", str(EXAMPLES / example / "workflows"), *names, *options])
    assert result.exit_code == 0, result.stderr
    events: ByContact = defaultdict(list)
    for event in map(orjson.loads, lines):
        events[event["contact"]].append(event)
    run = Run(events, max(event["ts"] for own in events.values() for event in own))
    for kind, records in (
        (run.actions, map(orjson.loads, result.stdout_bytes.splitlines())),
        (run.steps, read_lines(files["steps"])),
    ):
        for record in records:
            kind[record["contact"]].append(record)
    run.dead_letters = read_lines(files["dead-letters"])
    return run


def some(records: Records, **fields: Any) -> Records:
    return [record for record in records if all(record[name] == value for name, value in fields.items())]


@pytest.fixture(scope="module")
def shop(converter: Callable[[str], ModuleType], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Every twentieth customer of the shop, over the whole year."""
    folder = tmp_path_factory.mktemp("shop")
    converter("online-retail").convert(folder / "all.jsonl")
    by_contact: dict[str, list[bytes]] = defaultdict(list)
    for line in (folder / "all.jsonl").read_bytes().splitlines():
        by_contact[orjson.loads(line)["contact"]].append(line)
    lines = [line for own in list(by_contact.values())[::20] for line in own]
    return simulate("online-retail", lines, folder)


@pytest.fixture(scope="module")
def clicks(converter: Callable[[str], ModuleType], tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("clicks")
    converter("clickstream").convert(folder / "all.jsonl")
    lines = (folder / "all.jsonl").read_bytes().splitlines()
    return simulate("clickstream", lines, folder, "--until", "end")


@pytest.mark.parametrize("example", ["online-retail", "clickstream"])
def test_check_has_nothing_to_say(example: str) -> None:
    result = CliRunner().invoke(app, ["check", str(EXAMPLES / example / "workflows")])
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no errors, 0 warnings" in result.stderr


def test_no_event_is_refused(shop: Run, clicks: Run) -> None:
    assert shop.dead_letters == clicks.dead_letters == []


def test_a_customer_is_lapsing_after_each_75_days_of_silence(shop: Run) -> None:
    found = 0
    for contact in shop.events:
        times = [event["ts"] for event in shop.purchases(contact)]
        silences = sum(later - earlier > 75 * DAY for earlier, later in pairwise(times))
        silences += bool(times) and shop.latest - times[-1] >= 75 * DAY
        assert len(some(shop.actions[contact], workflow="lapse-watch", node="mark")) == silences, contact
        assert len(some(shop.steps[contact], workflow="win-back", outcome="started")) == silences, contact
        found += silences
    assert found > 100


def test_a_customer_is_vip_from_2500_pounds_on(shop: Run) -> None:
    invited = 0
    for contact, events in shop.events.items():
        score, highest = 0, 0
        for event in events[1:]:
            points = math.floor(event["data"]["value"] / 10)
            score += points if event["data"]["type"] == "PURCHASE" else -points
            highest = max(highest, score)
        joined = some(shop.actions[contact], workflow="vip", node="join")
        assert len(joined) == (highest > 250), contact
        invited += len(joined)
    assert invited > 10


def test_the_second_purchase_ends_the_wait_for_it(shop: Run) -> None:
    reached = 0
    for contact in shop.events:
        times = [event["ts"] for event in shop.purchases(contact)]
        goals = [step["ts"] for step in some(shop.steps[contact], workflow="second-order", outcome="goal")]
        assert not goals or goals[0] == times[1], contact
        if len(times) > 1 and times[1] - times[0] < 21 * DAY:
            assert goals, contact
        reached += len(goals)
    assert reached > 20


def test_messages_go_only_to_those_who_may_get_them(shop: Run) -> None:
    cards = shop.cards()
    sent = defaultdict(set)
    for contact, actions in shop.actions.items():
        for action in some(actions, status="requested"):
            sent[action["action"]].add(contact)
    assert {cards[contact].get("email_status") for contact in sent["send_email"]} == {"opted_in"}
    assert sent["send_sms"] and all("phone" in cards[contact] for contact in sent["send_sms"])


def test_caps_hold_over_all_workflows_together(shop: Run) -> None:
    several = 0
    for actions in shop.actions.values():
        mails = [action["ts"] for action in some(actions, action="send_email", status="requested")]
        texts = [action["ts"] for action in some(actions, action="send_sms", status="requested")]
        assert all(third - first >= 7 * DAY for first, third in zip(mails, mails[2:], strict=False))
        assert all(sixth - first >= 30 * DAY for first, sixth in zip(mails, mails[5:], strict=False))
        assert all(second - first >= 14 * DAY for first, second in pairwise(texts))
        several += len(mails) > 5
    assert several > 20


def test_nights_are_quiet_where_the_customer_lives(shop: Run) -> None:
    cards = shop.cards()
    hours = defaultdict(set)
    for contact, actions in shop.actions.items():
        zone = ZoneInfo(cards[contact].get("timezone", "Europe/London"))
        for action in some(actions, status="requested"):
            hours[action["action"]].add(
                datetime.fromtimestamp(action["ts"] / 1000, UTC).astimezone(zone).hour
            )
    assert hours["send_email"] <= set(range(8, 21))
    assert hours["send_sms"] <= set(range(9, 20))


def test_of_three_carts_the_one_that_was_not_bought_is_reminded(clicks: Run) -> None:
    left = [
        contact
        for contact, events in clicks.events.items()
        if [kind for event in events if (kind := event["data"].get("type"))] == ["CART"]
    ]
    reminded = {
        contact
        for contact, actions in clicks.actions.items()
        if some(actions, workflow="abandoned-cart", node="mail")
    }
    assert reminded == set(left)
    assert len(left) == 1


def test_every_purchase_is_thanked_once(clicks: Run) -> None:
    for contact in clicks.events:
        thanks = some(clicks.actions[contact], workflow="after-purchase", node="thanks")
        assert len(thanks) == len(clicks.purchases(contact))


def test_a_long_visit_counts_three_and_a_purchase_starts_afresh(clicks: Run) -> None:
    crossed = set()
    for contact, events in clicks.events.items():
        score = 0
        for data in (event["data"] for event in events[1:]):
            before = score
            if "type" in data:
                score = 0 if data["type"] == "PURCHASE" else score
            else:
                score += 3 if data.get("seconds", 0) >= 30 else 1
            if before <= 8 < score:
                crossed.add(contact)
    started = {
        contact
        for contact, steps in clicks.steps.items()
        if some(steps, workflow="browse-abandonment", outcome="started")
    }
    assert started == crossed
    assert len(crossed) > 20
