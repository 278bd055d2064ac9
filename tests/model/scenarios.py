"""Scenario files: definitions, events in, action records out."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Case = dict[str, Any]
Records = list[dict[str, Any]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DRAWN = ("code", "valid_until")
"""Of the params, what the definition does not decide."""


def reader() -> YAML:
    """YAML 1.2, where times and dates are text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor(
        "tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node)
    )
    return yaml


def load(path: Path) -> list[Case]:
    """The scenarios of one file."""
    return [case for case in reader().load_all(path.read_text(encoding="utf-8")) if case]


def milliseconds(when: int | str) -> int:
    """Epoch milliseconds of a time as scenarios write it."""
    if isinstance(when, int):
        return when
    if re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d+)?)?", when):
        when = "01-15 " + when
    if re.fullmatch(r"\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)?)?", when):
        when = "2024-" + when.replace(" ", "T") + "+00:00"
    return (datetime.fromisoformat(when) - EPOCH) // timedelta(milliseconds=1)


def documents(case: Case) -> Records:
    """All definitions of a scenario."""
    found = [
        w if w.get("kind") == "rule" else {"kind": "workflow", "name": w["id"], **w}
        for w in case["workflows"]
    ]
    found += [{"kind": kind, **case[kind]} for kind in ("policy", "settings") if kind in case]
    return found + [reader().load(text) for text in texts(case)]


def texts(case: Case) -> list[str]:
    """Definitions that are given as YAML text, each one document."""
    return [text for text in case.get("text", "").split("\n---\n") if text.strip()]


def lines(case: Case) -> list[str | bytes]:
    """The input."""
    found: list[str | bytes] = []
    for place, event in enumerate(unrolled(case["events"]), 1):
        if isinstance(event, str):
            found.append(event)
        else:
            whole = {"id": f"e{place}", "contact": "c", **event, "ts": milliseconds(event["ts"])}
            found.append(json.dumps(whole))
    return found


def unrolled(events: list[Any]) -> Iterator[Any]:
    """`{repeat: N, prefix: p, ...}` stands for N events with the ids p1 to pN."""
    for event in events:
        if isinstance(event, dict) and "repeat" in event:
            rest = {k: v for k, v in event.items() if k not in ("repeat", "prefix")}
            for n in range(1, event["repeat"] + 1):
                data = {
                    k: v.replace("#", str(n)) if isinstance(v, str) else v
                    for k, v in rest.get("data", {}).items()
                }
                yield {"id": f"{event['prefix']}{n}", **rest, "data": data}
        else:
            yield event


def until(case: Case) -> str | int | None:
    given = case.get("until")
    return given if given in (None, "end") else milliseconds(given)


def difference(case: Case, actions: Records, dead: list[str]) -> str | None:
    """The first difference between what a scenario expects and what there is; None when there is none."""
    if sorted(dead) != sorted(case.get("dead", [])):
        return f"dead letters {dead}, expected {case.get('dead', [])}"
    expected = [
        {"contact": "c", **{k: v for k, v in e.items() if k != "repeat"}}
        for e in case["expect"]
        for _ in range(e.get("repeat", 1))
    ]
    for contact in sorted({r["contact"] for r in expected + actions}):
        wanted = [e for e in expected if e["contact"] == contact]
        found = [a for a in actions if a["contact"] == contact]
        for place in range(max(len(wanted), len(found))):
            if place >= len(found):
                return f"{contact}: record {place + 1} is missing: {wanted[place]}"
            if place >= len(wanted):
                return f"{contact}: record {place + 1} is too many: {brief(found[place])}"
            for field, value in wanted[place].items():
                if comparable(field, value) != comparable(field, found[place].get(field)):
                    return (
                        f"{contact}: record {place + 1}: {field} should be {value!r} in {brief(found[place])}"
                    )
    return None


def comparable(field: str, value: Any) -> Any:
    if field == "ts":
        return milliseconds(value)
    if field == "params":
        return {k: as_number(v) for k, v in value.items() if k not in DRAWN}
    return value


def as_number(value: Any) -> Any:
    """Text that was rendered from a number equals the number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def brief(record: dict[str, Any]) -> str:
    kept = {f: record.get(f) for f in ("workflow", "node", "action", "status", "reason", "params")}
    kept["ts"] = (EPOCH + timedelta(milliseconds=record["ts"])).isoformat()
    return json.dumps(kept, ensure_ascii=False)
