"""Definitions as the model walks them: workflows and rules by id, the policy, the settings."""

from typing import Any

from model.values import as_list

Workflow = dict[str, Any]


def targets(value: Any) -> list[str]:
    """The nodes that a `next`, `then` or `else` names."""
    return [] if value is None else as_list(value)


def ways_out(node: dict[str, Any]) -> list[str]:
    found = [t for key in ("next", "then", "else") for t in targets(node.get(key))]
    for choice in as_list(node.get("branch", [])) + as_list(node.get("split", [])):
        found += targets(choice.get("next"))
    return found


def workflow(document: dict[str, Any]) -> Workflow:
    pointed_at = {t for node in document["nodes"].values() for t in ways_out(node)}
    return {
        "kind": "workflow",
        "id": document["id"],
        "status": document.get("status", "active"),
        "priority": document.get("priority", 50),
        "timezone": document.get("timezone"),
        "entry": {"policy": "drop", **document.get("entry", {})},
        "exits": document.get("exits", []),
        "nodes": document["nodes"],
        "starts": [
            {"node": name, "on": as_list(node["on"])}
            for name, node in document["nodes"].items()
            if "on" in node and name not in pointed_at
        ],
        "if": None,
    }


def rule(document: dict[str, Any]) -> Workflow:
    """A rule as a workflow: its actions one after another, without a start node."""
    nodes = {
        f"do-{i}": {**action, **({"next": f"do-{i + 1}"} if i < len(document["do"]) else {})}
        for i, action in enumerate(document["do"], 1)
    }
    entry = {"policy": "parallel"}
    if "limit" in document:
        entry["limit"] = document["limit"]
    return {
        "kind": "rule",
        "id": document["id"],
        "status": document.get("status", "active"),
        "priority": document.get("priority", 50),
        "timezone": document.get("timezone"),
        "entry": entry,
        "exits": [],
        "nodes": nodes,
        "starts": [{"node": "do-1", "on": as_list(document["on"])}] if "on" in document else [],
        "if": document.get("if"),
    }


def load(documents: list[dict[str, Any]]) -> dict[str, Any]:
    loaded: dict[str, Any] = {"workflows": {}, "policy": {}, "settings": {}, "emails": {}}
    for document in documents:
        kind = document.get("kind", "workflow")
        if kind in ("workflow", "rule"):
            made = workflow(document) if kind == "workflow" else rule(document)
            loaded["workflows"][made["id"]] = made
        elif kind == "policy":
            loaded["policy"] = document.get("channels", {})
        elif kind == "email":
            flags = {name: document[name] for name in ("group", "service") if name in document}
            loaded["emails"][document["id"]] = flags
        elif kind == "settings":
            loaded["settings"] = document
    return loaded


def by_rank(definitions: dict[str, Any]) -> list[Workflow]:
    """Workflows by priority, high to low, then by id."""
    return sorted(definitions["workflows"].values(), key=lambda w: (-w["priority"], w["id"]))
