"""Both examples through Beam: the records of `simulate`, in the same order for each contact."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from record_files import read_records, simulated

from cli.definitions import load, packed
from pipelines.backtest.files_backtest import Backtest, run_backtest

EXAMPLES = Path(__file__).parents[2] / "examples"
EVERY = {"online-retail": 30, "clickstream": 1}
"""Of so many contacts one is taken."""


@pytest.mark.parametrize("example", EVERY)
def test_backtest_gives_the_records_of_simulate(
    example: str, converter: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    everything, events = tmp_path / "all.jsonl", tmp_path / "events.jsonl"
    converter(example).convert(everything)
    contacts: dict[str, int] = {}
    with everything.open() as lines, events.open("w") as taken:
        for line in lines:
            number = contacts.setdefault(json.loads(line)["contact"], len(contacts))
            if number % EVERY[example] == 0:
                taken.write(line)
    documents, _ = load([EXAMPLES / example / "workflows"])
    definitions = packed(documents)
    out = tmp_path / "out"
    run_backtest(Backtest(definitions=definitions, events=[events], out=out, until="end", workers=2))
    records = read_records(out)
    assert records == simulated(definitions, [events], "end")
    assert len(records["actions"]) > 100 and len(records["steps"]) > 100
