"""publish, pause, resume, drain, retire, status: over a real broker, with and without a job that runs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from live_runs import LiveRun, committed, produce
from typer.testing import CliRunner

from cli.main import app
from pipelines.live import control
from pipelines.live.broker import Broker
from pipelines.live.topics import ensure_topics

pytestmark = pytest.mark.flink

WORKFLOW = """
kind: workflow
id: hello
name: Hello
entry: {{policy: parallel}}
nodes:
  visit: {{on: {{event: url_visited, with: {{url: "{page}"}}}}, next: pause}}
  pause: {{wait: {wait}, next: mark}}
  mark: {{do: add_note, with: {{text: "{text}"}}}}
"""


@pytest.fixture
def prefix(request: pytest.FixtureRequest, broker: Broker) -> str:
    """Topics of the test's own, which are there."""
    prefix = f"{request.node.originalname}."
    ensure_topics(broker.address, prefix, 2)
    return prefix


class Shop:
    """A folder of definitions, a broker, and the command."""

    def __init__(self, folder: Path, broker: Broker, prefix: str) -> None:
        self.folder = folder / "shop"
        self.folder.mkdir()
        self.broker = broker
        self.prefix = prefix
        self.visits = 0

    def write(self, name: str = "hello.yaml", **values: str) -> Path:
        file = self.folder / name
        file.write_text(WORKFLOW.format(**{"page": "/hello", "wait": "1h", "text": "one"} | values))
        return file

    def file(self, name: str, text: str) -> Path:
        (self.folder / name).write_text(text)
        return self.folder / name

    def command(self, *arguments: object, status: int = 0) -> Result:
        where = ["--kafka", self.broker.address, "--topic-prefix", self.prefix]
        result = CliRunner().invoke(app, [*map(str, arguments), *where])
        assert result.exit_code == status, result.output
        return result

    def status(self, status: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.command("status", "--json", status=status).stdout)
        return found

    def visit(self, *contacts: str, page: str = "/hello") -> None:
        lines = []
        for contact in contacts:
            self.visits += 1
            body = {"id": f"v{self.visits}", "contact": contact, "type": "url_visited", "ts": _now()}
            lines.append(json.dumps(body | {"data": {"url": f"https://shop.example{page}"}}).encode())
        produce(self.broker.address, f"{self.prefix}events", lines)

    def steps(self, outcome: str) -> list[tuple[str, int]]:
        """Contact and version of the steps with an outcome."""
        found = committed(self.broker.address, f"{self.prefix}steps")
        return sorted((step["contact"], step["version"]) for step in found if step["outcome"] == outcome)

    def published(self) -> dict[str, bytes]:
        return control.read_all(self.broker.address, f"{self.prefix}control")


@pytest.fixture
def shop(tmp_path: Path, broker: Broker, prefix: str) -> Shop:
    return Shop(tmp_path, broker, prefix)


def _now() -> int:
    return int(time.time() * 1000)


def test_publishes_versions_although_no_job_runs(shop: Shop) -> None:
    first = shop.command("publish", shop.write())
    assert "hello: version 1; 0 contacts in flight" in first.stdout
    assert "no job has taken it up" in first.stderr
    assert "workflow/hello@1: unchanged" in shop.command("publish", shop.write()).stdout
    shop.write(text="two")
    shop.file("policy.yaml", "kind: policy\nchannels: {sms: {quiet: {from: '20:00', to: '09:00'}}}\n")
    second = shop.command("publish", shop.folder)
    assert "hello: version 2" in second.stdout and "policy/@1: replaced" in second.stdout
    assert set(shop.published()) == {
        "workflow/hello@1",
        "release/hello@1",
        "workflow/hello@2",
        "release/hello@2",
        "policy/@1",
    }


def test_refuses_what_would_not_work_and_changes_nothing(shop: Shop) -> None:
    shop.command("publish", shop.write())
    before = shop.published()
    broken = shop.write("broken.yaml").read_text().replace("add_note", "add_notes")
    refused = shop.command("publish", shop.file("broken.yaml", broken), status=2)
    assert "broken.yaml:9: error:" in refused.stderr and "did you mean `add_note`" in refused.stderr
    gone = shop.write("gone.yaml").read_text().replace("pause", "later")
    refused = shop.command("publish", shop.file("gone.yaml", gone), "--in-flight", "follow", status=2)
    assert "a contact may wait on node `pause` of version 1" in refused.stderr
    rule = "kind: rule\nid: hello\non: {event: url_visited}\ndo: [{do: add_note, with: {text: x}}]\n"
    refused = shop.command("publish", shop.file("rule.yaml", rule), status=2)
    assert "two documents" in refused.stderr
    moves = shop.file("map.yaml", "pause: latr\n")
    refused = shop.command(
        "publish", shop.file("gone.yaml", gone), "--in-flight", "migrate", "--map", moves, status=2
    )
    assert "moves `pause` to `latr`" in refused.stderr
    condition = shop.file("vip.yaml", "condition: has_tags\nwith: {tag: vip}\n")
    refused = shop.command("publish", shop.write(), "--existing", condition, status=2)
    assert "vip.yaml:1: " in refused.stderr and "did you mean `has_tag`" in refused.stderr
    refused = shop.command("pause", "helo", status=2)
    assert "there is no workflow or rule `helo`: did you mean `hello`?" in refused.stderr
    assert shop.published() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--in-flight", "migrate"), "--in-flight migrate needs --map FILE"),
        (("--map", "none.yaml", "--in-flight", "migrate"), "none.yaml: cannot be read"),
        (("-K", "acks"), "-K takes KEY=VALUE"),
        (("-K", "no.such.setting=1"), "No such configuration property"),
    ],
)
def test_says_what_is_wrong_with_an_option(shop: Shop, arguments: tuple[str, ...], message: str) -> None:
    assert message in shop.command("publish", shop.write(), *arguments, status=2).stderr


def test_says_that_no_broker_answers_and_that_topics_are_missing(shop: Shop, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["status", "--kafka", "127.0.0.1:1"])
    assert (result.exit_code, result.stderr) == (
        2,
        "contactflow: status: no Kafka broker answers at 127.0.0.1:1\n",
    )
    shop.prefix = "nowhere."
    assert "there is no topic nowhere.control" in shop.command("status", status=2).stderr


def test_a_running_job_takes_changes_up(shop: Shop, tmp_path: Path) -> None:
    asked = [shop.write(), "--kafka", shop.broker.address, "--topic-prefix", shop.prefix]
    asked += ["--group", shop.prefix, "--checkpoints", tmp_path / "state", "--checkpoint-interval", "200ms"]
    run = LiveRun(*asked, "--lateness", "200ms", "--parallelism", "2")
    shop.visit("jo", "al", "bo")
    run.wait_for(lambda: len(shop.steps("parked")) == 3)

    # A new version: who is in flight finishes on the old one.
    shop.write(text="two")
    told = shop.command("publish", shop.folder)
    assert "3 contacts on version 1: finish on their version" in told.stdout
    assert "the running job has taken it up after" in told.stderr
    shop.visit("cy")
    run.wait_for(lambda: ("cy", 2) in shop.steps("started"))
    found = shop.status()
    (workflow,) = found["workflows"]
    assert (workflow["version"], workflow["status"]) == (2, "active")
    run.wait_for(lambda: shop.status()["workflows"][0]["in_flight"] == {"1": 3, "2": 1})
    assert shop.status()["workflows"][0]["nodes"] == {"pause": 4}
    assert [job["state"] for job in found["jobs"]] == ["running"]

    # A pause holds timers; a version that moves everybody; the end of the pause.
    shop.command("pause", "hello")
    shop.visit("di")
    run.wait_for(lambda: ("di", 2) in shop.steps("dropped"))
    shop.write(text="three", wait="1s")
    assert "move to the new version" in shop.command("publish", shop.folder, "--in-flight", "follow").stdout
    run.wait_for(lambda: shop.status()["workflows"][0]["in_flight"] == {"3": 4})
    assert shop.steps("waited") == []
    shop.command("resume", "hello")

    # Contacts that are known already start, too, if they meet a condition.
    page = "condition: url_visited\nwith: {url: /hello, within: 1h}\n"
    shop.write(text="four", wait="1s", page="/other")
    told = shop.command("publish", shop.folder, "--existing", shop.file("known.yaml.txt", page))
    assert "5 contacts are known" in told.stdout
    run.wait_for(lambda: [one for one in shop.steps("completed") if one[1] == 4] != [])
    run.wait_for(lambda: len([one for one in shop.steps("completed") if one[1] == 4]) == 5)

    # Who is in flight ends, is let go on, or goes by a map.
    shop.write(wait="2h")
    moved = shop.folder / "hello.yaml"
    moved.write_text(moved.read_text().replace("pause", "rest"))
    moves = shop.file("map.txt", "pause: rest\n")
    shop.command("publish", moved, "--in-flight", "migrate", "--map", moves)
    run.wait_for(lambda: shop.status()["workflows"][0]["nodes"] == {"rest": 4})
    shop.command("drain", "hello")
    shop.visit("ed")
    run.wait_for(lambda: ("ed", 5) in shop.steps("dropped"))
    assert "4 contacts in flight" in shop.command("retire", "hello").stdout
    run.wait_for(lambda: [contact for contact, _ in shop.steps("retired")] == ["al", "bo", "cy", "jo"])
    assert run.stop()[0] == 0
    assert [job["state"] for job in shop.status(status=1)["jobs"]] == ["stopped"]
