"""Contact events: what comes in, and how a line of input is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.event_data import EVENT_DATA

MAX_BYTES = 256 * 1024
"""A longer event is a dead letter `too_large`."""

MAX_DEPTH = 100
"""A list or map of `data` that lies deeper is a dead letter `invalid`: nothing later may trip over it."""

# datetime can tell the local time of these years only; nothing real lies outside.
EARLIEST_MS = -62_135_510_400_000
LATEST_MS = 253_402_214_400_000

EventData = dict[str, Any]

MERGING = {"contact_merged": "from", "identified": "visitor"}
"""Event type to the field that names the contact that ends."""


class ContactEvent(msgspec.Struct):
    """One thing that happened to one contact. `ts` is in milliseconds since the epoch, UTC."""

    id: str
    contact: str
    type: str
    ts: int
    data: EventData = {}
    fire: bool = True
    source: str = ""


class RawEvent(msgspec.Struct):
    """The line as it is written; `ts` may still be RFC 3339."""

    id: str
    contact: str
    type: str
    ts: int | float | str
    data: EventData = {}
    fire: bool = True
    source: str = ""


class UnreadableEvent(ValueError):
    """The input is no contact event.

    Attributes:
        reason: `malformed`, `unknown_type`, `invalid` or `too_large`.
        detail: what is wrong, for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


_decode = msgspec.json.Decoder(ContactEvent).decode
_decode_raw = msgspec.json.Decoder(RawEvent).decode


def read_event(line: bytes) -> ContactEvent:
    """Reads one line of JSON.

    Raises:
        UnreadableEvent: with the reason of the dead letter.
    """
    if len(line) > MAX_BYTES:
        raise UnreadableEvent("too_large", f"{len(line)} bytes, at most {MAX_BYTES} are taken")
    try:
        event = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # most often a time in RFC 3339
        event = _read_slowly(line)
    if not event.id or not event.contact:
        raise UnreadableEvent("invalid", "`id` and `contact` must not be empty")
    if not EARLIEST_MS <= event.ts <= LATEST_MS:
        raise UnreadableEvent("invalid", f"`ts` is out of range: {event.ts}")
    shape = EVENT_DATA.get(event.type)
    if shape is None:
        raise UnreadableEvent("unknown_type", f"there is no event type `{event.type}`")
    try:
        msgspec.convert(event.data, shape)
    except msgspec.ValidationError as error:
        raise UnreadableEvent("invalid", f"{event.type}: {error}".replace("`$.", "`data.")) from None
    if line.count(b"{") + line.count(b"[") > MAX_DEPTH and _deeper(event.data, MAX_DEPTH):
        raise UnreadableEvent("invalid", f"`data` is nested more than {MAX_DEPTH} deep")
    ending = MERGING.get(event.type)
    if ending is not None and event.data[ending] == event.contact:
        raise UnreadableEvent("invalid", "a contact cannot be merged with itself")
    return event


def _deeper(tree: Any, levels: int) -> bool:
    """Whether lists and maps lie more than so many levels deep."""
    if not isinstance(tree, dict | list):
        return False
    inner = tree.values() if isinstance(tree, dict) else tree
    return levels == 0 or any(_deeper(item, levels - 1) for item in inner)


def _read_slowly(line: bytes) -> ContactEvent:
    try:
        raw = _decode_raw(line)
    except msgspec.ValidationError as error:
        detail = str(error)
        top_level = "`object`" in detail and " - at " not in detail
        raise UnreadableEvent("malformed" if top_level else "invalid", detail) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableEvent("malformed", f"not JSON: {error}") from None
    return ContactEvent(raw.id, raw.contact, raw.type, instant(raw.ts), raw.data, raw.fire, raw.source)


def instant(ts: float | str) -> int:
    """Milliseconds since the epoch of a time given in them, or as RFC 3339.

    Raises:
        UnreadableEvent: `invalid`, when it is no such time.
    """
    if isinstance(ts, str):
        try:
            moment = datetime.fromisoformat(ts)
        except ValueError:
            raise UnreadableEvent("invalid", f"`ts` is no time: {ts!r}") from None
        if len(ts) < 11 or moment.tzinfo is None:
            raise UnreadableEvent("invalid", f"`ts` needs a time zone, such as Z: {ts!r}")
        delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
        ms = (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000
    elif ts == ts // 1:
        ms = int(ts)
    else:
        raise UnreadableEvent("invalid", f"`ts` is no whole number of milliseconds: {ts!r}")
    if not EARLIEST_MS <= ms <= LATEST_MS:
        raise UnreadableEvent("invalid", f"`ts` is out of range: {ts!r}")
    return ms
