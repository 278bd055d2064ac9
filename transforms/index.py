"""Finds the starts that a fact may match; workflows that it does not concern cost nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import ahocorasick

from transforms.events import KEY_FIELDS, UrlVisited
from transforms.facts import Fact
from transforms.graph import On, Workflow

_BREAKS = str.maketrans("", "", "\t\r\n")


class Start(NamedTuple):
    """A start node; `rank` sorts by workflow priority, id and place in the definition."""

    rank: int
    workflow: Workflow
    node: On


class _Kind:
    """The starts of one kind of event."""

    def __init__(self) -> None:
        self.any: list[Start] = []
        self.by_key: defaultdict[str, list[Start]] = defaultdict(list)
        self.by_substring: defaultdict[str, list[Start]] = defaultdict(list)
        self.automaton: Any = None

    def add(self, start: Start, keys: tuple[str, ...] | None, substrings: tuple[str, ...]) -> None:
        if substrings:
            for part in substrings:
                self.by_substring[part].append(start)
        elif keys is None:
            self.any.append(start)
        else:
            for key in set(keys):
                self.by_key[key].append(start)

    def finish(self) -> None:
        if self.by_substring:
            self.automaton = ahocorasick.Automaton()
            for part, starts in self.by_substring.items():
                self.automaton.add_word(part, starts)
            self.automaton.make_automaton()


class StartIndex:
    """All starts of the workflows that begin runs, by kind of event, key and substring of the URL."""

    def __init__(self, workflows: Iterable[Workflow]) -> None:
        self._kinds: dict[str, _Kind] = {}
        rank = 0
        for workflow in sorted(workflows, key=lambda w: w.order):
            for name in workflow.starts:
                node = workflow.nodes[name]
                assert isinstance(node, On)
                rank += 1
                self._add(Start(rank, workflow, node))
        for kind in self._kinds.values():
            kind.finish()

    def _add(self, start: Start) -> None:
        for test in start.node.tests:
            params = test.bound.fixed
            substrings: tuple[str, ...] = ()
            if isinstance(params, UrlVisited) and params.url is not None:
                substrings = params.url.parts
            kind = self._kinds.setdefault(test.kind, _Kind())
            kind.add(start, params.keys() if params is not None else None, substrings)

    def candidates(self, fact: Fact) -> list[Start]:
        """The starts whose index fits, in the order in which they are tried."""
        kind = self._kinds.get(fact.kind)
        if kind is None:
            return []
        found = kind.any
        if kind.by_key:
            found = found + kind.by_key.get(fact.fields.get(KEY_FIELDS[fact.kind], ""), [])
        if kind.automaton is not None:
            for _, starts in kind.automaton.iter(_shown(fact.fields["url"])):
                found = found + starts
        return found if len(found) < 2 else _in_order(found)


def _shown(url: str) -> str:
    """All that patterns may find in a URL: as it is, and without the breaks that its path leaves out."""
    lower = url.lower()
    return lower if lower.isprintable() else f"{lower}\n{lower.translate(_BREAKS)}"


def _in_order(found: list[Start]) -> list[Start]:
    """Each once, as they rank."""
    by_rank = {start.rank: start for start in found}
    return [by_rank[rank] for rank in sorted(by_rank)]
