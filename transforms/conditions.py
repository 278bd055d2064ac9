"""The conditions that `if` knows: one entry each, with its parameters and its meaning."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType

from transforms.card import OPTED_IN, OPTED_OUT
from transforms.durations import Duration
from transforms.events import Level
from transforms.expressions import Expression as CompiledExpression
from transforms.params import Number, Texts, Where
from transforms.sight import Sight
from transforms.urls import UrlPattern
from transforms.values import MISSING, NumberTest, ValueTest, reach, text_of

LEVELS = ((0.25, "low"), (0.5, "medium"), (0.75, "high"))
AT_LEAST_ONE = NumberTest({"gte": 1})


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """One condition of the vocabulary, with its parameters."""

    @abstractmethod
    def holds(self, see: Sight) -> bool:
        """Whether it holds for what is seen."""


C = TypeVar("C", bound=type[Condition])

CONDITIONS: dict[str, type[Condition]] = {}
"""Condition name to its entry."""


def condition(name: str) -> Callable[[C], C]:
    """Registers an entry."""

    def register(entry: C) -> C:
        CONDITIONS[name] = entry
        return entry

    return register


def level_of(probability: float) -> str:
    """The level of a prediction: `low` to .25, `medium` to .50, `high` to .75, `very_high` above."""
    return next((level for most, level in LEVELS if probability <= most), "very_high")


def _levels(level: Level | list[Level]) -> list[Level]:
    return level if isinstance(level, list) else [level]


@condition("on_stage")
class OnStage(Condition, frozen=True):
    """The contact is on that stage; without `stage`, on any of the campaign."""

    campaign: str
    stage: str | None = None

    def holds(self, see: Sight) -> bool:
        actual = see.card.stages.get(self.campaign)
        if self.stage is None:
            return see.test(f"stages.{self.campaign}", "exists", True, actual, actual is not None)
        return see.test(f"stages.{self.campaign}", "eq", self.stage, actual, actual == self.stage)


@condition("email_opened")
class EmailOpened(Condition, frozen=True):
    """It opened one of these e-mails; without `email`, any but those flagged `service`."""

    email: Texts | None = None
    within: Duration | None = None

    def holds(self, see: Sight) -> bool:
        found = sum(
            1
            for opened in see.card.opened(see.history)
            if see.recent(opened.ts, self.within)
            and (not opened.service if self.email is None else opened.email in self.email)
        )
        return see.test("emails.opened", "gte", 1, found, found > 0)


@condition("email_link_clicked")
class EmailLinkClicked(Condition, frozen=True):
    """It clicked such a link; without `url`, any but those flagged `service`."""

    email: Texts | None = None
    url: UrlPattern | None = None
    within: Duration | None = None

    def holds(self, see: Sight) -> bool:
        found = sum(
            1
            for click in see.card.clicked(see.history)
            if see.recent(click.ts, self.within)
            and (self.email is None or click.email in self.email)
            and (not click.service if self.url is None else self.url.matches(click.url))
        )
        return see.test("emails.clicked", "gte", 1, found, found > 0)


@condition("has_tag")
class HasTag(Condition, frozen=True):
    """The contact has the tag, or of a list any or all."""

    tag: Texts
    match: Literal["any", "all"] = "any"

    def holds(self, see: Sight) -> bool:
        has = [tag in see.card.tags for tag in self.tag]
        result = any(has) if self.match == "any" else all(has)
        actual = [tag for tag, held in zip(self.tag, has, strict=True) if held]
        return see.test("tags", f"contains {self.match}", list(self.tag), actual, result)


@condition("has_detail")
class HasDetail(Condition, frozen=True):
    """The contact has the detail, and its value passes the test."""

    name: str
    value: ValueTest | UnsetType = UNSET

    def holds(self, see: Sight) -> bool:
        actual = see.card.details.get(self.name, MISSING)
        shown = None if actual is MISSING else actual
        if self.value is UNSET:
            return see.test(f"details.{self.name}", "exists", True, shown, actual is not MISSING)
        return see.test(f"details.{self.name}", "passes", self.value.tree, shown, self.value.holds(actual))


@condition("external_event_occurred")
class ExternalEventOccurred(Condition, frozen=True):
    """So many such external events are on the card; without `count`, at least one."""

    type: str | None = None
    where: Where | None = None
    within: Duration | None = None
    count: NumberTest | None = None

    def holds(self, see: Sight) -> bool:
        found = sum(
            1
            for event in see.card.events(see.history)
            if see.recent(event.ts, self.within)
            and self.type in (None, event.data["type"])
            and (self.where is None or all(test.holds(reach(event.data, name)) for name, test in self.where))
        )
        count = self.count or AT_LEAST_ONE
        return see.test(f"events.{self.type or 'any'}", "count", count.tree, found, count.holds(found))


@condition("main_owner_in")
class MainOwnerIn(Condition, frozen=True):
    """The main owner is one of these users."""

    users: Texts

    def holds(self, see: Sight) -> bool:
        return see.test("owner", "in", list(self.users), see.card.owner, see.card.owner in self.users)


@condition("has_owner")
class HasOwner(Condition, frozen=True):
    """The contact has an owner, of this role and this user where they are given."""

    role: Literal["main", "co"] | None = None
    user: str | None = None

    def holds(self, see: Sight) -> bool:
        owners = [see.card.owner] if self.role != "co" and see.card.owner is not None else []
        if self.role != "main":
            owners += see.card.co_owners
        if self.user is None:
            return see.test(f"owners.{self.role or 'any'}", "exists", True, owners, bool(owners))
        return see.test(f"owners.{self.role or 'any'}", "contains", self.user, owners, self.user in owners)


@condition("in_rfm_segment")
class InRfmSegment(Condition, frozen=True):
    """The contact is in this group of an RFM dimension; `none` is in no group."""

    dimension: Literal["recency", "frequency", "monetary"]
    group: str | int
    report: str = "default"

    def holds(self, see: Sight) -> bool:
        actual = see.card.rfm.get(self.report, {}).get(self.dimension, "none")
        field = f"rfm.{self.report}.{self.dimension}"
        return see.test(field, "eq", self.group, actual, actual == str(self.group))


@condition("email_opted_out")
class EmailOptedOut(Condition, frozen=True):
    """The e-mail status is opted out."""

    def holds(self, see: Sight) -> bool:
        status = see.card.email_status
        return see.test("email_status", "eq", OPTED_OUT, status, status == OPTED_OUT)


@condition("score_reached")
class ScoreReached(Condition, frozen=True):
    """The total is exactly `score`."""

    score: Number

    def holds(self, see: Sight) -> bool:
        return see.test("score", "eq", self.score, see.card.score, see.card.score == self.score)


@condition("score_exceeded")
class ScoreExceeded(Condition, frozen=True):
    """The total is above `score`."""

    score: Number

    def holds(self, see: Sight) -> bool:
        return see.test("score", "gt", self.score, see.card.score, see.card.score > self.score)


@condition("has_note")
class HasNote(Condition, frozen=True):
    """There is a note, with this text in it without regard to case, in the look-back."""

    contains: str | None = None
    within: Duration | None = None

    def holds(self, see: Sight) -> bool:
        wanted = (self.contains or "").lower()
        found = sum(
            1 for ts, text in see.card.notes if see.recent(ts, self.within) and wanted in text.lower()
        )
        return see.test("notes", "contains", self.contains, found, found > 0)


@condition("in_mobile_segment")
class InMobileSegment(Condition, frozen=True):
    """The contact is a member of the segment, of this app where one is given."""

    segment: str
    app: str | None = None

    def holds(self, see: Sight) -> bool:
        segments = see.card.segments
        apps = segments if self.app is None else [self.app]
        actual = [name for app in apps for name in segments.get(app, [])]
        return see.test(
            f"segments.{self.app or 'any'}", "contains", self.segment, actual, self.segment in actual
        )


@condition("tag_score_at_least")
class TagScoreAtLeast(Condition, frozen=True):
    """The tag's own score is at least `score`."""

    tag: str
    score: Number

    def holds(self, see: Sight) -> bool:
        actual = see.card.tag_scores.get(self.tag, 0)
        return see.test(f"tag_scores.{self.tag}", "gte", self.score, actual, actual >= self.score)


class _Prediction(Condition, frozen=True):
    level: Level | list[Level]

    def _holds(self, see: Sight, kind: str) -> bool:
        probability = see.card.predictions.get(kind)
        actual = None if probability is None else level_of(probability)
        wanted = _levels(self.level)
        return see.test(f"predictions.{kind}", "in", wanted, actual, actual in wanted)


@condition("churn_prediction")
class ChurnPrediction(_Prediction, frozen=True):
    """The churn prediction is on this level, or one of these; false while there is none."""

    def holds(self, see: Sight) -> bool:
        return self._holds(see, "churn")


@condition("emails_received")
class EmailsReceived(Condition, frozen=True):
    """The number of e-mails sent to it passes the test."""

    count: NumberTest
    within: Duration | None = None

    def holds(self, see: Sight) -> bool:
        found = sum(1 for sent in see.card.sent("email", see.history) if see.recent(sent.ts, self.within))
        return see.test("emails.sent", "count", self.count.tree, found, self.count.holds(found))


@condition("purchase_prediction")
class PurchasePrediction(_Prediction, frozen=True):
    """The purchase prediction is on this level, or one of these; false while there is none."""

    def holds(self, see: Sight) -> bool:
        return self._holds(see, "purchase")


@condition("newsletter_subscriber")
class NewsletterSubscriber(Condition, frozen=True):
    """The e-mail status is opted in."""

    def holds(self, see: Sight) -> bool:
        status = see.card.email_status
        return see.test("email_status", "eq", OPTED_IN, status, status == OPTED_IN)


@condition("in_loyalty_tier")
class InLoyaltyTier(Condition, frozen=True):
    """The contact is on this tier of the program."""

    program: str
    tier: str

    def holds(self, see: Sight) -> bool:
        actual = see.card.loyalty.get(self.program, (0, None))[1]
        return see.test(f"loyalty.{self.program}.tier", "eq", self.tier, actual, actual == self.tier)


@condition("has_loyalty_points")
class HasLoyaltyPoints(Condition, frozen=True):
    """The balance of the program passes the test; without any points it is 0."""

    program: str
    points: NumberTest

    def holds(self, see: Sight) -> bool:
        actual = see.card.loyalty.get(self.program, (0, None))[0]
        field = f"loyalty.{self.program}.points"
        return see.test(field, "passes", self.points.tree, actual, self.points.holds(actual))


@condition("email_sent")
class EmailSent(Condition, frozen=True):
    """This e-mail, or one of these, was sent to it."""

    email: Texts
    within: Duration | None = None

    def holds(self, see: Sight) -> bool:
        found = sum(
            1
            for sent in see.card.sent("email", see.history)
            if sent.asset in self.email and see.recent(sent.ts, self.within)
        )
        return see.test("emails.sent", "contains", list(self.email), found, found > 0)


@condition("url_visited")
class UrlVisited(Condition, frozen=True):
    """So many visits of such pages; without `count`, at least one."""

    url: UrlPattern
    within: Duration | None = None
    count: NumberTest | None = None

    def holds(self, see: Sight) -> bool:
        found = sum(
            1
            for visit in see.card.visits(see.history)
            if see.recent(visit.ts, self.within) and self.url.matches(visit.url)
        )
        count = self.count or AT_LEAST_ONE
        return see.test("visits", "count", count.tree, found, count.holds(found))


@condition("sms_opted_out")
class SmsOptedOut(Condition, frozen=True):
    """The SMS status is opted out."""

    def holds(self, see: Sight) -> bool:
        status = see.card.sms_status
        return see.test("sms_status", "eq", OPTED_OUT, status, status == OPTED_OUT)


@condition("active_within")
class ActiveWithin(Condition, frozen=True):
    """It visited, opened, clicked or did anything else from outside in the look-back."""

    within: Duration

    def holds(self, see: Sight) -> bool:
        card = see.card
        kinds = (card.visits, card.opened, card.clicked, card.events)
        times = [entry.ts for kind in kinds for entry in kind(see.history)]
        result = any(see.recent(ts, self.within) for ts in times)
        return see.test("active", "gte", see.now - self.within + 1, max(times, default=None), result)


@condition("event_field")
class EventField(Condition, frozen=True):
    """A field of the token's event passes the test."""

    name: str
    value: ValueTest

    def holds(self, see: Sight) -> bool:
        actual = reach(see.event, self.name)
        shown = None if actual is MISSING else actual
        return see.test(f"event.{self.name}", "passes", self.value.tree, shown, self.value.holds(actual))


@condition("expression")
class Expression(Condition, frozen=True):
    """A CEL expression over `contact`, `event` and `now` (ms) is true; one that fails is not."""

    expression: CompiledExpression

    def holds(self, see: Sight) -> bool:
        actual: Any = self.expression.value(see.names, see.now)
        return see.test("expression", "is true", self.expression.source, text_of(actual), actual is True)
