"""Histories hold the newest entries, in the order in which they came."""

import pytest

from transforms.history import SLACK, History

LIMIT = 5


def filled(times: list[int], limit: int = LIMIT) -> History:
    history = History()
    for ts in times:
        history.add((ts, f"at {ts}"), limit)
    return history


def shown(history: History, limit: int = LIMIT) -> list[int]:
    return [ts for ts, _ in history.entries(limit)]


def test_entries_are_in_the_order_in_which_they_came() -> None:
    assert shown(filled([3, 1, 2])) == [3, 1, 2]


def test_of_more_than_the_limit_the_oldest_by_time_go() -> None:
    assert shown(filled([9, 1, 8, 7, 2, 6, 5])) == [9, 8, 7, 6, 5]


def test_what_was_thrown_out_does_not_come_back() -> None:
    times = [*range(LIMIT + SLACK), 10_000, *range(3)]
    history = filled(times)
    assert history.count < len(times)
    assert shown(history) == [SLACK + 1, SLACK + 2, SLACK + 3, SLACK + 4, 10_000]


@pytest.mark.parametrize("count", [1, 15, 16, 300, 65_535, 65_536, 70_000])
def test_any_number_of_entries_can_be_read(count: int) -> None:
    history = History()
    history.replace([ts] for ts in range(count))
    assert [ts for (ts,) in history.entries(100_000)] == list(range(count))


def test_entries_may_be_replaced() -> None:
    history = filled([1, 2])
    history.replace([(5, "five")])
    assert history.entries(LIMIT) == [[5, "five"]]
