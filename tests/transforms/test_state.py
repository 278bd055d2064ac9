"""State in bytes: it decodes to what it was, also with fields that came later."""

import msgspec
from one_contact import OneContact, workflow

from transforms.state import Cell, decode_cell, encode_cell, fingerprint, holds


def test_ids_are_found_where_they_begin_and_nowhere_else() -> None:
    assert holds(b"aaaabbbb", b"bbbb")
    assert not holds(b"xaaaabbb", b"aaaa")
    assert holds(b"xaaaabbbaaaa", b"aaaa")
    assert not holds(b"", b"aaaa")


def test_a_fingerprint_is_eight_bytes_and_tells_ids_apart() -> None:
    assert len({fingerprint(f"e{n}") for n in range(10_000)}) == 10_000
    assert len(fingerprint("e1")) == 8


def test_state_that_lacks_the_newest_fields_decodes_to_their_defaults() -> None:
    contact = OneContact(workflow({"t": {"wait": "1h"}})).go("10:00")
    assert contact.state is not None
    version, ((card, clock, *_),) = msgspec.msgpack.decode(contact.state)
    older = decode_cell(msgspec.msgpack.encode([version, [[card[:2], clock]]]))
    (kept,) = older.contacts
    assert (kept.card.id, kept.clock, kept.runs, kept.card.tags) == ("c", clock, [], [])


def test_an_empty_cell_survives() -> None:
    assert decode_cell(encode_cell(Cell())) == Cell()
