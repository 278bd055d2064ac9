"""The manifests of deploy/kubernetes, and what Kubernetes and Flink would refuse or drop in them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from pyflink import __file__ as pyflink
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
KUBERNETES = ROOT / "deploy" / "kubernetes"
CRD = ROOT / "tests" / "deploy" / "flinkdeployments.flink.apache.org-v1.yml"

FLINK_VERSION = "v2_2"
"""Newer than the schema, which ends with v1_20: see tests/deploy/README.md."""

OPERATOR_OPTIONS = {
    "kubernetes.operator.savepoint.format.type",
    "kubernetes.operator.job.savepoint-on-deletion",
}
"""Settings of the operator that its documentation names (1.15); no jar of Flink knows them."""

METADATA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "namespace": {"type": "string"}},
    "required": ["name", "namespace"],
    "additionalProperties": False,
}

CONFIG_MAP = {
    "type": "object",
    "properties": {
        "apiVersion": {"const": "v1"},
        "kind": {"const": "ConfigMap"},
        "metadata": METADATA,
        "data": {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
    },
    "required": ["apiVersion", "kind", "metadata", "data"],
    "additionalProperties": False,
}


def manifest(name: str) -> Any:
    """A manifest as Kubernetes reads it."""
    return YAML(typ="safe").load(KUBERNETES / name)


def errors(schema: Any, document: Any) -> list[str]:
    """Where a document is wrong, and why."""
    return [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(document)
    ]


@cache
def crd() -> Any:
    """The operator's definition of FlinkDeployment, as it is."""
    return YAML(typ="safe").load(CRD)


def flink_deployment(version: str | None = FLINK_VERSION) -> Any:
    """Schema of a whole FlinkDeployment in which unknown fields are errors.

    Args:
        version: a `flinkVersion` to allow beside those of the operator's schema; None for none.
    """
    (one,) = crd()["spec"]["versions"]
    schema = closed(one["schema"]["openAPIV3Schema"])
    spec = schema["properties"]["spec"]
    if version is not None:
        known = spec["properties"]["flinkVersion"]
        spec["properties"]["flinkVersion"] = known | {"enum": [*known["enum"], version]}
    # The API server adds these to every schema; a status is written by the operator, not by us.
    schema["properties"] = {
        "spec": spec,
        "apiVersion": {"const": f"{crd()['spec']['group']}/{one['name']}"},
        "kind": {"const": crd()["spec"]["names"]["kind"]},
        "metadata": METADATA,
    }
    return schema | {"required": ["apiVersion", "kind", "metadata", "spec"]}


def closed(schema: Any) -> Any:
    """The schema with unknown fields as errors, where it does not say that there may be some.

    Kubernetes drops them without a word.
    """
    if not isinstance(schema, Mapping):
        return schema
    found = {
        key: {name: closed(one) for name, one in value.items()}
        if key == "properties"
        else closed(value)
        if key in ("items", "additionalProperties")
        else value
        for key, value in schema.items()
    }
    if (
        found.get("type") == "object"
        and "additionalProperties" not in found
        and not found.get("x-kubernetes-preserve-unknown-fields")
    ):
        found["additionalProperties"] = False
    return found


def unknown_options(configuration: Mapping[str, str]) -> list[str]:
    """Settings that neither Flink nor the operator has; both would pass over them."""
    return [
        name
        for name in configuration
        if name not in OPERATOR_OPTIONS
        # A string constant of a class file: its tag, its length, its bytes.
        and b"\x01" + len(name).to_bytes(2, "big") + name.encode() not in _option_classes()
    ]


@cache
def _option_classes() -> bytes:
    (jar,) = (Path(pyflink).parent / "lib").glob("flink-dist-*.jar")
    with zipfile.ZipFile(jar) as content:
        return b"".join(content.read(name) for name in _named_options(content))


def _named_options(content: zipfile.ZipFile) -> Iterator[str]:
    return (name for name in content.namelist() if name.endswith(("Options.class", "Option.class")))
