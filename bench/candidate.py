"""Runs one candidate of the comparison once, in a process of its own, and prints what it took as JSON.

`python bench/candidate.py NAME --state heap --events 1000 --contacts 100000`
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.workload import BEGIN_MS, SPAN_MS, documents
from pipelines.live import flink_settings
from pipelines.live.bridge import Options
from pipelines.live.gateway import ROOT, java_gateway
from pipelines.live.topology import BRIDGE
from schemas.records import OUTPUTS

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment

JAVA = "java"
"""Written by hand in Java."""
CONTACTFLOW = "contactflow"
"""Our operator and engine."""
TUNED = "pyflink-tuned"
"""PyFlink in thread mode, with faster codecs, and the key found in Java."""
THREAD, PROCESS = "pyflink-thread", "pyflink-process"
"""PyFlink as its documentation has it, in its two modes."""
CANDIDATES = (JAVA, CONTACTFLOW, TUNED, THREAD, PROCESS)

JAR = ROOT / "bench" / "java" / "target" / "contactflow-bench.jar"
CHECKPOINT_MS = 5_000


class Outcome(msgspec.Struct):
    """What a run took and came to."""

    seconds: float
    """From handing the job over to its end."""
    processor_seconds: float
    """Of all processes, from the start of Java."""
    counts: dict[str, int]
    """Actions and steps."""


def main() -> None:
    """Runs what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=CANDIDATES)
    parser.add_argument("--state", choices=tuple(flink_settings.BACKENDS), required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--contacts", type=int, required=True)
    parser.add_argument("-D", dest="flink", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    flink = dict(setting.split("=", 1) for setting in given.flink)
    with tempfile.TemporaryDirectory(prefix="contactflow-bench-") as folder:
        try:
            outcome = run(given.name, given.state, given.events, given.contacts, Path(folder), flink)
        except Exception:
            log = Path(folder) / "log"
            print(log.read_text() if log.exists() else "", file=sys.stderr)
            raise
    print(json.dumps(msgspec.to_builtins(outcome)))


def run(name: str, state: str, events: int, contacts: int, folder: Path, flink: dict[str, str]) -> Outcome:
    """Runs a candidate to the end of its input."""
    with java_gateway(folder / "tmp", folder / "log") as gateway:
        from pyflink.common import Configuration
        from pyflink.datastream import StreamExecutionEnvironment

        configuration = Configuration()
        for key, value in (_settings(name, state, folder) | flink).items():
            configuration.set_string(key, value)
        env = StreamExecutionEnvironment.get_execution_environment(configuration)
        env.add_jars(JAR.as_uri())
        bench = gateway.jvm.contactflow.bench
        visits = bench.Visits.stream(env._j_stream_execution_environment, events, contacts, BEGIN_MS, SPAN_MS)
        if name == CONTACTFLOW:
            _contactflow(env, visits, gateway.jvm)
        elif name == JAVA:
            bench.HandWritten.run(visits)
        else:
            _pyflink(visits, gateway.jvm, tuned=name == TUNED)
        begin = time.monotonic()
        result = env.execute(f"{name}, {state}")
        seconds = time.monotonic() - begin
        found: dict[str, int] = dict(result.get_all_accumulator_results())
    return Outcome(
        seconds,
        _processor_seconds(),
        {kind: found.get(f"discarded {kind}", 0) for kind in ("actions", "steps")},
    )


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _settings(name: str, state: str, folder: Path) -> dict[str, str]:
    """The job's own settings for all; PyFlink's caches and bundles large, which helps it."""
    chosen = flink_settings.settings(
        parallelism=1,
        backend=state,
        checkpoints=folder / "checkpoints",
        interval_ms=CHECKPOINT_MS,
        restore=None,
        python_path=[ROOT],
    )
    chosen |= flink_settings.embedded(folder / "tmp")
    if name == PROCESS:
        chosen["python.execution-mode"] = "process"
    if name in (PROCESS, THREAD, TUNED):
        chosen |= {
            "python.state.cache-size": "20000",
            "python.fn-execution.bundle.size": "10000",
        }
    return chosen


def _contactflow(env: StreamExecutionEnvironment, visits: Any, jvm: Any) -> None:
    java_env, ours = env._j_stream_execution_environment, jvm.contactflow
    given = documents()
    pairs = [jvm.org.apache.flink.api.java.tuple.Tuple2(key, body) for key, body in given.items()]
    changes = java_env.fromData(pairs, ours.Wire.DEFINITION)
    operator = ours.ContactOperator(
        java_env.getConfiguration(), BRIDGE, msgspec.json.encode(Options()).decode(), given, list(OUTPUTS)
    )
    strings = jvm.org.apache.flink.api.common.typeinfo.Types.STRING
    keyed = visits.keyBy(ours.Wire.ByContact(), strings).connect(changes.broadcast())
    actions = keyed.transform("contacts", ours.Wire.RECORD, operator)
    ours.bench.Records.discard(actions, "actions")
    ours.bench.Records.discard(actions.getSideOutput(ours.Wire.output("steps")), "steps")


def _pyflink(visits: Any, jvm: Any, *, tuned: bool) -> None:
    from pyflink.common import Types
    from pyflink.datastream import DataStream, KeyedStream

    from bench.plain_pyflink import ACTIONS, STEPS, OfferFollowUp, TunedOfferFollowUp

    rows = jvm.contactflow.bench.Visits.rows(visits)
    if tuned:
        by_first = jvm.org.apache.flink.streaming.api.functions.python.KeyByKeySelector()
        text = Types.ROW([Types.STRING()]).get_java_type_info()
        keyed = KeyedStream(rows.keyBy(by_first, text), Types.STRING(), DataStream(rows))
    else:
        keyed = DataStream(rows).key_by(lambda row: row[0], Types.STRING())
    record = Types.TUPLE([Types.INT(), Types.PICKLED_BYTE_ARRAY()])
    records = keyed.process(TunedOfferFollowUp() if tuned else OfferFollowUp(), record)._j_data_stream
    for number, name in ((ACTIONS, "actions"), (STEPS, "steps")):
        jvm.contactflow.bench.Records.discard(records, number, name)


if __name__ == "__main__":
    main()
