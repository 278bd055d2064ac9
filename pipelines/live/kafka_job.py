"""The live job over Kafka topics, wherever it runs: what it is asked for, and how it is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.live.bridge import Options
from pipelines.live.control import Control, read_control, write
from pipelines.live.failures import RunRefused
from pipelines.live.kafka_topology import KafkaTopology, Wiring
from pipelines.live.running import Told
from pipelines.live.topics import CONTROL, EVENTS, partition_counts, topic
from transforms.definitions import Definitions

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment


class KafkaJob(msgspec.Struct, kw_only=True):
    """What to run."""

    definitions: dict[str, bytes]
    """Key → JSON, published with the start. What the control topic says of the same key goes before it."""
    brokers: str
    prefix: str = "contactflow."
    """Of the names of all topics."""
    group: str = "contactflow"
    """Consumer group, and what the names of transactions begin with."""
    partitions: int = 4
    """Of topics that are missing, which are made."""
    parallelism: int = 1
    lateness_ms: int = 2000
    """How late an event may come and still be in time."""
    clock: str = "wall"
    """`wall`, or `events` when time passes by events alone."""
    delivery: str = "exactly-once"
    """`exactly-once`: records are seen with the next checkpoint; `at-least-once`: at once, perhaps twice."""
    transaction_timeout_ms: int = 600_000
    engine: str = "transforms.engine:Engine"
    pools: dict[str, list[str]] = {}
    """Codes to give out, by pool."""
    groups: dict[str, list[str]] = {}
    """Users to assign, by group."""
    kafka: dict[str, str] = {}
    """Settings for all Kafka clients."""


def check_pools(job: KafkaJob) -> None:
    """Refuses what cannot be shared between tasks.

    Raises:
        RunRefused: pools or groups, and more than one task.
    """
    if job.parallelism > 1 and (job.pools or job.groups):
        raise RunRefused("pools and groups are drawn from one after the other: they need --parallelism 1")


def published(job: KafkaJob, told: Told) -> Control:
    """What holds: what the control topic says, and the job's own definitions that it does not know.

    Raises:
        RunRefused: they cannot be used together, or no broker answers.
    """
    name = topic(job.prefix, CONTROL)
    control = read_control(job.brokers, name, job.kafka)
    _compile(job.definitions | control.documents)
    new = {key: body for key, body in job.definitions.items() if key not in control.documents}
    others = [key for key, body in job.definitions.items() if control.documents.get(key, body) != body]
    if new:
        write(job.brokers, name, new, job.kafka)
        control = read_control(job.brokers, name, job.kafka)
    if new or others:
        told.published(list(new), others)
    return control


def _compile(definitions: dict[str, bytes]) -> None:
    try:
        Definitions.read(definitions)
    except ValueError as error:
        raise RunRefused(f"the definitions cannot be used: {error}") from None


def assemble(job: KafkaJob, control: Control, env: StreamExecutionEnvironment, gateway: Any) -> None:
    """Adds the job to an environment, which is then to be executed."""
    events = topic(job.prefix, EVENTS)
    wiring = Wiring(
        brokers=job.brokers,
        prefix=job.prefix,
        group=job.group,
        lateness_ms=job.lateness_ms,
        wall=job.clock == "wall",
        exactly_once=job.delivery == "exactly-once",
        transaction_timeout_ms=job.transaction_timeout_ms,
        readers=min(job.parallelism, partition_counts(job.brokers, job.kafka)[events]),
        kafka=job.kafka,
    )
    options = Options(
        engine=job.engine,
        live=wiring.wall,
        topic=events,
        pools=job.pools,
        groups=job.groups,
        cards=True,
        reports=True,
    )
    KafkaTopology(env, gateway, wiring).build(control.documents, control.offsets, options)
