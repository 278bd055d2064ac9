"""What `make run` does: a year of a real shop's purchases through the example workflows, on Flink.

`python examples/run.py clickstream [--repeat N]` does the same with the clickstream sample.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTACTFLOW = Path(sys.executable).parent / "contactflow"


def say(message: str) -> None:
    """Progress goes where messages go, so that a pipe gets the result alone."""
    print(f"== {message}", file=sys.stderr, flush=True)


def run_example(example: str, repeat: int) -> int:
    """Convert the data, run the workflows over it; the exit status of what failed, or 0.

    Paths are shown relative to the repository: everything is started there.
    """
    folder = Path("examples") / example
    out = Path("out") / example
    events = out / "events.jsonl"
    convert = [sys.executable, str(folder / "convert.py"), "-o", str(events)]
    if repeat > 1:
        convert += ["--repeat", str(repeat)]
    say(f"converting {folder / 'data'} to {events}")
    status = subprocess.run(convert, cwd=ROOT, stdout=sys.stderr, check=False).returncode
    if status:
        return status

    records = out / "run"
    shutil.rmtree(ROOT / records, ignore_errors=True)  # records of an earlier run would be counted again
    say(f"running {folder / 'workflows'} over them on Flink, in this machine's memory")
    run = [str(CONTACTFLOW), "run", str(folder / "workflows"), "--events", str(events), "--out", str(records)]
    if example == "clickstream":
        run += ["--until", "end"]  # the sample is minutes long, its waits are hours and days
    status = subprocess.run(run, cwd=ROOT, check=False).returncode
    if not status:
        say(f"look closer: {CONTACTFLOW.relative_to(ROOT)} report {records} --workflow NAME --by month")
    return status


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
    sys.exit(run_example(arguments.example, arguments.repeat))


if __name__ == "__main__":
    main()
