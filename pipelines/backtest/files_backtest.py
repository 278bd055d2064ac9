"""Runs workflows over event files with Beam: survey, pipeline, output folder."""

from __future__ import annotations

import logging
import os
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from pipelines.backtest.beam_options import LOCAL, empty_pipeline
from pipelines.backtest.blocks import Block, blocks_of
from pipelines.backtest.folding import Folding
from pipelines.backtest.quiet import output_to
from pipelines.live.failures import RunFailed, RunRefused
from pipelines.live.folder import LINES, OutFolder
from pipelines.live.survey import Survey, survey
from transforms.simulation import END_AFTER_MS


class Backtest(msgspec.Struct, kw_only=True):
    """What to run."""

    definitions: dict[str, bytes]
    """Key → JSON."""
    events: list[Path]
    """Files of JSON lines, read in this order."""
    out: Path
    until: int | str | None = None
    """Milliseconds until when timers fire; `end`; None for the time of the last event."""
    pools: dict[str, list[str]] = {}
    """Codes to give out, by pool."""
    groups: dict[str, list[str]] = {}
    """Users to assign, by group."""
    runner: str = LOCAL
    workers: int = 1
    options: list[str] = []
    """Options of Beam's own, each `--name` or `--name=value`."""
    engine: str = "transforms.engine:Engine"


class Report(msgspec.Struct):
    """What a backtest has done."""

    counts: dict[str, int]
    """`events` read, records written by kind, and contacts that are `waiting` at the end."""
    seconds: float


def run_backtest(backtest: Backtest) -> Report:
    """Runs to the end.

    Raises:
        RunRefused: it cannot begin as it was asked for.
        RunFailed: it has stopped before its end; there are no records then.
    """
    out = OutFolder(backtest.out)
    if out.path.exists() and not out.path.is_dir():
        raise RunRefused(f"{backtest.out} is a file; --out takes a folder")
    if out.is_used():
        raise RunRefused(f"{backtest.out} is not empty: name another folder")
    started = time.monotonic()
    with output_to(Path(os.devnull)):
        asked = _prepared(backtest)
    log = out.private / "beam.log"
    with out.taken(), output_to(log):
        counts = _run(asked, out, log)
    return Report(counts, time.monotonic() - started)


class _Asked(NamedTuple):
    """A backtest that can begin."""

    pipeline: Any
    blocks: list[Block]
    joined: dict[str, str]
    folding: Folding


def _prepared(backtest: Backtest) -> _Asked:
    pipeline = empty_pipeline(backtest.runner, backtest.workers, backtest.options)
    try:
        found = survey(backtest.events)
        blocks = list(blocks_of(backtest.events))
    except OSError as error:
        raise RunRefused(f"{error.filename}: {error.strerror}") from None
    folding = Folding(
        definitions=backtest.definitions,
        files=[str(path) for path in backtest.events],
        horizon=_horizon(backtest, found),
        engine=backtest.engine,
        pools=backtest.pools,
        groups=backtest.groups,
    )
    return _Asked(pipeline, blocks, found.joined, folding)


def _run(asked: _Asked, out: OutFolder, log: Path) -> dict[str, int]:
    from pipelines.backtest.topology import build

    for name in LINES:
        (out.path / name).mkdir()
    try:
        build(asked.pipeline, asked.blocks, asked.joined, asked.folding, out.path)
        result = asked.pipeline.run()
        state = result.wait_until_finish()
    except Exception as error:  # whatever a runner throws
        _clear(out)
        logging.getLogger(__name__).exception("the Beam pipeline failed")
        raise RunFailed(f"the Beam pipeline failed: {_cause(error)}; see {log}") from None
    if state != "DONE":
        _clear(out)
        raise RunFailed(f"the Beam pipeline ended as {state}; see {log}")
    return _counts(result)


def _horizon(backtest: Backtest, found: Survey) -> int | None:
    if found.latest is None:
        return None
    if isinstance(backtest.until, int):
        return backtest.until
    return found.latest + END_AFTER_MS if backtest.until == "end" else found.latest


def _counts(result: Any) -> dict[str, int]:
    from pipelines.backtest.topology import NAMESPACE

    counters = result.metrics().query()["counters"]
    ours = [counter for counter in counters if counter.key.metric.namespace == NAMESPACE]
    counts: dict[str, int] = {}
    for counter in ours:
        name = counter.key.metric.name
        counts[name] = counts.get(name, 0) + counter.result
    return counts


def _clear(out: OutFolder) -> None:
    """Half of the records would be mistaken for all of them."""
    for name in LINES:
        shutil.rmtree(out.path / name, ignore_errors=True)


def _cause(error: BaseException) -> str:
    """The line that tells most: workers hand on their stack trace as text."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith(" ")]
    named = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return (named if len(lines) < 2 else lines[-1]).rstrip(".")
