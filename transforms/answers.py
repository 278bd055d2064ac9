"""Answers to waiting actions: allocations and webhooks."""

from __future__ import annotations

from typing import Any

from transforms.actions import Action, DrawOwner, GenerateCoupon, Webhook
from transforms.allocation import Allocator
from transforms.changes import CardLimit, check_details, set_detail, set_owner
from transforms.step import Step
from transforms.values import reach

ANSWERS = {
    "allocation_done": True,
    "allocation_failed": False,
    "webhook_answered": True,
    "webhook_failed": False,
}
"""Event type to whether the action was done."""


def take_answer(step: Step, action: Action, answer: dict[str, Any]) -> str | None:
    """Does what an answer says.

    Returns:
        Why the action is not done: an allocation gave nothing, or the card takes no more; None when it is.
    """
    card = step.contact.card
    if isinstance(action, DrawOwner):
        user = answer.get("user")
        if not isinstance(user, str) or not user:
            return "no_result"
        step.cause(set_owner(card, user, action.role))
    elif isinstance(action, GenerateCoupon):
        code = answer.get("code")
        if not isinstance(code, str) or not code:
            return "no_result"
        card.coupons[action.name] = (code, action.until(step.now))
    elif isinstance(action, Webhook):
        return _store(step, action.store or {}, answer)
    return None


def _store(step: Step, store: dict[str, str], answer: dict[str, Any]) -> str | None:
    """Puts fields of an answer on the card, all or none; lists, maps and null are no values of details."""
    card, limits = step.contact.card, step.definitions.settings.limits
    found = {detail: reach(answer, field) for detail, field in store.items()}
    values = {name: value for name, value in found.items() if isinstance(value, str | int | float | bool)}
    try:
        check_details(card, values, limits)
    except CardLimit:
        return "card_limit"
    for name, value in values.items():
        step.cause(set_detail(card, name, value, limits))
    return None


def allocate(allocator: Allocator, action: DrawOwner | GenerateCoupon) -> dict[str, Any]:
    """The answer of the allocator in this process."""
    if isinstance(action, DrawOwner):
        return {"user": allocator.user(action.group, action.users)}
    return {"code": allocator.code(action.pool or "")}
