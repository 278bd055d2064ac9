"""How many contacts are in flight, and where: counted from the topic of the cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from pipelines.live.topic_reading import TopicEnd, read_newest
from pipelines.live.topics import topic


class LiveRun(msgspec.Struct):
    """A live run on a card record."""

    workflow: str
    version: int
    nodes: list[str]


class Card(msgspec.Struct):
    """What is wanted of a card record."""

    runs: list[LiveRun] = []


_decode = msgspec.json.Decoder(Card).decode


class Census(msgspec.Struct):
    """Who is in flight.

    Attributes:
        contacts: how many have a card.
        flights: workflow and version to the contacts with a live run of it.
        places: workflow, version and node to the runs that have a token there.
    """

    contacts: int
    flights: Counter[tuple[str, int]]
    places: Counter[tuple[str, int, str]]

    def of(self, workflow: str) -> dict[int, int]:
        """Version to the contacts with a live run of a workflow, in order."""
        found = {version: count for (name, version), count in self.flights.items() if name == workflow}
        return dict(sorted(found.items()))


def take_census(brokers: str, prefix: str, kafka: Mapping[str, str] | None = None) -> Census:
    """Counts the newest card of each contact.

    Raises:
        RunRefused: the topic cannot be read.
    """
    cards = read_newest(brokers, topic(prefix, "cards"), TopicEnd(), _runs, kafka)
    flights: Counter[tuple[str, int]] = Counter()
    places: Counter[tuple[str, int, str]] = Counter()
    for runs in cards.values():
        flights.update({(run.workflow, run.version) for run in runs})
        places.update((run.workflow, run.version, node) for run in runs for node in set(run.nodes))
    return Census(len(cards), flights, places)


def _runs(card: bytes) -> list[LiveRun]:
    return _decode(card).runs
