"""The Kafka topics of the live job: their names, whether they are there, and how they are made."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.live.failures import RunRefused

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

EVENTS, CONTROL, STATUS = "events", "control", "status"
RECORDS = ("actions", "steps", "outcomes", "dead_letters", "cards")
"""Kinds of record with a topic each."""

_DAY_MS = 24 * 3_600_000
_CONFIGURED = {
    CONTROL: {"cleanup.policy": "compact"},
    "cards": {"cleanup.policy": "compact"},
    STATUS: {"retention.ms": str(_DAY_MS)},
}
"""What topics are made with that do not keep everything as long as the broker says."""

ANSWER_SECONDS = 10
"""How long a broker may take to answer."""

_POLL_SECONDS = 0.05


def topic(prefix: str, name: str) -> str:
    """The full name of a topic."""
    return prefix + name


def client_settings(brokers: str, **more: Any) -> dict[str, Any]:
    """Settings of a Kafka client that keeps to itself what it thinks about the network: we say it."""
    return {"bootstrap.servers": brokers, "log_level": 0, "error_cb": lambda _: None, **more}


def partition_counts(brokers: str, kafka: Mapping[str, str] | None = None) -> dict[str, int]:
    """Topic to number of partitions, of all topics that can be used.

    Raises:
        RunRefused: no broker answers.
    """
    return _listed(_admin(brokers, kafka), brokers)


def ensure_topics(
    brokers: str, prefix: str, partitions: int, kafka: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Makes the topics that are missing; those of definitions and status in one partition, for their order.

    Args:
        brokers: addresses, with commas between.
        prefix: of all names.
        partitions: of a new topic.
        kafka: more settings of the client.

    Returns:
        The topics that were made, with their numbers of partitions.

    Raises:
        RunRefused: no broker answers, or it does not let us.
    """
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import NewTopic

    admin = _admin(brokers, kafka)
    known = _listed(admin, brokers)
    wanted = {topic(prefix, name): partitions for name in (EVENTS, *RECORDS)}
    wanted |= {topic(prefix, name): 1 for name in (CONTROL, STATUS)}
    missing = {name: count for name, count in wanted.items() if name not in known}
    new = [
        NewTopic(name, count, -1, config=_CONFIGURED.get(name.removeprefix(prefix), {}))
        for name, count in missing.items()
    ]
    for name, made in (admin.create_topics(new) if new else {}).items():
        try:
            made.result(ANSWER_SECONDS)
        except KafkaException as error:
            if error.args[0].name() != "TOPIC_ALREADY_EXISTS":
                reason = error.args[0].str()
                raise RunRefused(f"topic {name} is missing and cannot be created: {reason}") from None
    _await(admin, brokers, missing)
    return missing


def _await(admin: AdminClient, brokers: str, made: dict[str, int]) -> None:
    """Brokers hear of new topics a moment later than they say that these are made."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not made.keys() <= _listed(admin, brokers).keys():
        if time.monotonic() > deadline:
            raise RunRefused(f"the new topics do not appear at {brokers}: {', '.join(made)}")
        time.sleep(_POLL_SECONDS)


def _admin(brokers: str, kafka: Mapping[str, str] | None) -> AdminClient:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        return AdminClient(client_settings(brokers, **(kafka or {})))
    except KafkaException as error:
        raise RunRefused(
            f"Kafka's client cannot be used so with {brokers!r}: {error.args[0].str()}"
        ) from None


def _listed(admin: AdminClient, brokers: str) -> dict[str, int]:
    from confluent_kafka import KafkaException

    try:
        found = admin.list_topics(timeout=ANSWER_SECONDS).topics
    except KafkaException:
        raise RunRefused(f"no Kafka broker answers at {brokers}") from None
    return {
        name: len(one.partitions)
        for name, one in found.items()
        if one.error is None and all(partition.leader >= 0 for partition in one.partitions.values())
    }
