"""The Beam pipeline over event files: the records of `simulate`, however many work on them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from record_files import Records, read_records, simulated

from pipelines.backtest.files_backtest import Backtest, Report, run_backtest
from pipelines.live.failures import RunFailed, RunRefused
from transforms.allocation import Pools

START_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


def workflow(name: str, nodes: dict[str, Any], **more: Any) -> tuple[str, bytes]:
    tree = {"kind": "workflow", "id": name, "name": name, "nodes": nodes, **more}
    return f"workflow/{name}@1", json.dumps(tree).encode()


WELCOME = workflow(
    "welcome",
    {
        "start": {"on": {"event": "url_visited"}, "next": "wait"},
        "wait": {"wait": "2h", "next": "note"},
        "note": {"do": "add_note", "with": {"text": "{{ contact.score }} {{ event.url }}"}},
    },
    entry={"policy": "parallel"},
)
COUPON = workflow(
    "coupon",
    {
        "start": {"on": {"event": "external_event"}, "next": "draw"},
        "draw": {
            "do": "generate_coupon",
            "with": {"name": "x", "pool": "codes"},
            "next": "mine",
            "else": "none",
        },
        "mine": {"do": "add_note", "with": {"text": "{{ coupon.x }}"}, "next": "owner"},
        "none": {"do": "add_note", "with": {"text": "no code left"}, "next": "owner"},
        "owner": {"do": "draw_owner", "with": {"group": "sales"}, "next": ["whose", "wait"]},
        "wait": {"wait": "1h", "next": "again"},
        "again": {"do": "draw_owner", "with": {"group": "sales"}, "next": "whose"},
        "whose": {"do": "add_note", "with": {"text": "{{ contact.owner }}"}},
    },
    entry={"policy": "parallel"},
)


def event(number: int, contact: str, ts: int, kind: str = "url_visited", /, **data: object) -> bytes:
    body = {"id": f"e-{number}", "contact": contact, "type": kind, "ts": ts}
    return json.dumps(body | {"data": data or {"url": f"https://shop.example/{number}"}}).encode()


def history(count: int, contacts: int) -> list[bytes]:
    """Visits, scores and purchases, merged contacts, late events, duplicates, and lines that are none."""
    lines = []
    for number in range(count):
        contact, ts = f"c-{number * 7 % contacts}", START_MS + number * 60_000
        if number % 50 == 3:
            lines.append(b'{"contact": "%s", "id": ' % contact.encode() if number % 100 == 3 else b"none")
        elif number % 41 == 0:
            lines.append(event(number, contact, ts, "contact_merged", **{"from": f"c-{number % contacts}"}))
        elif number % 5 == 0:
            lines.append(event(number, contact, ts, "score_changed", points=number))
        elif number % 9 == 0:
            lines.append(event(number - 9, contact, ts - 3 * HOUR_MS))
        else:
            lines.append(event(number, contact, ts))
    return lines


def purchases(count: int) -> list[bytes]:
    return [
        event(n, f"p-{n * 3 % 17}", START_MS + n * 60_000, "external_event", type="PURCHASE")
        for n in range(count)
    ]


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"\n".join(lines))
    return path


def backtested(out: Path, **asked: Any) -> tuple[Records, Report]:
    report = run_backtest(Backtest(out=out, **asked))
    return read_records(out), report


@pytest.mark.parametrize("until", [None, "end", START_MS + HOUR_MS])
def test_gives_the_records_of_simulate(tmp_path: Path, until: int | str | None) -> None:
    definitions = dict([WELCOME])
    files = [write(tmp_path / "z.jsonl", history(300, 40)), write(tmp_path / "a.jsonl", history(500, 60))]
    records, report = backtested(tmp_path / "out", definitions=definitions, events=files, until=until)
    wanted = simulated(definitions, files, until)
    assert records == wanted
    counts = {kind: sum(map(len, of.values())) for kind, of in wanted.items()}
    assert min(counts["actions"], counts["dead_letters"]) > 0
    counts = {kind: count for kind, count in counts.items() if count} | {"events": 800}
    assert {name: report.counts[name] for name in counts} == counts
    assert ("waiting" in report.counts) == (until != "end")


def test_gives_the_same_with_several_workers_and_draws_in_the_order_of_the_input(tmp_path: Path) -> None:
    definitions = dict([WELCOME, COUPON])
    events = [write(tmp_path / "events.jsonl", history(200, 30) + purchases(60))]
    pools, groups = {"codes": [f"code-{n}" for n in range(45)]}, {"sales": ["ann", "bob", "eve", "joe"]}
    asked = {"definitions": definitions, "events": events, "pools": pools, "groups": groups, "until": "end"}
    records, _ = backtested(tmp_path / "two", workers=2, **asked)
    assert records == simulated(definitions, events, "end", Pools(pools, groups))
    notes = [
        action["params"]["text"]
        for of in records["actions"].values()
        for action in of
        if action["workflow"] == "coupon" and action["action"] == "add_note"
    ]
    codes = dict.fromkeys(pools["codes"], 1)
    assert Counter(notes) == codes | {"no code left": 15} | dict.fromkeys(groups["sales"], 30)


def test_leaves_nothing_but_json_lines_and_its_log(tmp_path: Path) -> None:
    events = [write(tmp_path / "events.jsonl", history(60, 5))]
    backtested(tmp_path / "out", definitions=dict([WELCOME]), events=events)
    visible = {path.name for path in (tmp_path / "out").iterdir()}
    assert visible == {".run", "actions", "steps", "outcomes", "dead_letters"}
    files = list((tmp_path / "out").glob("[a-z]*/*"))
    assert files and {path.suffix for path in files} == {".jsonl"}


def test_ends_well_without_an_event_that_can_be_read(tmp_path: Path) -> None:
    events = [write(tmp_path / "events.jsonl", [b"nothing", b"", b'{"contact": "jo"}'])]
    records, report = backtested(tmp_path / "out", definitions=dict([WELCOME]), events=events, until="end")
    reasons = [letter["reason"] for (letter,) in records.pop("dead_letters").values()]
    assert sorted(reasons) == ["invalid", "malformed"]
    assert records == {"actions": {}, "steps": {}, "outcomes": {}}
    assert report.counts == {"events": 2, "dead_letters": 2}


class Stumbling:
    """An engine that fails."""

    def __init__(self, *_: object) -> None: ...

    def process(self, state: None, lines: list[bytes], **_: object) -> None:
        raise ValueError(f"{len(lines)} lines are too many")


def test_says_in_one_sentence_why_it_failed_and_leaves_no_records(tmp_path: Path) -> None:
    events = [write(tmp_path / "events.jsonl", purchases(1))]
    out = tmp_path / "out"
    engine = f"{__name__}:Stumbling"
    with pytest.raises(RunFailed) as failure:
        run_backtest(Backtest(definitions={}, events=events, out=out, engine=engine))
    assert "ValueError: 1 lines are too many" in str(failure.value) and "\n" not in str(failure.value)
    assert "Traceback" in (out / ".run" / "beam.log").read_text()
    assert [path.name for path in out.iterdir()] == [".run"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"runner": "Sprinter"}, "--runner Sprinter: Unexpected pipeline runner"),
        ({"runner": "no.such.Runner"}, "--runner no.such.Runner: No module named 'no'"),
        ({"runner": "DataflowRunner"}, "--runner DataflowRunner: "),
        ({"options": ["--strange-thing=1"]}, "has the option --strange-thing"),
        ({"options": ["--direct_num_workers=two"]}, "--direct_num_workers: invalid int value: 'two'"),
        ({"events": [Path("nowhere.jsonl")]}, "nowhere.jsonl: No such file or directory"),
    ],
)
def test_refuses_what_it_cannot_do_in_one_sentence(tmp_path: Path, asked: dict[str, Any], why: str) -> None:
    events = write(tmp_path / "events.jsonl", history(5, 1))
    backtest = {"definitions": dict([WELCOME]), "events": [events], "out": tmp_path / "out", **asked}
    with pytest.raises(RunRefused) as refusal:
        run_backtest(Backtest(**backtest))
    assert why in str(refusal.value) and "\n" not in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_hands_on_options_of_beam_to_any_runner(tmp_path: Path) -> None:
    definitions, events = dict([WELCOME]), [write(tmp_path / "events.jsonl", history(100, 9))]
    options = ["--job_endpoint=embed", "--environment_type=LOOPBACK"]
    records, _ = backtested(
        tmp_path / "out", definitions=definitions, events=events, runner="PortableRunner", options=options
    )
    assert records == simulated(definitions, events)
