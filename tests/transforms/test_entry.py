"""Starts that are kept, and what becomes of them."""

from one_contact import OneContact, Tree, workflow

from transforms.allocation import Pools

BIG: Tree = {
    "i": {
        "if": {"condition": "event_field", "with": {"name": "big", "value": True}},
        "then": "d",
        "else": "t",
    },
    "t": {"wait": "1h"},
    "d": {"do": "draw_owner", "with": {"users": ["ann", "bob"]}, "next": "x"},
    "x": {"do": "add_tag", "with": {"tag": "x"}, "next": "f1"},
    **{f"f{n}": {"if": {"all": []}, "then": [f"f{n + 1}"] * 2} for n in range(1, 8)},
    "f8": {"wait": "1d"},
}
"""With `big` it makes 128 tokens, more than a run may have."""

SEEN = workflow(
    {
        "s": {"on": {"event": "tag_assigned", "with": {"tag": "x"}}, "next": "n"},
        "n": {"do": "add_note", "with": {"text": "{{ contact.owner }}"}},
    },
    id="seen",
)


def test_a_kept_start_that_reaches_a_limit_is_dropped_alone_with_all_that_it_did() -> None:
    pools = Pools({}, {})
    queueing = workflow(BIG, entry={"policy": "queue"})
    contact = OneContact(queueing, SEEN, allocator=pools).go("10:00").go("10:10", big=True).until("12:00")
    assert contact.reasons == ["token_limit"]
    assert contact.records["dead_letters"][0]["detail"].startswith("the start kept for workflow w: ")
    assert [step["reason"] for step in contact.steps if step["outcome"] == "dropped"] == ["token_limit"]
    assert contact.told.count("completed") == 1
    assert contact.actions == []
    assert pools.user(None, ["ann", "bob"]) == "ann"


def test_without_an_allocator_a_kept_start_is_undone_as_well() -> None:
    nodes = {**BIG, "d": {"do": "add_score", "with": {"points": 1}, "next": "x"}}
    contact = OneContact(workflow(nodes, entry={"policy": "queue"}), SEEN)
    contact.go("10:00").go("10:10", big=True).until("12:00")
    assert contact.reasons == ["token_limit"]
    assert contact.actions == []
