"""How long it takes from an event, or a timer's due time, to the action: `make latency`.

Events come at a steady rate over a real broker; each is a visit that a workflow answers with an action, at
once or after a wait of a second. Measured is the time from when the event is written, or the wait is over,
until a consumer that reads committed records has the action. Each case has a job of its own; all share the
broker.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

from confluent_kafka import Consumer, Producer, TopicPartition

from cli.tables import Cell, print_table
from pipelines.live.broker import Broker
from pipelines.live.gateway import ROOT
from pipelines.live.topics import ensure_topics

PARTITIONS = 4
CONTACTS = 10_000

NOTE = {"do": "add_note", "with": {"text": "seen"}}
WAIT = {"wait": "1s", "next": "note"}


class Case(NamedTuple):
    """What is waited for, and how the job writes its records."""

    since: str
    """`event` or `timer`."""
    delivery: str
    interval: str
    """From one checkpoint to the next."""


CASES = (
    Case("event", "exactly-once", "200ms"),
    Case("event", "exactly-once", "1s"),
    Case("event", "exactly-once", "10s"),
    Case("event", "at-least-once", "10s"),
    Case("timer", "at-least-once", "10s"),
)


class Plan(NamedTuple):
    """How much is measured."""

    rate: int = 1_000
    """Events a second."""
    warm_up: float = 20.0
    seconds: float = 40.0


QUICK = Plan(rate=200, warm_up=1, seconds=11)
"""To see that it runs, not to quote. The longest time between checkpoints must lie in it."""


def main() -> None:
    """Measures every case, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=Plan().rate, help="events a second")
    parser.add_argument("--quick", action="store_true", help="to see that it runs, not to quote")
    given = parser.parse_args()
    plan = QUICK if given.quick else Plan(rate=given.rate)
    rows: list[list[Cell]] = []
    with tempfile.TemporaryDirectory(prefix="contactflow-latency-") as folder:
        broker = Broker(Path(folder) / "broker")
        broker.start()
        try:
            for number, case in enumerate(CASES):
                found = measure(broker, case, plan, Path(folder) / f"case-{number}", f"case-{number}.")
                cuts = quantiles(found, n=100)
                rows.append(
                    [case.since, case.delivery, case.interval, len(found), cuts[49], cuts[98], max(found)]
                )
        finally:
            broker.stop()
    columns = ["since", "delivery", "checkpoints every", "actions", "p50", "p99", "longest"]
    print_table(f"Milliseconds to the action, {plan.rate:,} events/s", columns, rows)


def measure(broker: Broker, case: Case, plan: Plan, folder: Path, prefix: str) -> list[float]:
    """Milliseconds from event to action, of those after the warm-up."""
    folder.mkdir()
    definition = folder / "answer.json"
    definition.write_text(json.dumps(_workflow(case)))
    ensure_topics(broker.address, prefix, PARTITIONS)
    command = [sys.executable, "-c", "from cli.main import main; main()", "run", definition]
    command += ["--kafka", broker.address, "--topic-prefix", prefix, "--group", prefix]
    command += ["--checkpoints", folder / "state", "--checkpoint-interval", case.interval]
    command += ["--delivery", case.delivery]
    job = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, cwd=ROOT)
    done = threading.Event()
    writer = threading.Thread(target=_write, args=(broker.address, f"{prefix}events", plan.rate, done))
    writer.start()
    try:
        return _read(broker.address, f"{prefix}actions", plan, job)
    finally:
        done.set()
        writer.join()
        job.terminate()
        job.communicate()


def _workflow(case: Case) -> dict[str, Any]:
    """Answers each visit, at once or after a wait."""
    waits = case.since == "timer"
    visit = {"on": {"event": "url_visited"}, "next": "pause" if waits else "note"}
    nodes = {"visit": visit, **({"pause": WAIT} if waits else {}), "note": NOTE}
    return {
        "kind": "workflow",
        "id": "answer",
        "name": "Answer",
        "entry": {"policy": "parallel"},
        "nodes": nodes,
    }


def _write(brokers: str, topic: str, rate: int, done: threading.Event) -> None:
    producer = Producer({"bootstrap.servers": brokers, "linger.ms": 0})
    begin = time.monotonic()
    number = 0
    while not done.is_set():
        ahead = number / rate - (time.monotonic() - begin)
        if ahead > 0:
            time.sleep(min(ahead, 0.01))
            continue
        who = f"c{number % CONTACTS}"
        data = {"url": "https://shop.example/"}
        # The action has the time of its event, or of the end of the wait.
        event = {"id": f"e{number}", "contact": who, "type": "url_visited", "ts": int(time.time() * 1000)}
        producer.produce(topic, key=who.encode(), value=json.dumps({**event, "data": data}).encode())
        producer.poll(0)
        number += 1
    producer.flush()


def _read(brokers: str, topic: str, plan: Plan, job: subprocess.Popen[bytes]) -> list[float]:
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "latency",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
        }
    )
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    found: list[float] = []
    since: float | None = None
    while since is None or time.monotonic() < since + plan.warm_up + plan.seconds:
        if job.poll() is not None:
            sys.exit(f"the job has ended: {job.communicate()[1].decode()}")
        message = consumer.poll(0.1)
        if message is None or message.error() is not None:
            continue
        now = time.time() * 1000
        since = since or time.monotonic()
        if time.monotonic() > since + plan.warm_up:
            found.append(now - json.loads(message.value())["ts"])
    consumer.close()
    return found


if __name__ == "__main__":
    main()
