"""The live job as an application, with Flink and Kafka played by the test: what it does in which order."""

from __future__ import annotations

from typing import Any

import pyflink.java_gateway
import pytest

from pipelines.live import application, flink_settings
from pipelines.live.control import Control
from pipelines.live.failures import RunRefused
from pipelines.live.kafka_job import KafkaJob
from pipelines.live.running import Told

JOB = KafkaJob(definitions={}, brokers="here:1", group="g")


class Later:
    """A result that is there after some questions."""

    def __init__(self, value: Any, questions: int = 0) -> None:
        self._value = value
        self._questions = questions

    def isDone(self) -> bool:  # noqa: N802
        self._questions -= 1
        return self._questions < 0

    def get(self) -> Any:
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


class Client:
    """A job that ends when it was asked twice."""

    def __init__(self, end: Any) -> None:
        self._end = end

    def getJobExecutionResult(self) -> Later:  # noqa: N802
        return Later(self._end, 2)

    def getAccumulators(self) -> Later:  # noqa: N802
        return Later({"events": 7})


class Environment:
    """A cluster with a parallelism of 3."""

    def __init__(self, end: Any) -> None:
        self._j_job_client = Client(end)

    def get_parallelism(self) -> int:
        return 3

    def execute_async(self, name: str) -> Environment:
        assert name == "g"
        return self


class World:
    """Plays all that the application touches, and keeps what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, end: Any) -> None:
        self.did: list[Any] = []
        played = {
            "HEARTBEAT_SECONDS": 0.0,
            "_environment": lambda: Environment(end),
            "ensure_topics": lambda *asked: self.did.append("topics") or {},
            "published": lambda job, told: self.did.append("published") or Control({}, {}),
            "assemble": lambda job, *rest: self.did.append(f"assembled for {job.parallelism}"),
            "Pulse": lambda *asked: self,
        }
        for name, value in played.items():
            monkeypatch.setattr(application, name, value)
        monkeypatch.setattr(pyflink.java_gateway, "get_gateway", lambda: None)

    def beat(self, counts: dict[str, int]) -> None:
        self.did.append(counts)

    def end(self, state: str, reason: str | None = None) -> None:
        self.did.append((state, reason))


def run(job: KafkaJob) -> None:
    told = Told(created=print, published=print, progress=print, stopping=print)
    application.run_application(job, told)


BEGUN = ["topics", "published", "assembled for 3", {"events": 7}, {"events": 7}]


def test_tells_how_the_job_does_until_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, {})
    run(JOB)
    assert world.did == [*BEGUN, ("stopped", None)]


def test_tells_and_raises_what_has_ended_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, RuntimeError("no more restarts\n\tat java"))
    with pytest.raises(RuntimeError, match="no more restarts"):
        run(JOB)
    assert world.did == [*BEGUN, ("failed", "no more restarts")]


def test_pools_are_not_shared_between_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, {})
    with pytest.raises(RunRefused, match="pools and groups"):
        run(KafkaJob(definitions={}, brokers="here:1", pools={"coupons": ["A"]}))
    assert world.did == []


def test_what_the_manifest_says_is_not_said_again() -> None:
    brought = flink_settings.application()
    assert brought["python.execution-mode"] == "thread"
    assert all(name.startswith(("python.", "pipeline.object-reuse")) for name in brought)
