"""What texts and expressions may name, made when it is named: most name one field of many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transforms.card import FIELDS, Card
from transforms.text import written


class _Names(Mapping[str, Any]):
    """A map that renders as the plain map it stands for."""

    __slots__ = ()

    def __str__(self) -> str:
        return str(dict(self))


class CardNames(_Names):
    """`contact.*`: the card as it is at the moment at which it is named."""

    __slots__ = ("_card",)

    def __init__(self, card: Card) -> None:
        self._card = card

    def __getitem__(self, name: str) -> Any:
        return written(FIELDS[name](self._card))

    def __iter__(self) -> Iterator[str]:
        return iter(FIELDS)

    def __len__(self) -> int:
        return len(FIELDS)


class EventNames(_Names):
    """`event.*`: the fields of an event."""

    __slots__ = ("_data",)

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def __getitem__(self, name: str) -> Any:
        return written(self._data[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)
