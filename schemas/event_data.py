"""What the `data` of each type of contact event holds. Fields beyond these are kept as they come."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from schemas.structs import ready

Number = int | float
Scalar = str | int | float | bool
Consent = Literal["unknown", "opted_in", "opted_out"]
Probability = Annotated[float, Meta(ge=0, le=1)]


class NoData(Struct):
    """Nothing is needed."""


class CardFields(Struct):
    """Fields of the card; null puts one back to its value on a new card, tags and details are added."""

    email: str | None = None
    phone: str | None = None
    name: str | None = None
    timezone: str | None = None
    locale: str | None = None
    email_status: Consent | None = None
    sms_status: Consent | None = None
    owner: str | None = None
    tags: list[str] | None = None
    details: dict[str, Scalar | None] | None = None
    score: Number | None = None
    push: str | bool | dict[str, Any] | None = None
    devices: list[str | dict[str, Any]] | None = None


class BannerEvent(Struct):
    """A banner was shown or clicked."""

    banner: str
    variant: str | None = None


class EmailEvent(Struct):
    """Something about one e-mail; `message_id` is the id of the action that sent it."""

    email: str
    message_id: str | None = None
    group: str | None = None
    service: bool | None = None
    url: str | None = None
    kind: str | None = None


class MessageEvent(Struct):
    """Something about one message of another channel."""

    message_id: str | None = None


class StageEntered(Struct):
    """The contact moved to a stage of a campaign."""

    campaign: str
    stage: str


class CampaignLeft(Struct):
    """The contact is on no stage of the campaign any more."""

    campaign: str


class RfmChanged(Struct):
    """The group of one dimension; `none` stands for no group."""

    dimension: Literal["recency", "frequency", "monetary"]
    group: str | int
    report: str | None = None


class UrlVisited(Struct):
    """A visit of a page, and how long it lasted."""

    url: str
    seconds: Number | None = None
    title: str | None = None


class TagEvent(Struct):
    """A tag was assigned or removed; `score` sets the tag's own score."""

    tag: str
    score: Number | None = None


class DetailSet(Struct):
    """A detail got a value."""

    name: str
    value: Scalar


class DetailRemoved(Struct):
    """A detail has no value any more."""

    name: str


class ScoreChanged(Struct):
    """The total by `points` or to `score`; with `tag` the tag's score, and the total by the difference."""

    points: Number | None = None
    score: Number | None = None
    tag: str | None = None

    def __post_init__(self) -> None:
        if self.points is None and self.score is None:
            raise ValueError("needs `points` or `score`")


class ExternalEvent(Struct):
    """A purchase, a cart, a reservation, …"""

    type: str
    event_id: str | int | None = None
    value: Number | str | None = None
    products: Any = None


class ExternalEventModified(Struct):
    """Fields of an external event got other values."""

    event_id: str | int


class NoteAdded(Struct):
    """Somebody wrote a note."""

    text: str


class OwnerChanged(Struct):
    """The contact got a main owner or a co-owner."""

    user: str
    role: Literal["main", "co"] | None = None


class LoyaltyTierReached(Struct):
    """The contact is on this tier of the program now."""

    program: str
    tier: str


class LoyaltyPoints(Struct):
    """Points of a program were earned or spent."""

    program: str
    points: Number


class SegmentChanged(Struct):
    """The contact came into a segment of a mobile app, or left it."""

    segment: str
    member: bool
    app: str | None = None


class PredictionUpdated(Struct):
    """A model's newest word on the contact."""

    kind: Literal["churn", "purchase"]
    probability: Probability


class Identified(Struct):
    """The anonymous visitor is this contact."""

    visitor: str


class ContactMerged(Struct, rename={"source": "from"}):
    """Another contact's card and runs belong to this contact."""

    source: str


class WorkflowStart(Struct):
    """Start this workflow, whatever its events say."""

    workflow: str


class Answer(Struct):
    """What came of a waiting action; further fields are its result."""

    action_id: str


EVENT_DATA: dict[str, type[Struct]] = {
    "contact_added": CardFields,
    "contact_updated": CardFields,
    "banner_clicked": BannerEvent,
    "banner_shown": BannerEvent,
    **dict.fromkeys(
        (
            "email_sent",
            "email_delivered",
            "email_bounced",
            "email_opened",
            "email_link_clicked",
            "email_complained",
        ),
        EmailEvent,
    ),
    **dict.fromkeys(("email_opted_in", "email_opted_out", "sms_opted_in", "sms_opted_out"), NoData),
    **dict.fromkeys(
        ("sms_sent", "sms_delivered", "sms_failed", "push_sent", "push_clicked", "text_sent"), MessageEvent
    ),
    "stage_entered": StageEntered,
    "campaign_left": CampaignLeft,
    "rfm_changed": RfmChanged,
    "url_visited": UrlVisited,
    "tag_assigned": TagEvent,
    "tag_removed": TagEvent,
    "detail_set": DetailSet,
    "detail_removed": DetailRemoved,
    "score_changed": ScoreChanged,
    "external_event": ExternalEvent,
    "external_event_modified": ExternalEventModified,
    "note_added": NoteAdded,
    "owner_changed": OwnerChanged,
    "loyalty_tier_reached": LoyaltyTierReached,
    "loyalty_points_earned": LoyaltyPoints,
    "loyalty_points_spent": LoyaltyPoints,
    "segment_changed": SegmentChanged,
    "prediction_updated": PredictionUpdated,
    "identified": Identified,
    "contact_merged": ContactMerged,
    "contact_erased": NoData,
    "workflow_start": WorkflowStart,
    **dict.fromkeys(("allocation_done", "allocation_failed", "webhook_answered", "webhook_failed"), Answer),
}
"""The shape of `data` by type of event."""

ready(EVENT_DATA.values())
