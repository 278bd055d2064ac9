"""Answers to waiting actions: allocations and webhooks."""

from __future__ import annotations

from typing import Any

from transforms.actions import Action, DrawOwner, GenerateCoupon, Webhook
from transforms.changes import CardLimit, set_detail, set_owner
from transforms.step import Step
from transforms.values import MISSING, reach

ANSWERS = {
    "allocation_done": True,
    "allocation_failed": False,
    "webhook_answered": True,
    "webhook_failed": False,
}
"""Event type to whether the action was done."""


def take_answer(step: Step, action: Action, answer: dict[str, Any]) -> bool:
    """Does what an answer says.

    Returns:
        Whether the action is done: an allocation without a result, or one that the card refuses, is not.
    """
    card = step.contact.card
    if isinstance(action, DrawOwner):
        user = answer.get("user")
        if not isinstance(user, str) or not user:
            return False
        step.cause(set_owner(card, user, action.role))
    elif isinstance(action, GenerateCoupon):
        code = answer.get("code")
        if not isinstance(code, str) or not code:
            return False
        card.coupons[action.name] = (code, action.until(step.now))
    elif isinstance(action, Webhook):
        return _store(step, action.store or {}, answer)
    return True


def _store(step: Step, store: dict[str, str], answer: dict[str, Any]) -> bool:
    limits = step.definitions.settings.limits
    for detail, field in store.items():
        value = reach(answer, field)
        if value is MISSING or not isinstance(value, str | int | float | bool):
            continue
        try:
            step.cause(set_detail(step.contact.card, detail, value, limits))
        except CardLimit:
            return False
    return True


def allocate(step: Step, action: Action) -> dict[str, Any]:
    """The answer of the allocator in this process."""
    assert step.allocator is not None
    if isinstance(action, DrawOwner):
        return {"user": step.allocator.user(action.group, action.users)}
    if isinstance(action, GenerateCoupon) and action.pool is not None:
        return {"code": step.allocator.code(action.pool)}
    return {}
