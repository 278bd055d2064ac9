"""Reads a topic from its beginning, or from some offsets, up to where it ends now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from pipelines.live.failures import RunRefused
from pipelines.live.topics import ANSWER_SECONDS, client_settings

if TYPE_CHECKING:
    from confluent_kafka import Consumer

T = TypeVar("T")

_POLL_SECONDS = 0.05
_BLOCK = 1000


class TopicEnd:
    """Where a topic ended when it was read: partition to offset."""

    def __init__(self) -> None:
        self.offsets: dict[int, int] = {}


def read_to_end(
    brokers: str,
    topic: str,
    end: TopicEnd,
    kafka: Mapping[str, str] | None = None,
    since: Mapping[int, int] | None = None,
) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Keys and values of committed messages, in the order of each partition.

    Args:
        brokers: addresses, with commas between.
        topic: its full name.
        end: is filled while the topic is read.
        kafka: more settings of the client.
        since: partition to the offset to begin with; the beginning for those that are not named.

    Raises:
        RunRefused: no broker answers, there is no such topic, or it cannot be read to its end.
    """
    from confluent_kafka import KafkaError, TopicPartition

    with _consumer(brokers, topic, kafka) as (consumer, partitions):
        begin = since or {}
        consumer.assign([TopicPartition(topic, number, begin.get(number, 0)) for number in partitions])
        deadline = time.monotonic() + ANSWER_SECONDS
        while len(end.offsets) < len(partitions):
            for message in consumer.consume(_BLOCK, _POLL_SECONDS):
                error = message.error()
                if error is None:
                    deadline = time.monotonic() + ANSWER_SECONDS
                    yield message.key(), message.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    end.offsets[message.partition()] = message.offset()
            if time.monotonic() > deadline:
                raise RunRefused(f"topic {topic} at {brokers} cannot be read to its end")


def read_newest(
    brokers: str,
    topic: str,
    end: TopicEnd,
    keep: Callable[[bytes], T],
    kafka: Mapping[str, str] | None = None,
) -> dict[bytes, T]:
    """What a compacted topic holds: of each key that was not taken away, what is kept of its newest value.

    Raises:
        RunRefused: as `read_to_end` does.
    """
    found: dict[bytes, T] = {}
    for key, value in read_to_end(brokers, topic, end, kafka):
        if key is None:
            continue
        if value:
            found[key] = keep(value)
        else:
            found.pop(key, None)
    return found


def end_of(brokers: str, topic: str, kafka: Mapping[str, str] | None = None) -> dict[int, int]:
    """Where a topic ends now: partition to offset.

    Raises:
        RunRefused: no broker answers, or there is no such topic.
    """
    from confluent_kafka import TopicPartition

    with _consumer(brokers, topic, kafka) as (consumer, partitions):
        return {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=ANSWER_SECONDS)[1]
            for number in partitions
        }


@contextmanager
def _consumer(
    brokers: str, topic: str, kafka: Mapping[str, str] | None
) -> Iterator[tuple[Consumer, list[int]]]:
    """A client that can read a topic, and the topic's partitions."""
    from confluent_kafka import Consumer, KafkaException

    settings: dict[str, Any] = {
        "group.id": "contactflow-reader",  # the client wants one; nothing is ever committed
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        **(kafka or {}),
    }
    try:
        consumer = Consumer(client_settings(brokers, **settings))
    except KafkaException as error:
        raise RunRefused(f"Kafka's client cannot be used so: {error.args[0].str()}") from None
    with closing(consumer):
        try:
            described = consumer.list_topics(topic, timeout=ANSWER_SECONDS).topics[topic]
        except KafkaException:
            raise RunRefused(f"no Kafka broker answers at {brokers}") from None
        if described.error is not None:
            raise RunRefused(f"there is no topic {topic} at {brokers}")
        yield consumer, list(described.partitions)
