"""The converters live in folders whose names are no Python names, so they are loaded by path."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

Events = list[dict[str, Any]]


def load_converter(example: str) -> ModuleType:
    """The module `examples/<example>/convert.py`."""
    name = f"convert_{example.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / example / "convert.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def converter() -> Callable[[str], ModuleType]:
    return load_converter


@pytest.fixture(scope="session")
def read_events() -> Callable[[Path], Events]:
    return lambda path: [orjson.loads(line) for line in path.read_bytes().splitlines()]
