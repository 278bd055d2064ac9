"""Whether live runs can move to a new version."""

from typing import Any

import pytest

from transforms.compiling import compile_workflow
from transforms.graph import Release, Workflow
from transforms.problems import Problems
from transforms.releasing import may_hold, obstacles

Tree = dict[str, Any]

START: Tree = {"on": {"event": "tag_assigned", "with": {"tag": "go"}}, "next": "pause"}
PAUSE: Tree = {"wait": "1d", "next": "answer"}
ANSWER: Tree = {"on": {"event": "email_opened"}, "within": "1d", "next": "mail"}
MAIL: Tree = {"do": "send_sms", "with": {"text": "hi"}, "next": "note"}
NOTE: Tree = {"do": "add_note", "with": {"text": "x"}}
NODES: Tree = {"start": START, "pause": PAUSE, "answer": ANSWER, "mail": MAIL, "note": NOTE}


def version(number: int, nodes: Tree) -> Workflow:
    problems = Problems()
    found = compile_workflow({"kind": "workflow", "id": "w", "name": "w", "nodes": nodes}, number, problems)
    assert found is not None
    assert not problems
    return found


def refusals(new: Tree, mode: Any, moves: dict[str, str] | None = None, old: Tree = NODES) -> list[str]:
    return list(obstacles([version(1, old)], version(2, new), Release(mode, moves or {})))


def test_nobody_is_asked_when_live_runs_stay() -> None:
    assert refusals({"start": START | {"next": "note"}, "note": NOTE}, "pin") == []


def test_who_may_wait_where() -> None:
    workflow = version(
        1, NODES | {"ask": {"do": "webhook", "with": {"url": "https://x.example", "body": {}, "wait": True}}}
    )
    assert [name for name, node in workflow.nodes.items() if may_hold(workflow, node)] == [
        "pause",
        "answer",
        "mail",
        "ask",
    ]


def test_an_action_whose_parameters_are_rendered_may_wait() -> None:
    call: Tree = {"do": "webhook", "with": {"url": "https://x.example/{{ contact.id }}", "body": {}}}
    workflow = version(1, NODES | {"ask": call})
    assert may_hold(workflow, workflow.nodes["ask"])


def test_following_needs_every_node_on_which_somebody_may_wait() -> None:
    new = {"start": START | {"next": "answer"}, "answer": ANSWER, "mail": MAIL, "note": NOTE}
    (obstacle,) = refusals(new, "follow")
    assert obstacle == (
        "a contact may wait on node `pause` of version 1, and version 2 has no such node: "
        "map it to another, or to `end`"
    )
    assert refusals(NODES | {"note": NOTE}, "follow") == []


def test_a_node_that_only_passes_on_may_go() -> None:
    nodes = {name: node for name, node in NODES.items() if name != "note"}
    assert refusals(nodes | {"mail": {k: v for k, v in MAIL.items() if k != "next"}}, "follow") == []


@pytest.mark.parametrize(
    ("node", "fits"),
    [(ANSWER, True), ({"wait": {"until": "09:00"}, "next": "answer"}, True), (NOTE, False), (MAIL, False)],
)
def test_a_node_of_the_same_name_must_be_one_to_wait_on(node: Tree, fits: bool) -> None:
    nodes = NODES | {"pause": node, "start": START | {"next": ["pause", "answer"]}}
    found = refusals(nodes, "follow")
    assert found == (
        []
        if fits
        else [
            "a contact may wait on node `pause` of version 1, "
            "and nobody can wait for that on node `pause` of version 2"
        ]
    )


def test_migrating_goes_by_the_map() -> None:
    new = {"start": START | {"next": "later"}, "later": PAUSE | {"next": "mail"}, "mail": MAIL, "note": NOTE}
    assert refusals(new, "migrate", {"pause": "later", "answer": "end"}) == []
    assert refusals(new, "migrate", {"pause": "later"}) == [
        "a contact may wait on node `answer` of version 1, and version 2 has no such node: "
        "map it to another, or to `end`"
    ]


def test_a_map_names_nodes_that_are_there() -> None:
    assert refusals(NODES, "migrate", {"paus": "pause", "pause": "late"}) == [
        "the map names node `paus`, which no earlier version has",
        "the map moves `pause` to `late`, which version 2 does not have",
    ]


@pytest.mark.parametrize("mode", ["pin", "follow"])
def test_a_map_is_for_migrating(mode: str) -> None:
    (obstacle,) = refusals(NODES, mode, {"pause": "pause"})
    assert obstacle.startswith("a map is for --in-flight migrate")


def test_each_node_is_named_once() -> None:
    versions = [version(2, NODES), version(1, NODES)]
    new = version(3, {"start": START | {"next": "note"}, "note": NOTE})
    found = list(obstacles(versions, new, Release("follow")))
    assert [one.split("`")[1] for one in found] == ["pause", "answer", "mail"]
    assert all("version 1" in one for one in found)
