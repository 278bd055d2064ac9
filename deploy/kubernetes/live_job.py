"""What the FlinkDeployment runs: the live job, put together on the JobManager by Flink's PythonDriver."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from cli.definitions import accepted, fail, packed
from cli.live_options import settings_of
from cli.pools import pools_file
from cli.times import read_milliseconds
from pipelines.live.application import run_application
from pipelines.live.failures import RunRefused
from pipelines.live.kafka_job import KafkaJob
from pipelines.live.running import Told


def job_of(arguments: Sequence[str]) -> KafkaJob:
    """The job that is asked for; options mean what they mean for `contactflow run --kafka`."""
    parser = argparse.ArgumentParser(prog="live_job.py", allow_abbrev=False)
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--definitions", type=Path, action="append", default=[])
    parser.add_argument("--pools", type=Path)
    parser.add_argument("--topic-prefix", default="contactflow.")
    parser.add_argument("--group", default="contactflow")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--lateness", default="2s")
    parser.add_argument("--delivery", choices=("exactly-once", "at-least-once"), default="exactly-once")
    parser.add_argument("--transaction-timeout", default="10m")
    parser.add_argument("-K", dest="settings", action="append")
    asked = parser.parse_args(arguments)
    allocation = pools_file(asked.pools)
    return KafkaJob(
        definitions=packed(accepted(asked.definitions)),
        brokers=asked.kafka,
        prefix=asked.topic_prefix,
        group=asked.group,
        partitions=asked.partitions,
        lateness_ms=read_milliseconds("--lateness", asked.lateness),
        delivery=asked.delivery,
        transaction_timeout_ms=read_milliseconds("--transaction-timeout", asked.transaction_timeout),
        pools=allocation.pools,
        groups=allocation.groups,
        kafka=settings_of(asked.settings),
    )


def main(arguments: Sequence[str]) -> None:
    """Runs until the job has ended."""
    told = Told(
        created=lambda topics: print(f"created the topics {', '.join(topics)}"),
        published=_published,
        progress=lambda counts, seconds: None,
        stopping=lambda: None,
    )
    try:
        run_application(job_of(arguments), told)
    except RunRefused as refusal:
        fail(str(refusal))


def _published(new: list[str], others: list[str]) -> None:
    if new:
        print(f"published {', '.join(new)}")
    for key in others:
        print(f"{key} is published with other content, and that holds")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
