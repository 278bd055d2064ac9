"""The second job of a run over files: counts of its steps by minute, from the records that are complete."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from pipelines.live.environment import environment
from pipelines.live.folder import WINDOWS, OutFolder

SQL = Path(__file__).with_name("sql")

INSERT = "INSERT INTO workflow_steps SELECT *, DATE_FORMAT(window_start, 'yyyy-MM-dd') FROM ({query})"


class Windows:
    """Counts steps in windows, by Flink SQL.

    Within the first job all windows would have to stay open until its end, for the timers that fire then
    write steps of any minute. Flink sorts them on disk here, and that job's checkpoints stay small.
    """

    def __init__(self, gateway: Any, settings: Mapping[str, str], out: OutFolder) -> None:
        from pyflink.table import StreamTableEnvironment

        self._tables = StreamTableEnvironment.create(environment(gateway, settings))
        self._unfinished = out.private / "windows"
        self._final = out.path / WINDOWS
        self._declare("steps_in_files.sql", out.path / "steps")
        self._declare("windows_in_files.sql", self._unfinished)
        self._insert = INSERT.format(query=(SQL / "workflow_steps.sql").read_text())

    def prepare(self) -> None:
        """Has the query planned: it takes the planner seconds to load, best while the first job runs."""
        self._tables.explain_sql(self._insert)

    def count(self) -> None:
        """Runs the job to its end."""
        shutil.rmtree(self._unfinished, ignore_errors=True)
        self._tables.execute_sql(self._insert).wait()

    def publish(self) -> None:
        """Puts the finished files where they belong, all at once."""
        self._unfinished.mkdir(exist_ok=True)
        for number, file in enumerate(sorted(self._unfinished.glob("dt=*/part-*"))):
            file.rename(file.with_name(f"part-{number:05}.parquet"))
        shutil.rmtree(self._final, ignore_errors=True)
        self._unfinished.rename(self._final)

    def _declare(self, statement: str, folder: Path) -> None:
        address = folder.as_uri().replace("'", "''")
        self._tables.execute_sql(Template((SQL / statement).read_text()).substitute(folder=address))
