"""Names of metrics: in PromQL, in the files that hold it, and in what a reporter exports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TEXT = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'')
_LABELS = re.compile(
    r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", re.IGNORECASE
)
_NAME = re.compile(r"(?<![\w:.$])[a-zA-Z_:][\w:]*(?![\w:])(?!\s*\()")
_WORDS = {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"}
_WORDS |= {"by", "without", "on", "ignoring", "group_left", "group_right"}
_VALUES_OF_LABEL = re.compile(r"label_values\((.+),\s*\w+\)")


def metric_names(expression: str) -> set[str]:
    """The metrics that an expression reads.

    The rule: take away texts, then what stands in braces and brackets, and lists of labels. Of the names
    that are left, those before a parenthesis are functions, a few are words of the language, and the
    others are metrics.
    """
    bare = _LABELS.sub(" ", _TEXT.sub(" ", expression))
    return {name for name in _NAME.findall(bare) if name.lower() not in _WORDS}


def expressions(found: Any) -> Iterator[str]:
    """All PromQL of a dashboard or of alerts: what stands under `expr`, and in `label_values(…, label)`."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key == "expr":
                yield value
            else:
                yield from expressions(value)
    elif isinstance(found, list):
        for one in found:
            yield from expressions(one)
    elif isinstance(found, str) and (asked := _VALUES_OF_LABEL.fullmatch(found)):
        yield asked[1]


def unknown_metrics(file: Any, known: set[str]) -> set[str]:
    """The metrics that a dashboard or a file of alerts names, and nobody exports."""
    named: set[str] = set().union(*map(metric_names, expressions(file)))
    return named - known


def exported(page: str) -> dict[str, list[tuple[str, float]]]:
    """Metric to its series, of a page in Prometheus's text format: labels as they stand there, and value."""
    found: dict[str, list[tuple[str, float]]] = {}
    for line in page.splitlines():
        if line and not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            name, _, labels = series.partition("{")
            found.setdefault(name, []).append((labels, float(value)))
    return found
