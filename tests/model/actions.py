"""The actions of `do`: those that change the card here, those that go out, and messages."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from model import allocator, card, gate, walk
from model.card import Fact
from model.conditions import holds
from model.localtime import time_of_day
from model.text import render
from model.values import as_list, duration, number
from model.world import MOST_TOKENS, Item, Run, Undone, World, action_id

NUMBERS = {"points", "length", "valid_days"}
DURATIONS = {"due", "for", "expires"}
HOUR = 3_600_000

Params = dict[str, Any]


class Suppressed(Exception):
    """The action could not be done; the text is the reason."""


def do(world: World, run: Run, item: Item, node: dict[str, Any]) -> bool | None:
    """Does a node's action: True when done, False when it could not be, None when the token waits on it."""
    try:
        params = rendered(world, run, item)
    except Suppressed as why:
        now = node.get("with", {}).get("send", "now") == "now"
        return suppressed(world, run, item, why) or not now  # what is scheduled never takes `else`
    if node["do"] in gate.CHANNELS:
        return send(world, run, item, params)
    meaning = MEANINGS.get(node["do"], go_out)
    before = deepcopy(world.contact["card"])
    try:
        return meaning(world, run, item, params)
    except (Suppressed, card.CardFull) as why:
        world.contact["card"] = before
        return suppressed(world, run, item, why)


def suppressed(world: World, run: Run, item: Item, why: Exception) -> bool:
    reason = "card_limit" if isinstance(why, card.CardFull) else str(why)
    params = render(world.node(run, item).get("with", {}), world.names(run, item["event"]))
    world.act(run, item, "suppressed", reason, params)
    world.step(run, item["node"], "suppressed", reason)
    return False


def done(world: World, run: Run, item: Item, status: str, params: Params) -> bool:
    world.act(run, item, status, None, params)
    world.step(run, item["node"], "done")
    return True


def rendered(world: World, run: Run, item: Item) -> Params:
    """`with`, rendered; what should be a number is one."""
    node = world.node(run, item)
    params: Params = render(node.get("with", {}), world.names(run, item["event"]))
    for name in params:
        if name in NUMBERS or (name == "score" and node["do"] == "set_score"):
            params[name] = number(params[name])
            if params[name] is None:
                raise Suppressed("invalid")
        if name in DURATIONS and duration(params[name]) is None:
            raise Suppressed("invalid")
    send_at = params.get("send")
    if isinstance(send_at, dict) and (
        ("after" in send_at and duration(send_at["after"]) is None)
        or ("at" in send_at and time_of_day(send_at["at"]) is None)
    ):
        raise Suppressed("invalid")
    return params


# --- messages ---


def send(world: World, run: Run, item: Item, params: Params) -> bool | None:
    """A message comes to its node: it is scheduled, or passes the gate at once."""
    if params.get("send", "now") != "now":
        wait_alone(world, run, item, "scheduled", gate.send_time(world, run, params["send"]))
        return True
    item["gate_came"] = world.now
    return pass_gate(world, run, item)


def wait_alone(world: World, run: Run, item: Item, state: str, due: int) -> None:
    """A message that waits on its own, beside its token."""
    if len(run["tokens"]) + len(run["messages"]) + 1 > MOST_TOKENS:
        raise Undone("token_limit")
    run["ages"] += 1
    message = {k: deepcopy(item[k]) for k in ("node", "event", "visit", "came")}
    message.update(age=run["ages"], state=state, gate_came=item.get("gate_came"))
    world.set_timer(message, due)
    run["messages"].append(message)
    world.step(run, item["node"], "parked" if state == "scheduled" else "deferred")


def pass_gate(world: World, run: Run, item: Item) -> bool | None:
    """One pass of the gate: True when the message is requested, False when suppressed, None when it waits."""
    try:
        params = rendered(world, run, item)
    except Suppressed as why:
        return suppressed(world, run, item, why)
    outcome, what = gate.verdict(world, run, item, params)
    if outcome == "suppressed":
        return suppressed(world, run, item, Suppressed(what))
    if outcome == "deferred":
        if world.workflow(run)["kind"] == "rule" and item in run["tokens"]:
            wait_alone(world, run, item, "deferred", what)
            return True
        item["state"] = "deferred"
        world.set_timer(item, what)
        world.step(run, item["node"], "deferred")
        return None
    channel = gate.CHANNELS[world.node(run, item)["do"]]
    gate.count(world.contact, channel, world.now, action_id(run, item))
    if channel == "email":
        card.remember(world.contact["card"]["emails"]["sent"], {"email": params["email"], "ts": world.now})
    once = gate.once_key(run, item, params)
    if once is not None:
        world.contact["once"].append(once)
    return done(world, run, item, "requested", params)


# --- actions that change the card ---


def here(change: Callable[[World, Params], list[Fact]]) -> Callable[[World, Run, Item, Params], bool]:
    def meaning(world: World, run: Run, item: Item, params: Params) -> bool:
        facts = change(world, params)
        done(world, run, item, "applied", params)
        arise(world, facts)
        return True

    return meaning


FIELDS = {
    "tag_assigned": ["tag"],
    "detail_added": ["name", "value"],
    "detail_modified": ["name", "value"],
    "note_added": ["text"],
    "owner_changed": ["user", "role"],
    "stage_entered": ["campaign", "stage"],
    "score_reached": ["score"],
    "score_exceeded": ["score"],
    "tag_score_reached": ["tag", "score"],
    "loyalty_points_earned": ["program", "points"],
    "loyalty_tier_reached": ["program", "tier"],
}
"""Fields of a fact caused by an action, as Liquid and `key` see them."""


def arise(world: World, facts: list[Fact]) -> None:
    moment = world.next_moment()
    for name, about in facts:
        world.queue_fact(name, about, {f: about[f] for f in FIELDS.get(name, [])}, moment)


def add_tags(world: World, params: Params) -> list[Fact]:
    return [fact for tag in as_list(params["tag"]) for fact in card.assign_tag(world.contact["card"], tag)]


def remove_tag(world: World, params: Params) -> list[Fact]:
    tags = world.contact["card"]["tags"]
    tags[:] = [t for t in tags if t not in as_list(params["tag"])]
    return []


def add_tag_score(world: World, params: Params) -> list[Fact]:
    present, tag = world.contact["card"], params["tag"]
    facts = card.set_tag_score(present, tag, present["tag_scores"].get(tag, 0) + params["points"])
    return facts + card.set_score(present, present["score"] + params["points"])


def leave_campaign(world: World, params: Params) -> list[Fact]:
    world.contact["card"]["stages"].pop(params["campaign"], None)
    return []


def loyalty_points(world: World, params: Params) -> list[Fact]:
    tiers = world.definitions["settings"].get("loyalty", {}).get(params["program"], {})
    return card.add_loyalty_points(world.contact["card"], params["program"], params["points"], tiers)


def opt(status: str) -> Callable[[World, Params], list[Fact]]:
    return lambda world, params: card.set_status(
        world.contact["card"], params.get("channel", "email"), status
    )


# --- coupons, owners ---


def generate_coupon(world: World, run: Run, item: Item, params: Params) -> bool:
    coupons = world.contact["card"]["coupons"]
    if "pool" not in params:
        code = params.get("prefix", "") + allocator.code(action_id(run, item), params.get("length", 10))
        coupons[params["name"]] = {"code": code}
        return done(world, run, item, "applied", {**params, "code": code})
    code = allocator.next_code(world, params["pool"])
    done(world, run, item, "requested", params)
    if code is None:
        return False
    coupons[params["name"]] = {"code": code}
    return True


def draw_owner(world: World, run: Run, item: Item, params: Params) -> bool:
    user = allocator.next_user(world, params)
    done(world, run, item, "requested", params)
    if user is None:
        return False
    arise(world, card.set_owner(world.contact["card"], user, params.get("role", "main")))
    return True


# --- rules and workflows ---


def run_rule(world: World, run: Run, item: Item, params: Params) -> bool:
    rule = world.definitions["workflows"].get(params["rule"])
    reason = why_not(world, rule, item["event"])
    if reason:
        raise Suppressed(reason)
    done(world, run, item, "applied", params)
    walk.move(world, *walk.begin(world, rule, "do-1", item["event"]))
    return True


def why_not(world: World, rule: dict[str, Any] | None, event: dict[str, Any]) -> str | None:
    """Why a rule does not run."""
    if rule is None or rule["kind"] != "rule":
        return "unknown"
    if rule["status"] != "active":
        return "inactive"
    if not rule_condition(world, rule, event):
        return "condition"
    if len(world.live(rule["id"])) >= walk.MOST_RUNS:
        return "too_many_runs"
    return "entry_limit" if walk.refused_by_limit(world, rule) else None


def rule_condition(world: World, rule: dict[str, Any], event: dict[str, Any]) -> bool:
    from model.nodes import view

    return rule["if"] is None or holds(rule["if"], view(world, None, event))


def start_workflow(world: World, run: Run, item: Item, params: Params) -> bool:
    workflow = world.definitions["workflows"].get(params["workflow"])
    if workflow is None:
        raise Suppressed("unknown")
    if workflow["status"] != "active":
        raise Suppressed("inactive")
    done(world, run, item, "applied", params)
    about = {"workflow": params["workflow"]}
    world.queue_fact("start_workflow", about, item["event"], world.next_moment())
    return True


def stop_workflow(world: World, run: Run, item: Item, params: Params) -> bool:
    done(world, run, item, "applied", params)
    for live in world.live(params["workflow"]):
        walk.end_run(world, live, "exited", "stopped")
    return True


# --- actions that go out ---


def go_out(world: World, run: Run, item: Item, params: Params) -> bool:
    return done(world, run, item, "requested", params)


def webhook(world: World, run: Run, item: Item, params: Params) -> bool | None:
    """With `wait` the token stays for the answer, 1 h at most."""
    done(world, run, item, "requested", params)
    if not params.get("wait"):
        return True
    item["state"] = "answer"
    world.set_timer(item, world.now + HOUR)
    return None


MEANINGS: dict[str, Callable[[World, Run, Item, Params], bool | None]] = {
    "set_detail": here(lambda w, p: card.set_detail(w.contact["card"], p["name"], p["value"])),
    "add_note": here(lambda w, p: card.add_note(w.contact["card"], p["text"], w.now)),
    "add_tag": here(add_tags),
    "remove_tag": here(remove_tag),
    "set_owner": here(lambda w, p: card.set_owner(w.contact["card"], p["user"], p.get("role", "main"))),
    "add_to_stage": here(lambda w, p: card.enter_stage(w.contact["card"], p["campaign"], p["stage"])),
    "remove_from_campaign": here(leave_campaign),
    "opt_in": here(opt("opted_in")),
    "opt_out": here(opt("opted_out")),
    "set_score": here(lambda w, p: card.set_score(w.contact["card"], p["score"])),
    "add_score": here(
        lambda w, p: card.set_score(w.contact["card"], w.contact["card"]["score"] + p["points"])
    ),
    "add_tag_score": here(add_tag_score),
    "loyalty_points": here(loyalty_points),
    "generate_coupon": generate_coupon,
    "draw_owner": draw_owner,
    "run_automation_rule": run_rule,
    "start_workflow": start_workflow,
    "stop_workflow": stop_workflow,
    "webhook": webhook,
}
