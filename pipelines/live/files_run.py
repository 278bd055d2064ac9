"""Runs workflows over event files with Flink: survey, job, output folder, going on after a failure."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from pipelines.live import flink_settings
from pipelines.live.bridge import Options
from pipelines.live.environment import environment
from pipelines.live.failures import RunRefused
from pipelines.live.folder import (
    Manifest,
    OutFolder,
    attempt_folder,
    newest_checkpoint,
    remove_checkpoints,
)
from pipelines.live.gateway import ROOT, jars, java, java_gateway
from pipelines.live.java_failures import in_one_sentence
from pipelines.live.resuming import begin, check
from pipelines.live.survey import Survey, survey
from pipelines.live.windows import Windows

DAY_MS = 86_400_000
LONGEST_WAIT_MS = 400 * DAY_MS
"""How far `--until end` goes beyond the last event."""

_POLL_SECONDS = 0.2


class FilesRun(msgspec.Struct, kw_only=True):
    """What to run."""

    definitions: dict[str, bytes]
    """Key → JSON."""
    events: list[Path]
    """Files of JSON lines, read in this order."""
    out: Path
    until: int | str | None = None
    """Milliseconds until when timers fire; `end`; None for the time of the last event."""
    checkpoints: Path | None = None
    """Folder for checkpoints; None for one inside `out`."""
    resume: bool = False
    parallelism: int = 1
    backend: str = "heap"
    cluster: str | None = None
    """HOST:PORT of a Flink cluster; None to run in this process."""
    checkpoint_ms: int = 10_000
    engine: str = "transforms.engine:Engine"
    pools: dict[str, list[str]] = {}
    """Codes to give out, by pool."""
    groups: dict[str, list[str]] = {}
    """Users to assign, by group."""
    python_path: list[Path] = []
    """Where more Python modules are that the engine needs."""
    flink: dict[str, str] = {}
    """Settings of Flink that go before ours."""


class Progress(msgspec.Struct):
    """How far a run has come since it was started or resumed."""

    lines: int
    """Of the input in all."""
    counts: dict[str, int]
    """`events` read, and records written by kind."""
    seconds: float


Watch = Callable[[Progress], None]


def run_files(run: FilesRun, watch: Watch) -> Progress | None:
    """Runs to the end of the input.

    Args:
        run: what.
        watch: is told of the progress about every second.

    Returns:
        The last progress; None when a resumed run turns out to have finished before.

    Raises:
        RunRefused: the run cannot begin as asked for.
        RunFailed: it has stopped before its end.
    """
    out = OutFolder(run.out)
    _check(run, out)
    found = _surveyed(run)
    with out.taken() as lock:
        manifest = begin(_manifest(run, out, found), out, run.resume)
        if manifest.finished:
            return None
        progress = Progress(found.lines, {}, 0.0)
        with java_gateway(out.private / "tmp", out.log, [lock]) as gateway, in_one_sentence(out.log):
            client = None if manifest.recorded else _submit(run, out, manifest, found, gateway)
            started = time.monotonic()
            windows = Windows(gateway, flink_settings.batch(_cores(run)) | _where(run, out), out)
            if client is not None:
                windows.prepare()
                _await(client, progress, watch, started)
                manifest.recorded = True
                out.note(manifest)
            windows.count()
        out.sweep()
        remove_checkpoints(Path(manifest.checkpoints))
        windows.publish()
        manifest.finished = True
        out.note(manifest)
    return progress


def _check(run: FilesRun, out: OutFolder) -> None:
    jars()
    java()
    if run.parallelism > 1 and (run.pools or run.groups):
        raise RunRefused("pools and groups are drawn from one after the other: they need --parallelism 1")
    check(out, run.resume)


def _surveyed(run: FilesRun) -> Survey:
    try:
        return survey(run.events)
    except OSError as error:
        raise RunRefused(f"{error.filename}: {error.strerror}") from None


def _manifest(run: FilesRun, out: OutFolder, found: Survey) -> Manifest:
    checkpoints = run.checkpoints or out.private / "checkpoints"
    return Manifest(_digest(run), run.backend, str(checkpoints.absolute()), _horizon(run, found))


def _horizon(run: FilesRun, found: Survey) -> int:
    if isinstance(run.until, int):
        return run.until
    last = 0 if found.latest is None else found.latest
    return last + LONGEST_WAIT_MS if run.until == "end" else last


def _digest(run: FilesRun) -> str:
    digest = blake2b(digest_size=16)
    for key, body in sorted(run.definitions.items()):
        digest.update(msgspec.msgpack.encode((key, body)))
    events = [(str(path.absolute()), path.stat().st_size) for path in run.events]
    digest.update(msgspec.msgpack.encode((events, run.engine, run.pools, run.groups)))
    return digest.hexdigest()


def _submit(run: FilesRun, out: OutFolder, manifest: Manifest, found: Survey, gateway: Any) -> Any:
    from pipelines.live.topology import Topology

    checkpoints = Path(manifest.checkpoints)
    chosen = flink_settings.settings(
        parallelism=run.parallelism,
        backend=run.backend,
        checkpoints=attempt_folder(checkpoints, manifest.attempt),
        interval_ms=run.checkpoint_ms,
        restore=newest_checkpoint(checkpoints),
        python_path=[ROOT, *run.python_path],
    )
    env = environment(gateway, chosen | _where(run, out))
    options = Options(
        engine=run.engine,
        horizon=manifest.horizon,
        files=[str(path) for path in run.events],
        pools=run.pools,
        groups=run.groups,
    )
    Topology(env, gateway, out).build(run.events, found.joined, run.definitions, options)
    return env.execute_async(f"contactflow {run.out.name}")._j_job_client


def _where(run: FilesRun, out: OutFolder) -> dict[str, str]:
    """Settings for where the jobs run, and those that the user gave."""
    if run.cluster is not None:
        return flink_settings.remote(run.cluster, jars()) | run.flink
    return flink_settings.embedded(out.private / "tmp") | run.flink


def _cores(run: FilesRun) -> int:
    return max(run.parallelism, os.cpu_count() or 1) if run.cluster is None else run.parallelism


def _await(client: Any, progress: Progress, watch: Watch, started: float) -> None:
    result = client.getJobExecutionResult()
    while not result.isDone():
        progress.counts = _counts(client) or progress.counts
        progress.seconds = time.monotonic() - started
        watch(progress)
        time.sleep(_POLL_SECONDS)
    progress.counts = dict(result.get().getAllAccumulatorResults())
    progress.seconds = time.monotonic() - started
    watch(progress)


def _counts(client: Any) -> dict[str, int]:
    from py4j.protocol import Py4JJavaError

    try:
        return dict(client.getAccumulators().get())
    except Py4JJavaError:
        return {}  # the cluster has just been shut down: the job is over, well or not
