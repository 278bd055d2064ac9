"""What Java throws, in the one sentence that tells most."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.live.failures import RunFailed


@contextmanager
def in_one_sentence(log: Path) -> Iterator[None]:
    """Turns failures of Java into `RunFailed`.

    Args:
        log: where the rest can be read.
    """
    from py4j.protocol import Py4JError, Py4JJavaError, Py4JNetworkError

    try:
        yield
    except Py4JJavaError as error:
        raise RunFailed(f"the Flink job failed: {cause(error.java_exception)}; see {log}") from None
    except (Py4JNetworkError, Py4JError, ConnectionError):
        raise RunFailed(f"the Java process has ended before its time; see {log}") from None


def cause(exception: Any) -> str:
    """The innermost cause: its kind and the first line of its message."""
    while (inner := exception.getCause()) is not None:
        exception = inner
    name = str(exception.getClass().getSimpleName())
    message = str(exception.getMessage() or "").strip().split("\n")[0]
    return f"{name}: {message}" if message else name
