"""What the measurements work on: visits of a shop, a small workflow, and workflows that no visit concerns."""

from __future__ import annotations

from typing import Any

import msgspec

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
BEGIN_MS = 1_700_000_000_000
"""Time of the first event."""
SPAN_MS = 30 * DAY_MS
"""Event time that a measurement spans, however many events lie in it."""

PAGES = 10_000
OFFERS_EACH = 10
"""One page of so many is an offer, and can start the workflow."""

WORKFLOW: dict[str, Any] = {
    "kind": "workflow",
    "id": "offer-follow-up",
    "name": "Follow up on offers",
    "nodes": {
        "looked": {"on": {"event": "url_visited", "with": {"url": "/offer/"}}, "next": "pause"},
        "pause": {"wait": "2d", "next": "keen"},
        "keen": {
            "if": {
                "condition": "url_visited",
                "with": {"url": "/offer/", "within": "7d", "count": {"gte": 2}},
            },
            "then": "mark",
            "else": "note",
        },
        "mark": {"do": "add_tag", "with": {"tag": "keen"}, "next": "tell"},
        "tell": {"do": "alert_user", "with": {"user": "sales", "text": "Looks at offers again"}},
        "note": {"do": "add_note", "with": {"text": "Looked at an offer once"}},
    },
}
"""An offer is looked at; two days later the sales team hears of whoever looked again, others get a note."""

_encode = msgspec.json.Encoder().encode


def contact(number: int) -> str:
    """The id of a contact."""
    return f"c{number:07d}"


def visit(number: int, who: str, ts: int, offer: bool) -> bytes:
    """A visit as a line of about 240 bytes; the generator in Java writes the same."""
    page = number % PAGES
    kind = "offer" if offer else "page"
    return (
        f'{{"id":"v{number:011d}","contact":"{who}","type":"url_visited","ts":{ts},"data":{{"url":'
        f'"https://shop.example/{kind}/{page:05d}?utm_source=newsletter&utm_medium=email&utm_campaign=spring",'
        f'"seconds":{page % 60},"title":"Page {page:05d}"}},"source":"website"}}'
    ).encode()


def documents(others: int = 0, *, globs: bool = False) -> dict[str, bytes]:
    """The workflow, and so many active ones that no visit of ours concerns, as an engine takes them.

    A quarter of the others starts on texts in the URL, the rest on tags and external events; with `globs`
    another quarter starts on globs over the path.
    """
    trees = [WORKFLOW, *(_other(number, globs) for number in range(others))]
    return {f"workflow/{tree['id']}@1": _encode(tree) for tree in trees}


def _other(number: int, globs: bool) -> dict[str, Any]:
    starts: tuple[dict[str, Any], ...] = (
        {"event": "url_visited", "with": {"url": f"/campaign/{number}/"}},
        {"event": "tag_assigned", "with": {"tag": f"tag-{number}"}},
        {"event": "external_event", "with": {"type": f"TYPE-{number}"}},
        {"event": "url_visited", "with": {"url": f"path:/landing/{number}/**"}}
        if globs
        else {"event": "external_event", "with": {"type": f"KIND-{number}"}},
    )
    nodes = {
        "begin": {"on": starts[number % len(starts)], "next": "pause"},
        "pause": {"wait": "1d", "next": "note"},
        "note": {"do": "add_note", "with": {"text": f"Note of workflow {number}"}},
    }
    return {"kind": "workflow", "id": f"other-{number}", "name": f"Other {number}", "nodes": nodes}
