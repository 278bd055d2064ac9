"""Typed parameters of events, conditions and actions: read from `with`, filled in where they hold Liquid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Struct

from transforms.durations import Duration, TimeOfDay
from transforms.expressions import Expression
from transforms.text import is_template, render, template
from transforms.urls import UrlPattern
from transforms.values import NumberTest, ValueTest, number

Number = int | float
P = TypeVar("P", bound=Struct)


class Texts(tuple[str, ...]):
    """One text, or a list of texts of which any counts."""

    __slots__ = ()
    sample = "x"

    @classmethod
    def parse(cls, tree: object) -> Texts:
        """Reads a text or a list of texts."""
        if isinstance(tree, str):
            return cls((tree,))
        if isinstance(tree, list) and tree and all(isinstance(item, str) for item in tree):
            return cls(tree)
        raise ValueError("expected a text or a list of texts")


class Where(tuple[tuple[str, ValueTest], ...]):
    """A map of field to value test; all must hold."""

    __slots__ = ()
    sample = 1

    @classmethod
    def parse(cls, tree: object) -> Where:
        """Reads the map."""
        if not isinstance(tree, dict):
            raise ValueError("expected a map of field to value test")
        return cls((field, ValueTest(test)) for field, test in tree.items())


class SendTime(Struct, frozen=True):
    """When a message goes out: now, after a while, at a local time, or at the contact's best hour."""

    after: Duration | None = None
    at: TimeOfDay | None = None
    best_hour: bool = False
    sample = "now"

    @classmethod
    def parse(cls, tree: object) -> SendTime:
        """Reads `now`, `{after: 2h}`, `{at: "09:00"}` or `{best_hour: true}`."""
        if tree == "now":
            return cls()
        if isinstance(tree, dict) and len(tree) == 1:
            (key, value), *_ = tree.items()
            if key == "after":
                return cls(after=Duration.parse(value))
            if key == "at":
                return cls(at=TimeOfDay.parse(value))
            if key == "best_hour" and value is True:
                return cls(best_hour=True)
        raise ValueError('expected now, {after: 2h}, {at: "09:00"} or {best_hour: true}')

    @property
    def is_now(self) -> bool:
        """Whether the message is not scheduled."""
        return self.after is None and self.at is None and not self.best_hour


_PARSERS: dict[Any, Callable[[Any], Any]] = {
    Duration: Duration.parse,
    TimeOfDay: TimeOfDay.parse,
    Texts: Texts.parse,
    Where: Where.parse,
    SendTime: SendTime.parse,
    ValueTest: ValueTest,
    NumberTest: NumberTest,
    UrlPattern: UrlPattern,
    Expression: Expression,
}


def _hook(wanted: Any, tree: Any) -> Any:
    return _PARSERS[wanted](tree)


def read_params(shape: type[P], tree: Mapping[str, Any]) -> P:
    """The typed parameters of a `with`.

    Raises:
        msgspec.ValidationError: naming the parameter, when one is wrong.
    """
    return msgspec.convert(tree, shape, dec_hook=_hook)


@cache
def _kinds(shape: type[Struct]) -> dict[str, tuple[bool, Any]]:
    """Parameter to whether it is a number, and what stands for a text not yet rendered."""
    kinds: dict[str, tuple[bool, Any]] = {}
    hints = get_type_hints(shape)
    for field in msgspec.structs.fields(shape):
        members = get_args(hints[field.name]) or (hints[field.name],)
        is_number = (int in members or float in members) and str not in members
        samples = [member.sample for member in members if hasattr(member, "sample")]
        kinds[field.encode_name] = (is_number, samples[0] if samples else (1 if is_number else None))
    return kinds


def _fill(tree: Any, fill: Callable[[str], Any]) -> Any:
    if isinstance(tree, str):
        return fill(tree) if is_template(tree) else tree
    if isinstance(tree, dict):
        return {key: _fill(item, fill) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_fill(item, fill) for item in tree]
    return tree


def sampled(shape: type[Struct], tree: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with texts that hold Liquid replaced by ones that fit, to check all the rest.

    Raises:
        BadTemplate: when a text does not parse.
    """
    kinds = _kinds(shape)

    def sample_of(name: str) -> Callable[[str], Any]:
        def fill(source: str) -> Any:
            template(source)
            sample = kinds.get(name, (False, None))[1]
            return source if sample is None else sample

        return fill

    return {name: _fill(value, sample_of(name)) for name, value in tree.items()}


class Bound(Generic[P]):
    """The parameters of one use of an entry, as a definition writes them.

    Attributes:
        fixed: the typed parameters, when none holds Liquid.
    """

    __slots__ = ("fixed", "shape", "tree")

    def __init__(self, shape: type[P], tree: Mapping[str, Any]) -> None:
        self.shape = shape
        self.tree = dict(tree)
        dynamic = _has_template(self.tree)
        checked = read_params(shape, sampled(shape, tree) if dynamic else tree)
        self.fixed: P | None = None if dynamic else checked

    def rendered(self, names: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """The tree with its Liquid filled in; a number parameter that renders to a number is one."""
        if self.fixed is not None:
            return self.tree
        kinds = _kinds(self.shape)
        known = names()

        def fill(source: str) -> Any:
            return render(source, known)

        filled = {}
        for name, value in self.tree.items():
            result = _fill(value, fill)
            if kinds[name][0] and is_template(value):
                spelled = number(result.strip())
                result = result if spelled is None else spelled
            filled[name] = result
        return filled

    def typed(self, filled: Mapping[str, Any]) -> P | None:
        """The typed parameters of a filled-in tree; None when one renders to what it cannot be."""
        if self.fixed is not None:
            return self.fixed
        try:
            return read_params(self.shape, filled)
        except msgspec.ValidationError:
            return None


def _has_template(tree: Any) -> bool:
    if isinstance(tree, dict):
        return any(_has_template(item) for item in tree.values())
    if isinstance(tree, list):
        return any(_has_template(item) for item in tree)
    return is_template(tree)
