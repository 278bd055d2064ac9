"""Values and tests of values."""

from typing import Any

import pytest

from transforms.values import MISSING, NumberTest, ValueTest, glob, moment, number, reach, same, text_of

DATA = {"a": {"b": [10, {"c": "deep"}]}, "a.b": "dotted", "null": None, "flag": False}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", "dotted"),
        ("a", DATA["a"]),
        ("null", None),
        ("flag", False),
        ("a.c", MISSING),
        ("null.x", MISSING),
        ("", MISSING),
    ],
)
def test_dots_reach_into_maps_unless_the_name_itself_has_them(path: str, value: Any) -> None:
    assert reach(DATA, path) is value or reach(DATA, path) == value


@pytest.mark.parametrize(
    ("path", "value"), [("0", 10), ("1.c", "deep"), ("2", MISSING), ("-1", MISSING), ("c", MISSING)]
)
def test_numbers_reach_into_lists(path: str, value: Any) -> None:
    assert reach({"x": [10, {"c": "deep"}]}, f"x.{path}") == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (True, "true"),
        (False, "false"),
        (2, "2"),
        (2.0, "2"),
        (2.5, "2.5"),
        (None, None),
        ([1], None),
    ],
)
def test_how_plain_values_are_written(value: Any, text: str | None) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (3, 3),
        (2.5, 2.5),
        ("2", 2),
        ("+2.0", 2),
        (".5", 0.5),
        ("1e3", 1000),
        ("1e9999", None),
        (" 2", None),
        ("", None),
        ("two", None),
        (True, None),
        (None, None),
        ("٣", 3),
    ],
)
def test_the_number_that_a_value_spells(value: Any, spelled: float | None) -> None:
    assert number(value) == spelled


@pytest.mark.parametrize(
    ("tree", "passing", "failing"),
    [
        (2, [2, 2.0, "2", "2.0"], ["23", True, None, [2]]),
        ("2", [2, "2"], ["2.0", "23"]),
        (True, [True, "true"], [1, "True", "1"]),
        ({"contains": "2"}, [12, "a2", ["x", 2]], [13, None, [12], {"2": 2}]),
        ({"contains": "AB"}, ["cab", ["ab"]], ["a b", ["cab"]]),
        ({"matches": "1?"}, [12, "1x"], [1, "1", [12]]),
        ({"in": [1, "x"]}, ["1", "x"], ["X", 2]),
        ({"gte": "2024-02-01"}, ["2024-02-01", "2024-02-01T00:00:00Z"], ["2024-01-31", "later", 5]),
        ({"between": [1, 3]}, [1, "3", 2.5], [0.9, 4, "x"]),
        ({"exists": True}, [None, ""], [MISSING]),
        ({"exists": False}, [MISSING], [None]),
        ({"empty": True}, [MISSING, None, "", []], [0, False, " ", {}]),
        ({"ne": 2}, [MISSING, 3, "x"], [2, "2"]),
        ({"gt": 1, "lt": 3}, [2], [1, 3]),
    ],
)
def test_value_tests(tree: Any, passing: list[Any], failing: list[Any]) -> None:
    test = ValueTest(tree)
    assert [value for value in passing if not test.holds(value)] == []
    assert [value for value in failing if test.holds(value)] == []


def test_a_test_shows_itself_as_it_is_written() -> None:
    assert [ValueTest(tree).tree for tree in (2, {"eq": 2}, {"gt": 1, "lt": 3}, {"matches": 5})] == [
        2,
        2,
        {"gt": 1, "lt": 3},
        {"matches": "5"},
    ]
    assert NumberTest({"between": [1, 2]}).tree == {"between": [1, 2]}


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ([1, "2"], ["1", 2], True),
        ([1], [1, 2], False),
        ({"a": [1]}, {"a": ["1"]}, True),
        ({"a": 1}, {"b": 1}, False),
        ([1], {"0": 1}, False),
        (None, None, True),
        (None, "", False),
        (None, False, False),
    ],
)
def test_equality(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-02", 86_400),
        ("1970-01-01T01:00:00", 3600),
        ("1970-01-01T01:00:00+01:00", 0),
        ("70-01-01", None),
        ("1970-02-30", None),
        (19700101, None),
    ],
)
def test_moments_of_iso_dates(text: Any, seconds: float | None) -> None:
    assert moment(text) == seconds


def test_a_glob_is_about_the_whole_text_and_nothing_else_in_it_is_special() -> None:
    assert [text for text in ("a.b", "axb", "xa.b", "a.bc") if glob("a.?").fullmatch(text)] == ["a.b"]
    assert glob("a*c").fullmatch("a\nbc")
