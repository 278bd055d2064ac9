"""What the engine takes for an event, and a contact for its state: `python bench/engine.py [--quick]`.

Times are processor time of this process, the best of several repeats, so that other work on the machine
counts little. Each call is one contact with its events, as the Flink job makes them; decoding and encoding
its state are part of it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from bench.workload import BEGIN_MS, DAY_MS, HOUR_MS, PAGES, contact, documents, visit
from cli.tables import Cell, print_table
from pipelines.live.bridge import Bridge, Options
from transforms.engine import Engine
from transforms.state import decode_cell

VISITS_BEFORE = 10
"""A contact that visits was there so often before."""

encode = msgspec.msgpack.Encoder().encode


class Size(NamedTuple):
    """How much is measured."""

    contacts: int = 2_000
    repeats: int = 7
    workflows: int = 10_000
    bundles: tuple[int, ...] = (1, 10, 100, 1_000, 5_000)


QUICK = Size(contacts=20, repeats=1, workflows=40, bundles=(1, 10))
"""Only to see that everything runs."""

Call = tuple[bytes | None, list[bytes], int | None]
"""State, events, and until when timers fire."""


def main() -> None:
    """Measures, and prints tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny numbers, to see that it runs")
    size = QUICK if parser.parse_args().quick else Size()
    print_table("One event, in process", ["what", "workflows", "µs"], times(size))
    print_table(
        "Bundles, through the bridge; a tenth of the contacts starts a run",
        ["contacts in a bundle", "µs a contact"],
        bundles(size),
    )
    print_table("State of one contact", ["what", "bytes"], sizes())


def times(size: Size) -> list[list[Cell]]:
    """A row for each kind of call: what it is, active workflows, microseconds an event."""
    few, many = Engine(documents(9)), Engine(documents(size.workflows - 1))
    globs = Engine(documents(size.workflows - 1, globs=True))
    known = [_known(few, number) for number in range(size.contacts)]
    parked = [_after(few, state, [_visit(n, 1, offer=True)]) for n, state in enumerate(known)]
    page = [(state, [_visit(n, 0, offer=False)], None) for n, state in enumerate(known)]
    ten = [(state, [_visit(n, i, offer=False) for i in range(10)], None) for n, state in enumerate(known)]
    new = [(None, [_visit(n, 0, offer=False)], None) for n in range(size.contacts)]
    start = [(state, [_visit(n, 1, offer=True)], None) for n, state in enumerate(known)]
    elsewhere = [(state, [_visit(n, 2, offer=False)], None) for n, state in enumerate(parked)]
    wake = [(state, [], BEGIN_MS + 90 * DAY_MS) for state in parked]
    cases: list[tuple[str, int, Engine, Sequence[Call]]] = [
        ("visit that concerns no workflow", 10, few, page),
        ("visit that concerns no workflow", size.workflows, many, page),
        ("the same, a quarter of them start on `path:` globs", size.workflows, globs, page),
        ("the same visit, ten of them in one call", 10, few, ten),
        ("the same visit, of a contact not seen before", 10, few, new),
        ("the same visit, while the contact waits in a run", 10, few, elsewhere),
        ("visit that starts a run, which waits", 10, few, start),
        ("timer: wait over, condition, action, end", 10, few, wake),
    ]
    return [[what, count, _microseconds(engine, calls, size)] for what, count, engine, calls in cases]


def bundles(size: Size) -> list[list[Cell]]:
    """A row for each size of a bundle: contacts in it, microseconds a contact with one event."""
    engine = Engine(documents(9))
    bridge = Bridge(Options())
    for key, body in documents(9).items():
        bridge.define(encode((key, body)))
    rows: list[list[Cell]] = []
    for count in size.bundles:
        known = [
            (contact(n), _known(engine, n), [(_visit(n, 0, offer=n % 10 == 0), 0, n)], False)
            for n in range(max(count, size.contacts) // count * count)
        ]
        requests = [encode((0, 0, known[at : at + count])) for at in range(0, len(known), count)]

        def run(requests: Sequence[bytes] = requests) -> None:
            for request in requests:
                bridge.step(request)

        rows.append([count, _best(run, size.repeats) / len(known)])
    return rows


def sizes() -> list[list[Cell]]:
    """A row for each kind of state: what it is, bytes."""
    engine = Engine(documents(0))
    first = _after(engine, None, [_visit(0, 0, offer=False)])
    ordinary = _ordinary(engine)
    parked = _after(engine, ordinary, [_visit(0, VISITS_BEFORE, offer=True)])
    same = _after(engine, ordinary, [_visit(0, VISITS_BEFORE, offer=False)])
    run = decode_cell(parked).contacts[0].runs[0]
    return [
        ["contact after its first visit", len(first)],
        [f"ordinary card: profile, 5 tags, 8 details, {VISITS_BEFORE} visits, 5 messages", len(ordinary)],
        ["… and a run that waits, with the visit that started it", len(ordinary) + len(parked) - len(same)],
        ["the run alone", len(encode(run))],
        ["its parked token alone", len(encode(run.tokens[0]))],
        ["each visit more: history and id", len(same) - len(ordinary)],
    ]


def _microseconds(engine: Engine, calls: Sequence[Call], size: Size) -> float:
    def run() -> None:
        for state, inputs, until in calls:
            engine.process(state, inputs, until=until)

    return _best(run, size.repeats) / sum(max(1, len(inputs)) for _, inputs, _ in calls)


def _best(run: Callable[[], None], repeats: int) -> float:
    """The least processor time in microseconds."""
    taken = []
    for _ in range(repeats):
        begin = time.process_time_ns()
        run()
        taken.append(time.process_time_ns() - begin)
    return min(taken) / 1000


def _visit(number: int, days: int, offer: bool) -> bytes:
    page = number * 7 + days * 1001
    return visit(page, contact(number), BEGIN_MS + (30 + days) * DAY_MS + number % PAGES, offer)


def _known(engine: Engine, number: int) -> bytes:
    """A contact that was there before, without a run."""
    before = [visit(i, contact(number), BEGIN_MS + i * DAY_MS, offer=False) for i in range(VISITS_BEFORE)]
    return _after(engine, None, before)


def _ordinary(engine: Engine) -> bytes:
    """A contact of a shop that uses most of the card."""
    data = {
        "email": "jane.doe@example.com",
        "name": "Jane Doe",
        "phone": "+447700900123",
        "timezone": "Europe/London",
        "locale": "en-GB",
        "email_status": "opted_in",
        "owner": "sales-2",
        "tags": ["newsletter", "customer", "vip", "shoes", "spring-sale"],
        "details": {f"detail_{i}": f"value {i}" for i in range(8)},
        "score": 120,
    }
    given = [("contact_added", data)]
    given += [("email_sent", {"email": f"letter-{i}", "message_id": f"m-{i:08d}"}) for i in range(5)]
    lines = [
        msgspec.json.encode(
            {"id": f"e{i}", "contact": contact(0), "type": kind, "ts": BEGIN_MS + i * HOUR_MS, "data": fields}
        )
        for i, (kind, fields) in enumerate(given)
    ]
    return _after(
        engine, _after(engine, None, lines), [_visit(0, i, offer=False) for i in range(VISITS_BEFORE)]
    )


def _after(engine: Engine, state: bytes | None, inputs: list[bytes]) -> bytes:
    answer = engine.process(state, inputs, until=None)
    assert answer.state is not None
    return answer.state


if __name__ == "__main__":
    main()
