"""Timers of one contact: which is next, and what it does."""

from typing import Any

from model import walk
from model.actions import pass_gate
from model.facts import drain
from model.nodes import after_action, way
from model.world import Item, Run, TooLong, Undone, World, action_id

Timer = tuple[Run, Item]


def next_timer(world: World) -> Timer | None:
    """The timer that fires first."""
    found = [
        (order(world, place, run, item), run, item)
        for place, run, item in world.items()
        if item["due"] is not None
    ]
    if not found:
        return None
    _, run, item = min(found, key=lambda f: f[0])
    return run, item


def order(world: World, place: int, run: Run, item: Item) -> tuple[Any, ...]:
    if item["state"] == "deferred":
        return item["due"], 0, -world.workflow(run)["priority"], item["gate_came"], place, item["age"]
    return item["due"], 1, place, item["age"]


def fire_before(world: World, contact: str, ts: float) -> None:
    """Fires the contact's timers that are due before ts."""
    while True:
        world.state["contact"] = contact
        timer = next_timer(world)
        if timer is None or timer[1]["due"] >= ts:
            return
        world.timers_left -= 1
        if world.timers_left < 0:
            raise TooLong
        run, item = timer
        world.begin_input(contact, action_id(run, item), item["belongs_to"])
        world.contact["clock"] = max(world.contact["clock"], item["due"])
        fire(world, run, item)


def fire(world: World, run: Run, item: Item) -> None:
    """One timer, undone whole when it goes over a limit."""
    before = world.snapshot()
    try:
        due(world, run, item)
        drain(world)
        world.state["spent"][world.state["serial"]] = world.state["count"]
    except Undone as undone:
        world.undo(before)
        fail(world, run["id"], str(undone))


def fail(world: World, run_id: str, reason: str) -> None:
    """Ends the run of a timer that went over a limit; then the start kept for it has its turn."""
    dead_letter(world, reason)
    run = world.run(run_id)
    assert run is not None
    walk.end_run(world, run, "failed", reason)
    world.begin_input(world.state["contact"], world.state["input"])
    before = world.snapshot()
    try:
        walk.begin_kept_starts(world)
        drain(world)
        world.state["spent"][world.state["serial"]] = world.state["count"]
    except Undone as undone:
        world.undo(before)
        kept = world.contact["kept"].pop(run["workflow"])
        world.step(None, kept["node"], "dropped", str(undone), workflow=run["workflow"])
        dead_letter(world, str(undone))


def dead_letter(world: World, reason: str) -> None:
    contact = world.state["contact"]
    world.dead.append({"reason": reason, "contact": contact, "ts": world.now, "raw": None})


def due(world: World, run: Run, item: Item) -> None:
    """What happens when the time of a token or message has come."""
    if item in run["messages"]:
        message_due(world, run, item)
        return
    node = world.node(run, item)
    if item["state"] == "wait":
        world.step(run, item["node"], "waited")
        walk.resume(world, run, item, way(node.get("next")))
    elif item["state"] == "deferred":
        sent = pass_gate(world, run, item)
        if sent is not None:
            walk.resume(world, run, item, after_action(node, sent))
    elif item["state"] == "answer":
        world.step(run, item["node"], "timed_out")
        walk.resume(world, run, item, after_action(node, False))
    else:
        world.step(run, item["node"], "timed_out")
        walk.resume(world, run, item, way(node.get("else")))


def message_due(world: World, run: Run, item: Item) -> None:
    if item["state"] == "scheduled":
        item["gate_came"] = world.now
    if pass_gate(world, run, item) is None:
        return
    run["messages"].remove(item)
    walk.complete(world, run)
    walk.begin_kept_starts(world)
