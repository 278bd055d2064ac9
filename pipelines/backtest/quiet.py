"""Sends what libraries and their processes print to a log file."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def output_to(log: Path) -> Iterator[None]:
    """While it holds, all that this process and its children print or log goes to a file.

    By file descriptor, for worker processes inherit these, and gRPC writes past Python's streams.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    handler = logging.StreamHandler(log.open("a", encoding="utf-8"))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    root = logging.getLogger()
    before = root.handlers[:]
    try:
        for descriptor in (1, 2):
            os.dup2(handler.stream.fileno(), descriptor)
        root.handlers[:] = [handler]
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        root.handlers[:] = before
        for descriptor, original in enumerate(kept, 1):
            os.dup2(original, descriptor)
            os.close(original)
        handler.stream.close()
