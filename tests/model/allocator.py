"""Codes from pools, and owners by round robin, over all contacts."""

import hashlib
from typing import Any

from model.world import World

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def code(action: str, length: int) -> str:
    """The same for the same action; not the engine's own code."""
    return "".join(ALPHABET[b % len(ALPHABET)] for b in hashlib.blake2b(action.encode()).digest()[:length])


def next_code(world: World, pool: str) -> str | None:
    codes = world.state["pools"].get(pool, [])
    return codes.pop(0) if codes else None


def next_user(world: World, params: dict[str, Any]) -> str | None:
    """Round robin per group, or per list of users as written."""
    users = world.groups.get(params["group"], []) if "group" in params else params["users"]
    if not users:
        return None
    name = repr(params.get("group", users))
    turn = world.state["drawn"].get(name, 0)
    world.state["drawn"][name] = turn + 1
    user: str = users[turn % len(users)]
    return user
