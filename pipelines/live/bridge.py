"""What the Flink operator calls: bundles of contacts in, their new states, due times and records out."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import json

from pipelines.live.pools import KeptPools
from pipelines.live.reports import Taken
from schemas.records import OUTPUTS
from transforms.definitions import EXISTING, RELEASE, Key
from transforms.definitions import STATUS as STATUS_OF
from transforms.engine import Engine
from transforms.existing import Existing, read_existing
from transforms.letters import Origin, dead_letter


class Options(msgspec.Struct):
    """What the operator is told when it starts."""

    engine: str = "transforms.engine:Engine"
    """`module:name` of what makes an engine of definitions and an allocator."""
    horizon: int | None = None
    """Timers that are due later never fire, in milliseconds; None for no end."""
    live: bool = False
    """Whether the wall clock counts."""
    files: list[str] = []
    """Names of the event files by number, for dead letters; none when events come from a topic."""
    topic: str = ""
    pools: dict[str, list[str]] = {}
    """Codes to give out, by pool."""
    groups: dict[str, list[str]] = {}
    """Users to assign, by group."""
    cards: bool = False
    """Whether the card of each contact that was touched is a record, too."""
    reports: bool = False
    """Whether each task says that it has taken up a change of the definitions."""


class Line(msgspec.Struct, array_like=True, gc=False):
    """One event as it came, and where it came from."""

    line: bytes
    partition: int
    offset: int


class Contact(msgspec.Struct, array_like=True, gc=False):
    """One contact of a bundle. `woken`: its timer has passed; `swept`: all contacts are looked at."""

    key: str
    state: bytes | None
    lines: list[Line]
    woken: bool
    swept: bool = False


class Request(msgspec.Struct, array_like=True, gc=False):
    """One bundle; wall clock and watermark in milliseconds."""

    wall: int
    watermark: int
    contacts: list[Contact]


_decode_request = msgspec.msgpack.Decoder(Request).decode
_decode_definition = msgspec.msgpack.Decoder(tuple[str, bytes | None]).decode
_encode = msgspec.msgpack.Encoder().encode
_encode_json = json.Encoder().encode
_DEAD_LETTERS, _CARDS = OUTPUTS.index("dead_letters"), OUTPUTS.index("cards")
STATUS = len(OUTPUTS)
"""The output of what a job says of itself."""

_TOMBSTONE = (_CARDS, b"")


class _Origins(Sequence[Origin]):
    """Where lines were read: asked for dead letters only."""

    def __init__(self, options: Options, lines: Sequence[Line]) -> None:
        self._options = options
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: Any) -> Any:
        line = self._lines[index]
        if self._options.files:
            return Origin(self._options.files[line.partition], None, line.offset)
        return Origin(self._options.topic, line.partition, line.offset)


class Bridge:
    """One engine for one subtask, made anew when the definitions have changed."""

    def __init__(self, options: Options, subtask: int = 0, subtasks: int = 1) -> None:
        module, _, name = options.engine.partition(":")
        self._make = getattr(importlib.import_module(module), name)
        self._options = options
        self._pools = KeptPools(options.pools, options.groups)
        self._documents: dict[str, bytes] = {}
        self._engine: Engine | None = None
        self._subtask = subtask
        self._subtasks = subtasks
        self._existing: Existing | None = None
        """Whom the sweep under way is to start."""

    def define(self, message: bytes) -> None:
        """Takes `[key, JSON]` of a definition, or `[key, nil]` when it is gone."""
        key, body = _decode_definition(message)
        if self._documents.get(key) == body:
            return  # the control stream repeats what a fresh start was given
        if body is None:
            del self._documents[key]
        else:
            self._documents[key] = body
        self._engine = None

    def change(self, message: bytes) -> bytes:
        """Does as `define` while the job runs; answers `[taken, sweep, [[output, record]…]]`.

        A document that cannot be used must not end the job: it changes nothing, and becomes a dead letter.
        With `sweep` every contact must be looked at now: it concerns runs that nothing else may ever wake.
        """
        key, body = _decode_definition(message)
        refusal, sweep, self._existing = None, False, None
        if self._documents.get(key) != body:
            try:
                sweep = self._take(key, body, message)
            except ValueError as error:
                refusal = str(error)
        records = [(STATUS, _encode_json(self._taken(key, refusal)))] if self._options.reports else []
        if refusal is not None and self._subtask == 0:
            letter = dead_letter("invalid", f"{key}: {refusal}", body, Origin("control"))
            records.append((_DEAD_LETTERS, _encode_json(letter)))
        return _encode((refusal is None, sweep, records))

    def _take(self, name: str, body: bytes | None, message: bytes) -> bool:
        """Takes a change; tells whether it concerns every contact.

        Raises:
            ValueError: it cannot be used.
        """
        key = Key.parse(name)
        if body is not None:
            self._make({name: body}, self._pools)
        if key.kind == EXISTING:
            self._existing = None if body is None else read_existing(key.id, key.version, body)
            return self._existing is not None
        self.define(message)
        if key.kind == STATUS_OF:
            return body is None or json.decode(body) in ("active", "retired", "draining")
        if key.kind in (RELEASE, "workflow", "rule"):
            return self._compiled().definitions.moves_runs(key.id, key.version)
        return False

    def _taken(self, key: str, refusal: str | None) -> Taken:
        return Taken(key, int(time.time() * 1000), self._subtask, self._subtasks, refusal)

    def step(self, message: bytes) -> bytes:
        """Has the engine decide for each contact of a `Request`; answers `[state, due, records]` each."""
        request = _decode_request(message)
        process = (self._engine or self._compiled()).process
        horizon = self._options.horizon
        wall = request.wall if self._options.live else None
        until = request.watermark if horizon is None else min(request.watermark, horizon)
        cards = self._options.cards
        answers = []
        for contact in request.contacts:
            answer = process(
                contact.state,
                [line.line for line in contact.lines],
                until=until if contact.woken or contact.swept else None,
                wall=wall,
                origins=_Origins(self._options, contact.lines),
                existing=self._existing if contact.swept else None,
                cards=cards,
            )
            due = answer.due
            if due is not None and horizon is not None and due > horizon:
                due = None
            if cards and answer.state is None:
                answer.records.append(_TOMBSTONE)
            answers.append((answer.state, due, answer.records))
        return _encode(answers)

    def snapshot(self) -> bytes:
        """What a checkpoint must hold beside the states of contacts."""
        return self._pools.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """Takes over what `snapshot` gave."""
        self._pools.restore(snapshot)

    def _compiled(self) -> Engine:
        # By key: the order in which definitions arrive must not matter.
        engine: Engine = self._make(dict(sorted(self._documents.items())), self._pools)
        self._engine = engine
        return engine


def open(options: str, subtask: int = 0, subtasks: int = 1) -> Bridge:
    """What the operator calls for each subtask, with `Options` as JSON."""
    return Bridge(msgspec.json.decode(options, type=Options), subtask, subtasks)
