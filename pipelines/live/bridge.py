"""What the Flink operator calls: bundles of contacts in, their new states, due times and records out."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import msgspec

from pipelines.live.pools import KeptPools
from schemas.records import OUTPUTS
from transforms.engine import Engine
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


class Line(msgspec.Struct, array_like=True, gc=False):
    """One event as it came, and where it came from."""

    line: bytes
    partition: int
    offset: int


class Contact(msgspec.Struct, array_like=True, gc=False):
    """One contact of a bundle. `woken`: its timer has passed."""

    key: str
    state: bytes | None
    lines: list[Line]
    woken: bool


class Request(msgspec.Struct, array_like=True, gc=False):
    """One bundle; wall clock and watermark in milliseconds."""

    wall: int
    watermark: int
    contacts: list[Contact]


_decode_request = msgspec.msgpack.Decoder(Request).decode
_decode_definition = msgspec.msgpack.Decoder(tuple[str, bytes | None]).decode
_encode = msgspec.msgpack.Encoder().encode
_DEAD_LETTERS = OUTPUTS.index("dead_letters")


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

    def __init__(self, options: Options) -> None:
        module, _, name = options.engine.partition(":")
        self._make = getattr(importlib.import_module(module), name)
        self._options = options
        self._pools = KeptPools(options.pools, options.groups)
        self._documents: dict[str, bytes] = {}
        self._engine: Engine | None = None

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

    def change(self, message: bytes) -> bytes | None:
        """Does as `define` while the job runs.

        A document that cannot be used must not end it: it changes nothing, and the answer is its dead letter,
        `[output, record]`.
        """
        key, body = _decode_definition(message)
        if body is not None and body != self._documents.get(key):
            try:
                self._make({key: body}, self._pools)
            except ValueError as error:
                letter = dead_letter("invalid", f"{key}: {error}", body, Origin("control"))
                return _encode((_DEAD_LETTERS, msgspec.json.encode(letter)))
        self.define(message)
        return None

    def step(self, message: bytes) -> bytes:
        """Has the engine decide for each contact of a `Request`; answers `[state, due, records]` each."""
        request = _decode_request(message)
        process = (self._engine or self._compiled()).process
        horizon = self._options.horizon
        wall = request.wall if self._options.live else None
        until = request.watermark if horizon is None else min(request.watermark, horizon)
        answers = []
        for contact in request.contacts:
            answer = process(
                contact.state,
                [line.line for line in contact.lines],
                until=until if contact.woken else None,
                wall=wall,
                origins=_Origins(self._options, contact.lines),
            )
            due = answer.due
            if due is not None and horizon is not None and due > horizon:
                due = None
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


def open(options: str) -> Bridge:
    """What the operator calls for each subtask, with `Options` as JSON."""
    return Bridge(msgspec.json.decode(options, type=Options))
