"""Ids of runs and actions: hashes of what they come from, so that a replay gives the same."""

from __future__ import annotations

from hashlib import blake2b


def digest(*parts: object) -> str:
    """BLAKE2b, 128 bit, lower-case hex, of the parts; no two lists of parts run together."""
    text = "\x1f".join(map(str, parts))
    if "\\" in text or text.count("\x1f") >= len(parts):
        text = "\x1f".join(str(part).replace("\\", "\\\\").replace("\x1f", "\\u") for part in parts)
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def run_id(workflow: str, contact: str, source: str, n: int, key: object) -> str:
    """The id of the n-th run of a workflow that an input has started."""
    return digest(workflow, contact, source, n, "" if key is None else key)


def action_id(run: str, node: str, visit: int) -> str:
    """The id of what a run does at a visit of a node."""
    return digest(run, node, visit)


def share_of(workflow: str, node: str, contact: str) -> float:
    """Where a contact stands on a split, from 0 to below 100: the same at every entry."""
    text = digest(workflow, node, contact)
    return int(text[:14], 16) / 16**14 * 100
