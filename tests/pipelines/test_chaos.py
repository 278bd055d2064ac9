"""Processes are killed under the live job: the short form of `make chaos`."""

from pathlib import Path

import pytest
from chaos import SHORT, chaos

pytestmark = pytest.mark.flink


def test_nothing_is_missing_and_nothing_twice_whatever_is_killed(tmp_path: Path) -> None:
    verdict = chaos(SHORT, tmp_path, print)
    assert verdict.expected > 10_000
    assert (verdict.missing, verdict.twice, verdict.strange) == ([], [], [])
