"""Liquid in texts: what fails renders empty, and there is no clock but the step's."""

from typing import Any

import pytest

from transforms.card import Card
from transforms.names import CardNames, EventNames
from transforms.text import OUTPUT_LIMIT_BYTES, BadTemplate, named, render, template

NOON = 1705320000000  # 2024-01-15 12:00 UTC


def rendered(source: str, zone: str = "Europe/Warsaw", **event: Any) -> str:
    card = Card("c", 0, name="Jo", details={"city": "Łódź"}, tags=["a", "b"], score=3.0)
    return render(
        source,
        {"contact": CardNames(card), "event": EventNames(event), "now": NOON, "timezone": zone},
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2024-01-15", "15.01.2024 00:00"),
        ("2024-01-15T10:30:00", "15.01.2024 10:30"),
        ("2024-01-15T10:30:00Z", "15.01.2024 11:30"),
        ("15 March 2024", "15.03.2024 00:00"),
        (1705312800, "15.01.2024 11:00"),
        (1705312800000, "15.01.2024 11:00"),
        ("1705312800000", "15.01.2024 11:00"),
        ("now", "15.01.2024 13:00"),
        ("today", "15.01.2024 13:00"),
        ("whenever", "whenever"),
        (None, ""),
        (1e300, ""),
    ],
)
def test_dates_are_shown_in_the_contacts_zone(value: Any, text: str) -> None:
    assert rendered("{{ event.v | date: '%d.%m.%Y %H:%M' }}", v=value) == text


def test_a_date_without_a_form_stays_as_it_is() -> None:
    assert rendered("{{ event.v | date }}|{{ event.v | date: event.none }}", v="2024-01-15") == (
        "2024-01-15|2024-01-15"
    )


def test_a_date_of_a_field_that_is_not_there_is_empty() -> None:
    assert rendered("{{ event.v | date: '%Y' }}") == ""


def test_the_zone_of_dates_is_utc_where_there_is_none() -> None:
    assert rendered("{{ 'now' | date: '%H:%M' }}", zone="Nowhere/At-All") == "12:00"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ event.n }} {{ event.list | join: ' ' }}", "2 1 2.5"),
        ("{{ event.n | divided_by: 0 }}|", "|"),
        ("{{ event.none.at.all }}|", "|"),
        ("{{ event.limit }} {{ event.with.for }}", "5 me"),
        (
            '{{ event["a.limit"] }} {{ ".limit" }} {% if event.limit > 4 %}more{% endif %}',
            "dotted .limit more",
        ),
        ("{% for tag in contact.tags %}{{ tag }}{% break %}{% endfor %}", "a"),
        ("{{ contact.score }}", "3"),
        ("{{ event | size }} {{ contact | size }}", "5 25"),
        ("{{ event.list }}", "12.5"),
    ],
)
def test_what_texts_render_to(source: str, text: str) -> None:
    event = {"n": 2.0, "list": [1.0, 2.5], "limit": 5, "with": {"for": "me"}, "a.limit": "dotted"}
    assert rendered(source, **event) == text


def test_a_whole_event_renders_as_the_map_it_is() -> None:
    assert rendered("{{ event }}", n=1) == rendered("{{ event.inner }}", inner={"n": 1})
    assert "'city': 'Łódź'" in rendered("{{ contact }}")


@pytest.mark.parametrize(
    "tag",
    [
        "{% if event.list > 1 %}more{% endif %}",
        "{% if 'a' contains event.list %}more{% endif %}",
        "{% for i in event.list limit: 'a' %}{{ i }}{% endfor %}",
        "{% include 'other' %}",
    ],
)
def test_a_tag_that_fails_is_left_out_and_the_rest_stays(tag: str) -> None:
    assert rendered(f"before {tag}after", list=[1]) == "before after"


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..100000) %}{{ i }}{% endfor %}",
        "{% for i in (1..200) %}{{ event.long }}{% endfor %}",
        "{% for i in (1..900) %}{% capture s %}{{ s }}{{ event.long }}{% endcapture %}{% endfor %}",
    ],
)
def test_a_text_that_goes_beyond_a_limit_is_empty(source: str) -> None:
    assert rendered(source, long="x" * (OUTPUT_LIMIT_BYTES // 100)) == ""


@pytest.mark.parametrize(
    "source",
    ["{{ event.x", "{% if event.x %}", "{% unknown %}", "{{ event.x | shout }}", "{{ | }}", "{% for %}"],
)
def test_a_text_that_does_not_parse_is_refused(source: str) -> None:
    with pytest.raises(BadTemplate, match="does not parse"):
        template(source)


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("{{ contact.details.city }}", {("contact", "details", "city")}),
        ("{{ contact.details['home town'] }}", {("contact", "details", "home town")}),
        ("{{ event.products[0].sku }}", {("event", "products")}),
        ("{{ contact.details }} {{ contact.details.city }}", {("contact", "details")}),
        ("{% for p in event.products %}{{ p.sku }}{% endfor %}", {("event", "products")}),
        ("{% assign x = 1 %}{{ x }} {{ 'now' | date: '%Y' }}", set()),
    ],
)
def test_the_paths_that_a_text_names_from_outside(source: str, paths: set[tuple[str, ...]]) -> None:
    assert named(source) == paths
