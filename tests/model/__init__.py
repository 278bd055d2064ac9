"""A small, naive and slow model of the language's specification, independent of the engine.

`simulate` walks definitions over lines of input with plain dicts, linear scans and deep copies, so that its
reading of the specification can be compared with the engine's.
"""

from model.simulation import simulate
from model.world import TooLong

__all__ = ["TooLong", "simulate"]
