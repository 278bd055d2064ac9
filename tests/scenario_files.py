"""All scenario files, and their definitions as the command would read them."""

import json
from pathlib import Path

import pytest
from model import scenarios

from schemas.documents import Document, read_documents

FOLDER = Path(__file__).parent / "scenarios"
ALL = [(path, case) for path in sorted(FOLDER.glob("*/*.yaml")) for case in scenarios.load(path)]


def title(path: Path, case: scenarios.Case) -> str:
    """How tests call a scenario."""
    return f"{path.parent.name}/{path.stem}: {case['name']}"


def named(key: str) -> list[object]:
    """The scenarios that have this key, as parameters of a test."""
    return [pytest.param(case, id=title(path, case)) for path, case in ALL if key in case]


def documents_of(case: scenarios.Case) -> list[Document]:
    """The definitions as the command reads them from files."""
    given = [
        w if w.get("kind") == "rule" else {"kind": "workflow", "name": w["id"], **w}
        for w in case.get("workflows", [])
    ]
    given += [{"kind": kind, **case[kind]} for kind in ("policy", "settings") if kind in case]
    found = [d for i, tree in enumerate(given) for d in read_documents(json.dumps(tree), f"w{i}.json")]
    for i, text in enumerate(scenarios.texts(case)):
        found += read_documents(text, f"text{i}.yaml")
    return found
