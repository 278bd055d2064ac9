"""A live job from its start to its end: counts, heartbeats, and the stop that saves its state."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from pipelines.live.failures import RunFailed
from pipelines.live.reports import RUNNING, Heartbeat
from pipelines.live.topics import client_settings

SAVEPOINTS = "stopped"
"""Folder in that of an attempt, for what is saved when the job is told to stop."""

HEARTBEAT_SECONDS = 2.0

_POLL_SECONDS = 0.2
_FLUSH_SECONDS = 5


class Told(msgspec.Struct, kw_only=True):
    """Whom to tell what; all may be called many times."""

    created: Callable[[dict[str, int]], None]
    """Topics that were made, with their numbers of partitions."""
    published: Callable[[list[str], list[str]], None]
    """Keys of definitions that were published with the start, and of those that are published otherwise."""
    progress: Callable[[dict[str, int], float], None]
    """Counts (`events`, and records by kind) and seconds since the job was started."""
    stopping: Callable[[], None]
    """It was told to stop, and is saving its state."""


class Pulse:
    """Says on the status topic how the job does. When the broker does not listen, the job says it itself."""

    def __init__(self, brokers: str, topic: str, group: str, kafka: Mapping[str, str]) -> None:
        from confluent_kafka import Producer

        settings = {"message.timeout.ms": int(_FLUSH_SECONDS * 1000), **kafka}
        self._producer = Producer(client_settings(brokers, **settings))
        self._topic = topic
        self._group = group
        self._started = _now()
        self._next = 0.0
        self._counts: dict[str, int] = {}

    def beat(self, counts: dict[str, int]) -> None:
        """Tells the counts, if it has not done so just now."""
        self._counts = counts
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + HEARTBEAT_SECONDS
            self._say(RUNNING, None)

    def end(self, state: str, reason: str | None = None) -> None:
        """Tells how the job has ended."""
        self._say(state, reason)
        self._producer.flush(_FLUSH_SECONDS)

    def _say(self, state: str, reason: str | None) -> None:
        beat = Heartbeat(self._group, _now(), state, self._started, reason, self._counts)
        self._producer.produce(self._topic, key=self._group.encode(), value=msgspec.json.encode(beat))
        self._producer.poll(0)


def attend(client: Any, gateway: Any, folder: Path, told: Told, pulse: Pulse) -> dict[str, int]:
    """Stays with a job until SIGINT or SIGTERM, which save its state into a folder and end it in order.

    Returns:
        The last counts.

    Raises:
        RunFailed: the job was ended by somebody else; whatever has made it fail is raised as it is.
    """
    started = time.monotonic()
    counts: dict[str, int] = {}
    result = client.getJobExecutionResult()
    try:
        while not result.isDone():
            counts = dict(client.getAccumulators().get())
            told.progress(counts, time.monotonic() - started)
            pulse.beat(counts)
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        told.stopping()
        _stop(client, gateway, folder)
    else:
        result.get()  # raises what has ended it
        raise RunFailed("the Flink job was ended by somebody else")
    return dict(result.get().getAllAccumulatorResults())


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """The first SIGTERM; who sends one to a group of processes often sends us two."""

    def once(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGTERM, once)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(client: Any, gateway: Any, folder: Path) -> None:
    formats = gateway.jvm.org.apache.flink.core.execution.SavepointFormatType
    saved = client.stopWithSavepoint(False, (folder / SAVEPOINTS).as_uri(), formats.NATIVE)
    while not saved.isDone():
        time.sleep(_POLL_SECONDS)
    saved.get()


def _now() -> int:
    return int(time.time() * 1000)
