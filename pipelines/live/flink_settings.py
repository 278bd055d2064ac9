"""Flink's own settings for the job."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

BACKENDS = {"heap": "hashmap", "rocksdb": "rocksdb"}
"""Where the state of contacts is kept, by our name: in memory, or on disk when it does not fit."""

BUNDLE_EVENTS = 300
"""Large enough that the call into Python costs nothing; small enough that all of it stays in the processor's
cache, and that no checkpoint waits for long."""

BUNDLE_MS = 100


def settings(
    *,
    parallelism: int,
    backend: str,
    checkpoints: Path,
    interval_ms: int,
    restore: Path | None,
    python_path: Iterable[Path],
) -> dict[str, str]:
    """Settings of a job over files.

    Args:
        parallelism: of everything but the source.
        backend: a key of `BACKENDS`.
        checkpoints: folder for them.
        interval_ms: from one to the next.
        restore: checkpoint to go on from.
        python_path: where the job's Python modules are, beside the installed ones.
    """
    chosen = {
        "parallelism.default": str(parallelism),
        "pipeline.object-reuse": "true",
        "table.local-time-zone": "UTC",
        **_python(python_path),
        "state.backend.type": BACKENDS[backend],
        "taskmanager.memory.managed.size": "512m",
        "execution.checkpointing.interval": f"{interval_ms} ms",
        "execution.checkpointing.mode": "EXACTLY_ONCE",
        "execution.checkpointing.storage": "filesystem",
        "execution.checkpointing.dir": checkpoints.as_uri(),
        "execution.checkpointing.incremental": "true",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    }
    if restore is not None:
        chosen["execution.state-recovery.path"] = restore.as_uri()
        # The old checkpoint goes when a new one is complete, and is kept until then.
        chosen["execution.state-recovery.claim-mode"] = "CLAIM"
    return chosen


def batch(parallelism: int) -> dict[str, str]:
    """Settings of a job over records that are complete: no state, no checkpoints, all memory for sorting."""
    return {
        "execution.runtime-mode": "BATCH",
        "parallelism.default": str(parallelism),
        "pipeline.object-reuse": "true",
        "table.local-time-zone": "UTC",
        "taskmanager.memory.managed.size": "512m",
    }


def embedded(temporary: Path) -> dict[str, str]:
    """Settings of the cluster in this process. A failure ends the run: the user is there to resume it."""
    return {
        "execution.target": "local",
        "execution.attached": "true",
        "restart-strategy.type": "none",
        "io.tmp.dirs": str(temporary),
        "heartbeat.interval": "1000",  # the counters for the progress display travel with it
    }


def remote(address: str, jars: Iterable[Path]) -> dict[str, str]:
    """Settings to send the job to the cluster whose REST interface is at HOST:PORT."""
    host, _, port = address.rpartition(":")
    return {
        "execution.target": "remote",
        "execution.attached": "true",
        "rest.retry.delay": "1000",  # twenty attempts: within half a minute we know that the cluster is gone
        "rest.address": host,
        "rest.port": port,
        "pipeline.jars": ";".join(jar.as_uri() for jar in jars),
    }


def application() -> dict[str, str]:
    """Settings that the job itself brings to a cluster that has its own for all else."""
    return {"pipeline.object-reuse": "true", **_python(())}


def _python(paths: Iterable[Path]) -> dict[str, str]:
    # Python runs in a thread of the JVM, which knows nothing of our virtual environment.
    installed = dict.fromkeys(sysconfig.get_paths()[name] for name in ("purelib", "platlib"))
    return {
        "python.execution-mode": "thread",
        "python.executable": sys.executable,
        "python.pythonpath": ":".join([*installed, *map(str, paths)]),
        "python.fn-execution.bundle.size": str(BUNDLE_EVENTS),
        "python.fn-execution.bundle.time": str(BUNDLE_MS),
    }
