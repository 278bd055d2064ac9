"""The Flink job over files: events → contacts → records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.live.bridge import Options
from pipelines.live.folder import LINES, OutFolder
from schemas.records import OUTPUTS

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment

BRIDGE = "pipelines.live.bridge"


class Topology:
    """Builds the job. Each operator has a uid, so that its state is found again when the job changes."""

    def __init__(self, env: StreamExecutionEnvironment, gateway: Any, out: OutFolder) -> None:
        self._env = env
        self._jvm = gateway.jvm
        self._ours = gateway.jvm.contactflow
        self._out = out

    def build(
        self, files: list[Path], joined: Mapping[str, str], definitions: Mapping[str, bytes], options: Options
    ) -> None:
        """Adds everything to the environment.

        Args:
            files: events, in this order.
            joined: contact → key, for contacts that are keyed together.
            definitions: key → JSON.
            options: for the bridge.
        """
        contacts = self._contacts(self._events(files, joined), definitions, options)
        outputs = {
            name: contacts if number == 0 else contacts.getSideOutput(self._ours.Wire.output(name))
            for number, name in enumerate(OUTPUTS)
        }
        for name in LINES:
            sink = self._ours.RecordFiles.lines(self._folder(name), self._out.newest(name))
            outputs[name].sinkTo(sink).uid(f"{name}-files").name(name)

    def _events(self, files: list[Path], joined: Mapping[str, str]) -> Any:
        source = self._ours.EventFiles(
            [file.absolute().as_uri() for file in files], msgspec.msgpack.encode(joined)
        )
        stream = self._from(source, "events")
        return stream.setParallelism(1)

    def _contacts(self, events: Any, definitions: Mapping[str, bytes], options: Options) -> Any:
        tuple2 = self._jvm.org.apache.flink.api.java.tuple.Tuple2
        given = [tuple2(key, body) for key, body in definitions.items()]
        changes = self._environment.fromData(given, self._ours.Wire.DEFINITION).uid("definitions")
        operator = self._ours.ContactOperator(
            self._environment.getConfiguration(),
            BRIDGE,
            msgspec.json.encode(options).decode(),
            dict(definitions),
            list(OUTPUTS),
        )
        strings = self._jvm.org.apache.flink.api.common.typeinfo.Types.STRING
        keyed = events.keyBy(self._ours.Wire.ByContact(), strings)
        joint = keyed.connect(changes.name("definitions").broadcast())
        return joint.transform("contacts", self._ours.Wire.RECORD, operator).uid("contacts")

    def _from(self, source: Any, uid: str) -> Any:
        none = self._jvm.org.apache.flink.api.common.eventtime.WatermarkStrategy.noWatermarks()
        return self._environment.fromSource(source, none, uid).uid(uid)

    def _folder(self, name: str) -> str:
        return (self._out.path / name).as_uri()

    @property
    def _environment(self) -> Any:
        return self._env._j_stream_execution_environment
