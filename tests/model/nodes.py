"""What a token does at a node: it parks, or gets the way on (a node, a list for a fork, nothing: the end)."""

import hashlib
from typing import Any

from model import actions, waits
from model.conditions import View, holds
from model.values import duration
from model.world import Item, Run, World

PARKED = object()


def way(value: Any) -> Any:
    return [] if value is None else value


def view(world: World, run: Run | None, event: dict[str, Any]) -> View:
    return View(world.contact["card"], event, world.now, world.names(run, event))


def park(world: World, run: Run, token: Item, state: str, due: int | None) -> object:
    token.update(state=state, moment=world.next_moment())
    world.set_timer(token, due)
    world.step(run, token["node"], "parked")
    return PARKED


def arrive(world: World, run: Run, token: Item) -> Any:
    node = world.node(run, token)
    kind = next(k for k in ("on", "if", "branch", "do", "wait", "split", "end") if k in node)
    return ARRIVALS[kind](world, run, token, node)


def at_on(world: World, run: Run, token: Item, node: dict[str, Any]) -> Any:
    starts = [s["node"] for s in world.workflow(run)["starts"]]
    if token["node"] in starts:
        return way(node.get("next"))
    within = node.get("within")
    return park(world, run, token, "on", None if within is None else world.now + duration(within))


def at_if(world: World, run: Run, token: Item, node: dict[str, Any]) -> Any:
    found = holds(node["if"], view(world, run, token["event"]))
    world.step(run, token["node"], "passed" if found else "failed_condition")
    return way(node.get("then" if found else "else"))


def at_branch(world: World, run: Run, token: Item, node: dict[str, Any]) -> Any:
    for choice in node["branch"]:
        if holds(choice["if"], view(world, run, token["event"])):
            world.step(run, token["node"], "passed")
            return way(choice.get("next"))
    world.step(run, token["node"], "failed_condition")
    return way(node.get("else"))


def at_do(world: World, run: Run, token: Item, node: dict[str, Any]) -> Any:
    done = actions.do(world, run, token, node)
    return PARKED if done is None else after_action(node, done)


def after_action(node: dict[str, Any], done: bool) -> Any:
    """`next` when it was done; else `else`, or `next` where there is none."""
    return way(node.get("next") if done or "else" not in node else node["else"])


def at_wait(world: World, run: Run, token: Item, node: dict[str, Any]) -> Any:
    due = waits.due(node["wait"], world.contact["card"], world.now, world.zone(run))
    if due is waits.INSIDE:
        world.step(run, token["node"], "waited")
        return way(node.get("next"))
    if due is waits.PAST:
        world.step(run, token["node"], "timed_out" if "else" in node else "waited")
        return way(node.get("else", node.get("next")))
    return park(world, run, token, "wait", due)


def at_split(world: World, run: Run, token: Item, node: dict[str, Any]) -> Any:
    """Stable, but not the engine's own hash: only shares of 100 and 0 can be compared."""
    text = "\0".join([run["workflow"], token["node"], world.state["contact"]])
    point = int.from_bytes(hashlib.blake2b(text.encode()).digest()[:8]) / 2**64 * 100
    for choice in node["split"]:
        point -= choice["share"]
        if point < 0:
            break
    world.step(run, token["node"], "split")
    return way(choice.get("next"))


ARRIVALS = {
    "on": at_on,
    "if": at_if,
    "branch": at_branch,
    "do": at_do,
    "wait": at_wait,
    "split": at_split,
    "end": lambda world, run, token, node: [],
}
