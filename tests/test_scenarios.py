"""Every scenario, run by the engine in this process; bad definitions are refused or warned of."""

import msgspec
import pytest
from bookkeeping import unaccounted
from model import scenarios
from scenario_files import documents_of, named

from cli.definitions import packed
from schemas.documents import UnreadableDocument
from transforms.allocation import Pools
from transforms.check import check_documents
from transforms.engine import Engine
from transforms.simulation import END_AFTER_MS, Simulation
from transforms.step import ACTIONS, DEAD_LETTERS, STEPS


def simulate(case: scenarios.Case) -> tuple[scenarios.Records, scenarios.Records]:
    """Action records and dead letters of a scenario, whose records must add up."""
    documents = documents_of(case)
    errors = [str(finding) for finding in check_documents(documents) if finding.severity == "error"]
    assert not errors
    pools = case.get("pools", {})
    engine = Engine(packed(documents), Pools(pools.get("pools", {}), pools.get("groups", {})))
    simulation = Simulation(engine)
    records = []
    for line in scenarios.lines(case):
        records += simulation.take(line if isinstance(line, bytes) else line.encode())
    until = scenarios.until(case)
    if simulation.latest is not None:
        last = simulation.latest + END_AFTER_MS if until == "end" else until
        for more in simulation.wake(simulation.latest if last is None else last):
            records += more
    by_output: dict[int, scenarios.Records] = {ACTIONS: [], STEPS: [], DEAD_LETTERS: []}
    for output, record in records:
        by_output.setdefault(output, []).append(msgspec.to_builtins(record))
    assert not list(unaccounted(by_output[ACTIONS], by_output[STEPS], simulation))
    return by_output[ACTIONS], by_output[DEAD_LETTERS]


@pytest.mark.parametrize("case", named("expect"))
def test_scenario_gives_its_records(case: scenarios.Case) -> None:
    actions, dead = simulate(case)
    assert scenarios.difference(case, actions, [letter["reason"] for letter in dead]) is None


@pytest.mark.parametrize("case", named("refused"))
def test_bad_definition_is_refused(case: scenarios.Case) -> None:
    try:
        findings = check_documents(documents_of(case))
        errors = [finding.message for finding in findings if finding.severity == "error"]
    except UnreadableDocument as unreadable:
        errors = [str(unreadable)]
    assert any(case["refused"] in message for message in errors), errors


@pytest.mark.parametrize("case", named("warned"))
def test_doubtful_definition_is_warned_of(case: scenarios.Case) -> None:
    findings = check_documents(documents_of(case))
    warnings = [finding.message for finding in findings if finding.severity == "warning"]
    assert any(case["warned"] in message for message in warnings), findings
    assert not [finding for finding in findings if finding.severity == "error"]
