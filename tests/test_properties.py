"""Whatever the definitions and events: the engine and the naive model of the specification agree."""

import json
from collections import Counter
from typing import Any

import msgspec
from hypothesis import given, reject
from model import TooLong
from model import simulate as simulate_by_model
from model.strategies import DAY, NOON, POOLS, Case, cases

from cli.definitions import packed
from schemas.documents import read_documents
from transforms.allocation import Pools
from transforms.check import check_documents
from transforms.engine import Engine
from transforms.simulation import END_AFTER_MS, Simulation
from transforms.step import ACTIONS, DEAD_LETTERS, STEPS

Records = list[dict[str, Any]]

MOST_TIMERS = 200
"""Cases in which more come due take too long."""

COMPARED = ("contact", "action", "status", "reason", "ts", "workflow", "node", "visit")
ENDINGS = {"completed", "goal", "exited", "restarted", "merged", "retired", "failed"}

alone = cases(contacts=("c",), joining=False)
together = cases()


def engine_of(case: Case, pools: Pools | None) -> Engine:
    found = [
        d for i, tree in enumerate(case.documents) for d in read_documents(json.dumps(tree), f"{i}.json")
    ]
    assert not [str(finding) for finding in check_documents(found) if finding.severity == "error"]
    return Engine(packed(found), pools)


class Outcome:
    """What the engine made of a case in one process."""

    def __init__(self, case: Case, until: int | str | None) -> None:
        self.simulation = Simulation(engine_of(case, Pools(POOLS["pools"], {})))
        records = [record for line in case.lines for record in self.simulation.take(line.encode())]
        latest = self.simulation.latest
        if latest is not None:
            self.horizon = {None: latest, "end": latest + END_AFTER_MS}.get(until, until)
            records += [record for woken in self.simulation.wake(self.horizon) for record in woken]
        self.outputs: dict[int, Records] = {ACTIONS: [], STEPS: [], DEAD_LETTERS: []}
        for output, record in records:
            self.outputs.setdefault(output, []).append(msgspec.to_builtins(record))


def modelled(case: Case, until: int | str | None) -> tuple[Records, Records, Records]:
    """What the model makes of a case; cases of very many timers are passed over."""
    try:
        return simulate_by_model(case.documents, list(case.lines), until, POOLS, MOST_TIMERS)
    except TooLong:
        reject()


def compared(actions: Records) -> dict[str, Records]:
    """By contact, the fields that the specification decides."""
    found: dict[str, Records] = {}
    for action in actions:
        params = {k: v for k, v in action["params"].items() if k not in ("code", "valid_until")}
        kept = {field: action[field] for field in COMPARED} | {"params": params}
        found.setdefault(action["contact"], []).append(kept)
    return found


@given(together)
def test_engine_gives_the_records_of_the_model(case: Case) -> None:
    actions, dead, _ = modelled(case, case.until)
    outputs = Outcome(case, case.until).outputs
    assert compared(outputs[ACTIONS]) == compared(actions)
    assert [d["reason"] for d in outputs[DEAD_LETTERS]] == [d["reason"] for d in dead]


@given(alone)
def test_state_may_be_put_away_after_every_input(case: Case) -> None:
    modelled(case, case.until)
    engine = engine_of(case, None)
    lines = [line.encode() for line in case.lines]
    at_once = engine.process(None, lines, until=NOON + 30 * DAY)
    state, records = None, []
    for line in lines:
        answer = engine.process(state, [line], until=None)
        state, records = answer.state, records + answer.records
    while (answer := engine.process(state, [], until=NOON + 30 * DAY)).records:
        state, records = answer.state, records + answer.records
    assert records == at_once.records


@given(cases(joining=False))
def test_other_contacts_do_not_matter(case: Case) -> None:
    until = NOON + 10 * DAY
    case = case._replace(documents=[d for d in case.documents if '"pool"' not in json.dumps(d)])
    case = case._replace(documents=[d for d in case.documents if '"draw_owner"' not in json.dumps(d)])
    modelled(case, until)
    whole = compared(Outcome(case, until).outputs[ACTIONS])
    for contact in ("c", "d", "e"):
        own = [line for line in case.lines if f'"contact": "{contact}"' in line]
        found = compared(Outcome(case._replace(lines=own), until).outputs[ACTIONS])
        assert found.get(contact, []) == whole.get(contact, [])


@given(alone)
def test_invariants(case: Case) -> None:
    modelled(case, "end")
    outcome = Outcome(case, "end")
    actions, steps = outcome.outputs[ACTIONS], outcome.outputs[STEPS]

    ids = Counter(action["action_id"] for action in actions)
    assert not [i for i, times in ids.items() if times > 1], "an action id stands twice"

    for records in (actions, steps):
        times = [record["ts"] for record in records if record.get("outcome") != "duplicate"]
        assert times == sorted(times), "the clock went back"

    started = [step["run"] for step in steps if step["outcome"] == "started"]
    ended = [step["run"] for step in steps if step["outcome"] in ENDINGS and step["run"] is not None]
    assert len(set(started)) == len(started)
    assert len(set(ended)) == len(ended)
    assert set(ended) <= set(started)
    live = sum(len(card.runs) for card in outcome.simulation.cards())
    assert len(started) - len(ended) == live, "a run neither ended nor is live"

    for cell in outcome.simulation.cells.values():
        due = outcome.simulation.engine.due(cell)
        assert due is None or due > outcome.horizon, "a wait did not fire"
