"""`python deploy/broker/start.py [FOLDER] [--port PORT]`: a Kafka broker on this machine, until Ctrl-C.

What it holds stays in FOLDER (default: out/broker), and is there again the next time.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from pipelines.live.broker import Broker, BrokerFailed


def main() -> int:
    """Runs the broker until it is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("out/broker"))
    parser.add_argument("--port", type=int, help="default: a free one, and the same again the next time")
    asked = parser.parse_args()
    try:
        broker = Broker(asked.folder, asked.port)
        broker.start()
    except BrokerFailed as failure:
        print(f"broker: {failure}", file=sys.stderr)
        return 2
    print(broker.address, flush=True)
    print(f"Kafka answers there until Ctrl-C; its data are in {asked.folder}", file=sys.stderr, flush=True)
    stopping = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    while broker.runs():
        if signal.sigtimedwait(stopping, 1) is not None:
            broker.stop()
            return 0
    print(f"broker: it has ended by itself; see {broker.log}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
