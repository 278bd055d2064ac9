"""The engine's benchmark runs; what it measures is for people to look at."""

from __future__ import annotations

from bench.engine import QUICK, bundles, sizes, times
from bench.workload import BEGIN_MS, contact, documents, visit
from transforms.engine import Engine
from transforms.step import STEPS


def test_each_kind_of_call_is_measured() -> None:
    rows = times(QUICK)
    assert len({row[0] for row in rows}) >= 7
    assert {row[1] for row in rows} == {10, QUICK.workflows}


def test_each_bundle_size_is_measured() -> None:
    assert [row[0] for row in bundles(QUICK)] == list(QUICK.bundles)


def test_sizes_are_measured() -> None:
    assert all(isinstance(row[1], int) and row[1] > 0 for row in sizes())


def test_visits_concern_the_one_workflow_only_and_only_on_offers() -> None:
    engine = Engine(documents(100, globs=True))
    for offer, expected in ((False, []), (True, ["started", "parked"])):
        line = visit(7, contact(1), BEGIN_MS, offer)
        assert 230 <= len(line) <= 250
        records = engine.process(None, [line], until=None).records
        assert [number for number, _ in records] == [STEPS] * len(expected)
        for outcome, (_, record) in zip(expected, records, strict=True):
            assert f'"outcome":"{outcome}"'.encode() in record
