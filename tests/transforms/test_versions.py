"""Changes of definitions while contacts are on their way: versions, pause, drain, retire."""

import json
from typing import Any

from transforms.engine import OUTPUTS, Engine

HOUR = 3_600_000
Tree = dict[str, Any]


def workflow(text: str, **more: Any) -> Tree:
    nodes = {
        "s": {"on": {"event": "external_event", "with": {"type": "GO"}}, "next": "t"},
        "t": {"wait": "1h", "next": "a"},
        "a": {"do": "add_note", "with": {"text": text}},
    }
    return {"kind": "workflow", "id": "w", "name": "w", "nodes": nodes, **more}


def engine(*versions: Tree, status: str | None = None, release: Tree | None = None) -> Engine:
    documents = {f"workflow/w@{n}": json.dumps(tree).encode() for n, tree in enumerate(versions, 1)}
    if status:
        documents["status/w@1"] = json.dumps(status).encode()
    if release:
        documents[f"release/w@{len(versions)}"] = json.dumps(release).encode()
    return Engine(documents)


def event(number: int, ts: int, type: str = "external_event", **data: Any) -> bytes:
    body = {"id": f"e{number}", "contact": "c", "type": type, "ts": ts, "data": data or {"type": "GO"}}
    return json.dumps(body).encode()


class Contact:
    """One contact, through engines that come one after the other."""

    def __init__(self) -> None:
        self.state: bytes | None = None
        self.due: int | None = None
        self.records: dict[str, list[Tree]] = {name: [] for name in OUTPUTS}

    def through(self, engine: Engine, *events: bytes, until: int | None = None) -> "Contact":
        answer = engine.process(self.state, events, until=until)
        self.state, self.due = answer.state, answer.due
        for output, record in answer.records:
            self.records[OUTPUTS[output]].append(json.loads(record))
        return self

    @property
    def texts(self) -> list[str]:
        return [action["params"]["text"] for action in self.records["actions"]]

    @property
    def outcomes(self) -> list[str]:
        return [step["outcome"] for step in self.records["steps"]]


def started() -> Contact:
    return Contact().through(engine(workflow("old")), event(1, 0))


def test_pin_lets_live_runs_finish_on_their_version_while_new_ones_use_the_next() -> None:
    both = engine(workflow("old"), workflow("new"))
    contact = started().through(both, event(2, 2 * HOUR), until=4 * HOUR)
    assert contact.texts == ["old", "new"]
    assert [step["version"] for step in contact.records["steps"] if step["outcome"] == "completed"] == [1, 2]


def test_follow_moves_live_runs_and_keeps_their_due_time() -> None:
    longer = workflow("new")
    longer["nodes"]["t"] = {"wait": "5h", "next": "a"}
    contact = started().through(engine(workflow("old"), longer, release={"mode": "follow"}), until=HOUR)
    assert contact.texts == ["new"]
    assert contact.records["actions"][0]["ts"] == HOUR


def test_migrate_puts_tokens_on_the_mapped_node() -> None:
    changed = workflow("new")
    changed["nodes"] = {
        "s": {"on": {"event": "external_event", "with": {"type": "GO"}}, "next": "o"},
        "o": {"on": {"event": "url_visited"}, "within": "9h", "next": "a", "else": "b"},
        "a": {"do": "add_note", "with": {"text": "came"}},
        "b": {"do": "add_note", "with": {"text": "late"}},
    }
    moving = engine(workflow("old"), changed, release={"mode": "migrate", "moves": {"t": "o"}})
    visit = event(2, 10, "url_visited", url="https://x.example/")
    assert started().through(moving, visit).texts == ["came"]
    late = started().through(moving, until=HOUR)
    assert late.texts == ["late"]
    assert late.records["actions"][0]["ts"] == HOUR


def test_migrate_to_end_completes_the_run() -> None:
    moving = engine(workflow("old"), workflow("new"), release={"mode": "migrate", "moves": {"t": "end"}})
    contact = started().through(moving, until=9 * HOUR)
    assert contact.texts == []
    assert contact.outcomes[-2:] == ["exited", "completed"]


def test_a_node_that_is_gone_ends_its_token_with_the_reason() -> None:
    shorter = workflow("new")
    shorter["nodes"] = {
        "s": {"on": {"event": "external_event"}, "next": "a"},
        "a": workflow("new")["nodes"]["a"],
    }
    contact = started().through(engine(workflow("old"), shorter, release={"mode": "follow"}), until=HOUR)
    assert contact.texts == []
    assert contact.records["steps"][-2]["reason"] == "node_gone"


def test_pause_holds_timers_and_starts_and_resuming_runs_them() -> None:
    paused = engine(workflow("old"), status="paused")
    contact = started().through(paused, event(2, 2 * HOUR), until=3 * HOUR)
    assert contact.texts == []
    assert contact.due is None
    assert contact.records["steps"][-1]["reason"] == "inactive"
    contact.through(engine(workflow("old")), until=3 * HOUR)
    assert contact.texts == ["old"]
    assert contact.records["actions"][0]["ts"] == 2 * HOUR


def test_a_kept_start_waits_for_the_end_of_a_pause() -> None:
    queueing = workflow("old", entry={"policy": "queue"}, exits=[{"on": {"event": "url_visited"}}])
    contact = Contact().through(engine(queueing), event(1, 0))
    paused = engine(queueing, status="paused")
    contact.through(engine(queueing), event(2, 1)).through(paused, until=9 * HOUR)
    assert contact.texts == []
    contact.through(engine(queueing), until=9 * HOUR)
    assert contact.texts == ["old", "old"]


def test_drain_lets_live_runs_go_on_and_starts_none() -> None:
    contact = started().through(
        engine(workflow("old"), status="draining"), event(2, 2 * HOUR), until=9 * HOUR
    )
    assert contact.texts == ["old"]


def test_retire_ends_live_runs_and_drops_what_was_kept() -> None:
    queueing = workflow("old", entry={"policy": "queue"})
    contact = Contact().through(engine(queueing), event(1, 0), event(2, 1))
    contact.through(engine(queueing, status="retired"), until=9 * HOUR)
    assert contact.texts == []
    assert contact.outcomes[-2:] == ["retired", "dropped"]
    contact.through(engine(queueing), until=99 * HOUR)
    assert contact.texts == []


def test_a_run_of_the_newest_version_stays_as_it_is() -> None:
    two = engine(workflow("old"), workflow("new"), release={"mode": "follow"})
    contact = Contact().through(two, event(1, 0)).through(two, event(2, 1), until=HOUR)
    assert contact.texts == ["new"]
    assert contact.outcomes.count("parked") == 1


def test_retire_ends_live_runs_without_a_kept_start() -> None:
    contact = started().through(engine(workflow("old"), status="retired"), until=9 * HOUR)
    assert contact.outcomes[-1] == "retired"
    assert contact.due is None


def test_a_kept_start_of_a_draining_workflow_is_dropped_when_its_turn_comes() -> None:
    queueing = workflow("old", entry={"policy": "queue"})
    contact = Contact().through(engine(queueing), event(1, 0), event(2, 1))
    contact.through(engine(queueing, status="draining"), until=9 * HOUR)
    assert contact.texts == ["old"]
    assert contact.records["steps"][-1]["reason"] == "inactive"


def test_a_kept_start_whose_node_is_gone_begins_at_the_first_start() -> None:
    queueing = workflow("old", entry={"policy": "queue"})
    changed = workflow("new", entry={"policy": "queue"})
    changed["nodes"]["begin"] = changed["nodes"].pop("s")
    contact = Contact().through(engine(queueing), event(1, 0), event(2, 1))
    contact.through(engine(queueing, changed), until=9 * HOUR)
    assert contact.texts == ["old", "new"]


def test_a_contact_that_is_merged_settles_first() -> None:
    contact = started().through(engine(workflow("old"), status="retired"))
    merging = json.dumps(
        {"id": "m", "contact": "d", "type": "contact_merged", "ts": 5, "data": {"from": "c"}}
    )
    contact.through(engine(workflow("old"), status="retired"), merging.encode())
    assert contact.outcomes[-1] == "retired"
