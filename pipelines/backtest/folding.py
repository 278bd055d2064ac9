"""Takes the lines of a key through the engine: each key alone, or those that draw from pools in turn."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from pipelines.backtest.blocks import Line
from schemas.records import OUTPUTS
from transforms.allocation import Allocator, Pools
from transforms.letters import Origin

Records = list[tuple[int, bytes]]
"""Number of the output in `OUTPUTS`, and a line of JSON."""


class Folding(msgspec.Struct):
    """What workers need to decide. It travels as bytes; definitions are compiled where they arrive."""

    definitions: dict[str, bytes]
    """Key → JSON."""
    files: list[str]
    """Names of the event files by number, for dead letters."""
    horizon: int | None
    """Timers that are due later do not fire (ms); None when there is no event that can be read."""
    engine: str = "transforms.engine:Engine"
    """`module:name` of what makes an engine of definitions and an allocator."""
    pools: dict[str, list[str]] = {}
    """Codes to give out, by pool."""
    groups: dict[str, list[str]] = {}
    """Users to assign, by group."""

    def make(self, allocator: Allocator) -> Any:
        """An engine over the definitions."""
        module, _, name = self.engine.partition(":")
        return getattr(importlib.import_module(module), name)(self.definitions, allocator)

    def origins(self, lines: Iterable[Line]) -> list[Origin]:
        """Where lines were read."""
        return [Origin(self.files[line.file], None, line.number) for line in lines]


class Noting:
    """An allocator that has nothing, and notes whether it was asked."""

    def __init__(self) -> None:
        self.asked = False

    def code(self, pool: str) -> str | None:
        self.asked = True
        return None

    def user(self, group: str | None, users: Sequence[str] | None) -> str | None:
        self.asked = True
        return None

    def mark(self) -> int:
        return 0

    def undo(self, mark: int) -> None:
        pass


class Alone:
    """Folds one key at a time: no key knows of another."""

    def __init__(self, folding: Folding) -> None:
        self._folding = folding
        self._noting = Noting()
        self._engine = folding.make(self._noting)
        self.waits = False
        """Whether the last key still waits for a time."""

    def fold(self, lines: list[Line]) -> Records | None:
        """The records of a key's lines; None when they depend on what other keys draw."""
        self._noting.asked = False
        answer = self._engine.process(
            None,
            [line.text for line in lines],
            until=self._folding.horizon,
            origins=self._folding.origins(lines),
        )
        self.waits = answer.due is not None
        return None if self._noting.asked else answer.records


class InTurn:
    """Folds several keys together in the order of the input, over pools that they share; once."""

    def __init__(self, folding: Folding) -> None:
        self._folding = folding
        self._process = folding.make(Pools(folding.pools, folding.groups)).process
        self._states: dict[str, bytes | None] = {}
        self._records: dict[str, Records] = {}
        self.waiting = 0
        """How many keys still wait for a time at the end."""

    def fold(self, keys: Mapping[str, list[Line]]) -> Iterator[Records]:
        """The records of each key."""
        ordered = sorted((line, key) for key, lines in keys.items() for line in lines)
        for line, key in ordered:
            self._take(key, [line], None)
        for key in list(self._states):
            self.waiting += self._take(key, [], self._folding.horizon)
            yield self._records.pop(key)

    def _take(self, key: str, lines: list[Line], until: int | None) -> bool:
        answer = self._process(
            self._states.get(key),
            [line.text for line in lines],
            until=until,
            origins=self._folding.origins(lines),
        )
        self._states[key] = answer.state
        self._records.setdefault(key, []).extend(answer.records)
        return answer.due is not None


def by_output(records: Records) -> Iterator[tuple[str, bytes]]:
    """Output and its records as lines of one text, which nothing can bring out of order."""
    found: dict[int, list[bytes]] = {}
    for output, record in records:
        found.setdefault(output, []).append(record)
    for output, lines in found.items():
        yield OUTPUTS[output], b"\n".join(lines)
