"""The manifests for the Flink Kubernetes Operator, against the operator's own schema and against our code."""

from __future__ import annotations

import copy
import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from manifests import (
    CONFIG_MAP,
    FLINK_VERSION,
    KUBERNETES,
    ROOT,
    errors,
    flink_deployment,
    manifest,
    unknown_options,
)

DEFINITIONS = "/etc/contactflow/definitions"


@pytest.fixture(scope="module")
def deployment() -> Any:
    return manifest("contactflow.yaml")


@pytest.fixture(scope="module")
def schema() -> Any:
    return flink_deployment()


@pytest.fixture(scope="module")
def live_job() -> ModuleType:
    found = importlib.util.spec_from_file_location("live_job", KUBERNETES / "live_job.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_operator_would_take_the_deployment(deployment: Any, schema: Any) -> None:
    assert errors(schema, deployment) == []


def test_only_the_version_of_flink_is_newer_than_the_operator_s_schema(deployment: Any) -> None:
    (only,) = errors(flink_deployment(version=None), deployment)
    assert only.startswith(f"$.spec.flinkVersion: '{FLINK_VERSION}' is not one of")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("kind", "FlinkDeploymnt", "$.kind"),
        ("apiVersion", "flink.apache.org/v1", "$.apiVersion"),
        ("metadata.nmae", "contactflow", "nmae"),
        ("spec.jobs", {}, "jobs"),
        ("spec.flinkVersion", "v9_9", "$.spec.flinkVersion"),
        ("spec.flinkConfiguration.pipeline", {"max-parallelism": "512"}, "$.spec.flinkConfiguration"),
        ("spec.job.upgradeMod", "savepoint", "upgradeMod"),
        ("spec.job.upgradeMode", "save-point", "$.spec.job.upgradeMode"),
        ("spec.job.parallelism", "2", "$.spec.job.parallelism"),
        ("spec.job.args", "-py", "$.spec.job.args"),
        ("spec.taskManager.resource.memroy", "4096m", "memroy"),
        ("spec.jobManager.podTemplate.spec.volume", [], "volume"),
        ("spec.jobManager.podTemplate.spec.containers.0.volumeMounts.0.mountpath", "/etc", "mountpath"),
        ("spec.jobManager.podTemplate.spec.volumes.0.configMap.nam", "x", "nam"),
        ("spec.podTemplate.spec.containers.0.env.0.val", "x", "val"),
    ],
)
def test_what_is_wrong_is_refused(deployment: Any, schema: Any, path: str, value: Any, said: str) -> None:
    wrong = copy.deepcopy(deployment)
    *parents, last = path.split(".")
    place = wrong
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    place[last] = value
    (error,) = errors(schema, wrong)
    assert said in error


@pytest.mark.parametrize("missing", ["apiVersion", "kind", "metadata", "spec"])
def test_what_is_missing_is_refused(deployment: Any, schema: Any, missing: str) -> None:
    left = {key: value for key, value in deployment.items() if key != missing}
    assert errors(schema, left) == [f"$: '{missing}' is a required property"]


def test_flink_knows_every_setting(deployment: Any) -> None:
    assert unknown_options(deployment["spec"]["flinkConfiguration"]) == []
    misspelled = {"execution.checkpoint.interval": "10 s", "kubernetes.operator.savepoint.format": "NATIVE"}
    assert unknown_options(misspelled) == list(misspelled)


def test_keeps_the_state_and_writes_once(deployment: Any) -> None:
    spec = deployment["spec"]
    assert spec["job"]["upgradeMode"] == "savepoint"
    assert spec["flinkConfiguration"]["taskmanager.numberOfTaskSlots"] == "1"
    assert spec["flinkConfiguration"]["state.backend.type"] == "rocksdb"
    assert spec["flinkConfiguration"]["execution.checkpointing.mode"] == "EXACTLY_ONCE"
    assert spec["flinkConfiguration"]["high-availability.type"] == "kubernetes"
    assert spec["job"]["parallelism"] <= int(spec["flinkConfiguration"]["pipeline.max-parallelism"])


def test_the_config_map_is_one() -> None:
    definitions = manifest("definitions.yaml")
    assert errors(CONFIG_MAP, definitions) == []
    assert errors(CONFIG_MAP, definitions | {"dat": {}}) != []
    assert errors(CONFIG_MAP, definitions | {"data": {"a.yaml": {"kind": "policy"}}}) != []


def test_the_definitions_are_mounted_where_the_job_reads_them(deployment: Any) -> None:
    definitions = manifest("definitions.yaml")["metadata"]
    pod = deployment["spec"]["jobManager"]["podTemplate"]["spec"]
    (container,) = pod["containers"]
    (mount,) = container["volumeMounts"]
    (volume,) = pod["volumes"]
    assert container["name"] == "flink-main-container"
    assert (mount["name"], mount["mountPath"]) == (volume["name"], DEFINITIONS)
    assert volume["configMap"]["name"] == definitions["name"]
    assert deployment["metadata"]["namespace"] == definitions["namespace"]


def test_the_job_understands_its_arguments(deployment: Any, live_job: ModuleType, tmp_path: Path) -> None:
    driver, own = _arguments(deployment)
    assert driver == ["-pyclientexec", "/usr/local/bin/python3", "-py", "/opt/contactflow/live_job.py"]
    _mount(manifest("definitions.yaml")["data"], tmp_path)
    assert own.count(DEFINITIONS) == 1
    job = live_job.job_of([str(tmp_path) if one == DEFINITIONS else one for one in own])
    assert sorted(job.definitions) == ["email/welcome@1", "policy/@1", "workflow/welcome@1"]
    assert (job.brokers, job.delivery) == ("kafka-bootstrap.kafka:9092", "exactly-once")
    assert job.transaction_timeout_ms == 600_000


@pytest.mark.parametrize(
    "more", [["--kafak", "x"], ["--delivery", "twice"], ["--definitions", "none"], ["-K", "no-value"], ["x"]]
)
def test_the_job_refuses_arguments(live_job: ModuleType, more: list[str]) -> None:
    assert live_job.job_of(["--kafka", "here:1"]).definitions == {}
    with pytest.raises(SystemExit) as refused:
        live_job.job_of(["--kafka", "here:1", *more])
    assert refused.value.code == 2


def test_image_and_deployment_are_of_one_kind(deployment: Any) -> None:
    (version,) = re.findall(r"^apache-flink==(.*)$", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    image = (ROOT / "deploy" / "Dockerfile").read_text()
    (plugins,) = deployment["spec"]["podTemplate"]["spec"]["containers"][0]["env"]
    assert f"FROM flink:{version}-java17 AS flink\n" in image
    assert f"../opt/flink-python-{version}.jar /opt/flink/lib/flink-python-{version}.jar\n" in image
    assert "COPY deploy/kubernetes/live_job.py /opt/contactflow/live_job.py\n" in image
    assert deployment["spec"]["job"]["jarURI"] == f"local:///opt/flink/opt/flink-python-{version}.jar"
    assert plugins == {"name": "ENABLE_BUILT_IN_PLUGINS", "value": f"flink-s3-fs-presto-{version}.jar"}


def _arguments(deployment: Any) -> tuple[list[str], list[str]]:
    """Those of Flink's driver and, after the script, those of the script."""
    arguments = deployment["spec"]["job"]["args"]
    end = arguments.index("-py") + 2
    return arguments[:end], arguments[end:]


def _mount(data: dict[str, str], folder: Path) -> None:
    """Files as the kubelet lays them out: in a dated folder, and links to them."""
    dated = folder / "..2026_01_01_00_00_00.1"
    dated.mkdir()
    (folder / "..data").symlink_to(dated.name)
    for name, text in data.items():
        (dated / name).write_text(text)
        (folder / name).symlink_to(Path("..data", name))
