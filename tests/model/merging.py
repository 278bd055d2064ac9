"""Two contacts become one; a contact is erased."""

from typing import Any

from model.world import REMEMBERED_IDS, Contact, World

CONSENT = ["unknown", "opted_in", "opted_out"]


def erase(world: World) -> None:
    world.step(None, None, "erased")
    del world.state["contacts"][world.state["contact"]]


def merge(world: World, other: str) -> None:
    """All that `other` is goes into the present contact."""
    survivor = world.contact
    gone: Contact | None = world.state["contacts"].pop(other, None)
    if gone is None:
        return
    survivor["card"] = merged_card(survivor["card"], gone["card"])
    survivor["clock"] = max(survivor["clock"], gone["clock"])
    survivor["seen"] = (gone["seen"] + survivor["seen"])[-2 * REMEMBERED_IDS :]
    survivor["messages"] += gone["messages"]
    survivor["once"] += gone["once"]
    for kind in ("counted", "started"):
        for name, times in gone[kind].items():
            survivor[kind][name] = sorted(survivor[kind].get(name, []) + times)
    busy = {r["workflow"] for r in survivor["runs"]}
    for run in gone["runs"]:
        if run["workflow"] in busy:
            world.step(run, None, "merged")
        else:
            move_in(world, survivor, run)
    survivor["runs"].sort(key=lambda r: r["started"])
    for workflow, kept in gone["kept"].items():
        survivor["kept"].setdefault(workflow, {**kept, "moment": world.next_moment()})


def move_in(world: World, survivor: Contact, run: dict[str, Any]) -> None:
    """What waits, waits since before whatever comes."""
    run["moment"] = world.next_moment()
    for token in run["tokens"]:
        token["moment"] = world.next_moment()
    survivor["runs"].append(run)


def merged_card(card: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    empty = (None, [], {})
    merged = {k: other[k] if v in empty else v for k, v in card.items()}
    merged["bounced"] = card["bounced"] if card["email"] is not None else other["bounced"]
    merged["added"] = min(card["added"], other["added"])
    for status in ("email_status", "sms_status"):
        merged[status] = max(card[status], other[status], key=CONSENT.index)
    merged["tags"] = card["tags"] + [t for t in other["tags"] if t not in card["tags"]]
    for maps in ("details", "stages", "coupons", "predictions"):
        merged[maps] = {**other[maps], **card[maps]}
    merged["rfm"] = {
        r: {**other["rfm"].get(r, {}), **card["rfm"].get(r, {})} for r in other["rfm"] | card["rfm"]
    }
    merged["segments"] = {
        a: list(dict.fromkeys(card["segments"].get(a, []) + other["segments"].get(a, [])))
        for a in other["segments"] | card["segments"]
    }
    merged["score"] = card["score"] + other["score"]
    merged["tag_scores"] = summed(card["tag_scores"], other["tag_scores"])
    merged["loyalty"] = {p: account(card, other, p) for p in other["loyalty"] | card["loyalty"]}
    for history in ("notes", "visits", "external"):
        merged[history] = by_ts(card[history], other[history])
    merged["emails"] = {kind: by_ts(card["emails"][kind], other["emails"][kind]) for kind in card["emails"]}
    return merged


def summed(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    return {k: a.get(k, 0) + b.get(k, 0) for k in b | a}


def account(card: dict[str, Any], other: dict[str, Any], program: str) -> dict[str, Any]:
    none = {"points": 0, "tier": None}
    own, also = card["loyalty"].get(program, none), other["loyalty"].get(program, none)
    return {"points": own["points"] + also["points"], "tier": own["tier"] or also["tier"]}


def by_ts(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(a + b, key=lambda e: e["ts"])
