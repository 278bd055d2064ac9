"""What `make run` does: a year of a real shop's purchases through the example workflows, on Flink.

`python examples/run.py clickstream [--repeat N]` does the same with the clickstream sample.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from cli.definitions import load
from cli.summary import summary

ROOT = Path(__file__).parents[1]
CONTACTFLOW = Path(".venv/bin/contactflow")


def say(message: str) -> None:
    """Progress goes where messages go, so that a pipe gets the result alone."""
    print(f"== {message}", file=sys.stderr, flush=True)


def run_example(example: str, repeat: int) -> int:
    """Convert the data, run the workflows over it, show what came of it; the status of what failed, or 0.

    Paths are relative to the repository, where everything is started: they can be copied from the output.
    """
    folder = Path("examples") / example
    events = Path("out") / example / "events.jsonl"
    records = Path("out") / example / "run"
    say(f"converting {folder / 'data'} to {events}")
    convert = [sys.executable, str(folder / "convert.py"), "-o", str(events)]
    status = subprocess.run(
        [*convert, *(["--repeat", str(repeat)] if repeat > 1 else [])], stdout=sys.stderr, check=False
    ).returncode
    if status:
        return status

    shutil.rmtree(records, ignore_errors=True)  # what an earlier run wrote does not belong to this one
    say(f"running {folder / 'workflows'} over them on Flink; the records go to {records}")
    run = [str(CONTACTFLOW), "run", str(folder / "workflows"), "--events", str(events), "--out", str(records)]
    if example == "clickstream":
        run += ["--until", "end"]  # the sample is minutes long, its waits are hours and days
    status = subprocess.run(run, check=False).returncode
    if not status:
        show(folder / "workflows", events, records)
        say(f"look closer: {CONTACTFLOW} report {records} --workflow NAME --by month")
    return status


def show(workflows: Path, events: Path, records: Path) -> None:
    """Print the summary of a run."""
    documents, _ = load([workflows])
    nodes = {one.id: one.tree["nodes"] for one in documents if one.kind == "workflow"}
    with events.open("rb") as lines:
        summary(records, nodes, sum(1 for _ in lines))
    sys.stdout.flush()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "example", nargs="?", choices=("online-retail", "clickstream"), default="online-retail"
    )
    parser.add_argument("--repeat", type=int, default=1, help="clickstream: copies of the sample (default 1)")
    arguments = parser.parse_args()
    if arguments.repeat != 1 and arguments.example != "clickstream":
        parser.error("--repeat is for the clickstream")
    os.chdir(ROOT)
    sys.exit(run_example(arguments.example, arguments.repeat))


if __name__ == "__main__":
    main()
