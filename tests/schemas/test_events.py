"""Lines of input: what is a contact event, and why others are not."""

import json
from typing import Any

import pytest

from schemas.events import MAX_BYTES, MAX_DEPTH, ContactEvent, UnreadableEvent, read_event

DAY = 86_400_000


def line(**fields: Any) -> bytes:
    given = {"id": "e", "contact": "c", "type": "url_visited", "ts": 0, "data": {"url": "/"}, **fields}
    return json.dumps({name: value for name, value in given.items() if value is not ...}).encode()


def refused(raw: bytes) -> tuple[str, str]:
    with pytest.raises(UnreadableEvent) as caught:
        read_event(raw)
    return caught.value.reason, caught.value.detail


def test_what_is_left_out_has_its_default() -> None:
    raw = b'{"id": "e", "contact": "c", "type": "email_opted_in", "ts": 5}'
    assert read_event(raw) == ContactEvent("e", "c", "email_opted_in", 5, {}, True, "")


def test_unknown_fields_of_data_are_kept_and_others_passed_over() -> None:
    event = read_event(line(data={"url": "/", "colour": "red"}, brand="x", fire=False, source="web"))
    assert event.data == {"url": "/", "colour": "red"}
    assert (event.fire, event.source) == (False, "web")


@pytest.mark.parametrize(
    ("ts", "ms"),
    [
        (1700000000000, 1700000000000),
        (1700000000000.0, 1700000000000),
        (-5, -5),
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T01:00:00.5+01:00", 500),
        ("1969-12-31 23:59:59.999Z", -1),
        ("2024-02-29T12:00:00.123456Z", 1709208000123),
    ],
)
def test_a_time_is_epoch_milliseconds_or_rfc_3339(ts: float | str, ms: int) -> None:
    assert read_event(line(ts=ts)).ts == ms


@pytest.mark.parametrize(
    ("ts", "detail"),
    [
        ("yesterday", "no time"),
        ("2024-01-15T10:00:00", "time zone"),
        ("2024-01-15", "time zone"),
        ("20240115Z", "no time"),
        (0.5, "whole number"),
        (300_000_000_000_000, "out of range"),
        (-70_000_000_000_000.0, "out of range"),
        ("0001-01-01T00:00:00Z", "out of range"),
        (1e400, "out of range"),
        (None, "Expected"),
        (..., "missing required field `ts`"),
    ],
)
def test_a_wrong_time_is_invalid(ts: Any, detail: str) -> None:
    raw = line(ts=ts) if ts != 1e400 else line(ts=7).replace(b"7", b"1e400")
    reason, said = refused(raw)
    assert (reason, detail in said) == ("invalid", True), said


@pytest.mark.parametrize("raw", [b"", b"id,contact", b'{"id": "e"', b"[]", b'"e"', b"\xff\xfe", b"7"])
def test_what_is_no_json_object_is_malformed(raw: bytes) -> None:
    assert refused(raw)[0] == "malformed"


def nested(levels: int) -> bytes:
    return line(data="DATA", type="email_opted_in").replace(
        b'"DATA"', b'{"a": ' * levels + b"1" + b"}" * levels
    )


def test_what_is_nested_too_deeply_is_refused_before_anything_trips_over_it() -> None:
    assert read_event(nested(MAX_DEPTH)).data["a"]["a"]
    assert refused(nested(MAX_DEPTH + 1)) == ("invalid", "`data` is nested more than 100 deep")
    assert refused(nested(3000))[0] == "malformed"


def test_many_lists_side_by_side_are_not_deep() -> None:
    products = [{"sku": n} for n in range(200)]
    assert read_event(line(type="external_event", data={"type": "CART", "products": products})).data


@pytest.mark.parametrize("field", ["id", "contact"])
@pytest.mark.parametrize("value", ["", 5, None, ...])
def test_an_id_that_is_missing_empty_or_no_text_is_invalid(field: str, value: Any) -> None:
    assert refused(line(**{field: value}))[0] == "invalid"


def test_a_type_that_does_not_exist_is_unknown() -> None:
    assert refused(line(type="url_visit")) == ("unknown_type", "there is no event type `url_visit`")


def test_the_largest_event_is_taken_and_a_larger_one_is_not() -> None:
    padding = MAX_BYTES - len(line(source=""))
    assert read_event(line(source="x" * padding)).source == "x" * padding
    assert refused(line(source="x" * (padding + 1)))[0] == "too_large"


@pytest.mark.parametrize(
    ("type", "data", "detail"),
    [
        ("url_visited", {}, "`url`"),
        ("url_visited", {"url": 7}, "`data.url`"),
        ("url_visited", {"url": "/", "seconds": "long"}, "`data.seconds`"),
        ("score_changed", {"tag": "x"}, "needs `points` or `score`"),
        ("prediction_updated", {"kind": "churn", "probability": 1.5}, "`data.probability`"),
        ("rfm_changed", {"dimension": "size", "group": "1"}, "`data.dimension`"),
        ("contact_added", {"details": {"k": ["list"]}}, "`data.details"),
        ("contact_added", {"email_status": "perhaps"}, "`data.email_status`"),
        ("contact_merged", {"from": "c"}, "merged with itself"),
        ("identified", {"visitor": "c"}, "merged with itself"),
        ("identified", {"from": "v"}, "`visitor`"),
    ],
)
def test_data_that_the_type_does_not_allow_is_invalid(type: str, data: Any, detail: str) -> None:
    reason, said = refused(line(type=type, data=data))
    assert (reason, detail in said) == ("invalid", True), said


def test_a_number_stays_what_it_was() -> None:
    data = {"type": "CART", "value": 2.0, "n": 12345678901234567890}
    assert read_event(line(type="external_event", data=data)).data == data
