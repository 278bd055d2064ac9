"""The scenarios, run on the model."""

from pathlib import Path

import pytest

from model import scenarios, simulate

FOLDER = Path(__file__).parents[1] / "scenarios"


def cases() -> list[object]:
    """Every scenario in which events happen; those that end at the check say nothing to the model."""
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(FOLDER.glob("*/*.yaml"))
        for case in scenarios.load(path)
        if "expect" in case
    ]


@pytest.mark.parametrize("case", cases())
def test_model_gives_the_records_that_the_scenario_expects(case: scenarios.Case) -> None:
    actions, dead, _ = simulate(
        scenarios.documents(case), scenarios.lines(case), scenarios.until(case), case.get("pools")
    )
    assert scenarios.difference(case, actions, [d["reason"] for d in dead]) is None
