"""Every metric that the dashboard or an alert names is one that a live job exports."""

from __future__ import annotations

import json
import re
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_runs import ROOT, LiveRun, produce
from promql_names import exported, expressions, metric_names, unknown_metrics
from ruamel.yaml import YAML

from pipelines.live.broker import Broker
from pipelines.live.topics import ensure_topics

PAGE = ROOT / "docs" / "operate" / "metrics.md"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "contactflow.json").read_text())
ALERTS = YAML(typ="safe").load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text())
KEPT = Path(__file__).with_name("exported_names.txt")
"""What a live job has exported once, but for what Kafka's clients tell of themselves, which is much."""
OF_PROMETHEUS = {"up"}
"""What Prometheus says of its scrapes by itself."""

OPERATOR = "flink_taskmanager_job_task_operator_"
PREFIX = "metrics."
WORKFLOW = """
kind: workflow
id: hello
name: Hello
nodes:
  visit: {on: {event: url_visited}, next: mark}
  mark: {do: add_note, with: {text: seen}}
"""


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("up", {"up"}),
        ('up{job="contactflow"} == 0', {"up"}),
        ('rate(a_total{x="}", y=~"b|c"}[$__rate_interval])', {"a_total"}),
        ("sum by (job_name) (rate(a[5m])) / sum without(host) (b offset 5m)", {"a", "b"}),
        ("a and on (host) group_left (zone) b or absent(c) > 1e3", {"a", "b", "c"}),
        ('histogram_quantile(0.9, a:b_bucket{le != "c"}) > bool +Inf', {"a:b_bucket"}),
    ],
)
def test_finds_the_metrics_of_an_expression(expression: str, names: set[str]) -> None:
    assert metric_names(expression) == names


def test_tells_of_a_metric_that_nobody_exports() -> None:
    board = {
        "panels": [{"targets": [{"expr": "rate(there[1m])"}, {"expr": "sum by (x) (gone{x='y'})"}]}],
        "templating": {"list": [{"query": {"query": "label_values(lost, job_name)"}, "label": "job"}]},
    }
    page = '# HELP gone not a metric yet\nthere{x="{gone} 7",} 1.0\n'
    assert unknown_metrics(board, set(exported(page))) == {"gone", "lost"}


def test_the_page_says_what_each_alert_and_each_metric_of_ours_means() -> None:
    page = PAGE.read_text()
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]
    assert rules
    for rule in rules:
        assert f"`{rule['alert']}`" in page
    for expression in (*expressions(DASHBOARD), *expressions(ALERTS)):
        for name in metric_names(expression) - OF_PROMETHEUS:
            assert re.search(rf"`{name.removeprefix(OPERATOR)}`", page), name


@pytest.mark.parametrize("file", [DASHBOARD, ALERTS], ids=["dashboard", "alerts"])
def test_names_nothing_that_a_live_job_did_not_export_once(file: Any) -> None:
    assert not unknown_metrics(file, {*KEPT.read_text().split(), *OF_PROMETHEUS})


@pytest.mark.flink
def test_a_live_job_exports_what_dashboard_and_alerts_name(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JVM_ARGS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx1g")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    workflow = tmp_path / "hello.yaml"
    workflow.write_text(WORKFLOW)
    ensure_topics(broker.address, PREFIX, 2)
    port = free_port()
    factory = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
    asked: list[Any] = [workflow, "--kafka", broker.address, "--topic-prefix", PREFIX, "--group", "metrics"]
    asked += ["--checkpoints", tmp_path / "state", "--checkpoint-interval", "500ms"]
    asked += ["-D", "metrics.reporters=prom", "-D", f"metrics.reporter.prom.factory.class={factory}"]
    asked += ["-D", f"metrics.reporter.prom.port={port}"]
    visit = {"id": "e", "contact": "jo", "type": "url_visited", "data": {"url": "https://shop.example/"}}
    visit["ts"] = int(time.time() * 1000)
    produce(broker.address, f"{PREFIX}events", [json.dumps(visit).encode(), b'{"contact": "jo"}'])
    run = LiveRun(*asked)
    pages = [""]

    def seen() -> bool:
        pages.append(scrape(port))
        found = exported(pages[-1])
        lag = found.get(f"{OPERATOR}watermark_lag_ms", [("", float("nan"))])
        return f"{OPERATOR}reason_dead_letters" in found and 0 < lag[0][1] < 3_600_000

    try:
        run.wait_for(seen)
    finally:
        status, messages = run.stop()
    assert status == 0, messages
    found = exported(pages[-1])
    known = set(found) | OF_PROMETHEUS
    assert not unknown_metrics(DASHBOARD, known)
    assert not unknown_metrics(ALERTS, known)

    def of_ours(name: str, label: str = "") -> list[float]:
        return [value for labels, value in found[OPERATOR + name] if label in labels]

    assert of_ours("events") == [2]
    assert of_ours("dead_letters") == of_ours("reason_dead_letters", 'reason="') == [1]
    assert of_ours("outcome_steps", 'outcome="started"') == [1]
    assert of_ours("bundles")[0] >= of_ours("step_ms_count")[0] >= 1


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A real Kafka broker."""
    broker = Broker(tmp_path / "broker")
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def scrape(port: int) -> str:
    """What the reporter says; nothing as long as it is not there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""
