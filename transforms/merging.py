"""Two contacts become one: the card, the runs and all that is remembered of `from` go to the survivor."""

from __future__ import annotations

from typing import Any, TypeVar

from transforms.card import OPTED_IN, OPTED_OUT, UNKNOWN, Card
from transforms.history import History
from transforms.runs import end_run, live_runs
from transforms.settings import Limits
from transforms.state import ID_BYTES, IDS_REMEMBERED, Contact, Run
from transforms.step import Step

V = TypeVar("V")

_CONSENT = (OPTED_OUT, OPTED_IN, UNKNOWN)


def merge(step: Step, source: Contact, source_step: Step) -> None:
    """Joins `source` into the step's contact. No fact arises by it."""
    survivor = step.contact
    taken = {run.workflow for run in survivor.runs}
    for name in sorted({run.workflow for run in source.runs} & taken):
        for run in live_runs(source, name):
            end_run(source_step, run, "merged")
    offset = survivor.seq
    for run in source.runs:
        _renumber(run, offset)
    survivor.runs += source.runs
    survivor.seq += source.seq
    for name, kept in source.kept.items():
        if name in survivor.kept:
            workflow = step.definitions.current.get(name)
            step.note("dropped", None, kept.node, workflow=workflow, reason="merged")
        else:
            kept.seq += offset
            survivor.kept[name] = kept
    limits = step.definitions.settings.limits
    _merge_cards(survivor.card, source.card, limits)
    survivor.ids = _united(source.ids, survivor.ids)
    survivor.once = _united(source.once, survivor.once)
    _merge_times(survivor.entries, source.entries)
    _merge_times(survivor.caps, source.caps)


def _renumber(run: Run, offset: int) -> None:
    run.seq += offset
    for token in run.tokens:
        token.since += offset
        token.set_by = 0


def _united(first: bytes, second: bytes) -> bytes:
    items = dict.fromkeys(
        packed[at : at + ID_BYTES] for packed in (first, second) for at in range(0, len(packed), ID_BYTES)
    )
    return b"".join(items)


def remembered(ids: bytes) -> bytes:
    """The last ids, as many as are remembered."""
    return ids[-ID_BYTES * IDS_REMEMBERED :]


def _merge_times(into: dict[str, list[int]], other: dict[str, list[int]]) -> None:
    for name, times in other.items():
        into[name] = sorted(into.get(name, []) + times)


def _merge_cards(card: Card, other: Card, limits: Limits) -> None:
    if card.email is None:
        card.email, card.bounced = other.email, other.bounced
    for name in ("phone", "name", "timezone", "locale", "owner", "push"):
        if getattr(card, name) is None:
            setattr(card, name, getattr(other, name))
    card.co_owners = card.co_owners or other.co_owners
    card.devices = card.devices or other.devices
    card.added = min(card.added, other.added)
    card.email_status = min(card.email_status, other.email_status, key=_CONSENT.index)
    card.sms_status = min(card.sms_status, other.sms_status, key=_CONSENT.index)
    card.tags = list(dict.fromkeys(card.tags + other.tags))
    card.score += other.score
    for tag, score in other.tag_scores.items():
        card.tag_scores[tag] = card.tag_scores.get(tag, 0) + score
    for program, (points, tier) in other.loyalty.items():
        own_points, own_tier = card.loyalty.get(program, (0, None))
        card.loyalty[program] = (own_points + points, tier if own_tier is None else own_tier)
    _fill(card.details, other.details)
    _fill(card.stages, other.stages)
    _fill(card.coupons, other.coupons)
    _fill(card.predictions, other.predictions)
    for report, groups in other.rfm.items():
        _fill(card.rfm.setdefault(report, {}), groups)
    for app, names in other.segments.items():
        card.segments[app] = list(dict.fromkeys(card.segments.get(app, []) + names))
    card.notes = sorted(card.notes + other.notes, key=lambda note: note[0])[-limits.notes :]
    for kind, history in other.histories.items():
        _merge_history(card.histories.setdefault(kind, History()), history, limits.history)


def _fill(into: dict[str, V], other: dict[str, V]) -> None:
    for name, value in other.items():
        into.setdefault(name, value)


def _merge_history(into: History, other: History, limit: int) -> None:
    rows: list[list[Any]] = into.entries(limit) + other.entries(limit)
    into.replace(sorted(rows, key=lambda row: row[0])[-limit:])
