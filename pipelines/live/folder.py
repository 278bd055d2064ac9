"""The output folder of a run over files: what is in it, who writes there, and where to go on from."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pipelines.live.failures import RunRefused

LINES = ("actions", "steps", "outcomes", "dead_letters")
"""Folders of JSON lines."""

WINDOWS = "analytics/workflow_steps"
"""Folder of Parquet files by day."""

_STAMP = re.compile(r"part-(\d+)-")
_LOCK_SECONDS = 15


class Manifest(msgspec.Struct):
    """What a run was asked for, kept beside its output. A resumed run must be asked for the same."""

    inputs: str
    """Digest of definitions, events and engine options."""
    backend: str
    checkpoints: str
    """Folder of the checkpoints."""
    horizon: int | None = None
    """Milliseconds until when timers fire."""
    attempt: int = 1
    """1, and 1 more with every resumption."""
    recorded: bool = False
    """Whether all records have been written."""
    finished: bool = False


class OutFolder:
    """The folder that `--out` names. What is not output lies in its hidden folder `.run`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.private = self.path / ".run"
        self.log = self.private / "flink.log"
        self._manifest = self.private / "run.json"

    def manifest(self) -> Manifest | None:
        """What the run that has written here was asked for; None when there was none."""
        try:
            return msgspec.json.decode(self._manifest.read_bytes(), type=Manifest)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise RunRefused(f"{self._manifest} cannot be read: {error}") from None

    def note(self, manifest: Manifest) -> None:
        """Writes the manifest down; it is either the old or the new one, whatever happens."""
        new = self._manifest.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(manifest))
        new.replace(self._manifest)

    @contextmanager
    def taken(self) -> Iterator[int]:
        """Holds the folder for us alone; gives the descriptor of the lock, to be handed to child processes.

        Raises:
            RunRefused: another run writes there.
        """
        try:
            self.private.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunRefused(f"{self.path}: {error.strerror}") from None
        descriptor = os.open(self.private / "lock", os.O_CREAT | os.O_RDWR)
        try:
            deadline = time.monotonic() + _LOCK_SECONDS
            while not _locked(descriptor):
                # The Java process of a killed run may take a moment to notice.
                if time.monotonic() > deadline:
                    raise RunRefused(f"another run is writing to {self.path}")
                time.sleep(0.1)
            yield descriptor
        finally:
            os.close(descriptor)

    def is_used(self) -> bool:
        """Whether anything lies in it."""
        return self.path.exists() and any(entry.name != ".run" for entry in self.path.iterdir())

    def clear(self) -> None:
        """Removes all records, and makes the folders for new ones."""
        for name in (*LINES, WINDOWS):
            shutil.rmtree(self.path / name, ignore_errors=True)
            (self.path / name).mkdir(parents=True)

    def sweep(self) -> None:
        """Removes what killed attempts left unfinished; only at the end, for a resumed one may need it."""
        for name in (*LINES, WINDOWS):
            for leftover in (self.path / name).rglob(".part-*"):
                leftover.unlink()

    def newest(self, name: str) -> int:
        """The largest stamp in the names of a folder's files, finished or not; 0 when there is none."""
        found = (_STAMP.search(file.name) for file in (self.path / name).rglob("*part-*"))
        return max((int(stamp[1]) for stamp in found if stamp), default=0)


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint in a folder that was completed, of whichever attempt."""
    complete = [metadata.parent for metadata in folder.glob("attempt-*/*/chk-*/_metadata")]
    return max(complete, key=lambda checkpoint: int(checkpoint.name.removeprefix("chk-")), default=None)


def remove_checkpoints(folder: Path) -> None:
    """Removes those of all attempts, and the folder if nothing else is in it."""
    for attempt in folder.glob("attempt-*"):
        shutil.rmtree(attempt)
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()


def attempt_folder(folder: Path, attempt: int) -> Path:
    """Where the checkpoints of one attempt go."""
    return folder / f"attempt-{attempt:04}"


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
