"""Runs and their tokens: begin, move, fork, end."""

from copy import deepcopy
from typing import Any

from model import nodes
from model.definitions import by_rank
from model.values import MISSING, duration, equal, look_up
from model.world import MOST_NODES, MOST_TOKENS, Item, Run, Undone, World

MOST_RUNS = 100


# --- begin ---


def key_of(workflow: dict[str, Any], event: dict[str, Any]) -> Any:
    """The value of the entry key in an event's data; MISSING without a key or without the field."""
    key = workflow["entry"].get("key")
    return MISSING if key is None else look_up(event, key.removeprefix("event."))


def refused_as_running(world: World, workflow: dict[str, Any], event: dict[str, Any]) -> str | None:
    live = world.live(workflow["id"])
    policy = workflow["entry"]["policy"]
    if policy == "drop" and live:
        return "already_running"
    if policy == "parallel":
        key = key_of(workflow, event)
        if key is not MISSING and any(r["key"] is not None and equal(r["key"], key) for r in live):
            return "already_running"
        if len(live) >= MOST_RUNS:
            return "too_many_runs"
    return None


def refused_by_limit(world: World, workflow: dict[str, Any]) -> bool:
    limit = workflow["entry"].get("limit")
    if not limit:
        return False
    begun = world.contact["started"].get(workflow["id"], [])
    since = world.now - duration(limit["per"])
    return sum(since < ts <= world.now for ts in begun) >= limit["count"]


def start(world: World, workflow: dict[str, Any], node: str, event: dict[str, Any]) -> None:
    """A start that matches: begins a run, keeps the start, or drops it, as the entry policy says."""
    policy = workflow["entry"]["policy"]
    dropped = refused_as_running(world, workflow, event)
    if dropped is None and policy == "queue" and world.live(workflow["id"]):
        if workflow["id"] in world.contact["kept"]:
            world.step(None, node, "dropped", "replaced", workflow=workflow["id"])
        world.contact["kept"][workflow["id"]] = {"node": node, "event": event, "moment": world.next_moment()}
        return
    if dropped is None and refused_by_limit(world, workflow):
        dropped = "entry_limit"
    if dropped is not None:
        world.step(None, node, "dropped", dropped, workflow=workflow["id"])
        return
    if policy == "restart":
        for live in world.live(workflow["id"]):
            end_run(world, live, "restarted")
    move(world, *begin(world, workflow, node, event))
    begin_kept_starts(world)


def begin(world: World, workflow: dict[str, Any], node: str, event: dict[str, Any]) -> tuple[Run, Item]:
    """A run with one token on its way to the node."""
    begun = world.state["begun"]
    n = begun[workflow["id"]] = begun.get(workflow["id"], -1) + 1
    key = key_of(workflow, event)
    world.contact["started"].setdefault(workflow["id"], []).append(world.now)
    run: Run = {
        "id": f"{workflow['id']}:{world.state['contact']}:{world.state['input']}:{n}",
        "workflow": workflow["id"],
        "started": world.now,
        "moment": world.next_moment(),
        "key": None if key is MISSING else key,
        "visits": {},
        "ages": 0,
        "tokens": [],
        "messages": [],
    }
    world.contact["runs"].append(run)
    world.step(run, node, "started")
    return run, new_token(run, node, event)


def new_token(run: Run, node: str, event: dict[str, Any]) -> Item:
    run["ages"] += 1
    token: Item = {"age": run["ages"], "node": node, "event": deepcopy(event), "state": "moving", "due": None}
    run["tokens"].append(token)
    return token


# --- move ---


def move(world: World, run: Run, token: Item) -> None:
    """Moves a token to the node that it names, and on, with all it forks into, until all parked or ended."""
    waiting = [(run["id"], token["age"])]
    while waiting:
        found = world.token(*waiting.pop())
        if found:
            run, token = found
            forked = walk_on(world, run, token)
            waiting += [(run["id"], t["age"]) for t in reversed(forked)]


def walk_on(world: World, run: Run, token: Item) -> list[Item]:
    """One token from node to node, until it parks or ends, or forks into those that are returned."""
    while True:
        world.state["count"] += 1
        if world.state["count"] > MOST_NODES:
            raise Undone("step_limit")
        run["visits"][token["node"]] = token["visit"] = run["visits"].get(token["node"], 0) + 1
        token["came"] = world.now
        way = nodes.arrive(world, run, token)
        if way is nodes.PARKED or not world.token(run["id"], token["age"]):
            return []
        forked = follow(world, run, token, way)
        if forked is not None:
            return forked


def follow(world: World, run: Run, token: Item, way: Any) -> list[Item] | None:
    """Sets the token on its way; the tokens of a fork, [] when it ends, None when it goes on."""
    token.update(state="moving", due=None)
    if isinstance(way, str):
        token["node"] = way
        return None
    run["tokens"].remove(token)
    if not way:
        complete(world, run)
        return []
    if len(run["tokens"]) + len(run["messages"]) + len(way) > MOST_TOKENS:
        raise Undone("token_limit")
    return [new_token(run, node, token["event"]) for node in way]


def resume(world: World, run: Run, token: Item, way: Any) -> None:
    """A parked token goes its way, and then the starts whose turn has come."""
    forked = follow(world, run, token, way)
    for item in [token] if forked is None else forked:
        found = world.token(run["id"], item["age"])
        if found:
            move(world, *found)
    begin_kept_starts(world)


# --- end ---


def complete(world: World, run: Run) -> None:
    """Ends a run that has neither a token nor a message any more."""
    if not run["tokens"] and not run["messages"]:
        world.contact["runs"].remove(run)
        world.step(run, None, "completed")


def end_run(world: World, run: Run, outcome: str, reason: str | None = None) -> None:
    for message in run["messages"]:
        world.step(run, message["node"], "dropped", "run_ended")
    world.contact["runs"].remove(run)
    world.step(run, None, outcome, reason)


def begin_kept_starts(world: World) -> None:
    """Starts that were kept and whose workflow has no live run any more."""
    while True:
        ready = [
            w
            for w in by_rank(world.definitions)
            if w["id"] in world.contact["kept"] and not world.live(w["id"])
        ]
        if not ready:
            return
        begin_kept_start(world, ready[0])


def begin_kept_start(world: World, workflow: dict[str, Any]) -> None:
    kept = world.contact["kept"].pop(workflow["id"])
    if refused_by_limit(world, workflow):
        world.step(None, kept["node"], "dropped", "entry_limit", workflow=workflow["id"])
        return
    before = world.snapshot()
    try:
        move(world, *begin(world, workflow, kept["node"], kept["event"]))
    except Undone as undone:
        world.undo(before)
        world.step(None, kept["node"], "dropped", str(undone), workflow=workflow["id"])
        world.dead.append(
            {"reason": str(undone), "contact": world.state["contact"], "ts": world.now, "raw": None}
        )
