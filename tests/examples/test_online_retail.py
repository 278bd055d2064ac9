"""The Online Retail converter against the published figures of the data set."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def convert(converter: Callable[[str], ModuleType]) -> ModuleType:
    return converter("online-retail")


@pytest.fixture(scope="module")
def conversion(convert: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    path = tmp_path_factory.mktemp("online-retail") / "events.jsonl"
    return path, convert.convert(path)


@pytest.fixture(scope="module")
def events(conversion: tuple[Path, Any], read_events: Callable[[Path], Events]) -> Events:
    return read_events(conversion[0])


def of_type(events: Events, kind: str) -> Events:
    return [event for event in events if event["data"].get("type", event["type"]) == kind]


def event(events: Events, id_: str) -> dict[str, Any]:
    return next(event for event in events if event["id"] == id_)


def test_reads_the_published_number_of_lines_and_invoices(conversion: tuple[Path, Any]) -> None:
    figures = conversion[1]
    assert (figures.lines, figures.invoices) == (541_909, 25_900)
    assert (figures.anonymous_lines, figures.cancellation_lines) == (135_080, 9_288)


def test_figures_are_those_of_the_events(conversion: tuple[Path, Any], events: Events) -> None:
    figures = conversion[1]
    assert figures.customers == len(of_type(events, "contact_added"))
    assert (figures.purchases, figures.refunds) == (
        len(of_type(events, "PURCHASE")),
        len(of_type(events, "REFUND")),
    )


def test_every_customer_is_added_once(events: Events) -> None:
    added = of_type(events, "contact_added")
    assert len(added) == len({event["contact"] for event in added}) == 4_372


def test_purchases_come_to_the_published_cleaned_totals(events: Events) -> None:
    purchases = of_type(events, "PURCHASE")
    assert len(purchases) == 18_532
    assert len({event["contact"] for event in purchases}) == 4_338
    assert math.fsum(event["data"]["value"] for event in purchases) == pytest.approx(8_911_407.90, abs=0.005)


def test_customer_12347_bought_seven_times_for_4310(events: Events) -> None:
    own = [event for event in of_type(events, "PURCHASE") if event["contact"] == "c12347"]
    assert len(own) == 7
    assert math.fsum(event["data"]["value"] for event in own) == pytest.approx(4310.00, abs=0.005)


def test_every_cancelled_invoice_of_a_customer_is_a_refund_with_a_positive_value(events: Events) -> None:
    refunds = of_type(events, "REFUND")
    assert len(refunds) == 3_654
    assert all(event["data"]["event_id"].startswith("C") and event["data"]["value"] > 0 for event in refunds)


def test_value_is_that_of_the_products_and_the_charges(events: Events) -> None:
    for own in [*of_type(events, "PURCHASE"), *of_type(events, "REFUND")]:
        data = own["data"]
        products = math.fsum(product["quantity"] * product["price"] for product in data["products"])
        assert data["value"] == pytest.approx(products + data["charges"], abs=0.01), own["id"]


def test_a_charge_is_money_but_no_product(events: Events) -> None:
    skus = {product["sku"] for own in of_type(events, "PURCHASE") for product in own["data"]["products"]}
    assert "22423" in skus  # the cake stand
    assert skus.isdisjoint({"POST", "DOT", "C2", "M", "m", "D", "S", "BANK CHARGES", "CRUK"})
    assert sum(own["data"]["charges"] > 0 for own in of_type(events, "PURCHASE")) > 1_000


def test_skus_list_each_product_once(events: Events) -> None:
    for own in of_type(events, "PURCHASE"):
        data = own["data"]
        assert data["skus"] == sorted({product["sku"] for product in data["products"]})


def test_first_invoice_of_the_year(events: Events) -> None:
    data = event(events, "purchase-536365")["data"]
    assert (data["value"], data["currency"], len(data["products"])) == (139.12, "GBP", 7)
    assert {"sku": "71053", "name": "WHITE METAL LANTERN", "quantity": 6, "price": 3.39} in data["products"]


@pytest.mark.parametrize(
    ("id_", "instant"),
    [
        ("purchase-536365", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),  # winter: London is at UTC
        ("purchase-581587", datetime(2011, 12, 9, 12, 50, tzinfo=UTC)),
        ("purchase-559928", datetime(2011, 7, 14, 7, 52, tzinfo=UTC)),  # summer: an hour earlier in UTC
    ],
)
def test_times_are_london_time_in_utc(events: Events, id_: str, instant: datetime) -> None:
    assert event(events, id_)["ts"] == instant.timestamp() * 1000


def test_events_are_in_order_of_time_and_a_customer_is_added_first(events: Events) -> None:
    times = [event["ts"] for event in events]
    assert times == sorted(times)
    seen: set[str] = set()
    for own in events:
        assert (own["type"] == "contact_added") == (own["contact"] not in seen)
        seen.add(own["contact"])


def test_ids_are_unique_and_made_of_the_invoice(events: Events) -> None:
    assert len({event["id"] for event in events}) == len(events)
    for own in of_type(events, "PURCHASE"):
        assert own["id"] == f"purchase-{own['data']['event_id']}"


def test_the_same_bytes_every_time(conversion: tuple[Path, Any], convert: ModuleType, tmp_path: Path) -> None:
    again = tmp_path / "again.jsonl"
    convert.convert(again)
    assert again.read_bytes() == conversion[0].read_bytes()


def test_addresses_are_synthetic_and_consent_has_the_documented_shares(events: Events) -> None:
    cards = [event["data"] for event in of_type(events, "contact_added")]
    assert all(card.get("email", "@customers.example").endswith("@customers.example") for card in cards)
    assert all(card.get("phone", "+447700900000").startswith("+447700900") for card in cards)
    consent = Counter(card.get("email_status") for card in cards)
    assert consent["opted_in"] / len(cards) == pytest.approx(0.70, abs=0.02)
    assert consent["opted_out"] / len(cards) == pytest.approx(0.05, abs=0.02)
    assert sum("email" not in card for card in cards) / len(cards) == pytest.approx(0.05, abs=0.02)
    british = [card for card in cards if card["details"]["country"] == "United Kingdom"]
    assert sum("phone" in card for card in british) / len(british) == pytest.approx(0.40, abs=0.02)


def test_country_gives_the_time_zone_where_it_has_only_one(events: Events) -> None:
    zones = defaultdict(set)
    for own in of_type(events, "contact_added"):
        zones[own["data"]["details"]["country"]].add(own["data"].get("timezone"))
    assert zones["Germany"] == {"Europe/Berlin"}
    assert zones["USA"] == zones["Unspecified"] == {None}
    assert all(len(found) == 1 for found in zones.values())
