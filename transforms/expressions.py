"""CEL expressions, compiled once: for what the conditions do not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=4096)
def _compiled(source: str) -> Any:
    import cel  # takes 0.2 s, and few definitions need it

    return cel.compile(source)


class Expression:
    """A CEL text over `contact`, `event` and `now`, the instant in milliseconds."""

    __slots__ = ("source",)
    sample = "true"

    def __init__(self, source: object) -> None:
        if not isinstance(source, str):
            raise ValueError("expected a CEL expression")
        self.source = source
        try:
            _compiled(source)
        except Exception as error:  # the library raises ValueError, and others on what its parser trips over
            raise ValueError(f"the expression does not parse: {str(error).splitlines()[0]}") from None

    def value(self, names: Callable[[], Mapping[str, Any]], now: int) -> Any:
        """What it evaluates to; None when it fails, for example on a field that is not there."""
        known = names()
        try:
            return _compiled(self.source).execute(
                {"contact": dict(known["contact"]), "event": dict(known["event"]), "now": now}
            )
        except Exception:
            return None
