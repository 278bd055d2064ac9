"""Runs workflows live over Kafka topics with Flink, until it is told to stop; goes on where it was."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from pipelines.live import flink_settings
from pipelines.live.bridge import Options
from pipelines.live.control import Control, read_control
from pipelines.live.environment import environment
from pipelines.live.failures import RunFailed, RunRefused
from pipelines.live.folder import Manifest, OutFolder, attempt_folder
from pipelines.live.gateway import ROOT, jars, java, java_gateway
from pipelines.live.java_failures import in_one_sentence
from pipelines.live.kafka_topology import KafkaTopology, Wiring
from pipelines.live.topics import CONTROL, EVENTS, ensure_topics, partition_counts, topic
from transforms.definitions import Definitions

SAVEPOINTS = "stopped"
"""Folder in that of an attempt, for what is saved when the job is told to stop."""

_POLL_SECONDS = 0.2


class KafkaRun(msgspec.Struct, kw_only=True):
    """What to run."""

    definitions: dict[str, bytes]
    """Key → JSON. What the control topic says of the same key goes before it."""
    brokers: str
    checkpoints: Path
    """Folder for checkpoints, and for what Flink has to say."""
    prefix: str = "contactflow."
    """Of the names of all topics."""
    group: str = "contactflow"
    """Consumer group, and what the names of transactions begin with."""
    partitions: int = 4
    """Of topics that are missing, which are made."""
    resume: bool = False
    parallelism: int = 1
    backend: str = "heap"
    cluster: str | None = None
    """HOST:PORT of a Flink cluster; None to run in this process."""
    checkpoint_ms: int = 10_000
    lateness_ms: int = 2000
    """How late an event may come and still be in time."""
    clock: str = "wall"
    """`wall`, or `events` when time passes by events alone."""
    delivery: str = "exactly-once"
    """`exactly-once`: records are seen with the next checkpoint; `at-least-once`: at once, perhaps twice."""
    transaction_timeout_ms: int = 600_000
    engine: str = "transforms.engine:Engine"
    pools: dict[str, list[str]] = {}
    """Codes to give out, by pool."""
    groups: dict[str, list[str]] = {}
    """Users to assign, by group."""
    python_path: list[Path] = []
    """Where more Python modules are that the engine needs."""
    kafka: dict[str, str] = {}
    """Settings for all Kafka clients of the job."""
    flink: dict[str, str] = {}
    """Settings of Flink that go before ours."""


class Told(msgspec.Struct, kw_only=True):
    """Whom to tell what; all may be called many times."""

    created: Callable[[dict[str, int]], None]
    """Topics that were made, with their numbers of partitions."""
    progress: Callable[[dict[str, int], float], None]
    """Counts (`events`, and records by kind) and seconds since the job was started."""
    stopping: Callable[[], None]
    """It was told to stop, and is saving its state."""


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
    made = ensure_topics(run.brokers, run.prefix, run.partitions)
    if made:
        told.created(made)
    control = read_control(run.brokers, topic(run.prefix, CONTROL))
    _compile(run.definitions | control.documents)
    with _sigterm_as_ctrl_c(), out.taken() as lock:
        manifest = _begin(run, out)
        restore = newest_state(out.path)
        with java_gateway(out.private / "tmp", out.log, [lock]) as gateway, in_one_sentence(out.log):
            client = _submit(run, out, manifest, restore, control, gateway)
            return _await(client, gateway, attempt_folder(out.path, manifest.attempt), told)


def _compile(definitions: dict[str, bytes]) -> None:
    try:
        Definitions.read(definitions)
    except ValueError as error:
        raise RunRefused(f"the definitions cannot be used: {error}") from None


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
    if run.parallelism > 1 and (run.pools or run.groups):
        raise RunRefused("pools and groups are drawn from one after the other: they need --parallelism 1")
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
    events = topic(run.prefix, EVENTS)
    wiring = Wiring(
        brokers=run.brokers,
        prefix=run.prefix,
        group=run.group,
        lateness_ms=run.lateness_ms,
        wall=run.clock == "wall",
        exactly_once=run.delivery == "exactly-once",
        transaction_timeout_ms=run.transaction_timeout_ms,
        readers=min(run.parallelism, partition_counts(run.brokers)[events]),
        kafka=run.kafka,
    )
    options = Options(engine=run.engine, live=wiring.wall, topic=events, pools=run.pools, groups=run.groups)
    definitions = run.definitions | control.documents
    KafkaTopology(env, gateway, wiring).build(definitions, control.offsets, options)
    return env.execute_async(run.group)._j_job_client


def _await(client: Any, gateway: Any, folder: Path, told: Told) -> dict[str, int]:
    started = time.monotonic()
    counts: dict[str, int] = {}
    result = client.getJobExecutionResult()
    try:
        while not result.isDone():
            counts = dict(client.getAccumulators().get())
            told.progress(counts, time.monotonic() - started)
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        told.stopping()
        _stop(client, gateway, folder)
    else:
        result.get()  # raises what has ended it
        raise RunFailed("the Flink job was ended by somebody else")
    return dict(result.get().getAllAccumulatorResults())


def _stop(client: Any, gateway: Any, folder: Path) -> None:
    formats = gateway.jvm.org.apache.flink.core.execution.SavepointFormatType
    saved = client.stopWithSavepoint(False, (folder / SAVEPOINTS).as_uri(), formats.NATIVE)
    while not saved.isDone():
        time.sleep(_POLL_SECONDS)
    saved.get()


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """The first SIGTERM; who sends one to a group of processes often sends us two."""

    def once(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGTERM, once)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
