"""`contactflow simulate`: definitions over events, in this process, by the events' own time."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer

from cli.definitions import accepted, fail, packed
from cli.pools import read_pools
from cli.times import Until, read_until
from schemas.records import OUTPUTS
from transforms.engine import Engine, encode_record
from transforms.letters import Origin
from transforms.simulation import END_AFTER_MS, Simulation
from transforms.step import Record

Paths = Annotated[list[Path], typer.Argument(help="definition files, or folders of them", metavar="PATH…")]
Events = Annotated[
    str, typer.Option(help="contact events as JSON lines; - reads standard input", metavar="FILE")
]
UntilText = Annotated[
    str | None,
    typer.Option(help="fire timers up to and with then: RFC 3339, epoch ms, or `end`", metavar="TS"),
]
Sinks = dict[int, BinaryIO]


def _file(what: str) -> typer.models.OptionInfo:
    return typer.Option(help=what, metavar="FILE")


def simulate(
    paths: Paths,
    events: Events,
    until: UntilText = None,
    steps: Annotated[Path | None, _file("write step records there")] = None,
    outcomes: Annotated[Path | None, _file("write outcome records there")] = None,
    cards: Annotated[Path | None, _file("write the cards as they are at the end there")] = None,
    dead_letters: Annotated[Path | None, _file("write dead letters there")] = None,
    pools: Annotated[Path | None, _file("YAML with pools of codes and groups of users")] = None,
) -> None:
    """Runs definitions over events without Flink; action records go to standard output as JSON lines.

    Example: contactflow simulate examples/online-retail/workflows --events events.jsonl --until end
    """
    horizon = read_until(until)
    simulation = Simulation(Engine(packed(accepted(paths)), read_pools(pools)))
    with ExitStack() as stack:
        sinks: Sinks = {0: sys.stdout.buffer}
        for name, path in (("steps", steps), ("outcomes", outcomes), ("dead_letters", dead_letters)):
            if path is not None:
                sinks[OUTPUTS.index(name)] = stack.enter_context(_open(path, "wb"))
        lines = sys.stdin.buffer if events == "-" else stack.enter_context(_open(Path(events), "rb"))
        for number, line in enumerate(lines, 1):
            text = line.rstrip(b"\r\n")
            if text.strip():
                _write(sinks, simulation.take(text, Origin(events, None, number)))
        _finish(simulation, horizon, sinks)
        if cards is not None:
            sink = stack.enter_context(_open(cards, "wb"))
            sink.writelines(encode_record(card) + b"\n" for card in simulation.cards())
    sys.stdout.buffer.flush()


def _open(path: Path, mode: str) -> BinaryIO:
    try:
        return cast(BinaryIO, path.open(mode))
    except OSError as error:
        fail(f"{path}: {error.strerror or error}")


def _write(sinks: Sinks, records: Iterable[Record]) -> None:
    for output, record in records:
        sink = sinks.get(output)
        if sink is not None:
            sink.write(encode_record(record) + b"\n")


def _finish(simulation: Simulation, horizon: Until, sinks: Sinks) -> None:
    """Fires the timers that are left, up to the horizon."""
    if simulation.latest is None:
        return
    last = simulation.latest if horizon is None else horizon
    if last == "end":
        last = simulation.latest + END_AFTER_MS
    for records in simulation.wake(last):
        _write(sinks, records)
    if horizon == "end" and (waiting := simulation.waiting()):
        print(
            f"contactflow: stopped 400 days after the last event; {waiting} contacts still wait",
            file=sys.stderr,
        )
