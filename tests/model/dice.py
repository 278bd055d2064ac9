"""Chance from a seed: what is written with `one_of` and optional keys is decided by throwing dice."""

from random import Random
from typing import Any


class OneOf(tuple[Any, ...]):
    """Any one of these."""

    __slots__ = ()


def one_of(*options: Any) -> OneOf:
    return OneOf(options)


class Dice(Random):
    """Decides what is left open."""

    def hits(self, in_hundred: int) -> bool:
        return self.random() * 100 < in_hundred

    def make(self, value: Any) -> Any:
        """A value in which each `one_of` is decided; a key that ends in `?` is there in one case of three."""
        if isinstance(value, OneOf):
            return self.make(self.choice(value))
        if isinstance(value, dict):
            taken = {k: v for k, v in value.items() if not k.endswith("?") or self.hits(33)}
            return {k.rstrip("?"): self.make(v) for k, v in taken.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.make(v) for v in value)
        return value
