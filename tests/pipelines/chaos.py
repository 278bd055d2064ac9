"""Breaks everything under a live job, and compares what it has decided with `simulate`: `make chaos`.

A real broker, a Flink cluster of two TaskManagers, and the clickstream of the example, repeated. While it
flows, TaskManagers, the JobManager and the broker are killed or restarted. In the end the committed actions
must be those of `simulate` on the same events: none missing, none twice.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from live_runs import PATIENCE_SECONDS, ROOT, LiveRun, tick

from pipelines.live.broker import Broker
from pipelines.live.cluster import Cluster
from pipelines.live.topics import ensure_topics

CLICKS = ROOT / "examples" / "clickstream"
PARTITIONS = 4
TASK_MANAGERS = 2
PREFIX = "chaos."
HOURS_MS = 3_600_000

TASK_MANAGER = "kill -9 of a TaskManager"
JOB_MANAGER = "kill -9 of the JobManager"
BROKER = "restart of the broker"


class Plan(NamedTuple):
    """What is done to the job."""

    events: int = 200_000
    rate: int = 2_000
    """Events a second that are written."""
    apart: float = 10.0
    """Seconds that a blow is given to be felt, before the job must be seen to have got over it."""
    blows: tuple[str, ...] = (
        *(TASK_MANAGER, TASK_MANAGER, BROKER, TASK_MANAGER, JOB_MANAGER, TASK_MANAGER, TASK_MANAGER),
    )


SHORT = Plan(events=12_000, rate=500, apart=0, blows=(TASK_MANAGER, JOB_MANAGER))
"""A form of it that CI has the time for."""


class Verdict(NamedTuple):
    """What came of it: ids of actions."""

    expected: int
    missing: list[str]
    twice: list[str]
    strange: list[str]

    @property
    def holds(self) -> bool:
        """Whether nothing is missing, twice or strange."""
        return self.expected > 0 and not (self.missing or self.twice or self.strange)


class Tail:
    """The committed actions, read as they come."""

    def __init__(self, brokers: str) -> None:
        topic = f"{PREFIX}actions"
        settings = {"bootstrap.servers": brokers, "group.id": "chaos", "isolation.level": "read_committed"}
        self._consumer = Consumer({**settings, "enable.auto.commit": False, "log_level": 0})
        self._consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        self.ids: Counter[str] = Counter()

    def read(self, seconds: float = 0.5) -> int:
        """Reads what is there, and gives how many have been read so far."""
        for message in self._consumer.consume(5000, seconds):
            error = message.error()
            if error is None:
                self.ids[json.loads(message.value())["action_id"]] += 1
            else:  # the broker is away for a while
                assert error.code() != KafkaError._PARTITION_EOF, error
        return self.ids.total()


def chaos(plan: Plan, folder: Path, say: Callable[[str], None]) -> Verdict:
    """Does it all; takes some minutes."""
    say(f"simulating {plan.events:,} events")
    lines = _events(plan.events, folder)
    end = json.loads(lines[-1])["ts"] + 30 * HOURS_MS
    broker = Broker(folder / "broker")
    cluster = Cluster(folder / "cluster")
    with ExitStack() as stack:
        broker.start()
        stack.callback(broker.stop)
        ensure_topics(broker.address, PREFIX, PARTITIONS)
        cluster.start(TASK_MANAGERS)
        stack.callback(cluster.stop)
        expected = _simulated(folder, end)
        say(f"{len(expected):,} actions are to come")
        run = _run(broker, cluster, folder)
        stack.callback(lambda: run.process.kill())
        tail = Tail(broker.address)
        writer = threading.Thread(target=_write, args=(broker.address, lines, plan.rate), daemon=True)
        writer.start()
        _await_more(tail, writer)
        for number, blow in enumerate(plan.blows, 1):
            before = tail.read()
            say(f"{number} of {len(plan.blows)}: {blow} after {before:,} actions")
            if blow == BROKER:
                broker.stop()
                broker.start()
            elif blow == JOB_MANAGER:
                cluster.kill_job_manager()
                status = run.process.wait(PATIENCE_SECONDS)
                assert status == 1, f"the run ended with {status}"
                cluster.start_job_manager()
                cluster.await_slots(TASK_MANAGERS)
                run = _run(broker, cluster, folder)
            else:
                cluster.kill_task_manager(number % TASK_MANAGERS)
            time.sleep(plan.apart)
            _await_more(tail, writer)
        writer.join()
        tick(broker.address, f"{PREFIX}events", end + 2001, PARTITIONS)
        deadline = time.monotonic() + 2 * PATIENCE_SECONDS
        while tail.read() < len(expected) and time.monotonic() < deadline:
            assert run.process.poll() is None, run.process.communicate()[1]
        status, messages = run.stop()
        assert status == 0, messages
        while tail.read(2) != tail.read(2):
            pass
        found = tail.ids
    return Verdict(
        len(expected),
        sorted(expected - found.keys()),
        sorted(one for one, count in found.items() if count > 1),
        sorted(found.keys() - expected),
    )


def _events(count: int, folder: Path) -> list[bytes]:
    file = folder / "clicks.jsonl"
    command = [sys.executable, CLICKS / "convert.py", "-o", file, "--repeat", str(count // 1000 + 1)]
    subprocess.run(command, check=True, capture_output=True)
    lines = sorted(file.read_bytes().splitlines(), key=lambda line: json.loads(line)["ts"])[:count]
    file.write_bytes(b"\n".join(lines) + b"\n")
    return lines


def _simulated(folder: Path, end: int) -> set[str]:
    command = [sys.executable, "-c", "from cli.main import main; main()", "simulate", CLICKS / "workflows"]
    asked = [*command, "--events", folder / "clicks.jsonl", "--until", str(end)]
    done = subprocess.run(asked, check=True, capture_output=True, cwd=ROOT)
    return {json.loads(line)["action_id"] for line in done.stdout.splitlines()}


def _run(broker: Broker, cluster: Cluster, folder: Path) -> LiveRun:
    asked = [CLICKS / "workflows", "--kafka", broker.address, "--topic-prefix", PREFIX]
    asked += ["--cluster", cluster.address, "--parallelism", str(TASK_MANAGERS), "--state", "rocksdb"]
    asked += ["--checkpoints", folder / "state", "--checkpoint-interval", "1s", "--clock", "events"]
    asked += ["--resume"]
    return LiveRun(*asked)


def _write(brokers: str, lines: list[bytes], rate: int) -> None:
    producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True, "log_level": 0})
    begin = time.monotonic()
    for number, line in enumerate(lines):
        ahead = number / rate - (time.monotonic() - begin)
        if ahead > 0.05:
            time.sleep(ahead)
        producer.produce(f"{PREFIX}events", key=json.loads(line)["contact"].encode(), value=line)
        producer.poll(0)
    assert producer.flush(PATIENCE_SECONDS) == 0


def _await_more(tail: Tail, writer: threading.Thread) -> None:
    """Waits until the job has committed more: it has got over whatever was done to it.

    When everything is written nothing more need come; the verdict will tell.
    """
    before = tail.read()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while tail.read() == before and writer.is_alive():
        assert time.monotonic() < deadline, "the job does not go on"


def main() -> None:
    """Does what the command line asks for; status 1 when something is missing, twice or strange."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the form that CI runs")
    plan = SHORT if parser.parse_args().short else Plan()
    begin = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begin:6.0f} s  {text}", flush=True)

    with tempfile.TemporaryDirectory(prefix="contactflow-chaos-") as folder:
        verdict = chaos(plan, Path(folder), say)
    say(
        f"{verdict.expected:,} actions expected: {len(verdict.missing)} missing, {len(verdict.twice)} twice, "
        f"{len(verdict.strange)} strange"
    )
    sys.exit(0 if verdict.holds else 1)


if __name__ == "__main__":
    main()
