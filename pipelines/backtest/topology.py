"""The Beam pipeline: blocks of event files → lines by key → records → files.

Keys that draw from no pool are folded side by side. Those that do are folded together behind them, in the
order of the input: so a code goes out once, and nobody is drawn twice before everybody was, however many
workers there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.coders import BytesCoder
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

from pipelines.backtest.blocks import Block, Line, read_block
from pipelines.backtest.folding import Alone, Folding, InTurn, Records, by_output
from pipelines.live.folder import LINES

NAMESPACE = "contactflow"
DRAWING = "drawing"

KeyAndLines = tuple[str, bytes]
"""Key, and some of its lines as MessagePack."""

_encode = msgspec.msgpack.Encoder().encode
_decode_lines = msgspec.msgpack.Decoder(list[Line]).decode
_decode_block = msgspec.msgpack.Decoder(Block).decode
_decode_folding = msgspec.msgpack.Decoder(Folding).decode
_decode_joined = msgspec.msgpack.Decoder(dict[str, str]).decode


class _Addressee(msgspec.Struct, gc=False):
    contact: str


_addressee = msgspec.json.Decoder(_Addressee).decode


def build(
    pipeline: Any, blocks: Iterable[Block], joined: Mapping[str, str], folding: Folding, out: Path
) -> None:
    """Adds everything to a pipeline.

    Args:
        blocks: of the event files.
        joined: contact → key, for contacts that are keyed together.
        folding: what workers need to decide.
        out: folder of the records.
    """
    decided = (
        pipeline
        | "blocks" >> beam.Create([_encode(block) for block in blocks])
        | "spread" >> beam.Reshuffle()
        | "read" >> beam.ParDo(_Read(_encode(joined)))
        | "by contact" >> beam.GroupByKey()
        | "fold" >> beam.ParDo(_FoldAlone(_encode(folding))).with_outputs(DRAWING, *LINES)
    )
    drawn = (
        decided[DRAWING]
        | "together" >> beam.GroupByKey()
        | "fold in turn" >> beam.ParDo(_FoldInTurn(_encode(folding))).with_outputs(*LINES)
    )
    for name in LINES:
        folder = str(out / name / "part")
        write = beam.io.WriteToText(folder, file_name_suffix=".jsonl", coder=BytesCoder(), skip_if_empty=True)
        (decided[name], drawn[name]) | f"all {name}" >> beam.Flatten() | f"write {name}" >> write


@beam.typehints.with_input_types(bytes)
@beam.typehints.with_output_types(KeyAndLines)
class _Read(beam.DoFn):
    """Block → key and lines, one element for each key that the block holds lines of."""

    def __init__(self, joined: bytes) -> None:
        self._packed = joined

    def setup(self) -> None:
        self._joined = _decode_joined(self._packed)

    def process(self, element: bytes) -> Iterator[KeyAndLines]:
        block = _decode_block(element)
        found: dict[str, list[Line]] = defaultdict(list)
        for line in read_block(block):
            found[self._key(line, block)].append(line)
        for key, lines in found.items():
            Metrics.counter(NAMESPACE, "events").inc(len(lines))
            yield key, _encode(lines)

    def _key(self, line: Line, block: Block) -> str:
        try:
            contact = _addressee(line.text).contact
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # A dead letter, which needs no state: any key will do, but not the same one for all.
            return f"{block.file}:{block.line}"
        return self._joined.get(contact, contact)


@beam.typehints.with_input_types(tuple[str, Iterable[bytes]])
class _FoldAlone(beam.DoFn):
    """Key and its lines → records by output; or, of a key that draws from pools, key and lines."""

    def __init__(self, folding: bytes) -> None:
        self._packed = folding

    def setup(self) -> None:
        self._alone = Alone(_decode_folding(self._packed))

    def process(self, element: tuple[str, Iterable[bytes]]) -> Iterator[TaggedOutput]:
        key, parts = element
        lines = sorted(line for part in parts for line in _decode_lines(part))
        records = self._alone.fold(lines)
        if records is None:
            yield TaggedOutput(DRAWING, (b"", _encode((key, lines))))
            return
        if self._alone.waits:
            _waiting(1)
        yield from _written(records)


@beam.typehints.with_input_types(tuple[bytes, Iterable[bytes]])
class _FoldInTurn(beam.DoFn):
    """All keys that draw from pools, with their lines → records by output."""

    def __init__(self, folding: bytes) -> None:
        self._packed = folding

    def process(self, element: tuple[bytes, Iterable[bytes]]) -> Iterator[TaggedOutput]:
        # Pools made anew for each attempt: what an attempt that failed gave out went nowhere.
        in_turn = InTurn(_decode_folding(self._packed))
        decode = msgspec.msgpack.Decoder(tuple[str, list[Line]]).decode
        for records in in_turn.fold(dict(map(decode, element[1]))):
            yield from _written(records)
        _waiting(in_turn.waiting)


def _written(records: Records) -> Iterator[TaggedOutput]:
    for name, lines in by_output(records):
        if name in LINES:
            Metrics.counter(NAMESPACE, name).inc(lines.count(b"\n") + 1)
            yield TaggedOutput(name, lines)


def _waiting(keys: int) -> None:
    Metrics.counter(NAMESPACE, "waiting").inc(keys)
