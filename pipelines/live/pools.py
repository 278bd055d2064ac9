"""Codes and users that one task gives out, and how far it has come, for checkpoints."""

from __future__ import annotations

import msgspec

from transforms.allocation import Pools

_decode = msgspec.msgpack.Decoder(list[tuple[tuple[str, ...], int]]).decode


class KeptPools(Pools):
    """Pools whose position outlives the process."""

    def snapshot(self) -> bytes:
        """How often each pool, group or list has been drawn from."""
        self._drawn.clear()  # between two inputs nothing can be undone any more
        return msgspec.msgpack.encode(list(self._next.items()))

    def restore(self, snapshot: bytes) -> None:
        """Takes over a snapshot; several add up, of tasks that have become one."""
        for source, drawn in _decode(snapshot):
            self._next[source] = self._next.get(source, 0) + drawn
