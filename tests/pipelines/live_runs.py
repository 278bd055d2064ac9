"""What the tests of the live job share: a run in a process of its own, events in, records out."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240

Records = dict[str, list[dict[str, Any]]]
"""Contact to records in order."""


class LiveRun:
    """`contactflow run --kafka` in a process of its own."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-c", "from cli.main import main; main()", "run", *map(str, arguments)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)

    def wait_for(self, happened: Callable[[], bool]) -> None:
        """Waits until something has happened while the run goes on."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            assert self.process.poll() is None, "the run has ended: " + self.process.communicate()[1]
            assert time.monotonic() < deadline, "it does not happen"
            time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> tuple[int, str]:
        """As a service is stopped; gives status and messages."""
        self.process.send_signal(signal.SIGTERM)
        _, messages = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, messages


def produce(brokers: str, topic: str, lines: Iterable[bytes]) -> None:
    """Writes events, keyed by contact."""
    producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True})
    for line in lines:
        producer.produce(topic, key=str(json.loads(line).get("contact")).encode(), value=line)
        producer.poll(0)
    assert producer.flush(30) == 0


def tick(brokers: str, topic: str, ts: int, partitions: int) -> list[bytes]:
    """Lets time pass in all partitions, by events of contacts that nobody knows."""
    producer = Producer({"bootstrap.servers": brokers})
    lines = []
    for number in range(partitions):
        body = {
            "id": "tick",
            "contact": f"tick-{number}",
            "type": "note_added",
            "ts": ts,
            "data": {"text": "x"},
        }
        lines.append(json.dumps(body).encode())
        producer.produce(topic, value=lines[-1], partition=number)
    assert producer.flush(30) == 0
    return lines


def committed(brokers: str, topic: str) -> list[dict[str, Any]]:
    """All records of a topic that have been committed, those of a partition in order."""
    settings = {
        "bootstrap.servers": brokers,
        "group.id": "tests",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
    found = []
    with closing(Consumer(settings)) as consumer:
        numbers = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
        ended: set[int] = set()
        while len(ended) < len(numbers):
            for message in consumer.consume(1000, 0.2):
                error = message.error()
                if error is None:
                    record = json.loads(message.value())
                    key = message.key()
                    assert record.get("contact") is None or key.decode() == record["contact"]
                    found.append(record)
                else:
                    assert error.code() == KafkaError._PARTITION_EOF, error
                    ended.add(message.partition())
    return found


def by_contact(records: Iterable[dict[str, Any]]) -> Records:
    """Sorted out by contact."""
    found: Records = defaultdict(list)
    for record in records:
        found[record["contact"]].append(record)
    return dict(found)


def checkpoints(folder: Path) -> int:
    """The number of the newest complete checkpoint; 0 when there is none."""
    found = folder.glob("attempt-*/*/chk-*/_metadata")
    return max((int(state.parent.name.removeprefix("chk-")) for state in found), default=0)
