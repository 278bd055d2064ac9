"""What a running job says of itself on the status topic: that it lives, and what it has taken up."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping

import msgspec

from pipelines.live.topic_reading import TopicEnd, end_of, read_to_end

TAKE_SECONDS = 10
"""After so long nobody takes a change up any more: no job is running."""

ALIVE_SECONDS = 10
"""A job that has said nothing for so long is not running."""

RUNNING, STOPPED, FAILED, SILENT = "running", "stopped", "failed", "silent"
"""How a job is; it does not say the last of itself."""

_PAUSE_SECONDS = 0.1

_LAST = 1000
"""So many messages are looked at for the last of each job: some minutes of a few jobs."""


class Taken(msgspec.Struct, tag_field="of", tag="change"):
    """A task of a job has seen a change of the definitions.

    Attributes:
        refused: why it has changed nothing; None when it holds now.
    """

    key: str
    at: int
    """Wall clock of the task in milliseconds."""
    subtask: int
    subtasks: int
    refused: str | None = None


class Heartbeat(msgspec.Struct, tag_field="of", tag="job"):
    """How a job does.

    Attributes:
        state: `running`, `stopped` or `failed`.
    """

    group: str
    at: int
    """Wall clock of the command that runs it, in milliseconds."""
    state: str
    started: int
    reason: str | None = None
    counts: dict[str, int] = {}


_decode = msgspec.json.Decoder(Taken | Heartbeat).decode


def await_taken(
    brokers: str, topic: str, since: dict[int, int], keys: Collection[str], kafka: Mapping[str, str]
) -> list[Taken] | None:
    """What the tasks of the running job say of some changes; None when no job takes them up.

    Args:
        brokers: addresses, with commas between.
        topic: of the status.
        since: where the topic ended before the changes were written.
        keys: of the changes.
        kafka: more settings of the client.
    """
    if not any(state_of(beat) == RUNNING for beat in heartbeats(brokers, topic, kafka)):
        return None
    found: dict[tuple[str, int], Taken] = {}
    deadline = time.monotonic() + TAKE_SECONDS
    while time.monotonic() < deadline:
        end = TopicEnd()
        for report in _reports(brokers, topic, end, kafka, since):
            if isinstance(report, Taken) and report.key in keys:
                found[report.key, report.subtask] = report
                if len(found) == len(keys) * report.subtasks:
                    return list(found.values())
        since = end.offsets
        time.sleep(_PAUSE_SECONDS)
    return None


def state_of(beat: Heartbeat) -> str:
    """What a heartbeat says, or `silent` when it is too old to say anything."""
    old = time.time() - beat.at / 1000 > ALIVE_SECONDS
    return SILENT if beat.state == RUNNING and old else beat.state


def heartbeats(brokers: str, topic: str, kafka: Mapping[str, str]) -> list[Heartbeat]:
    """The last heartbeat of each job."""
    found: dict[str, Heartbeat] = {}
    since = {number: max(0, end - _LAST) for number, end in end_of(brokers, topic, kafka).items()}
    for report in _reports(brokers, topic, TopicEnd(), kafka, since):
        if isinstance(report, Heartbeat):
            found[report.group] = report
    return list(found.values())


def _reports(
    brokers: str, topic: str, end: TopicEnd, kafka: Mapping[str, str], since: Mapping[int, int]
) -> Iterator[Taken | Heartbeat]:
    return (_decode(value) for _, value in read_to_end(brokers, topic, end, kafka, since) if value)
