"""`python toy_run.py REQUEST`: what `contactflow run` does, with the engine that the request names."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from pipelines.live.failures import RunFailed, RunRefused
from pipelines.live.files_run import FilesRun, run_files


def decode_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError


def main() -> int:
    run = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=FilesRun, dec_hook=decode_path)
    try:
        progress = run_files(run, lambda _: None)
    except RunRefused as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except RunFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(progress))
    return 0


if __name__ == "__main__":
    sys.exit(main())
