"""Values and tests of values: equality, comparisons, `contains`, globs, nested fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from fnmatch import translate
from functools import lru_cache
from typing import Any

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "missing", "__bool__": lambda self: False})()
"""Stands for a field that is not there; null is a value."""

_NUMERIC = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")


def number(value: Any) -> int | float | None:
    """The number that a value is or, as text, spells; None for all else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMERIC.fullmatch(value):
        try:
            return int(value)
        except ValueError:
            return whole(float(value))
    return None


def whole(value: float) -> int | float:
    """The same number, as an integer when it has no fraction."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def text_of(value: Any) -> str | None:
    """How a plain value is written, None for a list or a map."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(whole(value))
    return None


def moment(value: Any) -> float | None:
    """Seconds since the epoch of an ISO date or date and time; without a zone it counts as UTC."""
    if not isinstance(value, str) or len(value) < 8:
        return None
    try:
        if len(value) == 10:
            day = date.fromisoformat(value)
            return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        then = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()


def same(actual: Any, expected: Any) -> bool:
    """Equality of value tests.

    Text equals text as it is, a number a number or a numeric text by value, a boolean a boolean or its own
    word, never a number.
    """
    if isinstance(actual, bool) or isinstance(expected, bool):
        if isinstance(actual, bool) and isinstance(expected, bool):
            return actual is expected
        flag, other = (actual, expected) if isinstance(actual, bool) else (expected, actual)
        return isinstance(other, str) and other == ("true" if flag else "false")
    if isinstance(actual, int | float) or isinstance(expected, int | float):
        left, right = number(actual), number(expected)
        return left is not None and right is not None and left == right
    if isinstance(actual, list) and isinstance(expected, list):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(actual, dict) and isinstance(expected, dict):
        return actual.keys() == expected.keys() and all(same(actual[k], expected[k]) for k in actual)
    return bool(actual == expected)


def reach(data: Any, path: str) -> Any:
    """The field of a tree, MISSING where there is none; dots reach into maps and, as numbers, lists."""
    if isinstance(data, dict) and path in data:
        return data[path]
    for part in path.split("."):
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            return MISSING
    return data


@lru_cache(maxsize=4096)
def glob(pattern: str) -> re.Pattern[str]:
    """`*` for any text, `?` for one character; the whole text, case-sensitive. It never backtracks far."""
    return re.compile(translate(pattern.replace("[", "[[]")))


def _is_empty(actual: Any) -> bool:
    return actual is MISSING or actual is None or actual == "" or actual == []


def _contains(actual: Any, expected: Any) -> bool:
    wanted = (text_of(expected) or "").lower()
    if isinstance(actual, list):
        for item in actual:
            written = item if isinstance(item, str) else text_of(item)
            if written is not None and written.lower() == wanted:
                return True
        return False
    written = text_of(actual)
    return written is not None and wanted in written.lower()


def _matches(actual: Any, expected: Any) -> bool:
    written = text_of(actual)
    return written is not None and glob(expected).fullmatch(written) is not None


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(actual: Any, expected: Any) -> bool:
        left, right = number(actual), number(expected)
        if left is None or right is None:
            left, right = moment(actual), moment(expected)
        return left is not None and right is not None and compare(left, right)

    return test


_at_least = _ordered(lambda a, b: a >= b)
_at_most = _ordered(lambda a, b: a <= b)

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": same,
    "ne": lambda actual, expected: not same(actual, expected),
    "gt": _ordered(lambda a, b: a > b),
    "gte": _at_least,
    "lt": _ordered(lambda a, b: a < b),
    "lte": _at_most,
    "between": lambda actual, ends: _at_least(actual, ends[0]) and _at_most(actual, ends[1]),
    "contains": _contains,
    "in": lambda actual, values: any(same(actual, value) for value in values),
    "matches": _matches,
    "exists": lambda actual, wanted: (actual is not MISSING) is wanted,
    "empty": lambda actual, wanted: _is_empty(actual) is wanted,
}
COMPARISONS = ("eq", "ne", "gt", "gte", "lt", "lte", "between")


def _parse(tree: Any, operators: tuple[str, ...], what: str) -> tuple[tuple[str, Any], ...]:
    if not isinstance(tree, dict):
        return (("eq", tree),)
    unknown = [key for key in tree if key not in operators]
    if unknown or not tree:
        raise ValueError(
            f"{what} has no `{unknown[0]}`; it is a value or a map of {', '.join(operators)}"
            if unknown
            else f"{what} is empty; it needs one of {', '.join(operators)}"
        )
    for operator, expected in tree.items():
        if operator == "between" and not (isinstance(expected, list) and len(expected) == 2):
            raise ValueError("`between` needs a list of two")
        if operator == "in" and not isinstance(expected, list):
            raise ValueError("`in` needs a list")
        if operator in ("exists", "empty") and not isinstance(expected, bool):
            raise ValueError(f"`{operator}` needs true or false")
        if operator in ("contains", "matches") and text_of(expected) is None:
            raise ValueError(f"`{operator}` needs a text")
    return tuple((op, text_of(v) if op == "matches" else v) for op, v in tree.items())


class ValueTest:
    """A plain value (equality), or a map of operators that must all hold."""

    __slots__ = ("tests",)
    sample: Any = 1

    def __init__(self, tree: Any) -> None:
        self.tests = _parse(tree, tuple(OPERATORS), "a value test")
        for operator, expected in self.tests:
            ends = expected if operator == "between" else [expected]
            if operator in ("gt", "gte", "lt", "lte", "between"):
                for end in ends:
                    if number(end) is None and moment(end) is None:
                        raise ValueError(f"`{operator}` needs a number or an ISO date")

    def holds(self, actual: Any) -> bool:
        """Whether a value (or MISSING) passes."""
        for operator, expected in self.tests:
            if actual is MISSING and operator not in ("exists", "empty", "ne"):
                return False
            if not OPERATORS[operator](actual, expected):
                return False
        return True

    @property
    def tree(self) -> Any:
        """The test as it is written, for traces."""
        operator, expected = self.tests[0]
        return expected if len(self.tests) == 1 and operator == "eq" else dict(self.tests)


class NumberTest(ValueTest):
    """A number (equality), or a map of comparisons that must all hold."""

    __slots__ = ()

    def __init__(self, tree: Any) -> None:
        self.tests = _parse(tree, COMPARISONS, "a number test")
        for operator, expected in self.tests:
            for end in expected if operator == "between" else [expected]:
                if number(end) is None:
                    raise ValueError(f"`{operator}` needs a number")
