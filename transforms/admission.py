"""Whether a run may begin."""

from __future__ import annotations

from typing import Any

from transforms.graph import Workflow
from transforms.runs import entered_too_often, live_runs
from transforms.sight import Trace
from transforms.step import MAX_TOKENS, Step

MAX_RUNS = MAX_TOKENS
"""Live runs of a workflow."""


def rule_refusal(step: Step, rule: Workflow, event: dict[str, Any], trace: Trace | None) -> str | None:
    """Why a rule does not run now; None when it does. A condition that holds goes into `trace`."""
    if rule.condition is not None:
        names = step.names_of(event, None, rule)
        see = step.sight(event, names, traced=step.traces)
        if not rule.condition(see):
            step.note("failed_condition", None, workflow=rule, reason="condition", trace=see.trace)
            return "condition"
        if trace is not None:
            trace += see.trace or ()
    if entered_too_often(step, rule):
        return "entry_limit"
    if len(live_runs(step.contact, rule.id)) >= MAX_RUNS:
        return "too_many_runs"
    return None
