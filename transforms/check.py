"""Is a set of documents fit to be published? Errors refuse it, warnings do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from schemas.documents import Document
from transforms.checking_graph import check_graph
from transforms.checking_paths import check_decided, check_opt_out
from transforms.checking_set import check_set
from transforms.definitions import compile_document
from transforms.graph import Workflow
from transforms.problems import Problems


class Finding(NamedTuple):
    """What is wrong, and where."""

    file: str
    line: int
    severity: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.message}"


def check_documents(documents: Sequence[Document]) -> list[Finding]:
    """All findings on some documents, in the order of files and lines."""
    found: list[tuple[Document, Problems]] = []
    workflows: list[tuple[Document, Workflow]] = []
    for document in documents:
        compiled = compile_document(document.tree)
        problems = Problems(compiled.problems)
        if isinstance(compiled.value, Workflow):
            workflows.append((document, compiled.value))
            if compiled.value.kind == "workflow":
                check_graph(compiled.value, document.tree, problems)
                if not problems.errors:
                    check_decided(compiled.value, document.tree["nodes"], problems)
                    check_opt_out(compiled.value, problems)
        found.append((document, problems))
    for document, path, severity, message in check_set(documents, workflows):
        problems = Problems()
        (problems.error if severity == "error" else problems.warn)(path, message)
        found.append((document, problems))
    findings = {
        Finding(
            document.file, document.line(problem.path), problem.severity, _named(document, problem.message)
        )
        for document, problems in found
        for problem in problems
    }
    return sorted(findings)


def _named(document: Document, message: str) -> str:
    return f"{document.kind} {document.id}: {message}" if document.id else message
