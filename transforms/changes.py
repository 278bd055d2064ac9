"""Changes of the card, and the facts that they cause. Events and actions share them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from transforms.card import OPTED_IN, Card
from transforms.conditions import level_of
from transforms.facts import Fact
from transforms.settings import Limits
from transforms.values import same, whole

Facts = list[Fact]


class CardLimit(Exception):
    """The card takes no more tags or details."""


def set_email_status(card: Card, status: str) -> Facts:
    """Consent for e-mail; `email_opted_in` or `email_opted_out` when it became so."""
    if card.email_status == status:
        return []
    card.email_status = status
    return _consent("email", status)


def set_sms_status(card: Card, status: str) -> Facts:
    """Consent for SMS; `sms_opted_in` or `sms_opted_out` when it became so."""
    if card.sms_status == status:
        return []
    card.sms_status = status
    return _consent("sms", status)


def _consent(channel: str, status: str) -> Facts:
    if status == "unknown":
        return []
    return [Fact(f"{channel}_opted_{'in' if status == OPTED_IN else 'out'}", {})]


def set_email(card: Card, email: str | None) -> None:
    """The address; a new one has not bounced."""
    if email != card.email:
        card.email = email
        card.bounced = False


def set_owner(card: Card, user: str | None, role: str = "main") -> Facts:
    """The main owner, or one more co-owner; `owner_changed` when the user is new in the role."""
    if role == "co":
        if user is None or user in card.co_owners:
            return []
        card.co_owners.append(user)
    else:
        if card.owner == user:
            return []
        card.owner = user
        if user is None:
            return []
    return [Fact("owner_changed", {"user": user, "role": role})]


def check_tags(card: Card, tags: Iterable[str], limits: Limits) -> None:
    """Whether all of these tags can be assigned.

    Raises:
        CardLimit: when the card does not take them all.
    """
    if len(set(tags) - set(card.tags)) + len(card.tags) > limits.tags:
        raise CardLimit(f"the card holds at most {limits.tags} tags")


def assign_tag(card: Card, tag: str, limits: Limits) -> Facts:
    """Assigns a tag, also again: `tag_assigned`.

    Raises:
        CardLimit: when the card takes no more.
    """
    first = tag not in card.tags
    if first:
        if len(card.tags) >= limits.tags:
            raise CardLimit(f"the card holds {limits.tags} tags already")
        card.tags.append(tag)
    return [Fact("tag_assigned", {"tag": tag, "first": first}, {"tag": tag})]


def remove_tag(card: Card, tag: str) -> None:
    """Takes the tag away; its score stays."""
    if tag in card.tags:
        card.tags.remove(tag)


def set_tag_score(card: Card, tag: str, score: float, limits: Limits) -> Facts:
    """The tag's own score, whether it is assigned or not; `tag_score_reached` on a change.

    Raises:
        CardLimit: when the card takes no more.
    """
    before = card.tag_scores.get(tag, 0)
    if score == before:
        return []
    if tag not in card.tag_scores and len(card.tag_scores) >= limits.tags:
        raise CardLimit(f"the card holds scores of {limits.tags} tags already")
    card.tag_scores[tag] = whole(score)
    return [Fact("tag_score_reached", {"tag": tag, "score": whole(score)})]


def set_score(card: Card, score: float) -> Facts:
    """The total; `score_reached`, then `score_exceeded`, on a change."""
    before = card.score
    if score == before:
        return []
    card.score = whole(score)
    data = {"score": card.score}
    return [Fact("score_reached", data), Fact("score_exceeded", {**data, "before": before}, data)]


def check_details(card: Card, names: Iterable[str], limits: Limits) -> None:
    """Whether all of these details can be set.

    Raises:
        CardLimit: when the card does not take them all.
    """
    if len(set(names) - card.details.keys()) + len(card.details) > limits.details:
        raise CardLimit(f"the card holds at most {limits.details} details")


def set_detail(card: Card, name: str, value: str | float | bool, limits: Limits) -> Facts:
    """A detail; `detail_added` where it had no value, `detail_modified` where it had a different one.

    Raises:
        CardLimit: when the card takes no more.
    """
    data = {"name": name, "value": value}
    if name not in card.details:
        if len(card.details) >= limits.details:
            raise CardLimit(f"the card holds {limits.details} details already")
        card.details[name] = value
        return [Fact("detail_added", data)]
    if same(card.details[name], value):
        return []
    card.details[name] = value
    return [Fact("detail_modified", data)]


def set_stage(card: Card, campaign: str, stage: str) -> Facts:
    """The stage in a campaign; `stage_entered` when it is another than before."""
    if card.stages.get(campaign) == stage:
        return []
    card.stages[campaign] = stage
    return [Fact("stage_entered", {"campaign": campaign, "stage": stage})]


def set_rfm(card: Card, report: str, dimension: str, group: str) -> Facts:
    """The group of an RFM dimension, `none` for no group; `rfm_changed` when it changed."""
    groups = card.rfm.setdefault(report, {})
    before = groups.get(dimension, "none")
    if group == "none":
        groups.pop(dimension, None)
    else:
        groups[dimension] = group
    if not groups:
        del card.rfm[report]
    if before == group:
        return []
    return [Fact("rfm_changed", {"report": report, "dimension": dimension, "from": before, "to": group})]


def add_note(card: Card, ts: int, text: str, limits: Limits) -> Facts:
    """A note; of more than the limit the oldest go. `note_added`."""
    card.notes.append((ts, text))
    while len(card.notes) > limits.notes:
        card.notes.remove(min(card.notes, key=lambda note: note[0]))
    return [Fact("note_added", {"text": text})]


def add_points(card: Card, program: str, points: float, tiers: Mapping[str, float]) -> Facts:
    """Loyalty points; a negative number takes away, never below 0, and leaves the tier.

    Facts: `loyalty_points_earned` for a positive number, then `loyalty_tier_reached` for each tier passed,
    lowest first. Only tiers above the present one are reached.
    """
    before, tier = card.loyalty.get(program, (0, None))
    after = whole(max(0, before + points))
    card.loyalty[program] = (after, tier)
    if points <= 0:
        return []
    facts = [Fact("loyalty_points_earned", {"program": program, "points": whole(points)})]
    present = tiers.get(tier, float("-inf")) if tier is not None else float("-inf")
    for name, needed in sorted(tiers.items(), key=lambda item: item[1]):
        if before < needed <= after and needed > present:
            tier = name
            facts.append(Fact("loyalty_tier_reached", {"program": program, "tier": name}))
    card.loyalty[program] = (after, tier)
    return facts


def set_tier(card: Card, program: str, tier: str) -> Facts:
    """The tier of a program; `loyalty_tier_reached` when it is another than before."""
    points, before = card.loyalty.get(program, (0, None))
    card.loyalty[program] = (points, tier)
    return [] if tier == before else [Fact("loyalty_tier_reached", {"program": program, "tier": tier})]


def set_prediction(card: Card, kind: str, probability: float) -> Facts:
    """A model's newest word; `churn_predicted` or `purchase_predicted` when the level is another."""
    before = card.predictions.get(kind)
    card.predictions[kind] = probability
    level = level_of(probability)
    if before is not None and level_of(before) == level:
        return []
    return [Fact(f"{kind}_predicted", {"level": level})]


def set_segment(card: Card, app: str, segment: str, member: bool) -> None:
    """Membership of a segment of a mobile app."""
    names = card.segments.setdefault(app, [])
    if member and segment not in names:
        names.append(segment)
    elif not member and segment in names:
        names.remove(segment)
    if not names:
        del card.segments[app]


def modify_event(card: Card, event_id: Any, changes: Mapping[str, Any], history: int) -> Facts:
    """Changes fields of the external event with this id, the latest of it; `external_event_modified`
    when one got another value. An event that is not on the card leaves no fact."""
    rows = list(card.events(history))
    wanted = str(event_id)
    at = max(
        (i for i, row in enumerate(rows) if str(row.data.get("event_id", "")) == wanted),
        key=lambda i: (rows[i].ts, i),
        default=None,
    )
    if at is None:
        return []
    before = rows[at].data
    after = {**before, **changes, "event_id": before["event_id"]}
    if all(name in before and same(before[name], after[name]) for name in after):
        return []
    rows[at] = rows[at]._replace(data=after)
    card.histories["events"].replace(rows)
    return [Fact("external_event_modified", {"type": after["type"], "before": before, "after": after})]
