"""The model's whole state, kept so that an undo is a deep copy put back."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from model import localtime
from model.card import new_card

MOST_NODES = 1000
MOST_TOKENS = 100
REMEMBERED_IDS = 256

Run = dict[str, Any]
Item = dict[str, Any]  # a token, or a message that waits on its own
Contact = dict[str, Any]


class TooLong(Exception):
    """More timers than the caller has patience for."""


class Undone(Exception):
    """What has been begun is undone; the text is the reason of the dead letter."""


class World:
    """Definitions, which stay as they are; `state`, which an undo puts back; and the records."""

    def __init__(self, definitions: dict[str, Any], pools: dict[str, Any], most_timers: float) -> None:
        self.definitions = definitions
        self.timers_left = most_timers
        self.groups: dict[str, list[str]] = pools.get("groups", {})
        self.actions: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []
        self.dead: list[dict[str, Any]] = []
        self.state: dict[str, Any] = {
            "contacts": {},
            "pools": deepcopy(pools.get("pools", {})),
            "drawn": {},  # by group or list of users: how many draws there were
            "queue": [],  # facts of the present input that wait for their turn
            "count": 0,  # nodes that the present input has executed
            "serial": 0,  # number of the present input
            "inputs": 0,  # how many there were
            "spent": {},  # by number of the input: nodes executed
            "contact": "",
            "input": "",
            "begun": {},  # by workflow: runs that the present input has begun
        }

    # --- undo ---

    def snapshot(self) -> tuple[Any, ...]:
        return deepcopy(self.state), len(self.actions), len(self.steps), len(self.dead)

    def undo(self, to: tuple[Any, ...]) -> None:
        self.state = deepcopy(to[0])
        del self.actions[to[1] :], self.steps[to[2] :], self.dead[to[3] :]

    def begin_input(self, contact: str, source: str, belongs_to: int | None = None) -> None:
        """An event, or a timer; one due when it was set goes on counting for the input that set it."""
        self.state["inputs"] += 1
        serial = self.state["inputs"] if belongs_to is None else belongs_to
        count = self.state["spent"].get(serial, 0)
        self.state.update(contact=contact, input=source, queue=[], serial=serial, count=count, begun={})

    def set_timer(self, item: Item, due: int | None) -> None:
        at_once = due is not None and due <= self.now
        item.update(due=due, belongs_to=self.state["serial"] if at_once else None)

    # --- the contact that the present input is about ---

    @property
    def contact(self) -> Contact:
        found: Contact = self.state["contacts"][self.state["contact"]]
        return found

    @property
    def now(self) -> int:
        return int(self.contact["clock"])

    def known(self, contact: str, now: int) -> bool:
        """Makes the contact when it is new; whether it was known."""
        if contact in self.state["contacts"]:
            return True
        self.state["contacts"][contact] = {
            "card": new_card(contact, now),
            "clock": now,
            "seen": [],
            "runs": [],  # live ones, by their start
            "kept": {},  # by workflow
            "started": {},  # by workflow: when its runs began
            "once": [],
            "counted": {},  # by channel: when messages were sent
            "messages": [],  # ids of messages that are counted
            "moment": 0,  # grows with whatever happens, to tell what was before what
            "runs_ever": 0,
        }
        return False

    def next_moment(self) -> int:
        self.contact["moment"] += 1
        return int(self.contact["moment"])

    def queue_fact(self, name: str, about: dict[str, Any], data: dict[str, Any], moment: int) -> None:
        self.state["queue"].append(deepcopy({"name": name, "about": about, "data": data, "moment": moment}))

    # --- runs and tokens ---

    def workflow(self, run: Run) -> dict[str, Any]:
        found: dict[str, Any] = self.definitions["workflows"][run["workflow"]]
        return found

    def node(self, run: Run, item: Item) -> dict[str, Any]:
        found: dict[str, Any] = self.workflow(run)["nodes"][item["node"]]
        return found

    def live(self, workflow: str) -> list[Run]:
        return [r for r in self.contact["runs"] if r["workflow"] == workflow]

    def run(self, run_id: str) -> Run | None:
        return next((r for r in self.contact["runs"] if r["id"] == run_id), None)

    def items(self) -> Iterator[tuple[int, Run, Item]]:
        """All tokens and messages: the run's place in the order of run start, the run, the item."""
        for place, run in enumerate(self.contact["runs"]):
            for item in run["tokens"] + run["messages"]:
                yield place, run, item

    def token(self, run_id: str, age: int) -> tuple[Run, Item] | None:
        run = self.run(run_id)
        found = next((t for t in run["tokens"] if t["age"] == age), None) if run else None
        return (run, found) if run and found else None

    def zone(self, run: Run) -> Any:
        return localtime.zone(self.contact["card"]["timezone"], self.workflow(run)["timezone"])

    def names(self, run: Run | None, event: dict[str, Any]) -> dict[str, Any]:
        """What texts may name."""
        card = self.contact["card"]
        about_run = {"id": run["id"], "workflow": run["workflow"], "started": run["started"]} if run else {}
        coupons = {name: coupon["code"] for name, coupon in card["coupons"].items()}
        return {"contact": card, "event": event, "coupon": coupons, "run": {"version": 1, **about_run}}

    # --- records ---

    def step(
        self, run: Run | None, node: str | None, outcome: str, reason: str | None = None, **more: Any
    ) -> None:
        self.steps.append(
            {
                "contact": self.state["contact"],
                "workflow": run["workflow"] if run else more.pop("workflow", None),
                "run": run["id"] if run else None,
                "node": node,
                "ts": self.now,
                "outcome": outcome,
                "reason": reason,
                **more,
            }
        )

    def act(self, run: Run, item: Item, status: str, reason: str | None, params: dict[str, Any]) -> None:
        self.actions.append(
            {
                "action_id": action_id(run, item),
                "contact": self.state["contact"],
                "action": self.node(run, item)["do"],
                "status": status,
                "reason": reason,
                "ts": self.now,
                "workflow": run["workflow"],
                "run": run["id"],
                "node": item["node"],
                "visit": item["visit"],
                "params": deepcopy(params),
            }
        )


def action_id(run: Run, item: Item) -> str:
    return f"{run['id']}/{item['node']}/{item['visit']}"
