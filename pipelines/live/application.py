"""The live job as a Flink application: the cluster starts us, keeps the state, and says where to go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.live import flink_settings
from pipelines.live.kafka_job import KafkaJob, assemble, check_pools, published
from pipelines.live.reports import FAILED, STOPPED
from pipelines.live.running import HEARTBEAT_SECONDS, Pulse, Told
from pipelines.live.topics import STATUS, ensure_topics, topic

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment


def run_application(job: KafkaJob, told: Told) -> None:
    """Runs in the program that Flink's PythonDriver starts, until the job has ended.

    Parallelism, state backend, checkpoints and where to go on are the cluster's settings.

    Raises:
        RunRefused: the job cannot begin as asked for.
    """
    from pyflink.java_gateway import get_gateway

    gateway = get_gateway()
    env = _environment()
    job = msgspec.structs.replace(job, parallelism=env.get_parallelism())
    check_pools(job)
    made = ensure_topics(job.brokers, job.prefix, job.partitions, job.kafka)
    if made:
        told.created(made)
    assemble(job, published(job, told), env, gateway)
    pulse = Pulse(job.brokers, topic(job.prefix, STATUS), job.group, job.kafka)
    try:
        attend(env.execute_async(job.group)._j_job_client, pulse)
    except Exception as failure:
        pulse.end(FAILED, str(failure).partition("\n")[0])
        raise
    pulse.end(STOPPED)


def attend(client: Any, pulse: Pulse) -> None:
    """Tells how the job does until it has ended; raises what has ended it, unless it was a savepoint."""
    result = client.getJobExecutionResult()
    while not result.isDone():
        pulse.beat(dict(client.getAccumulators().get()))
        time.sleep(HEARTBEAT_SECONDS)
    result.get()


def _environment() -> StreamExecutionEnvironment:
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment

    configuration = Configuration()
    for name, value in flink_settings.application().items():
        configuration.set_string(name, value)
    return StreamExecutionEnvironment.get_execution_environment(configuration)
