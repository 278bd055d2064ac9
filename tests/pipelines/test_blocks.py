"""Files in blocks: every line once, with its number, whatever the size of the blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.backtest.blocks import blocks_of, read_block

CONTENT = b"one\n\ntwo\r\n \nthree and more\n\n\nlast\r"
LINES = [(1, b"one"), (3, b"two"), (4, b" "), (5, b"three and more"), (8, b"last")]


@pytest.mark.parametrize("size", [1, 2, 5, 17, 1000])
@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_every_line_is_read_once_with_its_number(tmp_path: Path, size: int, ending: bytes) -> None:
    files = [tmp_path / name for name in ("b", "a", "empty")]
    files[0].write_bytes(CONTENT + ending)
    files[1].write_bytes(b"x")
    files[2].write_bytes(b"")
    blocks = list(blocks_of(files, size))
    found = [(line.file, line.number, line.text) for block in blocks for line in read_block(block)]
    assert found == [(0, *line) for line in LINES] + [(1, 1, b"x")]
    assert len(blocks) == {1: 7, 2: 5, 5: 4, 17: 3, 1000: 2}[size]
