"""What the Flink operator calls: bundles of contacts in, their new states, due times and records out."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec


class Answer(Protocol):
    """What the engine answers for one contact."""

    @property
    def state(self) -> bytes | None:
        """The state to keep; None when there is nothing to keep."""

    @property
    def due(self) -> int | None:
        """Milliseconds of the earliest timer that waits."""

    @property
    def records(self) -> Sequence[tuple[int, bytes]]:
        """Number of the output, and the record as one line of JSON."""


class Engine(Protocol):
    """The part of the engine that the bridge calls."""

    def process(
        self, state: bytes | None, inputs: Sequence[bytes], *, until: int | None, wall: int | None = None
    ) -> Answer:
        """Takes the inputs of one contact, then fires what is due by `until`."""


class Options(msgspec.Struct):
    """What the operator is told when it starts."""

    engine: str = "transforms.engine:Engine"
    """`module:name` of what makes an engine from definitions."""
    arguments: dict[str, object] = {}
    """Handed to it by name, beside the definitions."""
    horizon: int | None = None
    """Timers that are due later never fire, in milliseconds; None for no end."""
    live: bool = False
    """Whether the wall clock counts."""


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


class Bridge:
    """One engine for one subtask, made anew when the definitions have changed."""

    def __init__(self, options: Options) -> None:
        module, _, name = options.engine.partition(":")
        self._make = getattr(importlib.import_module(module), name)
        self._options = options
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
            )
            due = answer.due
            if due is not None and horizon is not None and due > horizon:
                due = None
            answers.append((answer.state, due, answer.records))
        return _encode(answers)

    def _compiled(self) -> Engine:
        # By key: the order in which definitions arrive must not matter.
        documents: Mapping[str, bytes] = dict(sorted(self._documents.items()))
        self._engine = engine = self._make(documents, **self._options.arguments)
        return engine


def open(options: str) -> Bridge:
    """What the operator calls for each subtask, with `Options` as JSON."""
    return Bridge(msgspec.json.decode(options, type=Options))
