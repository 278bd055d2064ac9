"""Reads definitions from files and folders, and says what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from schemas.documents import Document, UnreadableDocument, read_documents
from transforms.check import Finding, check_documents
from transforms.definitions import Key

ENDINGS = (".yaml", ".yml", ".json")


def fail(message: str) -> NoReturn:
    """Ends the command with one clear line and status 2."""
    print(f"contactflow: {message}", file=sys.stderr)
    raise SystemExit(2)


def definition_files(paths: Sequence[Path]) -> list[Path]:
    """The definition files of files and folders, folders in the order of names."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(file for file in path.rglob("*") if _is_definition(file, path))
        elif path.is_file():
            files.append(path)
        else:
            fail(f"{path}: there is no such file or folder")
    return files


def _is_definition(file: Path, folder: Path) -> bool:
    # A mounted ConfigMap holds each file a second time, in a hidden folder.
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.suffix in ENDINGS and not hidden and file.is_file()


def load(paths: Sequence[Path]) -> tuple[list[Document], list[Finding]]:
    """The documents of some paths, and all findings on them, unreadable files included."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for file in definition_files(paths):
        try:
            documents += read_documents(file.read_text(encoding="utf-8"), str(file))
        except UnreadableDocument as error:
            findings.append(Finding(str(file), error.line, "error", str(error)))
        except (UnicodeDecodeError, OSError) as error:
            findings.append(Finding(str(file), 1, "error", f"cannot be read: {error}"))
    return documents, findings + check_documents(documents)


def accepted(paths: Sequence[Path]) -> list[Document]:
    """The documents of some paths; ends the command when `check` refuses them."""
    documents, findings = load(paths)
    errors = [finding for finding in findings if finding.severity == "error"]
    for finding in errors:
        print(finding, file=sys.stderr)
    if errors:
        fail(f"the definitions have {len(errors)} error{'s' if len(errors) > 1 else ''}; nothing was run")
    return documents


def packed(documents: Sequence[Document]) -> dict[str, bytes]:
    """Documents as an engine takes them."""
    encoder = msgspec.json.Encoder()
    return {str(Key(doc.kind, doc.id)): encoder.encode(doc.tree) for doc in documents}
