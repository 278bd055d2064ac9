"""Runs workflows live over Kafka topics with Flink, until it is told to stop; goes on where it was."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from pipelines.live import flink_settings
from pipelines.live.control import Control
from pipelines.live.environment import environment
from pipelines.live.failures import RunFailed, RunRefused
from pipelines.live.folder import Manifest, OutFolder, attempt_folder
from pipelines.live.gateway import ROOT, jars, java, java_gateway
from pipelines.live.java_failures import in_one_sentence
from pipelines.live.kafka_job import KafkaJob, assemble, check_pools, published
from pipelines.live.reports import FAILED, STOPPED
from pipelines.live.running import SAVEPOINTS, Pulse, Told, attend, sigterm_as_ctrl_c
from pipelines.live.topics import STATUS, ensure_topics, topic


class KafkaRun(KafkaJob, kw_only=True):
    """What to run, and where."""

    checkpoints: Path
    """Folder for checkpoints, and for what Flink has to say."""
    resume: bool = False
    backend: str = "heap"
    cluster: str | None = None
    """HOST:PORT of a Flink cluster; None to run in this process."""
    checkpoint_ms: int = 10_000
    python_path: list[Path] = []
    """Where more Python modules are that the engine needs."""
    flink: dict[str, str] = {}
    """Settings of Flink that go before ours."""


def run_kafka(run: KafkaRun, told: Told) -> dict[str, int]:
    """Runs until SIGINT (Ctrl-C) or SIGTERM, which save the state and end it in order.

    Returns:
        The last counts.

    Raises:
        RunRefused: the run cannot begin as asked for.
        RunFailed: it has stopped by itself, or could not save its state.
    """
    out = OutFolder(run.checkpoints)
    _check(run, out)
    made = ensure_topics(run.brokers, run.prefix, run.partitions, run.kafka)
    if made:
        told.created(made)
    control = published(run, told)
    pulse = Pulse(run.brokers, topic(run.prefix, STATUS), run.group, run.kafka)
    with sigterm_as_ctrl_c(), out.taken() as lock:
        manifest = _begin(run, out)
        restore = newest_state(out.path)
        try:
            with java_gateway(out.private / "tmp", out.log, [lock]) as gateway, in_one_sentence(out.log):
                client = _submit(run, out, manifest, restore, control, gateway)
                counts = attend(client, gateway, attempt_folder(out.path, manifest.attempt), told, pulse)
        except RunFailed as failure:
            pulse.end(FAILED, str(failure))
            raise
        pulse.end(STOPPED)
        return counts


def newest_state(folder: Path) -> Path | None:
    """The newest complete checkpoint or savepoint of the last attempt that has one."""
    # What was saved at a stop is newer than all checkpoints of that attempt.
    found = [
        (state.parts[-4], state.parts[-3] == SAVEPOINTS, _number(state.parent), state.parent)
        for state in (
            *folder.glob("attempt-*/*/chk-*/_metadata"),
            *folder.glob(f"attempt-*/{SAVEPOINTS}/*/_metadata"),
        )
    ]
    return max(found)[-1] if found else None


def _number(checkpoint: Path) -> int:
    number = checkpoint.name.removeprefix("chk-")
    return int(number) if number.isdigit() else 0


def _check(run: KafkaRun, out: OutFolder) -> None:
    jars()
    java()
    check_pools(run)
    if out.path.exists() and not out.path.is_dir():
        raise RunRefused(f"{run.checkpoints} is a file; --checkpoints takes a folder")
    if not out.is_used():
        return
    if out.manifest() is None:
        raise RunRefused(f"{run.checkpoints} is not empty, and not the folder of a live run: name another")
    if not run.resume:
        raise RunRefused(
            f"{run.checkpoints} holds the state of a run: go on with --resume, or name another folder"
        )


def _begin(run: KafkaRun, out: OutFolder) -> Manifest:
    asked = Manifest(inputs=_digest(run), backend=run.backend, checkpoints=str(out.path))
    before = out.manifest() if run.resume else None
    if before is None:
        out.note(asked)
        return asked
    for what, same in (
        (
            "documents, topics, group or clock were others (publish changes to the control topic)",
            before.inputs == asked.inputs,
        ),
        ("state backend was another", before.backend == asked.backend),
    ):
        if not same:
            raise RunRefused(f"{run.checkpoints} cannot be resumed: its {what}")
    before.attempt += 1
    out.note(before)
    return before


def _digest(run: KafkaRun) -> str:
    digest = blake2b(digest_size=16)
    digest.update(msgspec.msgpack.encode(sorted(run.definitions.items())))
    digest.update(
        msgspec.msgpack.encode((run.prefix, run.group, run.clock, run.engine, run.pools, run.groups))
    )
    return digest.hexdigest()


def _submit(
    run: KafkaRun, out: OutFolder, manifest: Manifest, restore: Path | None, control: Control, gateway: Any
) -> Any:
    chosen = flink_settings.settings(
        parallelism=run.parallelism,
        backend=run.backend,
        checkpoints=attempt_folder(out.path, manifest.attempt),
        interval_ms=run.checkpoint_ms,
        restore=restore,
        python_path=[ROOT, *run.python_path],
    )
    if run.cluster is None:
        chosen |= flink_settings.embedded(out.private / "tmp")
    else:
        chosen |= flink_settings.remote(run.cluster, jars())
    env = environment(gateway, chosen | run.flink)
    assemble(run, control, env, gateway)
    return env.execute_async(run.group)._j_job_client
