"""The events that `on` knows: one entry each, with its parameters, its meaning and its index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from transforms.facts import Fact
from transforms.params import Number, Texts, Where
from transforms.urls import UrlPattern, in_domain
from transforms.values import MISSING, NumberTest, ValueTest, reach, same

Level = Literal["low", "medium", "high", "very_high"]
NonNegative = Annotated[float, Meta(ge=0)]


class Event(Struct, frozen=True, forbid_unknown_fields=True):
    """One event of the vocabulary, with the parameters that narrow it."""

    def keys(self) -> tuple[str, ...] | None:
        """Values of the fact's key field that can match; None when any can."""
        return None

    def matches(self, fact: Fact) -> bool:
        """Whether a fact of this kind passes the parameters."""
        return True


E = TypeVar("E", bound=type[Event])

EVENTS: dict[str, type[Event]] = {}
"""Event name to its entry."""

KEY_FIELDS: dict[str, str] = {}
"""Event name to the field of its facts by which starts are indexed."""

START_ONLY = frozenset({"contact_added"})


def event(name: str, key: str = "") -> Callable[[E], E]:
    """Registers an entry; `key` is the field of its facts that `Event.keys` speaks of."""

    def register(entry: E) -> E:
        EVENTS[name] = entry
        if key:
            KEY_FIELDS[name] = key
        return entry

    return register


def _one(value: str | None) -> tuple[str, ...] | None:
    return None if value is None else (value,)


@event("contact_added")
class ContactAdded(Event, frozen=True):
    """A card was created by a `contact_added` event: the first time, or after erasure."""


@event("banner_clicked", key="banner")
class BannerClicked(Event, frozen=True):
    """The contact clicked a banner."""

    banner: str | None = None
    variant: str | None = None

    def keys(self) -> tuple[str, ...] | None:
        return _one(self.banner)

    def matches(self, fact: Fact) -> bool:
        return self.banner in (None, fact.fields["banner"]) and self.variant in (None, fact.fields["variant"])


@event("email_link_clicked", key="email")
class EmailLinkClicked(Event, frozen=True):
    """A link in an e-mail was clicked. Without `url`, links flagged `service` do not count."""

    email: Texts | None = None
    url: UrlPattern | None = None

    def keys(self) -> tuple[str, ...] | None:
        return self.email

    def matches(self, fact: Fact) -> bool:
        if self.email is not None and fact.fields["email"] not in self.email:
            return False
        return not fact.fields["service"] if self.url is None else self.url.matches(fact.fields["url"])


@event("email_opened", key="email")
class EmailOpened(Event, frozen=True):
    """An e-mail was opened. Without `email`, those flagged `service` do not count."""

    email: Texts | None = None
    group: str | None = None

    def keys(self) -> tuple[str, ...] | None:
        return self.email

    def matches(self, fact: Fact) -> bool:
        if self.group not in (None, fact.fields["group"]):
            return False
        return not fact.fields["service"] if self.email is None else fact.fields["email"] in self.email


@event("stage_entered", key="campaign")
class StageEntered(Event, frozen=True):
    """The contact's stage in this campaign is now another than the moment before."""

    campaign: str
    stage: str | None = None

    def keys(self) -> tuple[str, ...] | None:
        return (self.campaign,)

    def matches(self, fact: Fact) -> bool:
        return fact.fields["campaign"] == self.campaign and self.stage in (None, fact.fields["stage"])


@event("contact_readded")
class ContactReadded(Event, frozen=True):
    """A `contact_added` event came for a card that exists."""


@event("rfm_changed", key="report")
class RfmChanged(Event, frozen=True, rename={"source": "from", "target": "to"}):
    """The group of an RFM dimension changed; `none` is no group."""

    report: str | None = None
    dimension: Literal["recency", "frequency", "monetary"] | None = None
    source: str | None = None
    target: str | None = None

    def keys(self) -> tuple[str, ...] | None:
        return _one(self.report)

    def matches(self, fact: Fact) -> bool:
        wanted = (self.report, self.dimension, self.source, self.target)
        actual = (fact.fields[name] for name in ("report", "dimension", "from", "to"))
        return all(one is None or one == other for one, other in zip(wanted, actual, strict=True))


@event("url_visited", key="url")
class UrlVisited(Event, frozen=True):
    """A visit of a page. With `min_seconds`, one that lasted at least so long."""

    url: UrlPattern | None = None
    domain: str | None = None
    min_seconds: NonNegative | None = None

    def matches(self, fact: Fact) -> bool:
        url = fact.fields["url"]
        return (
            (self.url is None or self.url.matches(url))
            and (self.domain is None or in_domain(url, self.domain))
            and (self.min_seconds is None or fact.fields["seconds"] >= self.min_seconds)
        )


@event("tag_assigned", key="tag")
class TagAssigned(Event, frozen=True):
    """The tag was assigned, also again; with `first`, only when the contact lacked it."""

    tag: Texts
    first: bool = False

    def keys(self) -> tuple[str, ...] | None:
        return self.tag

    def matches(self, fact: Fact) -> bool:
        return fact.fields["tag"] in self.tag and (not self.first or fact.fields["first"])


class _DetailChange(Event, frozen=True):
    name: str
    value: ValueTest | UnsetType = UNSET

    def keys(self) -> tuple[str, ...] | None:
        return (self.name,)

    def matches(self, fact: Fact) -> bool:
        if fact.fields["name"] != self.name:
            return False
        return self.value is UNSET or self.value.holds(fact.fields["value"])


@event("detail_added", key="name")
class DetailAdded(_DetailChange, frozen=True):
    """The detail got a value and had none, also after its removal."""


@event("score_exceeded")
class ScoreExceeded(Event, frozen=True):
    """Every change that leaves the total above `score`; with `crossing`, only from at or below it."""

    score: Number
    crossing: bool = False

    def matches(self, fact: Fact) -> bool:
        above: bool = fact.fields["score"] > self.score
        return above and (not self.crossing or fact.fields["before"] <= self.score)


@event("score_reached")
class ScoreReached(Event, frozen=True):
    """A change, up or down, that leaves the total exactly at `score`."""

    score: Number

    def matches(self, fact: Fact) -> bool:
        return bool(fact.fields["score"] == self.score)


@event("detail_modified", key="name")
class DetailModified(_DetailChange, frozen=True):
    """An existing detail got a different value; `value` tests the new one."""


@event("external_event_modified", key="type")
class ExternalEventModified(Event, frozen=True):
    """An external event on the card got another value in a field; with `fields`, in any of these."""

    type: str | None = None
    fields: Texts | None = None

    def keys(self) -> tuple[str, ...] | None:
        return _one(self.type)

    def matches(self, fact: Fact) -> bool:
        if self.type not in (None, fact.fields["type"]):
            return False
        if self.fields is None:
            return True
        before, after = fact.fields["before"], fact.fields["after"]
        return any(_differs(reach(before, name), reach(after, name)) for name in self.fields)


def _differs(before: Any, after: Any) -> bool:
    return (before is MISSING) != (after is MISSING) or not same(before, after)


@event("note_added")
class NoteAdded(Event, frozen=True):
    """A note was added; `contains` without regard to case."""

    contains: str | None = None

    def matches(self, fact: Fact) -> bool:
        return self.contains is None or self.contains.lower() in fact.fields["text"].lower()


@event("owner_changed", key="user")
class OwnerChanged(Event, frozen=True):
    """The contact got a new main owner or co-owner; not the owner given with `contact_added`."""

    role: Literal["main", "co"] | None = None
    user: str | None = None

    def keys(self) -> tuple[str, ...] | None:
        return _one(self.user)

    def matches(self, fact: Fact) -> bool:
        return self.role in (None, fact.fields["role"]) and self.user in (None, fact.fields["user"])


@event("email_opted_in")
class EmailOptedIn(Event, frozen=True):
    """The e-mail status became opted in and was not before."""


@event("email_opted_out")
class EmailOptedOut(Event, frozen=True):
    """The e-mail status became opted out and was not before."""


@event("external_event", key="type")
class ExternalEvent(Event, frozen=True):
    """A new external event: purchase, cart, reservation, … All tests of `where` must hold."""

    type: str | None = None
    where: Where | None = None

    def keys(self) -> tuple[str, ...] | None:
        return _one(self.type)

    def matches(self, fact: Fact) -> bool:
        return self.type in (None, fact.fields["type"]) and (
            self.where is None or all(test.holds(reach(fact.fields, name)) for name, test in self.where)
        )


@event("sms_opted_out")
class SmsOptedOut(Event, frozen=True):
    """The SMS status became opted out and was not before."""


@event("loyalty_tier_reached", key="program")
class LoyaltyTierReached(Event, frozen=True):
    """The contact moved to the tier."""

    program: str
    tier: str | None = None

    def keys(self) -> tuple[str, ...] | None:
        return (self.program,)

    def matches(self, fact: Fact) -> bool:
        return fact.fields["program"] == self.program and self.tier in (None, fact.fields["tier"])


@event("loyalty_points_earned", key="program")
class LoyaltyPointsEarned(Event, frozen=True):
    """Points were added; `points` tests those earned now."""

    program: str | None = None
    points: NumberTest | None = None

    def keys(self) -> tuple[str, ...] | None:
        return _one(self.program)

    def matches(self, fact: Fact) -> bool:
        return self.program in (None, fact.fields["program"]) and (
            self.points is None or self.points.holds(fact.fields["points"])
        )


@event("tag_score_reached", key="tag")
class TagScoreReached(Event, frozen=True):
    """Every change that leaves the tag's own score at or above `score`."""

    tag: str
    score: Number

    def keys(self) -> tuple[str, ...] | None:
        return (self.tag,)

    def matches(self, fact: Fact) -> bool:
        return fact.fields["tag"] == self.tag and bool(fact.fields["score"] >= self.score)


@event("sms_opted_in")
class SmsOptedIn(Event, frozen=True):
    """The SMS status became opted in and was not before."""


class _Predicted(Event, frozen=True):
    level: Level | list[Level]

    def matches(self, fact: Fact) -> bool:
        return fact.fields["level"] in ([self.level] if isinstance(self.level, str) else self.level)


@event("purchase_predicted")
class PurchasePredicted(_Predicted, frozen=True):
    """The purchase prediction entered this level."""


@event("churn_predicted")
class ChurnPredicted(_Predicted, frozen=True):
    """The churn prediction entered this level."""
