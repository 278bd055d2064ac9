"""Composed conditions."""

from typing import Any

import pytest

from transforms.card import Card
from transforms.logic import compile_condition
from transforms.problems import Problems
from transforms.sight import Sight


def holds(tree: Any) -> tuple[bool, list[str]]:
    """Whether a condition holds for a contact with the tag x, and what is wrong with it."""
    problems = Problems()
    condition = compile_condition(tree, (), "here", problems)
    see = Sight(Card("c", 0, tags=["x"]), 0, {}, lambda: {"contact": {"id": "c"}, "event": {}}, 200)
    return condition(see), [problem.message for problem in problems]


X = {"condition": "has_tag", "with": {"tag": "x"}}
Y = {"condition": "has_tag", "with": {"tag": "y"}}


@pytest.mark.parametrize(
    ("tree", "result"),
    [
        (X, True),
        ({**X, "negate": True}, False),
        ({"not": Y}, True),
        ({"all": [X, {"not": Y}]}, True),
        ({"any": [Y, X]}, True),
        ({"all": []}, True),
        ({"any": []}, False),
    ],
)
def test_conditions_compose(tree: Any, result: bool) -> None:
    assert holds(tree) == (result, [])


@pytest.mark.parametrize(
    "parameters", ["contact.id == 'c'", *({n: "contact.id == 'c'"} for n in ("expression", "cel", "text"))]
)
def test_an_expression_may_stand_alone_or_under_a_name(parameters: Any) -> None:
    assert holds({"condition": "expression", "with": parameters}) == (True, [])


@pytest.mark.parametrize(
    "tree", ["has_tag", {}, {"not": X, "all": [X]}, {"any": X}, {"condition": "has_tga"}]
)
def test_a_condition_that_is_wrong_never_holds_and_is_a_problem(tree: Any) -> None:
    result, problems = holds(tree)
    assert not result and len(problems) == 1


def test_what_is_wrong_in_a_part_is_a_problem_of_the_whole() -> None:
    problems = Problems()
    compile_condition({"all": [X, {"not": {**X, "nagate": True}}]}, ("if",), "here", problems)
    assert problems[0].path == ("if", "all", 1, "not", "nagate")
