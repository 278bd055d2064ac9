"""The live job over a real broker: nothing missing and nothing twice, whatever ends it; time; definitions."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from live_runs import ROOT, LiveRun, by_contact, checkpoints, committed, produce, tick
from typer.testing import CliRunner

from cli.main import app
from pipelines.live import control
from pipelines.live.broker import Broker
from pipelines.live.topics import ensure_topics

pytestmark = pytest.mark.flink

CLICKS = ROOT / "examples" / "clickstream"
PARTITIONS = 4
HOURS_MS = 3_600_000
RECORDS = ("actions", "steps", "outcomes", "dead_letters")


@pytest.fixture
def prefix(request: pytest.FixtureRequest, broker: Broker) -> str:
    """Topics of the test's own, which are there."""
    prefix = f"{request.node.name}."
    ensure_topics(broker.address, prefix, PARTITIONS)
    return prefix


def clicks(folder: Path) -> list[bytes]:
    """A few thousand events of the example, in the order of their time."""
    events = folder / "clicks.jsonl"
    command = [sys.executable, CLICKS / "convert.py", "-o", events, "--repeat", "3"]
    subprocess.run(command, check=True, capture_output=True)
    return sorted(events.read_bytes().splitlines(), key=lambda line: json.loads(line)["ts"])


def simulated(folder: Path, lines: list[bytes], until: int) -> dict[str, dict[str, list[dict[str, Any]]]]:
    events = folder / "all.jsonl"
    events.write_bytes(b"\n".join(lines) + b"\n")
    steps = folder / "steps.jsonl"
    arguments = ["simulate", CLICKS / "workflows", "--events", events, "--until", until, "--steps", steps]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return {
        "actions": by_contact(map(json.loads, result.stdout.splitlines())),
        "steps": by_contact(map(json.loads, steps.read_text().splitlines())),
    }


def test_writes_what_simulate_does_across_kill_9_a_stop_and_other_parallelism(
    broker: Broker, prefix: str, tmp_path: Path
) -> None:
    lines = clicks(tmp_path)
    state = tmp_path / "state"
    events = f"{prefix}events"
    asked = [CLICKS / "workflows", "--kafka", broker.address, "--topic-prefix", prefix, "--group", prefix]
    asked += ["--checkpoints", state, "--checkpoint-interval", "300ms", "--resume"]
    asked += ["--clock", "events", "--lateness", "2s"]

    third = len(lines) // 3
    produce(broker.address, events, lines[:third])
    run = LiveRun(*asked, "--parallelism", 2)
    run.wait_for(lambda: bool(committed(broker.address, f"{prefix}steps")))
    produce(broker.address, events, lines[third : 2 * third])
    run.kill()

    before = checkpoints(state)
    run = LiveRun(*asked, "--parallelism", 1)
    run.wait_for(lambda: checkpoints(state) > before)
    produce(broker.address, events, lines[2 * third :])
    status, messages = run.stop()
    assert (status, "its state is saved" in messages) == (0, True), messages

    end = max(json.loads(line)["ts"] for line in lines) + 30 * HOURS_MS
    ticks = tick(broker.address, events, end + 2001, PARTITIONS)
    wanted = simulated(tmp_path, lines + ticks, end)
    count = sum(map(len, wanted["actions"].values()))
    assert count > 3000
    run = LiveRun(*asked, "--parallelism", 4)
    run.wait_for(lambda: len(committed(broker.address, f"{prefix}actions")) >= count)
    status, messages = run.stop()
    assert status == 0, messages
    for kind in ("actions", "steps"):
        assert by_contact(committed(broker.address, prefix + kind)) == wanted[kind]
    assert not committed(broker.address, f"{prefix}dead_letters")


WORKFLOW = """
kind: workflow
id: {id}
name: {id}
nodes:
  visit: {{on: {{event: url_visited}}, next: pause}}
  pause: {{wait: 1s, next: mark}}
  mark: {{do: add_tag, with: {{tag: {id}}}}}
"""


def test_time_passes_by_the_wall_and_definitions_come_while_it_runs(
    broker: Broker, prefix: str, tmp_path: Path
) -> None:
    given = tmp_path / "given.yaml"
    given.write_text(WORKFLOW.format(id="given"))
    events, actions = f"{prefix}events", f"{prefix}actions"
    asked = [given, "--kafka", broker.address, "--topic-prefix", prefix, "--group", prefix]
    asked += ["--checkpoints", tmp_path / "state", "--lateness", "500ms", "--delivery", "at-least-once"]

    def visit(number: int, ts: int) -> bytes:
        data = {"url": "https://shop.example/"}
        body = {"id": f"e-{number}", "contact": "jo", "type": "url_visited", "ts": ts, "data": data}
        return json.dumps(body).encode()

    def done() -> list[str]:
        return [action["params"]["tag"] for action in committed(broker.address, actions)]

    run = LiveRun(*asked)
    produce(broker.address, events, [visit(1, int(time.time() * 1000))])
    run.wait_for(lambda: done() == ["given"])
    nodes = {
        "visit": {"on": {"event": "url_visited"}, "next": "mark"},
        "mark": {"do": "add_tag", "with": {"tag": "later"}},
    }
    later = {"kind": "workflow", "id": "later", "name": "later", "nodes": nodes}
    bad = later | {"name": 7}
    documents = {"workflow/given@1": json.dumps(bad).encode(), "workflow/later@1": json.dumps(later).encode()}
    control.write(broker.address, f"{prefix}control", documents)
    future = int(time.time() * 1000) + HOURS_MS
    numbers = iter(range(2, 1000))

    def later_runs() -> bool:
        produce(broker.address, events, [visit(next(numbers), int(time.time() * 1000))])
        return "later" in done()

    run.wait_for(later_runs)
    produce(broker.address, events, [visit(0, future)])
    run.wait_for(lambda: len(committed(broker.address, f"{prefix}dead_letters")) == 2)
    letters = sorted(committed(broker.address, f"{prefix}dead_letters"), key=lambda letter: letter["reason"])
    refused, letter = [one for one in letters if one["source"] == "control"], letters[0]
    assert [one["reason"] for one in refused] == ["invalid"] and refused[0]["raw"] == json.dumps(bad)
    assert (letter["reason"], letter["source"]) == ("from_the_future", events)
    assert letter["partition"] in range(PARTITIONS) and letter["offset"] > 0
    assert run.stop()[0] == 0


DEADLINE = """
kind: workflow
id: deadline
name: deadline
nodes:
  visit: {on: {event: url_visited}, next: answer}
  answer: {on: {event: email_opened, with: {email: offer}}, within: 12s, next: won, else: lost}
  won: {do: add_tag, with: {tag: won}}
  lost: {do: add_tag, with: {tag: lost}}
"""


def test_an_event_that_beat_its_deadline_wins_although_the_job_was_down(
    broker: Broker, prefix: str, tmp_path: Path
) -> None:
    given = tmp_path / "deadline.yaml"
    given.write_text(DEADLINE)
    events, actions = f"{prefix}events", f"{prefix}actions"
    asked = [given, "--kafka", broker.address, "--topic-prefix", prefix, "--group", prefix, "--resume"]
    asked += ["--checkpoints", tmp_path / "state", "--checkpoint-interval", "200ms", "--lateness", "500ms"]

    def event(contact: str, type: str, **data: str) -> bytes:
        ts = int(time.time() * 1000)
        return json.dumps({"id": type, "contact": contact, "type": type, "ts": ts, "data": data}).encode()

    run = LiveRun(*asked)
    run.wait_for(lambda: checkpoints(tmp_path / "state") > 0)
    url = "https://shop.example/"
    produce(broker.address, events, [event(who, "url_visited", url=url) for who in ("jo", "al")])
    started = time.time()
    run.wait_for(lambda: len(committed(broker.address, f"{prefix}steps")) == 4)
    run.kill()
    produce(broker.address, events, [event("jo", "email_opened", email="offer")])
    assert time.time() < started + 12, "the machine is too slow for this test"
    time.sleep(max(0.0, started + 13 - time.time()))
    run = LiveRun(*asked)
    run.wait_for(lambda: len(committed(broker.address, actions)) == 2)
    assert run.stop()[0] == 0
    found = {one["contact"]: one for one in committed(broker.address, actions)}
    assert {who: one["params"]["tag"] for who, one in found.items()} == {"jo": "won", "al": "lost"}
    (begun,) = [
        one["ts"]
        for one in committed(broker.address, f"{prefix}steps")
        if (one["contact"], one["outcome"]) == ("al", "started")
    ]
    assert found["al"]["ts"] == begun + 12_000
