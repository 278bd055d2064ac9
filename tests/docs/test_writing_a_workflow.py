"""The page's pieces, put together as it says, are a workflow that `check` accepts."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import orjson
from typer.testing import CliRunner

from cli.main import app
from schemas.documents import read_documents

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-workflow.md"


def pieces() -> list[list[dict[str, Any]]]:
    """The YAML blocks of the page, each as the documents in it."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [[document.tree for document in read_documents(dedent(block), "page.yaml")] for block in blocks]


def test_the_pieces_make_a_workflow_without_errors_or_warnings(tmp_path: Path) -> None:
    (workflow, thanks), (nodes,), (feedback,), (exits,), (entry,), (policy,) = pieces()
    workflow["nodes"].update(nodes)
    workflow |= exits | entry
    for number, document in enumerate((workflow, thanks, feedback, policy)):
        (tmp_path / f"{number}.json").write_bytes(orjson.dumps(document))
    result = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert set(workflow["nodes"]) > {"bought", "mail", "week", "clicked", "remind"}


def test_the_first_piece_stands_alone(tmp_path: Path) -> None:
    first = re.search(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert first is not None
    (tmp_path / "thanks.yaml").write_text(first[1])
    result = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (0, "")
