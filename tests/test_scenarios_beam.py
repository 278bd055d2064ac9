"""Every scenario through Beam, all in one run: the records that the scenario expects."""

import pytest
from model import scenarios
from scenario_batch import ENGINE, Batch, Results
from scenario_files import named

from pipelines.backtest.files_backtest import Backtest, run_backtest


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("beam")
    batch = Batch(folder)
    run_backtest(
        Backtest(
            definitions=batch.definitions,
            events=[batch.events],
            out=folder / "out",
            until=batch.until,
            pools=batch.pools,
            groups=batch.groups,
            engine=ENGINE,
        )
    )
    return Results(folder / "out")


@pytest.mark.parametrize("case", named("expect"))
def test_scenario_gives_its_records(results: Results, case: scenarios.Case) -> None:
    assert results.difference(case, in_order=True) is None
