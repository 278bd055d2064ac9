"""Beam's runner and options for a backtest, refused in one sentence where Beam would ignore them or exit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr
from io import StringIO
from typing import TYPE_CHECKING

from pipelines.live.failures import RunRefused

if TYPE_CHECKING:
    from apache_beam import Pipeline
    from apache_beam.options.pipeline_options import PipelineOptions

LOCAL = "DirectRunner"
"""The runner in this process, and in worker processes beside it."""

_PORTABLE = ("portable", "flink", "spark")
"""Runners with a job server, which may know options that Beam's Python side does not."""


def empty_pipeline(runner: str, workers: int, further: Sequence[str]) -> Pipeline:
    """A pipeline with nothing in it.

    Args:
        runner: any of Beam's, by name.
        workers: how many work side by side.
        further: options of Beam's own, each `--name` or `--name=value`.

    Raises:
        RunRefused: there is no such runner, what it needs is not installed, or an option is unknown or wrong.
    """
    from apache_beam import Pipeline
    from apache_beam.runners.runner import create_runner

    try:
        made = create_runner(runner)
    except (ImportError, ValueError, AttributeError, TypeError) as error:
        raise RunRefused(f"--runner {runner}: {_sentence(error)}") from None
    options = _options(runner, workers, further)
    try:
        return Pipeline(runner=made, options=options)
    except ValueError as error:  # it validates the options, some of which a runner cannot do without
        raise RunRefused(f"--runner {runner}: {_sentence(error)}") from None


def _options(runner: str, workers: int, further: Sequence[str]) -> PipelineOptions:
    from apache_beam.options.pipeline_options import PipelineOptions

    flags = [f"--runner={runner}", *_workers(runner, workers), *further]
    messages = StringIO()
    try:
        with redirect_stderr(messages):
            known = PipelineOptions(flags).get_all_options()
            with_unknown = PipelineOptions(flags).get_all_options(retain_unknown_options=True)
    except SystemExit:
        last = messages.getvalue().strip().splitlines()[-1]
        raise RunRefused(re.sub(r"^.*?error: (argument )?", "", last)) from None
    strange = with_unknown.keys() - known.keys()
    if strange and not runner.lower().startswith(_PORTABLE):
        raise RunRefused(f"neither contactflow backtest nor Beam has the option {_named(strange, further)}")
    return PipelineOptions(flags)


def _workers(runner: str, workers: int) -> list[str]:
    if workers == 1:
        return []
    if runner == LOCAL:
        return [f"--direct_num_workers={workers}", "--direct_running_mode=multi_processing"]
    return [f"--num_workers={workers}"]


def _named(strange: Iterable[str], further: Sequence[str]) -> str:
    """The first of these as it was written."""
    written = {flag.partition("=")[0].lstrip("-").replace("-", "_"): flag for flag in further}
    name = min(strange)
    return written.get(name, f"--{name}").partition("=")[0]


def _sentence(error: Exception) -> str:
    text = str(error).removeprefix("Pipeline has validations errors:")
    return " ".join(text.split()).rstrip(".")
