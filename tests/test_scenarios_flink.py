"""Every scenario through Flink, all in one run: the records that the scenario expects."""

from pathlib import Path

import pytest
from model import scenarios
from scenario_batch import ENGINE, Batch, Results
from scenario_files import named

from pipelines.live.files_run import FilesRun, run_files

pytestmark = pytest.mark.flink


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("flink")
    batch = Batch(folder)
    run = FilesRun(
        definitions=batch.definitions,
        events=[batch.events],
        out=folder / "out",
        until=batch.until,
        pools=batch.pools,
        groups=batch.groups,
        engine=ENGINE,
        python_path=[Path(__file__).parent],
    )
    run_files(run, lambda _: None)
    return Results(folder / "out")


@pytest.mark.parametrize("case", named("expect"))
def test_scenario_gives_its_records(results: Results, case: scenarios.Case) -> None:
    assert results.difference(case, in_order=False) is None
