"""The control topic: definitions, statuses and releases by key, the newest of each; read whole, written to.

Keys are those of `transforms.definitions.Key`: `workflow/ID@VERSION`, `email/ID@1`, `status/ID@1`,
`release/ID@VERSION`; values are their JSON, none when the document is gone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing

from msgspec import Struct

from pipelines.live.failures import RunRefused
from pipelines.live.topics import ANSWER_SECONDS, client_settings

_POLL_SECONDS = 0.5
_BLOCK = 1000


class Control(Struct):
    """What the control topic holds."""

    documents: dict[str, bytes]
    """Key to JSON."""
    offsets: dict[int, int]
    """Partition to the offset up to which this is so."""


def read_all(brokers: str, topic: str) -> dict[str, bytes]:
    """The documents that hold: key to JSON.

    Raises:
        RunRefused: no broker answers, or there is no such topic.
    """
    return read_control(brokers, topic).documents


def read_control(brokers: str, topic: str) -> Control:
    """Reads the topic up to its end.

    Raises:
        RunRefused: no broker answers, or there is no such topic.
    """
    from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

    settings = client_settings(
        brokers,
        **{
            "group.id": "contactflow-control",  # the client wants one; nothing is ever committed
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        },
    )
    found = Control({}, {})
    with closing(Consumer(settings)) as consumer:
        try:
            described = consumer.list_topics(topic, timeout=ANSWER_SECONDS).topics[topic]
        except KafkaException:
            raise RunRefused(f"no Kafka broker answers at {brokers}") from None
        if described.error is not None:
            raise RunRefused(f"there is no topic {topic} at {brokers}")
        consumer.assign([TopicPartition(topic, number, 0) for number in described.partitions])
        deadline = time.monotonic() + ANSWER_SECONDS
        while len(found.offsets) < len(described.partitions):
            for message in consumer.consume(_BLOCK, _POLL_SECONDS):
                error = message.error()
                if error is None:
                    deadline = time.monotonic() + ANSWER_SECONDS
                    _take(found.documents, message.key(), message.value())
                elif error.code() == KafkaError._PARTITION_EOF:
                    found.offsets[message.partition()] = message.offset()
            if time.monotonic() > deadline:
                raise RunRefused(f"topic {topic} at {brokers} cannot be read to its end")
    return found


def write(brokers: str, topic: str, documents: Mapping[str, bytes | None]) -> None:
    """Writes documents in their order, and returns when the broker has them; None takes one away.

    Raises:
        RunRefused: the broker does not take them.
    """
    from confluent_kafka import KafkaException, Producer

    refused: list[str] = []
    settings = client_settings(
        brokers, **{"enable.idempotence": True, "delivery.timeout.ms": ANSWER_SECONDS * 1000}
    )
    try:
        producer = Producer(settings)
        for key, body in documents.items():
            producer.produce(
                topic,
                key=key.encode(),
                value=body,
                on_delivery=lambda error, _: refused.append(error.str()) if error else None,
            )
        left = producer.flush(2 * ANSWER_SECONDS)
    except KafkaException as error:
        raise RunRefused(f"topic {topic} at {brokers}: {error.args[0].str()}") from None
    if refused or left:
        raise RunRefused(f"topic {topic} at {brokers}: {refused[0] if refused else 'no answer'}")


def _take(documents: dict[str, bytes], key: bytes | None, body: bytes | None) -> None:
    if key is None:
        return
    if body:
        documents[key.decode()] = body
    else:
        documents.pop(key.decode(), None)
