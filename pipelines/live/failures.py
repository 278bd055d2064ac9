"""Why a run does not begin, or does not end well. Each message is one sentence for whoever started it."""

from __future__ import annotations


class RunRefused(Exception):
    """The run cannot begin as it was asked for; nothing was changed."""


class RunFailed(Exception):
    """The run has begun and stopped before its end; it can be resumed."""
