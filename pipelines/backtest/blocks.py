"""Event files in blocks of whole lines, so that workers share a file and every line keeps its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

BLOCK_BYTES = 4 * 1024 * 1024


class Block(msgspec.Struct, frozen=True):
    """A part of a file that begins and ends with a line."""

    file: int
    """Number of the file in the order given."""
    path: str
    start: int
    """Where it begins, in bytes."""
    size: int
    """Bytes."""
    line: int
    """Number of its first line, counted from 1."""


class Line(msgspec.Struct, array_like=True, gc=False, order=True):
    """A line of input and where it was read; sorts by the order of the input."""

    file: int
    number: int
    text: bytes


def blocks_of(files: Iterable[Path], size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Cuts files into blocks of about so many bytes.

    Raises:
        OSError: a file cannot be read.
    """
    for number, path in enumerate(files):
        with path.open("rb") as content:
            start, line = 0, 1
            while chunk := content.read(size):
                chunk += content.readline()
                yield Block(number, str(path), start, len(chunk), line)
                start += len(chunk)
                line += chunk.count(b"\n")


def read_block(block: Block) -> Iterator[Line]:
    """The lines of a block that hold anything.

    Raises:
        OSError: the file cannot be read any more.
    """
    with open(block.path, "rb") as content:
        content.seek(block.start)
        chunk = content.read(block.size)
    for number, line in enumerate(chunk.split(b"\n"), block.line):
        text = line.rstrip(b"\r\n")
        if text:
            yield Line(block.file, number, text)
