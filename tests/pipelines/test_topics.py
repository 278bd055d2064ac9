"""The topics of the live job, the control topic, and what a live run refuses, without Flink."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from pipelines.live import control
from pipelines.live.broker import Broker, BrokerFailed
from pipelines.live.failures import RunRefused
from pipelines.live.folder import Manifest, OutFolder
from pipelines.live.kafka_run import KafkaRun, newest_state, run_kafka
from pipelines.live.running import Told
from pipelines.live.topics import ensure_topics, partition_counts

pytestmark = pytest.mark.flink

NOWHERE = "127.0.0.1:1"


def told() -> Told:
    return Told(
        created=lambda _: None,
        published=lambda *_: None,
        progress=lambda *_: None,
        stopping=lambda: None,
    )


def test_makes_the_topics_that_are_missing(broker: Broker) -> None:
    made = ensure_topics(broker.address, "made.", 3)
    kinds = ("events", "actions", "steps", "outcomes", "dead_letters", "cards")
    assert made == {f"made.{kind}": 3 for kind in kinds} | {"made.control": 1, "made.status": 1}
    assert ensure_topics(broker.address, "made.", 5) == {}
    assert partition_counts(broker.address).items() >= made.items()


def test_the_control_topic_holds_the_newest_of_each_key(broker: Broker) -> None:
    ensure_topics(broker.address, "told.", 1)
    assert control.read_all(broker.address, "told.control") == {}
    control.write(broker.address, "told.control", {"workflow/a@1": b"{}", "status/a@1": b'"active"'})
    control.write(broker.address, "told.control", {"workflow/a@2": b"[]", "status/a@1": b'"paused"'})
    control.write(broker.address, "told.control", {"workflow/a@1": None})
    found = control.read_control(broker.address, "told.control")
    assert found.documents == {"status/a@1": b'"paused"', "workflow/a@2": b"[]"}
    assert found.offsets == {0: 5}


def test_says_that_there_is_no_such_control_topic(broker: Broker) -> None:
    with pytest.raises(RunRefused, match=f"there is no topic none at {broker.address}"):
        control.read_all(broker.address, "none")


def test_a_broker_keeps_address_and_data_when_it_is_started_again(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    broker.start()
    try:
        ensure_topics(broker.address, "kept.", 1)
        broker.stop()
        again = Broker(tmp_path)
        assert again.address == broker.address
        again.start()
        try:
            assert "kept.events" in partition_counts(again.address)
        finally:
            again.stop()
    finally:
        broker.stop()
    with pytest.raises(BrokerFailed, match=f"has port {broker.port}, not 1"):
        Broker(tmp_path, port=1)


def test_says_in_one_sentence_that_no_broker_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.live.topics.ANSWER_SECONDS", 0.5)
    result = CliRunner().invoke(app, ["run", "--kafka", NOWHERE, "--checkpoints", str(tmp_path / "state")])
    assert result.exit_code == 2
    assert result.stderr == f"contactflow: run: no Kafka broker answers at {NOWHERE}\n"
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--kafka", NOWHERE], "--kafka needs --checkpoints DIR"),
        (
            ["--kafka", NOWHERE, "--checkpoints", "x", "--until", "end"],
            "leave --events, --out and --until out",
        ),
        (
            ["--kafka", NOWHERE, "--checkpoints", "x", "--lateness", "2"],
            "--lateness: expected a duration such",
        ),
        (["--kafka", NOWHERE, "--checkpoints", "x", "-K", "a"], "-K takes KEY=VALUE, not 'a'"),
        (["--group", "g"], "are for --kafka"),
        ([], "run needs PATH…, --events FILE and --out DIR; or --kafka BROKERS and --checkpoints DIR"),
    ],
)
def test_refuses_options_that_do_not_go_together(options: list[str], message: str) -> None:
    result = CliRunner().invoke(app, ["run", *options])
    assert result.exit_code == 2
    assert message in result.stderr and result.stderr.count("\n") == 1


def test_refuses_a_folder_with_the_state_of_another_run(broker: Broker, tmp_path: Path) -> None:
    run = KafkaRun(definitions={}, brokers=broker.address, checkpoints=tmp_path, prefix="refused.")
    (tmp_path / "file").touch()
    with pytest.raises(RunRefused, match="is not empty, and not the folder of a live run"):
        run_kafka(run, told())
    out = OutFolder(tmp_path)
    out.private.mkdir()
    out.note(Manifest(inputs="", backend="heap", checkpoints=str(tmp_path)))
    with pytest.raises(RunRefused, match="go on with --resume, or name another folder"):
        run_kafka(run, told())
    run.resume = True
    with pytest.raises(RunRefused, match="its documents, topics, group or clock were others"):
        run_kafka(run, told())


def test_refuses_what_the_control_topic_holds_but_nobody_can_use(broker: Broker, tmp_path: Path) -> None:
    ensure_topics(broker.address, "bad.", 1)
    control.write(broker.address, "bad.control", {"workflow/a@1": b'{"kind": "workflow"}'})
    run = KafkaRun(definitions={}, brokers=broker.address, checkpoints=tmp_path / "state", prefix="bad.")
    with pytest.raises(RunRefused, match="the definitions cannot be used: workflow/a@1: "):
        run_kafka(run, told())


def test_goes_on_from_what_was_saved_last(tmp_path: Path) -> None:
    assert newest_state(tmp_path) is None
    for state in ("attempt-0001/job/chk-9", "attempt-0001/stopped/savepoint-1", "attempt-0002/other/chk-8"):
        (tmp_path / state).mkdir(parents=True)
    for state in ("attempt-0001/job/chk-9", "attempt-0001/stopped/savepoint-1"):
        (tmp_path / state / "_metadata").touch()
    assert newest_state(tmp_path) == tmp_path / "attempt-0001/stopped/savepoint-1"
    (tmp_path / "attempt-0002/other/chk-8/_metadata").touch()
    assert newest_state(tmp_path) == tmp_path / "attempt-0002/other/chk-8"
