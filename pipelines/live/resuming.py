"""How a run over files begins: new, or where one that has stopped can go on."""

from __future__ import annotations

from pathlib import Path

from pipelines.live.failures import RunRefused
from pipelines.live.folder import Manifest, OutFolder, newest_checkpoint


def begin(asked: Manifest, out: OutFolder, resume: bool) -> Manifest:
    """Makes the folder ready.

    Args:
        asked: what the user wants.
        out: taken by us.
        resume: whether to go on with what lies there.

    Returns:
        The manifest to go by: the one asked for, or the older one of the run that goes on.

    Raises:
        RunRefused: what lies there comes from another request.
    """
    before = out.manifest() if resume else None
    if before is None:
        out.clear()
        out.note(asked)
        return asked
    for what, same in (
        ("definitions, events or options", before.inputs == asked.inputs),
        ("time until when timers fire", before.horizon == asked.horizon),
        ("state backend", before.backend == asked.backend),
        ("folder of checkpoints", before.checkpoints == asked.checkpoints),
    ):
        if not same:
            raise RunRefused(f"{out.path} cannot be resumed: its {what} were others")
    if before.finished:
        return before
    if not before.recorded and newest_checkpoint(Path(before.checkpoints)) is None:
        # What may lie there was written by a run of which nothing else is left.
        out.clear()
    before.attempt += 1
    out.note(before)
    return before


def check(out: OutFolder, resume: bool) -> None:
    """Refuses a folder in which a run cannot begin.

    Raises:
        RunRefused: with the reason.
    """
    if out.path.exists() and not out.path.is_dir():
        raise RunRefused(f"{out.path} is a file; --out takes a folder")
    if not out.is_used():
        return
    if not resume:
        raise RunRefused(f"{out.path} is not empty: name another folder, or go on with --resume")
    if out.manifest() is None:
        raise RunRefused(f"{out.path} is not the output of a run, so that there is nothing to resume")
