"""The control topic: definitions, statuses and releases by key, the newest of each; read whole, written to.

Keys are those of `transforms.definitions.Key`: `workflow/ID@VERSION`, `email/ID@1`, `status/ID@1`,
`release/ID@VERSION`; values are their JSON, none when the document is gone.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pipelines.live.failures import RunRefused
from pipelines.live.topic_reading import TopicEnd, read_newest
from pipelines.live.topics import ANSWER_SECONDS, client_settings


class Control(Struct):
    """What the control topic holds."""

    documents: dict[str, bytes]
    """Key to JSON."""
    offsets: dict[int, int]
    """Partition to the offset up to which this is so."""


def read_all(brokers: str, topic: str, kafka: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """The documents that hold: key to JSON.

    Raises:
        RunRefused: no broker answers, or there is no such topic.
    """
    return read_control(brokers, topic, kafka).documents


def read_control(brokers: str, topic: str, kafka: Mapping[str, str] | None = None) -> Control:
    """Reads the topic up to its end.

    Raises:
        RunRefused: no broker answers, or there is no such topic.
    """
    end = TopicEnd()
    newest = read_newest(brokers, topic, end, bytes, kafka)
    return Control({key.decode(): body for key, body in newest.items()}, end.offsets)


def write(
    brokers: str,
    topic: str,
    documents: Mapping[str, bytes | None],
    kafka: Mapping[str, str] | None = None,
) -> None:
    """Writes documents in their order, and returns when the broker has them; None takes one away.

    Raises:
        RunRefused: the broker does not take them.
    """
    from confluent_kafka import KafkaException, Producer

    refused: list[str] = []
    settings = client_settings(
        brokers,
        **{"enable.idempotence": True, "delivery.timeout.ms": ANSWER_SECONDS * 1000, **(kafka or {})},
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
