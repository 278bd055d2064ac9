"""The whole input, line by line, and then the timers up to the horizon."""

from typing import Any

from model import changes, gate, merging, timers
from model.card import CardFull, remember
from model.definitions import load
from model.events import Refused, read
from model.facts import drain
from model.values import DAY
from model.world import REMEMBERED_IDS, Undone, World

Records = list[dict[str, Any]]
Event = dict[str, Any]


def simulate(
    documents: Records,
    lines: list[str | bytes],
    until: int | str | None = None,
    pools: dict[str, Any] | None = None,
    most_timers: float = float("inf"),
) -> tuple[Records, Records, Records]:
    """Action records, dead letters and step records, in the order in which they happened.

    Raises:
        TooLong: when more timers than `most_timers` come due.
    """
    world = World(load(documents), pools or {}, most_timers)
    last, order = None, []
    for line in lines:
        try:
            event = read(line)
        except Refused as reason:
            world.dead.append({"reason": str(reason), "contact": None, "ts": None, "raw": line})
            continue
        last = event["ts"] if last is None else max(last, event["ts"])
        if event["contact"] not in order:
            order.append(event["contact"])
        take(world, event, line)
    if last is not None:
        horizon = {None: last, "end": last + 400 * DAY}.get(until, until)
        for contact in order:
            if contact in world.state["contacts"]:
                timers.fire_before(world, contact, horizon + 1)
    return world.actions, world.dead, world.steps


def take(world: World, event: Event, line: str | bytes) -> None:
    """One event."""
    contact = event["contact"]
    known = world.state["contacts"].get(contact)
    if known and event["id"] in known["seen"]:
        world.begin_input(contact, event["id"])
        world.step(None, None, "duplicate")
        return
    if known:
        timers.fire_before(world, contact, event["ts"])
    other = event["data"].get(
        {"contact_merged": "from", "identified": "visitor"}.get(event["type"], ""), contact
    )
    if other != contact and other in world.state["contacts"]:
        timers.fire_before(world, other, event["ts"])
    before = world.snapshot()
    try:
        apply(world, event)
        if contact in world.state["contacts"]:
            drain(world)
    except (Undone, CardFull) as undone:
        world.undo(before)
        reason = "card_limit" if isinstance(undone, CardFull) else str(undone)
        world.dead.append({"reason": reason, "contact": contact, "ts": event["ts"], "raw": line})
        return
    world.state["spent"][world.state["serial"]] = world.state["count"]


def apply(world: World, event: Event) -> None:
    """The event changes the card; its facts wait in the queue."""
    contact, data = event["contact"], event["data"]
    created = not world.known(contact, event["ts"])
    world.begin_input(contact, event["id"])
    own = world.contact
    own["clock"] = max(own["clock"], event["ts"])
    own["seen"] = [*own["seen"], event["id"]][-REMEMBERED_IDS:]
    if event["type"] == "contact_erased":
        merging.erase(world)
        return
    if event["type"] in ("contact_merged", "identified"):
        other = data.get("from", data.get("visitor"))
        if other != contact:
            merging.merge(world, other)
        return
    if event["type"] in gate.SENT_EVENTS:
        count_sent(world, event)
    facts = changes.apply(own["card"], created, event, world.definitions)
    if event["type"] == "workflow_start":
        facts = [("workflow_start", {"workflow": data["workflow"]})]
    moment = world.next_moment()
    if event["fire"]:
        for name, about in facts:
            world.queue_fact(name, about, data, moment)


def count_sent(world: World, event: Event) -> None:
    """A message that somebody sent counts, unless it is one that we counted when it was requested."""
    own, data = world.contact, event["data"]
    counted = gate.count(own, gate.SENT_EVENTS[event["type"]], event["ts"], data.get("message_id"))
    if counted and event["type"] == "email_sent":
        remember(own["card"]["emails"]["sent"], {"email": data["email"], "ts": event["ts"]})
