"""Composed conditions: `condition`, `not`, `all`, `any`."""

from __future__ import annotations

from typing import Any

from schemas.definitions import ConditionShape
from schemas.documents import Path
from transforms.conditions import CONDITIONS
from transforms.conditions import Condition as Entry
from transforms.graph import Condition
from transforms.params import Bound
from transforms.problems import Problems, fit, fit_params, unknown
from transforms.sight import Sight

OPERATORS = ("not", "all", "any")


def compile_condition(tree: Any, path: Path, what: str, problems: Problems) -> Condition:
    """The condition of a tree; one that is wrong never holds, and is a problem."""
    operators = [key for key in OPERATORS if isinstance(tree, dict) and key in tree]
    if operators and len(tree) > 1:
        problems.error(path, f"{what}: `{operators[0]}` stands alone in its condition")
        return _never
    if operators == ["not"]:
        inner = compile_condition(tree["not"], (*path, "not"), what, problems)
        return lambda see: not inner(see)
    if operators:
        operator = operators[0]
        if not isinstance(tree[operator], list):
            problems.error((*path, operator), f"{what}: `{operator}` needs a list of conditions")
            return _never
        parts = [
            compile_condition(part, (*path, operator, i), what, problems)
            for i, part in enumerate(tree[operator])
        ]
        if operator == "all":
            return lambda see: all(part(see) for part in parts)
        return lambda see: any(part(see) for part in parts)
    return _leaf(tree, path, what, problems)


def _never(see: Sight) -> bool:
    return False


def _leaf(tree: Any, path: Path, what: str, problems: Problems) -> Condition:
    if isinstance(tree, dict) and "condition" not in tree:
        near = unknown("key", next(iter(tree), ""), ("condition", *OPERATORS))
        problems.error(path, f"{what}: a condition has `condition`, `not`, `all` or `any`; {near}")
        return _never
    if isinstance(tree, dict) and tree["condition"] == "expression":
        tree = {**tree, "with": _expression(tree.get("with", {}))}
    shape = fit(tree, ConditionShape, path, what, problems)
    if shape is None:
        return _never
    entry = CONDITIONS.get(shape.condition)
    if entry is None:
        problems.error((*path, "condition"), f"{what}: {unknown('condition', shape.condition, CONDITIONS)}")
        return _never
    if not fit_params(shape.parameters, entry, (*path, "with"), f"{what}: {shape.condition}", problems):
        return _never
    return _bound(shape.condition, Bound(entry, shape.parameters), shape.negate)


def _expression(tree: Any) -> Any:
    """The CEL text may stand alone, or as `text` or `cel`, as well as under its own name."""
    if isinstance(tree, str):
        return {"expression": tree}
    if isinstance(tree, dict) and len(tree) == 1 and (tree.keys() & {"text", "cel"}):
        return {"expression": next(iter(tree.values()))}
    return tree


def _bound(name: str, bound: Bound[Entry], negate: bool) -> Condition:
    def holds(see: Sight) -> bool:
        before = len(see.trace) if see.trace is not None else 0
        params = bound.fixed or bound.typed(bound.rendered(see.names))
        if params is None:
            result = see.test(name, "is valid", True, False, False)
        else:
            result = params.holds(see)
        if negate and see.trace is not None:
            for test in see.trace[before:]:
                test["negated"] = True
        return result is not negate

    return holds
