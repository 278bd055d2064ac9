"""Events a second of the Flink job beside PyFlink and a job written by hand in Java: `make bench`.

Each measurement is a process of its own, with a fresh JVM. From its time that of the same program with 1,000
events is taken away; the JVM's warming up stays in. Candidates take turns, so that what else the machine does
meets all.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

import msgspec

from bench.candidate import CANDIDATES, JAR, JAVA, PROCESS, THREAD, Outcome
from cli.tables import Cell, print_table
from pipelines.live.flink_settings import BACKENDS
from pipelines.live.gateway import ROOT

STARTUP_EVENTS = 1_000
PROCESS_SHARE = 100
"""Process mode gets so much less: it would take an hour for what others do in a minute."""
PROCESS_LEAST = 4_000
QUICK_EVENTS, QUICK_CONTACTS = 50_000, 10_000

Measured = dict[str, list[Outcome]]
"""Candidate to what each round gave."""


class Plan(NamedTuple):
    """What is measured."""

    contacts: int
    events: int
    rounds: int
    states: Sequence[str]
    candidates: Sequence[str]

    def events_of(self, candidate: str) -> int:
        """How many events a candidate gets."""
        return max(PROCESS_LEAST, self.events // PROCESS_SHARE) if candidate == PROCESS else self.events


def main() -> None:
    """Measures what the command line asks for, and prints a table for each kind of state."""
    plan = _plan()
    _build()
    print(_machine())
    print(f"{plan.contacts:,} contacts, {plan.rounds} rounds\n", flush=True)
    for state in plan.states:
        startup: Measured = {candidate: [] for candidate in plan.candidates}
        full: Measured = {candidate: [] for candidate in plan.candidates}
        for _ in range(plan.rounds):
            for candidate in plan.candidates:
                startup[candidate].append(_run(candidate, state, STARTUP_EVENTS, plan.contacts))
                full[candidate].append(_run(candidate, state, plan.events_of(candidate), plan.contacts))
        heads = [f"round {number + 1}" for number in range(plan.rounds)]
        columns = ["candidate", "events", "start-up s", *heads, "events/s", "processor µs"]
        print_table(
            f"State: {state}",
            [*columns, f"× {JAVA}", f"× {THREAD}", f"× {PROCESS}"],
            list(_rows(plan, startup, full)),
        )
        print("\n".join(_records(plan, full)) + "\n", flush=True)


def _plan() -> Plan:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument(
        "--events", type=int, default=1_000_000, help=f"1/{PROCESS_SHARE} of it for {PROCESS}"
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--state", default=",".join(BACKENDS), help="where state is kept, of: %(default)s")
    parser.add_argument("--candidates", default=",".join(CANDIDATES), help="of: %(default)s")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK_EVENTS:,} events, one round: to see that it runs, not to quote",
    )
    given = parser.parse_args()
    states, candidates = given.state.split(","), given.candidates.split(",")
    for chosen, known in ((states, BACKENDS), (candidates, CANDIDATES)):
        for name in set(chosen) - set(known):
            parser.error(f"`{name}` is none of {', '.join(known)}")
    if given.quick:
        return Plan(QUICK_CONTACTS, QUICK_EVENTS, 1, states, candidates)
    return Plan(given.contacts, given.events, given.rounds, states, candidates)


def _build() -> None:
    """Builds the Java side when its sources are newer than the jar."""
    project = ROOT / "bench" / "java"
    sources = [project / "pom.xml", *(project / "src").rglob("*.java")]
    if not JAR.exists() or JAR.stat().st_mtime < max(file.stat().st_mtime for file in sources):
        subprocess.run(["mvn", "-q", "-B", "-f", str(project / "pom.xml"), "package"], check=True)


def _machine() -> str:
    java = subprocess.run(
        ["java", "-version"], capture_output=True, text=True, check=True
    ).stderr.splitlines()[0]
    cores, load = os.cpu_count(), os.getloadavg()[0]
    busy = f"; other work runs on it, load {load:.1f}: do not quote" if load > 1 else ""
    return f"{cores} cores, Python {platform.python_version()}, {java}{busy}"


def _run(candidate: str, state: str, events: int, contacts: int) -> Outcome:
    command = [sys.executable, str(ROOT / "bench" / "candidate.py"), candidate]
    command += ["--state", state, "--events", str(events), "--contacts", str(contacts)]
    begin = time.monotonic()
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{ended.stderr}")
    outcome = msgspec.json.decode(ended.stdout.splitlines()[-1], type=Outcome)
    took = time.monotonic() - begin
    print(
        f"  {candidate}, {state}, {events:,} events: {outcome.seconds:.1f} s of {took:.1f} s", file=sys.stderr
    )
    return outcome


def _rows(plan: Plan, startup: Measured, full: Measured) -> Iterator[list[Cell]]:
    begin = {name: fmean(one.seconds for one in startup[name]) for name in plan.candidates}
    rates = {name: [_rate(plan, name, one.seconds - begin[name]) for one in full[name]] for name in full}
    mean = {
        name: _rate(plan, name, fmean(one.seconds for one in full[name]) - begin[name])
        for name in plan.candidates
    }
    for name in plan.candidates:
        used = fmean(one.processor_seconds for one in full[name])
        used -= fmean(one.processor_seconds for one in startup[name])
        ratios = [mean[name] / mean[other] if other in mean else None for other in (JAVA, THREAD, PROCESS)]
        count = plan.events_of(name)
        each = used / (count - STARTUP_EVENTS) * 1e6
        whole = [round(rate) for rate in (*rates[name], mean[name])]
        yield [name, count, begin[name], *whole, each, *ratios]


def _rate(plan: Plan, candidate: str, seconds: float) -> float:
    """Events a second beyond those that the start-up run has, too."""
    return (plan.events_of(candidate) - STARTUP_EVENTS) / max(seconds, 0.001)


def _records(plan: Plan, full: Measured) -> Iterator[str]:
    """What came out: the same of all with as many events, or the comparison compares nothing."""
    found: dict[int, dict[str, int]] = {}
    for name, outcomes in full.items():
        for outcome in outcomes:
            expected = found.setdefault(plan.events_of(name), outcome.counts)
            if outcome.counts != expected:
                sys.exit(f"{name} gave {outcome.counts}, another {expected}")
    for events, counts in found.items():
        yield f"  records of {events:,} events: {counts['actions']:,} actions, {counts['steps']:,} steps"


if __name__ == "__main__":
    main()
