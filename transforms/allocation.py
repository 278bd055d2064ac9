"""Answers to allocating actions within the process: coupon codes from pools, owners round robin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Allocator(Protocol):
    """Gives out codes and users; what an undone input drew can be given back."""

    def code(self, pool: str) -> str | None:
        """The next code of a pool, None when it is empty or unknown."""
        ...

    def user(self, group: str | None, users: Sequence[str] | None) -> str | None:
        """The next user of a group or a list, None when there is nobody."""
        ...

    def mark(self) -> int:
        """A point to which `undo` can go back."""
        ...

    def undo(self, mark: int) -> None:
        """Gives back all that was drawn since."""
        ...


class Pools:
    """An allocator over lists: each code once, users in turn."""

    def __init__(self, pools: Mapping[str, Sequence[str]], groups: Mapping[str, Sequence[str]]) -> None:
        self._pools = {name: list(codes) for name, codes in pools.items()}
        self._groups = {name: list(users) for name, users in groups.items()}
        self._next: dict[tuple[str, ...], int] = {}
        self._drawn: list[tuple[str, ...]] = []

    def _draw(self, source: tuple[str, ...]) -> int:
        at = self._next.get(source, 0)
        self._next[source] = at + 1
        self._drawn.append(source)
        return at

    def code(self, pool: str) -> str | None:
        codes = self._pools.get(pool, [])
        if self._next.get(("pool", pool), 0) >= len(codes):
            return None
        return codes[self._draw(("pool", pool))]

    def user(self, group: str | None, users: Sequence[str] | None) -> str | None:
        names = self._groups.get(group, []) if group is not None else list(users or ())
        if not names:
            return None
        source = ("group", group) if group is not None else ("users", *names)
        return names[self._draw(source) % len(names)]

    def mark(self) -> int:
        return len(self._drawn)

    def undo(self, mark: int) -> None:
        while len(self._drawn) > mark:
            self._next[self._drawn.pop()] -= 1
