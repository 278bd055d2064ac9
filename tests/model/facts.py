"""What a fact does: exits first, then parked tokens, then starts."""

from typing import Any

from model import actions, walk
from model.definitions import by_rank
from model.matching import matches
from model.nodes import way
from model.text import render
from model.values import MISSING, as_list, equal
from model.world import Run, World

Fact = dict[str, Any]


def drain(world: World) -> None:
    """Handles the facts of the present input, and those that they cause, until none is left."""
    while world.state["queue"]:
        handle(world, world.state["queue"].pop(0))


def handle(world: World, fact: Fact) -> None:
    end_by_exits(world, fact)
    move_parked(world, fact)
    begin_starts(world, fact)


def runs_by_rank(world: World) -> list[Run]:
    """Live runs by workflow priority, then workflow id, then run start."""
    order = [w["id"] for w in by_rank(world.definitions)]
    return sorted(world.contact["runs"], key=lambda r: order.index(r["workflow"]))


def for_this_key(world: World, run: Run, fact: Fact) -> bool:
    """A keyed run takes only facts whose same field is equal, or that lack it."""
    if run["key"] is None:
        return True
    value = walk.key_of(world.workflow(run), fact["data"])
    return value is MISSING or equal(value, run["key"])


def end_by_exits(world: World, fact: Fact) -> None:
    for run_id in [r["id"] for r in runs_by_rank(world) if r["moment"] < fact["moment"]]:
        run = world.run(run_id)
        if run is None or not for_this_key(world, run, fact):
            continue
        for leaving in world.workflow(run)["exits"]:
            if any(matches(p, p.get("with", {}), fact) for p in as_list(leaving["on"])):
                walk.end_run(world, run, "goal" if leaving.get("goal") else "exited")
                kept = world.contact["kept"].get(run["workflow"])
                if kept and kept["moment"] < fact["moment"]:
                    del world.contact["kept"][run["workflow"]]
                    world.step(None, kept["node"], "dropped", "exited", workflow=run["workflow"])
                walk.begin_kept_starts(world)
                break


def move_parked(world: World, fact: Fact) -> None:
    parked = [
        (run["id"], token["age"])
        for run in runs_by_rank(world)
        for token in run["tokens"]
        if token["state"] == "on" and token["moment"] < fact["moment"]
    ]
    for run_id, age in parked:
        found = world.token(run_id, age)
        if found is None:
            continue
        run, token = found
        if token["state"] != "on" or token["moment"] >= fact["moment"] or not for_this_key(world, run, fact):
            continue
        node = world.node(run, token)
        names = world.names(run, token["event"])
        if any(matches(p, render(p.get("with", {}), names), fact) for p in as_list(node["on"])):
            token["event"] = fact["data"]
            world.step(run, token["node"], "matched")
            walk.resume(world, run, token, way(node.get("next")))


def begin_starts(world: World, fact: Fact) -> None:
    for workflow in by_rank(world.definitions):
        for node in starts_of(workflow, fact):
            if workflow["status"] == "active" and actions.rule_condition(world, workflow, fact["data"]):
                walk.start(world, workflow, node, fact["data"])


def starts_of(workflow: dict[str, Any], fact: Fact) -> list[str]:
    """The start nodes that a fact begins at, in the order of the definition."""
    if fact["name"] in ("workflow_start", "start_workflow"):
        first = next(iter(workflow["starts"]), None)
        return [first["node"]] if first and fact["about"]["workflow"] == workflow["id"] else []
    return [
        s["node"] for s in workflow["starts"] if any(matches(p, p.get("with", {}), fact) for p in s["on"])
    ]
