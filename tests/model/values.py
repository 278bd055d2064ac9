"""Values: equality, value tests, comparisons, durations, look-ups by a dotted name."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
DAY = MS["d"]
MISSING = object()


def as_list(value: Any) -> list[Any]:
    """One or a list."""
    return value if isinstance(value, list) else [value]


def look_up(data: Any, name: str) -> Any:
    """The field of that name, where dots reach into nested fields; MISSING where there is none."""
    for part in name.split("."):
        if not isinstance(data, dict) or part not in data:
            return MISSING
        data = data[part]
    return data


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Any) -> int | float | None:
    """The number that a number or a numeric text is; None for anything else."""
    if is_number(value):
        return int(value) if float(value).is_integer() else value
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*", value):
        return number(float(value) if "." in value else int(value))
    return None


def equal(a: Any, b: Any) -> bool:
    """The equality of value tests."""
    if isinstance(a, bool) or isinstance(b, bool):
        return word(a) == word(b) if not (is_number(a) or is_number(b)) else False
    if is_number(a) or is_number(b):
        return number(a) is not None and number(a) == number(b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    return bool(a == b)


def word(value: Any) -> Any:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def moment(value: Any) -> datetime | None:
    """An ISO date or time, for comparisons only."""
    if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}", value):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def compare(op: str, value: Any, wanted: Any) -> bool:
    """Greater, less and between: of numbers, else of dates, else false."""
    if op == "between":
        low, high = wanted
        return compare("gte", value, low) and compare("lte", value, high)
    for reading in (number, moment):
        a, b = reading(value), reading(wanted)
        if a is not None and b is not None:
            return bool({"gt": a > b, "gte": a >= b, "lt": a < b, "lte": a <= b}[op])
    return False


def contains(value: Any, part: Any) -> bool:
    if isinstance(value, list):
        return any(
            v.lower() == part.lower() if isinstance(v, str) and isinstance(part, str) else equal(v, part)
            for v in value
        )
    return isinstance(value, str) and str(part).lower() in value.lower()


def glob(pattern: str, text: str) -> bool:
    """Whole text, `*` and `?` only, case-sensitive: each part between two `*` at the first place it fits."""
    first, *parts = pattern.split("*")
    if not fits(first, text[: len(first)]):
        return False
    if not parts:
        return len(text) == len(first)
    place, end = len(first), len(text) - len(parts[-1])
    for part in parts[:-1]:
        while place + len(part) <= end and not fits(part, text[place : place + len(part)]):
            place += 1
        place += len(part)
    return place <= end and fits(parts[-1], text[end:])


def fits(part: str, text: str) -> bool:
    return len(part) == len(text) and all(p in ("?", t) for p, t in zip(part, text, strict=True))


def value_test(test: Any, value: Any) -> bool:
    """Whether a value (or MISSING) passes a value test."""
    if not isinstance(test, dict):
        return value is not MISSING and equal(value, test)
    return all(one_test(op, wanted, value) for op, wanted in test.items())


def one_test(op: str, wanted: Any, value: Any) -> bool:
    if op == "exists":
        return (value is not MISSING) == wanted
    if op == "empty":
        return (value is MISSING or value is None or value in ("", [])) == wanted
    if op == "ne":
        return value is MISSING or not equal(value, wanted)
    if value is MISSING:
        return False
    if op == "eq":
        return equal(value, wanted)
    if op == "contains":
        return contains(value, wanted)
    if op == "in":
        return any(equal(value, w) for w in wanted)
    if op == "matches":
        return isinstance(value, str) and glob(wanted, value)
    return compare(op, value, wanted)


def number_test(test: Any, value: int | float) -> bool:
    """Whether a number passes a number test; a test that is not of numbers does not hold."""
    wanted = list(test.values()) if isinstance(test, dict) else [test]
    flat = [w for item in wanted for w in as_list(item)]
    return all(number(w) is not None for w in flat) and value_test(
        test if isinstance(test, dict) else number(test), value
    )


def duration(text: Any) -> int | None:
    """Milliseconds of `1d12h`; None when it does not parse."""
    if not isinstance(text, str) or not re.fullmatch(r"(\d+[smhdw])+", text):
        return None
    return sum(int(n) * MS[unit] for n, unit in re.findall(r"(\d+)([smhdw])", text))


def instant(value: Any) -> int | None:
    """Epoch milliseconds of epoch milliseconds or RFC 3339."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d", value):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    if found.tzinfo is None:
        return None
    return (found - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
