"""The live Flink job: event topic → contacts → record topics, the control topic beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.live.bridge import Options
from pipelines.live.topics import CONTROL, EVENTS, RECORDS, STATUS, topic
from pipelines.live.topology import BRIDGE
from schemas.records import OUTPUTS

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment


class Wiring(msgspec.Struct, kw_only=True):
    """How the job hangs on its topics."""

    brokers: str
    prefix: str
    """Of the names of all topics."""
    group: str
    """Consumer group, and what the names of its transactions begin with."""
    lateness_ms: int
    wall: bool
    """Whether the wall clock passes where there is nothing to read."""
    exactly_once: bool
    transaction_timeout_ms: int
    readers: int
    """Tasks that read events; more than there are partitions would never see any."""
    kafka: dict[str, str] = {}
    """Settings for all Kafka clients, such as those of security."""


class KafkaTopology:
    """Builds the job. Each operator has a uid, so that its state is found again when the job changes."""

    def __init__(self, env: StreamExecutionEnvironment, gateway: Any, wiring: Wiring) -> None:
        self._environment = env._j_stream_execution_environment
        self._jvm = gateway.jvm
        self._ours = gateway.jvm.contactflow
        self._wiring = wiring
        self._clients = {"bootstrap.servers": wiring.brokers, **wiring.kafka}

    def build(
        self, definitions: Mapping[str, bytes], control_offsets: Mapping[int, int], options: Options
    ) -> None:
        """Adds everything to the environment.

        Args:
            definitions: key → JSON, for a job without a state.
            control_offsets: partition of the control topic → offset from which to read.
            options: for the bridge.
        """
        contacts = self._contacts(definitions, control_offsets, options)
        for name in (*RECORDS, STATUS):
            records = contacts if name == OUTPUTS[0] else contacts.getSideOutput(self._ours.Wire.output(name))
            records.sinkTo(self._sink(name)).uid(f"{name}-topic").name(name)

    def _contacts(
        self, definitions: Mapping[str, bytes], control_offsets: Mapping[int, int], options: Options
    ) -> Any:
        operator = self._ours.ContactOperator(
            self._environment.getConfiguration(),
            BRIDGE,
            msgspec.json.encode(options).decode(),
            dict(definitions),
            [*OUTPUTS, STATUS],
        )
        strings = self._jvm.org.apache.flink.api.common.typeinfo.Types.STRING
        keyed = self._events().keyBy(self._ours.Wire.ByContact(), strings)
        joint = keyed.connect(self._changes(control_offsets).broadcast())
        return joint.transform("contacts", self._ours.Wire.RECORD, operator).uid("contacts")

    def _events(self) -> Any:
        wiring = self._wiring
        source = self._ours.EventTopic(
            {**self._clients, "group.id": wiring.group, "client.id.prefix": wiring.group},
            topic(wiring.prefix, EVENTS),
            wiring.lateness_ms,
            wiring.wall,
        )
        return self._from(source, "events").setParallelism(wiring.readers)

    def _changes(self, offsets: Mapping[int, int]) -> Any:
        wiring = self._wiring
        source = self._ours.Topics.control(
            {**self._clients, "group.id": f"{wiring.group}-control"},
            topic(wiring.prefix, CONTROL),
            dict(offsets),
        )
        return self._from(source, "control").setParallelism(1)

    def _sink(self, name: str) -> Any:
        wiring = self._wiring
        full = topic(wiring.prefix, name)
        if not wiring.exactly_once or name == STATUS:  # who waits for a status wants it now
            return self._ours.Topics.atLeastOnce(self._clients, full)
        settings = {**self._clients, "transaction.timeout.ms": str(wiring.transaction_timeout_ms)}
        return self._ours.Topics.exactlyOnce(settings, full, f"{wiring.group}-{full}")

    def _from(self, source: Any, uid: str) -> Any:
        none = self._jvm.org.apache.flink.api.common.eventtime.WatermarkStrategy.noWatermarks()
        return self._environment.fromSource(source, none, uid).uid(uid)
