"""Card records: the card of a contact, and where its live runs stand."""

from __future__ import annotations

from schemas.records import CardRecord
from transforms.card import view
from transforms.state import Contact


def card_record(contact: Contact) -> CardRecord:
    """The card record of a contact."""
    runs = [
        {"workflow": run.workflow, "version": run.version, "nodes": [token.node for token in run.tokens]}
        for run in contact.runs
    ]
    return CardRecord(contact.card.id, contact.clock, view(contact.card), runs)
