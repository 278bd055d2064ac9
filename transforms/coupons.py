"""Coupon codes: unique and unguessable, yet the same on every replay."""

from __future__ import annotations

from hashlib import blake2b

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without I, L, O, 0 and 1, which look alike."""


def coupon_code(secret: str, action_id: str, length: int) -> str:
    """A code that derives from a secret and the action that gives it."""
    key = blake2b(secret.encode(), digest_size=32).digest()
    value = int.from_bytes(blake2b(action_id.encode(), key=key, digest_size=32).digest(), "big")
    letters = []
    for _ in range(length):
        value, at = divmod(value, len(ALPHABET))
        letters.append(ALPHABET[at])
    return "".join(letters)
