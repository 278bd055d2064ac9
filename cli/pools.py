"""Reads the file of `--pools`: codes and groups of users to allocate from."""

from __future__ import annotations

from pathlib import Path

import msgspec

from cli.definitions import fail
from schemas.documents import UnreadableDocument, read_documents
from transforms.allocation import Pools


class PoolsFile(msgspec.Struct, forbid_unknown_fields=True):
    """Pool name to codes, group name to users."""

    pools: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}


def read_pools(path: Path | None) -> Pools:
    """The allocator of a file; without one it has neither pools nor groups."""
    content = pools_file(path)
    return Pools(content.pools, content.groups)


def pools_file(path: Path | None) -> PoolsFile:
    """What a file holds; nothing without one. Ends the command when it cannot be read."""
    if path is None:
        return PoolsFile()
    try:
        documents = read_documents(path.read_text(encoding="utf-8"), str(path))
        tree = documents[0].tree if documents else {}
        return msgspec.convert(tree, PoolsFile, strict=False)
    except UnreadableDocument as error:
        fail(f"{path}:{error.line}: {error}")
    except (OSError, UnicodeDecodeError, msgspec.ValidationError) as error:
        fail(f"{path}: {error}")
