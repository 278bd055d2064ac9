"""An engine for many scenarios at once: each line says whose it is, each scenario has its own engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from transforms.allocation import Allocator
from transforms.engine import Answer, Engine
from transforms.letters import Origin


class Setting(msgspec.Struct):
    """What one scenario runs with."""

    definitions: dict[str, bytes]
    horizon: int | None
    """Timers that are due later do not fire (ms); None when the scenario has no event that can be read."""


class Line(msgspec.Struct):
    """A line of a scenario, in an event of a contact `scenario/contact`."""

    contact: str
    data: dict[str, str]

    @property
    def scenario(self) -> str:
        return self.contact.partition("/")[0]

    @property
    def text(self) -> bytes:
        return self.data["text"].encode()


class Share:
    """A scenario's own pools, groups and rounds of those of the whole run."""

    def __init__(self, scenario: str, allocator: Allocator) -> None:
        self._own = scenario + "/"
        self._allocator = allocator
        self.mark = allocator.mark
        self.undo = allocator.undo

    def code(self, pool: str) -> str | None:
        return self._allocator.code(self._own + pool)

    def user(self, group: str | None, users: Sequence[str] | None) -> str | None:
        if group is not None:
            return self._allocator.user(self._own + group, None)
        drawn = self._allocator.user(None, [self._own + user for user in users or ()])
        return drawn and drawn.removeprefix(self._own)


_settings = msgspec.json.Decoder(Setting).decode
_line = msgspec.json.Decoder(Line).decode
_states = msgspec.msgpack.Decoder(dict[str, bytes]).decode


class ScenarioEngine:
    """Hands the lines of a key to the engine of their scenario, and says of each record whose it is."""

    def __init__(self, documents: Mapping[str, bytes], allocator: Allocator) -> None:
        self._documents = documents
        self._allocator = allocator
        self._known: dict[str, tuple[Engine, int | None]] = {}

    def process(
        self,
        state: bytes | None,
        inputs: Sequence[bytes],
        *,
        until: int | None,
        wall: int | None = None,
        origins: Sequence[Origin],
        **_: object,
    ) -> Answer:
        states = {} if state is None else _states(state)
        lines: dict[str, list[tuple[bytes, Origin]]] = defaultdict(list)
        for raw, origin in zip(inputs, origins, strict=True):
            line = _line(raw)
            lines[line.scenario].append((line.text, origin))
        dues: list[int] = []
        records: list[tuple[int, bytes]] = []
        for scenario in dict.fromkeys([*states, *lines]):
            engine, horizon = self._engine(scenario)
            own = lines[scenario]
            answer = engine.process(
                states.pop(scenario, None),
                [text for text, _ in own],
                until=None if until is None or horizon is None else min(until, horizon),
                wall=wall,
                origins=[origin for _, origin in own],
            )
            if answer.state is not None:
                states[scenario] = answer.state
            if answer.due is not None and horizon is not None and answer.due <= horizon:
                dues.append(answer.due)
            mark = b'{"scenario":%s,' % scenario.encode()
            records += [(output, mark + record[1:]) for output, record in answer.records]
        return Answer(msgspec.msgpack.encode(states) if states else None, min(dues, default=None), records)

    def _engine(self, scenario: str) -> tuple[Engine, int | None]:
        if scenario not in self._known:
            setting = _settings(self._documents[f"scenario/{scenario}@1"])
            engine = Engine(setting.definitions, Share(scenario, self._allocator))
            self._known[scenario] = (engine, setting.horizon)
        return self._known[scenario]
