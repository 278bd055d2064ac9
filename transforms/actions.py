"""The actions that `do` knows: one entry each, with its parameters, its meaning and what it does."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeVar

from msgspec import Struct

from transforms import changes
from transforms.card import OPTED_IN, OPTED_OUT, Card
from transforms.changes import Facts
from transforms.coupons import coupon_code
from transforms.durations import DAY, Duration
from transforms.params import Number, SendTime, Texts
from transforms.settings import Settings
from transforms.values import whole

AudienceOp = Literal["add", "remove"]
NOW = SendTime("now")


class Doing:
    """An action at the moment at which it is done.

    Attributes:
        params: what the record will hold; a `here` action may add to it.
    """

    __slots__ = ("action_id", "card", "now", "params", "settings")

    def __init__(
        self, card: Card, now: int, settings: Settings, action_id: str, params: dict[str, Any]
    ) -> None:
        self.card = card
        self.now = now
        self.settings = settings
        self.action_id = action_id
        self.params = params


class Action(Struct, frozen=True, forbid_unknown_fields=True):
    """One action of the vocabulary, with its parameters."""

    kind: ClassVar[str] = "out"
    """`here` changes the card, `out` is for a connector, `flow` concerns other workflows and rules."""

    def context(self, card: Card) -> dict[str, Any]:
        """What a connector needs from the card (an `out` action)."""
        return {}

    @property
    def asks(self) -> bool:
        """Whether the token waits for an answer."""
        return False


class Here(Action, frozen=True):
    """Base of the actions that change the card in the same step."""

    kind = "here"

    @abstractmethod
    def apply(self, doing: Doing) -> Facts:
        """Changes the card.

        Raises:
            CardLimit: when the card takes no more; the action is suppressed.
        """


class Flow(Action, frozen=True):
    """Base of the actions on other workflows and rules."""

    kind = "flow"


class Message(Action, frozen=True, kw_only=True):
    """Base of the messages: they pass the gate."""

    channel: ClassVar[str]

    send: SendTime = NOW
    transactional: bool = False
    expires: Duration | None = None
    once: bool | str | None = None

    @abstractmethod
    def address(self, card: Card) -> dict[str, Any] | None:
        """Where it goes, None when the card has no address for it."""

    @property
    def asset(self) -> str | None:
        """The e-mail or SMS document that it names."""
        return None

    def context(self, card: Card) -> dict[str, Any]:
        return {**(self.address(card) or {}), "name": card.name}


A = TypeVar("A", bound=type[Action])

ACTIONS: dict[str, type[Action]] = {}
"""Action name to its entry."""


def action(name: str) -> Callable[[A], A]:
    """Registers an entry."""

    def register(entry: A) -> A:
        ACTIONS[name] = entry
        return entry

    return register


@action("set_detail")
class SetDetail(Here, frozen=True):
    """Sets a detail; fires `detail_added` or `detail_modified`, nothing when the value is the same."""

    name: str
    value: str | int | float | bool

    def apply(self, doing: Doing) -> Facts:
        return changes.set_detail(doing.card, self.name, self.value, doing.settings.limits)


@action("add_note")
class AddNote(Here, frozen=True):
    """Adds a note; fires `note_added`."""

    text: str

    def apply(self, doing: Doing) -> Facts:
        return changes.add_note(doing.card, doing.now, self.text, doing.settings.limits)


@action("add_tag")
class AddTag(Here, frozen=True):
    """Assigns a tag or several; fires `tag_assigned` for each."""

    tag: Texts

    def apply(self, doing: Doing) -> Facts:
        limits = doing.settings.limits
        changes.check_tags(doing.card, self.tag, limits)
        return [fact for tag in self.tag for fact in changes.assign_tag(doing.card, tag, limits)]


@action("set_owner")
class SetOwner(Here, frozen=True):
    """Sets the main owner, or adds a co-owner; fires `owner_changed` when it is new."""

    user: str
    role: Literal["main", "co"] = "main"

    def apply(self, doing: Doing) -> Facts:
        return changes.set_owner(doing.card, self.user, self.role)


@action("add_task")
class AddTask(Action, frozen=True):
    """Gives a user, or the contact's `owner`, a task in the CRM."""

    user: str
    title: str
    due: Duration | None = None
    text: str | None = None

    def context(self, card: Card) -> dict[str, Any]:
        return _who(card)


@action("add_to_stage")
class AddToStage(Here, frozen=True):
    """Moves the contact to a stage of a campaign; fires `stage_entered` when it is another."""

    campaign: str
    stage: str

    def apply(self, doing: Doing) -> Facts:
        return changes.set_stage(doing.card, self.campaign, self.stage)


@action("remove_from_campaign")
class RemoveFromCampaign(Here, frozen=True):
    """Takes the contact out of a campaign."""

    campaign: str

    def apply(self, doing: Doing) -> Facts:
        doing.card.stages.pop(self.campaign, None)
        return []


@action("draw_owner")
class DrawOwner(Action, frozen=True):
    """Draws the next of some users, round robin over all contacts; the token waits for the answer."""

    users: list[str] | None = None
    group: str | None = None
    role: Literal["main", "co"] = "main"

    def __post_init__(self) -> None:
        if (self.users is None) == (self.group is None):
            raise ValueError("needs either `users` or `group`")
        if self.users is not None and not self.users:
            raise ValueError("`users` is empty")

    @property
    def asks(self) -> bool:
        return True


@action("generate_coupon")
class GenerateCoupon(Action, frozen=True):
    """Gives the contact a coupon code, made here or, with `pool`, drawn from an imported list."""

    name: str
    length: Number = 10
    valid_days: Number | None = None
    prefix: str = ""
    pool: str | None = None

    def __post_init__(self) -> None:
        if not 6 <= self.length <= 32 or self.length != int(self.length):
            raise ValueError("`length` is a whole number from 6 to 32")
        if self.valid_days is not None and not 0 <= self.valid_days <= 36_500:
            raise ValueError("`valid_days` is a number from 0 to 36500")

    @property
    def asks(self) -> bool:
        return self.pool is not None

    def until(self, now: int) -> int | None:
        """The time until which a code given now is valid."""
        return None if self.valid_days is None else now + int(self.valid_days * DAY)

    def apply(self, doing: Doing) -> Facts:
        code = self.prefix + coupon_code(doing.settings.secret, doing.action_id, int(self.length))
        valid_until = self.until(doing.now)
        doing.card.coupons[self.name] = (code, valid_until)
        doing.params = {**doing.params, "code": code, "valid_until": valid_until}
        return []


@action("alert_user")
class AlertUser(Action, frozen=True):
    """Tells a user, or the contact's `owner`, something."""

    user: str
    text: str
    via: Literal["email", "sms", "webhook"] = "email"

    def context(self, card: Card) -> dict[str, Any]:
        return _who(card)


@action("send_email")
class SendEmail(Message, frozen=True, kw_only=True):
    """Sends an e-mail through the gate."""

    channel = "email"
    email: str
    subject: str | None = None
    copy_to: Texts | None = None

    def address(self, card: Card) -> dict[str, Any] | None:
        return {"email": card.email} if card.email else None

    @property
    def asset(self) -> str | None:
        return self.email


@action("send_sms")
class SendSms(Message, frozen=True, kw_only=True):
    """Sends a text message by SMS through the gate."""

    channel = "sms"
    text: str | None = None
    sms: str | None = None
    sender: str | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.sms is None):
            raise ValueError("needs either `text` or `sms`")

    def address(self, card: Card) -> dict[str, Any] | None:
        return {"phone": card.phone} if card.phone else None

    @property
    def asset(self) -> str | None:
        return self.sms


@action("run_automation_rule")
class RunAutomationRule(Flow, frozen=True):
    """Runs a rule's condition and actions at once; `else` when the rule did not run."""

    rule: str


@action("show_banner")
class ShowBanner(Action, frozen=True, rename={"lasting": "for"}):
    """Offers a banner at the next visit."""

    banner: str
    lasting: Duration | None = None


@action("remove_tag")
class RemoveTag(Here, frozen=True):
    """Takes a tag or several away."""

    tag: Texts

    def apply(self, doing: Doing) -> Facts:
        for tag in self.tag:
            changes.remove_tag(doing.card, tag)
        return []


class _Consent(Here, frozen=True):
    status: ClassVar[str]
    channel: Literal["email", "sms"] = "email"

    def apply(self, doing: Doing) -> Facts:
        change = changes.set_email_status if self.channel == "email" else changes.set_sms_status
        return change(doing.card, self.status)


@action("opt_in")
class OptIn(_Consent, frozen=True):
    """Opts the contact in; fires `email_opted_in` or `sms_opted_in` when it was not."""

    status = OPTED_IN


@action("opt_out")
class OptOut(_Consent, frozen=True):
    """Opts the contact out; fires `email_opted_out` or `sms_opted_out` when it was not."""

    status = OPTED_OUT


@action("set_score")
class SetScore(Here, frozen=True):
    """Sets the total; fires the score events when it changed."""

    score: Number

    def apply(self, doing: Doing) -> Facts:
        return changes.set_score(doing.card, self.score)


@action("add_score")
class AddScore(Here, frozen=True):
    """Adds to the total, or takes away; fires the score events."""

    points: Number

    def apply(self, doing: Doing) -> Facts:
        return changes.set_score(doing.card, doing.card.score + self.points)


@action("add_tag_score")
class AddTagScore(Here, frozen=True):
    """Adds to the tag's own score, and the same to the total; the tag need not be assigned."""

    tag: str
    points: Number

    def apply(self, doing: Doing) -> Facts:
        card = doing.card
        score = card.tag_scores.get(self.tag, 0) + self.points
        facts = changes.set_tag_score(card, self.tag, score, doing.settings.limits)
        return facts + changes.set_score(card, card.score + self.points)


@action("send_web_push")
class SendWebPush(Message, frozen=True, kw_only=True):
    """Sends a web push message through the gate."""

    channel = "web_push"
    title: str
    body: str | None = None
    url: str | None = None

    def address(self, card: Card) -> dict[str, Any] | None:
        return {"push": card.push} if card.push else None


@action("custom_audience")
class CustomAudience(Action, frozen=True):
    """Adds the contact to a Meta custom audience, or removes it."""

    op: AudienceOp
    audience: str

    def context(self, card: Card) -> dict[str, Any]:
        return _addresses(card)


@action("run_website_rule")
class RunWebsiteRule(Action, frozen=True):
    """Has the website run one of its rules for the contact."""

    rule: str


@action("google_ads_audience")
class GoogleAdsAudience(CustomAudience, frozen=True):
    """Adds the contact to a Google Ads audience, or removes it."""


@action("adform_audience")
class AdformAudience(CustomAudience, frozen=True):
    """Adds the contact to an Adform audience, or removes it."""


@action("loyalty_points")
class LoyaltyPoints(Here, frozen=True):
    """Adds points of a program, or takes away, never below 0; fires the loyalty events upwards."""

    program: str
    points: Number

    def apply(self, doing: Doing) -> Facts:
        tiers = doing.settings.loyalty.get(self.program, {})
        return changes.add_points(doing.card, self.program, whole(self.points), tiers)


@action("send_text_message")
class SendTextMessage(Message, frozen=True, kw_only=True):
    """Sends a message to the contact's devices through the gate, of one app where it is named."""

    channel = "text_message"
    text: str
    app: str | None = None

    def address(self, card: Card) -> dict[str, Any] | None:
        devices = [
            d
            for d in card.devices
            if self.app is None or isinstance(d, str) or d.get("app") in (None, self.app)
        ]
        return {"devices": devices} if devices else None


@action("webhook")
class Webhook(Action, frozen=True):
    """Calls a URL; with `wait` the token waits for the answer, and `store` puts fields of it on the card."""

    url: str
    body: Any
    wait: bool = False
    store: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if self.store and not self.wait:
            raise ValueError("`store` needs `wait: true`")

    @property
    def asks(self) -> bool:
        return self.wait


@action("start_workflow")
class StartWorkflow(Flow, frozen=True):
    """Starts another workflow for the contact; `else` when it is unknown or inactive."""

    workflow: str


@action("stop_workflow")
class StopWorkflow(Flow, frozen=True):
    """Ends every live run of a workflow for the contact."""

    workflow: str


def _who(card: Card) -> dict[str, Any]:
    return {"owner": card.owner, "name": card.name, "email": card.email, "phone": card.phone}


def _addresses(card: Card) -> dict[str, Any]:
    return {"email": card.email, "phone": card.phone}
