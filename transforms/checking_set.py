"""Checks that concern several documents, or what a workflow means as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.documents import Document, Path
from transforms.graph import Workflow


class SetProblem(NamedTuple):
    """A problem of one document that only the others show."""

    document: Document
    path: Path
    severity: str
    message: str


def check_set(
    documents: Sequence[Document], workflows: Sequence[tuple[Document, Workflow]]
) -> Iterator[SetProblem]:
    """All such problems."""
    yield from _twice(documents)


def _twice(documents: Sequence[Document]) -> Iterator[SetProblem]:
    seen: dict[tuple[str, str], Document] = {}
    for document in documents:
        kind = "workflow" if document.kind == "rule" else document.kind
        name = "" if kind in ("policy", "settings") else document.id
        if not kind or (not name and kind not in ("policy", "settings")):
            continue
        first = seen.setdefault((kind, name), document)
        if first is not document:
            what = f"{document.kind} `{document.id}`" if name else document.kind
            message = f"there are two documents of {what}; the other is {first.file}:{first.line(())}"
            yield SetProblem(document, ("id",), "error", message)
