"""Small definitions of all kinds of nodes, and inputs that concern them, for Hypothesis.

Hypothesis draws a seed for each workflow and each event, so that it can leave out any of them when it looks
for a smaller case; what they are is decided by dice thrown from the seed, which spreads wider than its own
choices would.
"""

import json
from typing import Any, NamedTuple

from hypothesis import strategies as st

from model.definitions import ways_out
from model.dice import Dice, one_of

Tree = dict[str, Any]

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
NOON = 1_705_320_000_000
"""Monday 2024-01-15, 12:00 UTC."""

TAG = one_of("x", "y")
TAGS = one_of("x", "y", ["x", "y"])
DETAIL = one_of("k", "l")
VALUE = one_of(1, "1", 2, "2.0", "a", "A", True, "true")
TYPE = one_of("GO", "GO", "BUY")
SMALL = one_of(0, 1, 2, 3)
WORKFLOW = one_of("a", "b", "c")
EMAIL = one_of("m1", "m2")
DURATION = one_of("0s", "10m", "1h", "90m", "1d")
LONGER = one_of("1h", "2h", "1d")

# --- what an `on` says ---

VALUE_TEST = one_of(
    VALUE,
    {"ne": 1},
    {"gte": 1, "lt": 2},
    {"in": ["a", 2]},
    {"exists": True},
    {"contains": "A"},
    {"empty": False},
)
COMMON = one_of(
    ("external_event", {"type": TYPE}),
    ("external_event", {"type?": TYPE, "where?": one_of({"n": 1}, {"n": {"ne": 2}})}),
    ("tag_assigned", {"tag": TAGS, "first?": True}),
    ("detail_added", {"name": DETAIL, "value?": VALUE_TEST}),
    ("score_exceeded", {"score": SMALL, "crossing?": True}),
)
OTHER = one_of(
    ("detail_modified", {"name": DETAIL, "value?": VALUE_TEST}),
    ("score_reached", {"score": SMALL}),
    ("tag_score_reached", {"tag": TAG, "score": SMALL}),
    ("url_visited", {"url?": one_of("shoes", "any:shoes, HATS", "path:/*/x*"), "min_seconds?": 5}),
    ("note_added", {"contains?": one_of("hi", "GO")}),
    ("stage_entered", {"campaign": "sale", "stage?": one_of("won", "lost")}),
    ("owner_changed", {"user?": "ann", "role?": one_of("main", "co")}),
    ("loyalty_points_earned", {"points?": {"gt": 1}}),
    ("loyalty_tier_reached", {"program": "club", "tier?": "gold"}),
    ("email_opened", {"email?": one_of("m1", ["m1", "m2"])}),
    ("email_link_clicked", {"email?": "m1", "url?": "shoes"}),
    ("email_opted_in", {}),
    ("email_opted_out", {}),
    ("sms_opted_out", {}),
    ("contact_readded", {}),
    ("churn_predicted", {"level": one_of("high", ["low", "medium"])}),
    ("rfm_changed", {"dimension?": "recency", "to?": "1"}),
    ("external_event_modified", {"type?": TYPE, "fields?": ["n"]}),
)
START_ONLY = one_of(("contact_added", {}), ("external_event", {"type": "GO"}))
MID_PATH_ONLY = one_of(
    ("external_event", {"type": "{{ event.then }}"}),
    ("tag_assigned", {"tag": "{{ event.tag }}"}),
    ("score_exceeded", {"score": "{{ event.n }}"}),
    ("external_event", {"where": {"order": "{{ event.order }}"}}),
)

# --- conditions ---

CONDITION = one_of(
    ("has_tag", {"tag": TAG}),
    ("has_tag", {"tag": ["x", "y"], "match": "all"}),
    ("score_exceeded", {"score": one_of(1, "{{ event.n }}")}),
    ("score_reached", {"score": 2}),
    ("has_detail", {"name": DETAIL, "value?": VALUE_TEST}),
    ("event_field", {"name": "n", "value": one_of(1, {"ne": 1}, {"gt": 0})}),
    ("event_field", {"name": "order", "value": {"exists": True}}),
    ("external_event_occurred", {"type": "GO", "within": "1h"}),
    ("external_event_occurred", {"count": {"gte": 2}}),
    ("external_event_occurred", {"where": {"n": {"gt": 0}}, "count": 1}),
    ("url_visited", {"url": "shoes", "within": "1d"}),
    ("has_note", {"contains": "go", "within?": "1h"}),
    ("emails_received", {"count": {"gte": 1}, "within": "1d"}),
    ("email_sent", {"email": "m1"}),
    ("email_opened", {"within?": "1d"}),
    ("email_link_clicked", {"url?": "shoes"}),
    ("newsletter_subscriber", {}),
    ("email_opted_out", {}),
    ("sms_opted_out", {}),
    ("on_stage", {"campaign": "sale", "stage": "won"}),
    ("has_owner", {"user?": "ann", "role?": "main"}),
    ("main_owner_in", {"users": ["ann"]}),
    ("tag_score_at_least", {"tag": "x", "score": 1}),
    ("has_loyalty_points", {"program": "club", "points": {"between": [1, 5]}}),
    ("in_loyalty_tier", {"program": "club", "tier": "silver"}),
    ("active_within", {"within": "1h"}),
    ("churn_prediction", {"level": "high"}),
    ("in_rfm_segment", {"dimension": "recency", "group": "1"}),
)

# --- actions ---

SEND = one_of("now", {"after": "0s"}, {"after": "2h"}, {"at": "09:00"}, {"at": "12:00"}, {"best_hour": True})
GATE_OPTIONS = {
    "once?": one_of(True, "key", "{{ event.order }}-key"),
    "expires?": one_of("1h", "12h", "{{ event.span }}"),
    "transactional?": True,
    "send?": SEND,
}
MESSAGE = one_of(
    ("send_email", {"email": "m1"}),
    ("send_email", {"email": "m1", **GATE_OPTIONS}),
    ("send_email", {"email": "m2", "subject": "{{ contact.details.k }}"}),
    ("send_sms", {"text": "{{ event.n }} {{ contact.score }}"}),
    ("send_sms", {"text": "{{ event.n }} {{ contact.score }}", **GATE_OPTIONS}),
    ("send_web_push", {"title": "hi", **GATE_OPTIONS}),
    ("send_text_message", {"text": "hi"}),
)
HERE = one_of(
    ("add_note", {"text": "hi {{ event.n }} {{ contact.score }} {{ event.tag }}"}),
    ("add_tag", {"tag": TAGS}),
    ("remove_tag", {"tag": TAG}),
    ("set_detail", {"name": DETAIL, "value": one_of(VALUE, "{{ event.n }}")}),
    ("add_score", {"points": one_of(1, 2, -1, "{{ event.n }}")}),
    ("set_score", {"score": SMALL}),
    ("add_tag_score", {"tag": TAG, "points": one_of(1, -1)}),
    ("add_to_stage", {"campaign": "sale", "stage": one_of("won", "lost")}),
    ("remove_from_campaign", {"campaign": "sale"}),
    ("set_owner", {"user": one_of("ann", "bob"), "role?": "co"}),
    ("opt_in", {"channel?": one_of("email", "sms")}),
    ("opt_out", {"channel?": one_of("email", "sms")}),
    ("loyalty_points", {"program": "club", "points": one_of(2, 5, -3)}),
)
ELSEWHERE = one_of(
    ("generate_coupon", {"name": "cp"}),
    ("generate_coupon", {"name": "cp", "pool": "p"}),
    ("draw_owner", {"users": ["ann", "bob"]}),
    ("start_workflow", {"workflow": one_of(WORKFLOW, "none")}),
    ("stop_workflow", {"workflow": WORKFLOW}),
    ("run_automation_rule", {"rule": one_of("r", "r", "none")}),
    ("alert_user", {"user": "ann", "text": "{{ run.workflow }} {{ event.order }} {{ coupon.cp | size }}"}),
    ("webhook", {"url": "https://hook.example/", "body": "{{ event.n }}", "wait?": True}),
)

# --- waits and policy ---

UNTIL = one_of(
    {"until": one_of("00:00", "02:30", "09:00", "12:00", "21:00")},
    {"until": {"detail": "day"}},
    {"until": {"detail": "day", "before": "1d", "at": "09:00"}},
    {"until": {"detail": "k", "before": "36h"}},
)
WINDOW = one_of(
    {"window": {"days": ["mon", "tue"], "from": "09:00", "to": "17:00"}},
    {"window": {"days": ["mon", "wed", "sun"], "from": "21:00", "to": "02:30"}},
)
CHANNEL = {
    "quiet?": one_of({"from": "21:00", "to": "08:00"}, {"from": "12:00", "to": "13:30"}),
    "caps": one_of(
        [{"count": one_of(1, 2), "per": LONGER}],
        [{"count": 1, "per": LONGER}, {"count": 2, "per": "1d"}],
    ),
    "on_cap": one_of("skip", "defer", "defer"),
    "give_up?": one_of("1h", "5h"),
}
POLICY = {"kind": "policy", "channels": {"email?": CHANNEL, "sms?": CHANNEL, "web_push?": CHANNEL}}
ASSETS = [{"kind": "email", "id": m, "subject": "hi", "body": "hi"} for m in ("m1", "m2")]
SETTINGS = {"kind": "settings", "loyalty": {"club": {"silver": 3, "gold": 6}}}
POOLS = {"pools": {"p": ["A1", "A2", "A3"]}}

# --- events ---

ADDRESS = {"email": "a@x.example", "email_status": "opted_in", "phone": "1", "push": {"endpoint": "p"}}
MORE = {"n?": one_of(0, 1, 2, "1", "many"), "order?": one_of("o1", "o2")}
EXTERNAL = (
    "external_event",
    {"type": TYPE, **MORE, "then?": "BUY", "tag?": "y", "span?": "2h", "event_id?": "v"},
)
EVENT = one_of(
    EXTERNAL,
    EXTERNAL,
    one_of(
        ("tag_assigned", {"tag": TAG, "score?": SMALL, **MORE}),
        ("tag_removed", {"tag": TAG}),
        ("detail_set", {"name": DETAIL, "value": VALUE, **MORE}),
        ("detail_set", {"name": "day", "value": one_of("2024-01-15", "2024-01-16", "2024-01-17T10:00:00Z")}),
        ("detail_removed", {"name": DETAIL}),
        ("score_changed", {"score": one_of(-1, SMALL), "tag?": "x"}),
        ("score_changed", {"points": one_of(-1, SMALL), "tag?": "x"}),
        ("note_added", {"text": one_of("hi", "go on")}),
        ("stage_entered", {"campaign": "sale", "stage": one_of("won", "lost")}),
        ("campaign_left", {"campaign": "sale"}),
        ("owner_changed", {"user": one_of("ann", "bob"), "role?": "co"}),
        ("loyalty_points_earned", {"program": "club", "points": one_of(1, 3, 6)}),
        ("loyalty_points_spent", {"program": "club", "points": one_of(1, 3, 6)}),
        ("prediction_updated", {"kind": "churn", "probability": one_of(0, 0.25, 0.6, 1)}),
        ("rfm_changed", {"dimension": "recency", "group": one_of("1", "2", "none")}),
        ("external_event_modified", {"event_id": "v", "n": SMALL}),
        ("contact_added", {**ADDRESS, "tags?": ["y", "x"], "details?": {"k": 1, "l": None}}),
        ("contact_updated", {"timezone": one_of("UTC", "Europe/Warsaw", "America/New_York", "No/Where")}),
        (
            "contact_updated",
            {"email?": one_of(None, "b@x.example"), "owner?": "ann", "tags?": ["x"], "score?": 2},
        ),
        ("contact_updated", {"details": {"k": None, "l": "a"}, "devices?": ["d"]}),
    ),
    one_of(
        (
            "url_visited",
            {"url": one_of("https://s.example/a/xyz?q=Shoes", "https://s.example/hats"), "seconds?": 5},
        ),
        ("email_opened", {"email": EMAIL, "service?": True}),
        ("email_link_clicked", {"email": EMAIL, "url": "https://s.example/shoes", "service?": True}),
        ("email_bounced", {"email": "m1", "kind": one_of("hard", "soft")}),
        ("email_complained", {"email": "m1"}),
        ("email_sent", {"email": "m1", "message_id?": "other-1"}),
        ("sms_sent", {}),
        ("email_opted_in", {}),
        ("email_opted_out", {}),
        ("sms_opted_out", {}),
        ("workflow_start", {"workflow": WORKFLOW, **MORE}),
    ),
)
UNREADABLE = [
    "no JSON",
    '{"id": "u1", "contact": "c", "type": "unheard_of", "ts": 1705320000000}',
    '{"id": "u2", "contact": "c", "type": "tag_assigned", "ts": 1705320000000, "data": {}}',
    '{"id": "u3", "type": "email_opted_in", "ts": 1705320000000}',
]
PASSING = one_of(0, 0, 1, MINUTE, 10 * MINUTE, 60 * MINUTE, 60 * MINUTE, 5 * 60 * MINUTE, DAY)


class Case(NamedTuple):
    """Definitions, lines of input, and until when."""

    documents: list[Tree]
    lines: list[str]
    until: int | str | None


class Author(Dice):
    """Writes definitions."""

    def named(self, key: str, found: Any) -> Tree:
        """An entry with its `with`."""
        name, with_ = self.make(found)
        return {key: name, **({"with": with_} if with_ else {})}

    def on(self, only: Any = OTHER) -> Any:
        """An event, or a list of events; `only`: what is said in this place alone."""
        found = [self.named("event", one_of(COMMON, COMMON, OTHER, only)) for _ in range(self.randint(1, 2))]
        return found if self.hits(30) else found[0]

    def condition(self, depth: int = 2) -> Tree:
        if depth and self.hits(25):
            kind = self.choice(["not", "all", "any"])
            if kind == "not":
                return {"not": self.condition(depth - 1)}
            return {kind: [self.condition(depth - 1) for _ in range(self.randint(0, 2))]}
        return self.named("condition", CONDITION) | ({"negate": True} if self.hits(15) else {})

    def action(self) -> Tree:
        return self.named("do", one_of(HERE, HERE, HERE, MESSAGE, MESSAGE, MESSAGE, ELSEWHERE))

    def ways(self, names: list[str]) -> Any:
        """One node, or a fork."""
        if self.hits(20):
            return self.choices(names, k=self.randint(2, 3))
        return names[0] if self.hits(50) else self.choice(names)

    def workflow(self, name: str) -> Tree:
        """A workflow whose targets are later nodes, so that only waits and mid-path `on`s make cycles."""
        names = [f"n{i}" for i in range(self.randint(2, 7))]
        first = {"event": "external_event", "with": {"type": "GO"}} if self.hits(60) else self.on(START_ONLY)
        nodes: Tree = {"s": {"on": first, "next": self.ways(names[:3])}}
        if self.hits(15):
            nodes["s2"] = {"on": self.on(START_ONLY), "next": self.ways(names)}
        for place, node in enumerate(names):
            nodes[node] = self.middle_node(names[place + 1 :], names[: place + 1])
        document = {
            "kind": "workflow",
            "id": name,
            "name": name,
            "priority": self.choice([50, 50, 20, 80]),
            "entry": self.entry(),
            "nodes": reachable(nodes),
        }
        if self.hits(40):
            document["timezone"] = self.choice(["Europe/Warsaw", "America/New_York"])
        if self.hits(30):
            document["exits"] = [
                {"on": self.on(), **self.make({"goal?": True})} for _ in range(self.randint(1, 2))
            ]
        return document

    def middle_node(self, later: list[str], earlier: list[str]) -> Tree:
        def way(key: str, in_hundred: int, back: bool = False) -> Tree:
            names = [*later, *(earlier if back and self.hits(20) else [])]
            return {key: self.ways(names)} if names and self.hits(in_hundred) else {}

        kind = self.choice(["do"] * 6 + ["if", "branch", "wait", "wait", "on", "on", "split", "end"])
        if kind == "do":
            return self.action() | way("next", 90) | way("else", 30)
        if kind == "if":
            return {"if": self.condition()} | way("then", 85) | way("else", 70)
        if kind == "branch":
            choices = [{"if": self.condition()} | way("next", 90) for _ in range(self.randint(1, 2))]
            return {"branch": choices} | way("else", 60)
        if kind == "wait":
            wait = self.make(one_of(DURATION, DURATION, UNTIL, WINDOW))
            return {"wait": wait} | way("next", 90, back=True) | (way("else", 30) if "until" in wait else {})
        if kind == "on":
            within = {"within": self.make(DURATION)} | way("else", 60, back=True) if self.hits(60) else {}
            return {"on": self.on(MID_PATH_ONLY)} | within | way("next", 90, back=True)
        if kind == "split":
            return {"split": [{"share": 100} | way("next", 90)]}
        return {"end": True}

    def entry(self) -> Tree:
        entry: Tree = {"policy": self.choice(["drop", "restart", "queue", "queue", "parallel", "parallel"])}
        if entry["policy"] == "parallel" and self.hits(50):
            entry["key"] = self.choice(["event.order", "event.tag"])
        if self.hits(25):
            entry["limit"] = {"count": self.randint(1, 3), "per": self.make(LONGER)}
        return entry

    def rule(self, name: str) -> Tree:
        document: Tree = {"kind": "rule", "id": name}
        if self.hits(50):
            document["on"] = self.on(START_ONLY)
        if self.hits(50):
            document["if"] = self.condition()
        document["do"] = [self.action() for _ in range(self.randint(1, 3))]
        return document | self.make({"limit?": {"count": 2, "per": "1h"}, "priority?": one_of(10, 90)})


def reachable(nodes: Tree) -> Tree:
    """The nodes to which a start leads."""
    found = {name for name in nodes if name in ("s", "s2")}
    while more := {t for name in found for t in ways_out(nodes[name])} - found:
        found |= more
    return {name: node for name, node in nodes.items() if name in found}


def written(seeds: list[int], rule: int | None, policy: int) -> list[Tree]:
    """A few workflows and a rule that may start, move and end each other."""
    found = [Author(f"{name} {seed}").workflow(name) for name, seed in zip("abc", seeds, strict=False)]
    if rule is not None:
        found.append(Author(rule).rule("r"))
    return [*found, Dice(policy).make(POLICY), SETTINGS, *ASSETS]


def happening(seeds: list[int], contacts: list[str], joining: bool) -> list[str]:
    """Lines of input: late events, duplicates, unreadable lines; merging and erasure where asked for."""
    found: list[str] = []
    known: set[str] = set()
    ts = NOON
    for place, seed in enumerate(seeds):
        dice = Dice(f"{place} {seed}")
        if dice.hits(2):
            found.append(dice.choice(UNREADABLE))
            continue
        if found and dice.hits(3):
            found.append(dice.choice(found))
            continue
        ts += dice.make(PASSING)
        late = dice.make(PASSING) if dice.hits(12) else 0
        contact = dice.choice(contacts)
        kind, data = dice.make(EVENT)
        if contact not in known and dice.hits(80):
            kind, data = "contact_added", ADDRESS
        elif joining and dice.hits(4):
            other = dice.choice([c for c in contacts if c != contact] or ["nobody"])
            kind, data = dice.make(one_of(("contact_erased", {}), ("contact_merged", {"from": other})))
        known.add(contact)
        event = {"id": f"e{place}", "contact": contact, "type": kind, "ts": ts - late, "data": data}
        found.append(json.dumps(event | ({"fire": False} if dice.hits(4) else {})))
    return found


seeds = st.integers(0, 2**32 - 1)


def cases(contacts: tuple[str, ...] = ("c", "d", "e"), joining: bool = True) -> st.SearchStrategy[Case]:
    """Cases of up to so many contacts; `joining`: also merged and erased ones."""
    return st.builds(
        lambda authors, rule, policy, events, most, until: Case(
            written(authors, rule, policy), happening(events, list(contacts[:most]), joining), until
        ),
        st.lists(seeds, min_size=1, max_size=3),
        st.none() | seeds,
        seeds,
        st.lists(seeds, min_size=10, max_size=25),
        st.integers(1, len(contacts)),
        st.sampled_from(["end", None, NOON + DAY]),
    )
