"""What the step and action records of a simulation must always add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from transforms.simulation import Simulation

Records = list[dict[str, Any]]

ENDS = {"completed", "goal", "exited", "restarted", "merged", "retired", "failed"}


def unaccounted(actions: Records, steps: Records, simulation: Simulation) -> Iterator[str]:
    """What the records leave open, or say twice."""
    live = {run.id for cell in simulation.cells.values() for contact in cell.contacts for run in contact.runs}
    yield from _runs(steps, live)
    yield from _waits(steps)
    yield from _actions(actions, steps)


def _runs(steps: Records, live: set[str]) -> Iterator[str]:
    """Every run ends once or still lives, and does nothing before it begins or after it has ended.

    It begins again only where an id came again that was forgotten; ids of runs come from those of events.
    """
    contacts: dict[str, str] = {}
    ended: set[str] = set()
    for step in steps:
        run, outcome = step["run"], step["outcome"]
        if outcome == "erased":
            ended |= {name for name, contact in contacts.items() if contact == step["contact"]}
        if run is None:
            continue
        if outcome == "started":
            if run in contacts.keys() - ended:
                yield f"a run that lives begins again: {step}"
            contacts[run] = step["contact"]
            ended.discard(run)
        elif run not in contacts.keys() - ended:
            yield f"a run that has not begun, or that has ended, goes on: {step}"
        if outcome in ENDS and step["node"] is None:
            ended.add(run)
    for run in live ^ (contacts.keys() - ended):
        yield f"run {run} is live without having begun, or gone without having ended"


def _waits(steps: Records) -> Iterator[str]:
    """In a run that came to its end, every token that parked has gone on."""
    completed = {step["run"] for step in steps if step["outcome"] == "completed"}
    parked, left = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for step in steps:
        if step["run"] in completed and step["reason"] is None:
            place = step["run"], step["node"]
            parked[place] += step["outcome"] == "parked"
            left[place] += step["outcome"] in ("matched", "timed_out", "waited")
    for run, node in _unequal(parked, left):
        yield f"at {node} of run {run} {parked[run, node]} tokens parked and {left[run, node]} went on"


def _actions(actions: Records, steps: Records) -> Iterator[str]:
    """Every action leaves one record, and a step that says so."""
    begun = Counter(step["run"] for step in steps if step["outcome"] == "started")
    for (action_id, run), count in Counter((a["action_id"], a["run"]) for a in actions).items():
        if count > begun[run]:
            yield f"action {action_id} has {count} records"
    told = {(step["run"], step["node"], step["ts"]) for step in steps}
    for action in actions:
        if (action["run"], action["node"], action["ts"]) not in told:
            yield f"an action without a step: {action}"


def _unequal(one: Counter[tuple[str, str]], other: Counter[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return sorted(place for place in one.keys() | other.keys() if one[place] != other[place])
