"""Makes contact events of a year of the UCI Online Retail data: `python convert.py -o events.jsonl`.

What counts as what (customers, purchases, refunds, charges, free lines) is said in README.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb

DATA = Path(__file__).parent / "data"

LINES = """
create temp table lines as
select
    InvoiceNo as invoice,
    CustomerID as customer,
    Country as country,
    -- Invoices carry the wall clock of the shop, which is in London.
    InvoiceDate at time zone 'Europe/London' as instant,
    InvoiceNo like 'C%' as cancelled,
    StockCode as sku,
    trim(Description) as name,
    Quantity as quantity,
    UnitPrice::decimal(12, 3) as price,
    Quantity * UnitPrice::decimal(12, 3) as amount,
    -- Postage, carriage, manual corrections, discounts, samples and fees: money, but no product.
    upper(StockCode) in
        ('POST', 'DOT', 'C2', 'M', 'D', 'S', 'B', 'BANK CHARGES', 'AMAZONFEE', 'CRUK') as is_charge
from read_parquet(?)
"""

CUSTOMERS = """
create temp table customers as
with first as (
    select customer, min(instant) as instant, arg_min(country, (instant, invoice)) as country
    from lines where customer is not null group by customer
),
drawn as (  -- two stable draws in [0, 100): the same customer gets the same address and consent every time
    select *,
        ('0x' || left(md5('email:' || customer), 8))::bigint % 100 as email_draw,
        ('0x' || left(md5('phone:' || customer), 8))::bigint as phone_draw
    from first
)
-- Merging into nothing leaves out what is null.
select customer, drawn.instant, json_merge_patch('{}', to_json({
    email: case when email_draw < 95 then 'c' || customer || '@customers.example' end,
    email_status: case
        when email_draw < 70 then 'opted_in' when email_draw between 90 and 94 then 'opted_out' end,
    phone: case when country = 'United Kingdom' and phone_draw % 100 < 40
        then '+447700900' || lpad((phone_draw // 100 % 1000)::varchar, 3, '0') end,
    timezone: zones.time_zone,
    details: {country: country},
})) as card
from drawn left join read_csv(?) zones using (country)
"""

INVOICES = """
create temp table invoices as
select
    invoice, customer, cancelled, min(instant) as instant,
    abs(sum(amount))::decimal(12, 2) as value,
    coalesce(abs(sum(amount) filter (is_charge)), 0)::decimal(12, 2) as charges,
    list({sku: sku, name: name, quantity: abs(quantity), price: price} order by sku, name, price, quantity)
        filter (not is_charge) as products,
    list_sort(list(distinct sku) filter (not is_charge)) as skus,
from lines
where customer is not null and price > 0 and (quantity < 0) = cancelled
group by invoice, customer, cancelled
having abs(sum(amount)) > 0
"""

EVENTS = """
create temp table events as
select
    'added-' || customer as id, 'c' || customer as contact, 'contact_added' as type, instant, card as data,
    0 as rank
from customers
union all
select
    if(cancelled, 'refund-', 'purchase-') || invoice, 'c' || customer, 'external_event', instant,
    to_json({
        type: if(cancelled, 'REFUND', 'PURCHASE'), event_id: invoice, value: value, currency: 'GBP',
        charges: charges, skus: coalesce(skus, []), products: coalesce(products, []),
    }), 1
from invoices
"""

# A customer is added before its first invoice counts, though both have the same minute.
WRITE = """
copy (
    select id, contact, type, epoch_ms(instant) as ts, data, 'online-retail' as source
    from events order by ts, contact, rank, id
) to '{file}' (format json)
"""

FIGURES = """
select
    (select count(*) from lines),
    (select count(distinct invoice) from lines),
    (select count(*) from lines where customer is null),
    (select count(distinct invoice) from lines where customer is null),
    (select count(*) from lines where cancelled),
    (select count(*) from lines where customer is not null and price = 0),
    (select count(*) from lines where customer is not null and is_charge),
    (select count(*) from customers),
    (select count(*) from invoices where not cancelled),
    (select sum(value) from invoices where not cancelled)::double,
    (select count(*) from invoices where cancelled),
    (select sum(value) from invoices where cancelled)::double,
"""


@dataclass
class Figures:
    """What was read, what was left out and what was made; money in pounds."""

    lines: int
    invoices: int
    anonymous_lines: int
    anonymous_invoices: int
    cancellation_lines: int
    free_lines: int
    charge_lines: int
    customers: int
    purchases: int
    purchase_value: float
    refunds: int
    refund_value: float


def convert(output: Path, source: Path = DATA / "online_retail.parquet") -> Figures:
    """Write the contact events of `source` to `output` as JSON lines, by time; the same bytes every time."""
    with duckdb.connect() as connection:
        connection.execute(LINES, [str(source)])
        connection.execute(CUSTOMERS, [str(DATA / "time_zones.csv")])
        connection.execute(INVOICES)
        connection.execute(EVENTS)
        output.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(WRITE.format(file=str(output).replace("'", "''")))
        row = connection.execute(FIGURES).fetchone()
    assert row is not None
    return Figures(*row)


def main() -> None:
    """Convert, and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True, help="file for the events, JSON lines")
    figures = convert(parser.parse_args().output)
    for field in fields(figures):
        value = getattr(figures, field.name)
        shown = f"{value:14,.2f}" if isinstance(value, float) else f"{value:11,}"
        print(f"{field.name.replace('_', ' '):20} {shown}")


if __name__ == "__main__":
    main()
