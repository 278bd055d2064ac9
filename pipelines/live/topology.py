"""The Flink job: event files → contacts → record files, and windows over the steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.live.bridge import Options
from pipelines.live.folder import LINES, WINDOWS, OutFolder
from schemas.records import OUTPUTS

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.table import StreamTableEnvironment

SQL = Path(__file__).with_name("sql")
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
        self._windows(outputs["steps"])

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

    def _windows(self, steps: Any) -> None:
        from pyflink.datastream import DataStream
        from pyflink.table import Schema, StreamTableEnvironment

        tables = StreamTableEnvironment.create(self._env)
        rows = steps.map(self._ours.StepRows()).uid("step-rows").name("step rows")
        schema = (
            Schema.new_builder()
            .column("ts", "TIMESTAMP_LTZ(3)")
            .column("contact", "STRING")
            .column("workflow", "STRING")
            .column("version", "INT")
            .column("node", "STRING")
            .column("outcome", "STRING")
            .column("variant", "STRING")
            .watermark("ts", "SOURCE_WATERMARK()")
            .build()
        )
        tables.create_temporary_view("steps", tables.from_data_stream(DataStream(rows), schema))
        self._parquet(tables, (SQL / "workflow_steps.sql").read_text())

    def _parquet(self, tables: StreamTableEnvironment, query: str) -> None:
        # Not `INSERT INTO` a table of files: its sink commits at the end of input, not with the last
        # checkpoint. Whoever resumed from the checkpoint before that would write the same windows twice.
        table = tables.sql_query(query)._j_table
        row_type = table.getResolvedSchema().toPhysicalRowDataType()
        row_data = self._jvm.java.lang.Class.forName("org.apache.flink.table.data.RowData")
        rows = tables._j_tenv.toDataStream(table, row_type.bridgedTo(row_data))
        sink = self._ours.RecordFiles.days(
            self._folder(WINDOWS), row_type.getLogicalType(), self._out.newest(WINDOWS)
        )
        rows.sinkTo(sink).uid("workflow-steps-files").name("workflow steps")

    def _from(self, source: Any, uid: str) -> Any:
        none = self._jvm.org.apache.flink.api.common.eventtime.WatermarkStrategy.noWatermarks()
        return self._environment.fromSource(source, none, uid).uid(uid)

    def _folder(self, name: str) -> str:
        return (self._out.path / name).as_uri()

    @property
    def _environment(self) -> Any:
        return self._env._j_stream_execution_environment
