from __future__ import annotations

from pathlib import Path

import pytest
from toy_runs import START_MS, event, write_events

from pipelines.live.survey import Survey, survey


def surveyed(folder: Path, *files: list[bytes]) -> Survey:
    return survey([write_events(folder / f"{number}.jsonl", lines) for number, lines in enumerate(files)])


def merge(number: int, contact: str, other: str) -> bytes:
    return event(number, contact, START_MS, "contact_merged", **{"from": other})


def test_finds_the_latest_time_in_all_files(tmp_path: Path) -> None:
    files = [event(1, "jo", START_MS + 2), event(2, "jo", START_MS)], [event(3, "jo", START_MS + 1)]
    found = surveyed(tmp_path, *files)
    assert (found.latest, found.lines, found.joined) == (START_MS + 2, 3, {})


@pytest.mark.parametrize(
    "unreadable",
    [
        b"{",
        b'{"contact": "jo", "type": "url_visited", "ts": 9000000000000, "data": {}}',
        b'{"id": "e", "contact": "jo", "type": "no_such_type", "ts": 9000000000000}',
        b'{"id": "e", "contact": "jo", "type": "url_visited", "ts": 9000000000000, "data": {"url": 7}}',
        b'{"id": "e", "contact": "jo", "type": "url_visited", "ts": "soon", "data": {"url": "/"}}',
        b'{"id": "e", "contact": "", "type": "contact_merged", "ts": 9000000000000, "data": {"from": 7}}',
        b'{"id": "\xff", "contact": "jo", "type": "note_added", "ts": 9000000000000, "data": {"text": ""}}',
    ],
)
def test_does_not_go_by_events_that_cannot_be_read(tmp_path: Path, unreadable: bytes) -> None:
    found = surveyed(tmp_path, [event(1, "jo", START_MS), unreadable])
    assert (found.latest, found.lines, found.joined) == (START_MS, 2, {})


def test_reads_times_of_all_kinds(tmp_path: Path) -> None:
    late = event(2, "jo", START_MS).replace(b"%d" % START_MS, b'"2026-01-01T00:00:00+01:00"')
    assert surveyed(tmp_path, [event(1, "jo", START_MS), late]).latest == 1_767_222_000_000


def test_finds_no_time_where_there_are_no_events(tmp_path: Path) -> None:
    assert surveyed(tmp_path, [b"", b" ", b"x"]) == Survey(lines=1)


def test_looks_through_many_lines(tmp_path: Path) -> None:
    lines = [event(number, "jo", START_MS + number) for number in range(20_000)]
    assert surveyed(tmp_path, lines).latest == START_MS + 19_999


def test_keys_contacts_together_that_are_joined_directly_or_not(tmp_path: Path) -> None:
    found = surveyed(
        tmp_path,
        [merge(1, "a", "b"), merge(2, "c", "d"), event(3, "e", START_MS, "identified", visitor="v")],
        [merge(4, "d", "b"), merge(5, "b", "a"), merge(6, "z", "y"), merge(7, "y", "x")],
    )

    def key(contact: str) -> str:
        return found.joined.get(contact, contact)

    assert key("a") == key("b") == key("c") == key("d")
    assert key("e") == key("v")
    assert key("x") == key("y") == key("z")
    assert len({key("a"), key("e"), key("x"), key("other")}) == 4
    assert {key(contact) for contact in found.joined.values()} == set(found.joined.values())
