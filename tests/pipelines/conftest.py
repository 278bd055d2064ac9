from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from pipelines.live.broker import Broker


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the runs with Flink. They are so short that compiling for speed costs more than it gives."""
    monkeypatch.setenv("JVM_ARGS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx1g")
    # Whatever Flink or Python the user has besides must not matter.
    for name in ("FLINK_HOME", "FLINK_LIB_DIR", "FLINK_CONF_DIR"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.delenv("PYTHONPATH", raising=False)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real Kafka broker for all tests that want one; each takes topics with a prefix of its own."""
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
