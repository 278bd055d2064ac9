"""Makes contact events of a REES46 clickstream sample: `python convert.py -o events.jsonl [--repeat N]`.

What becomes what is said in README.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import duckdb

SAMPLE = Path(__file__).parent / "data" / "2019-Oct-sample.csv"

HITS = """
create temp table hits as
select
    'u' || user_id as visitor,
    event_time at time zone 'UTC' as instant,
    -- The source numbers nothing, so an event's id is made of all that tells it from others.
    left(md5(concat_ws('|', event_time, event_type, product_id, user_id, user_session)), 16) as hit,
    event_type as kind,
    product_id::varchar as sku,
    coalesce(replace(category_code, '.', '/'), 'other') as category,
    concat_ws(' ', brand, replace(split_part(category_code, '.', -1), '_', ' ')) as name,
    price,
    user_session as session,
    -- How long a page was looked at is known only when the visitor did something after it.
    epoch(lead(event_time) over (partition by user_session order by event_time, event_type, product_id))
        - epoch(event_time) as seconds,
from read_csv(?, header = true, types = {'price': 'decimal(12, 2)', 'event_time': 'timestamp'})
"""

VISITORS = """
create temp table visitors as
with first as (select visitor, min(instant) as instant from hits group by visitor),
drawn as (  -- a stable draw in [0, 100): the same visitor is known by address every time
    select *, ('0x' || left(md5('email:' || visitor), 8))::bigint % 100 as draw from first
)
select visitor, instant, if(draw < 60,
    to_json({email: visitor || '@visitors.example', email_status: if(draw < 50, 'opted_in', 'unknown')}),
    '{}'::json) as card
from drawn
"""

EVENTS = """
create temp table events as
select 'added-' || visitor as id, visitor, 'contact_added' as type, instant, card as data, 0 as rank
from visitors
union all
select hit, visitor, 'url_visited', instant, json_merge_patch('{}', to_json({
    url: 'https://shop.example/' || category || '/' || sku, seconds: seconds::bigint, title: nullif(name, ''),
    sku: sku, price: price, session: session})), 1
from hits where kind = 'view'
union all
select hit, visitor, 'external_event', instant, to_json({
    type: upper(kind), event_id: hit, value: price, category: category, session: session,
    products: [{sku: sku, name: name, quantity: 1, price: price}]}), 2
from hits where kind in ('cart', 'purchase')
"""

# A copy comes after the one before it (whole minutes), and its visitors are other people.
WRITE = """
copy (
    with span as (
        select 60000 * (1 + (epoch_ms(max(instant)) - epoch_ms(min(instant))) // 60000) as ms from hits
    ),
    copies as (select copy, if(copy = 0, '', '-' || copy) as suffix from range({repeat}) as r(copy))
    select id || suffix as id, visitor || suffix as contact, type, epoch_ms(instant) + copy * ms as ts, data,
        'clickstream' as source
    from events, span, copies order by ts, contact, rank, events.id
) to '{file}' (format json)
"""


def convert(output: Path, repeat: int = 1, source: Path = SAMPLE) -> Counter[str]:
    """Write the contact events of `source` to `output` as JSON lines, by time, and count them by type.

    `repeat` writes the sample that many times, each copy later and with visitors of its own (for load).
    """
    with duckdb.connect() as connection:
        connection.execute(HITS, [str(source)])
        connection.execute(VISITORS)
        connection.execute(EVENTS)
        output.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(WRITE.format(file=str(output).replace("'", "''"), repeat=repeat))
        rows = connection.execute(
            "select coalesce(data ->> '$.type', type), count(*) from events group by all order by all"
        ).fetchall()
    return Counter({kind: count * repeat for kind, count in rows})


def main() -> None:
    """Convert, and print how many events of each type were written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True, help="file for the events, JSON lines")
    parser.add_argument(
        "--repeat", type=int, default=1, help="how many times to write the sample (default 1)"
    )
    arguments = parser.parse_args()
    if arguments.repeat < 1:
        parser.error("--repeat must be at least 1")
    for kind, count in convert(arguments.output, arguments.repeat).items():
        print(f"{kind:16} {count:11,}")


if __name__ == "__main__":
    main()
