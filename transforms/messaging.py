"""Messages on their way out: scheduled, held by the gate, suppressed or requested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transforms.act import Act, Went
from transforms.actions import Message
from transforms.definitions import Asset
from transforms.gate import decide
from transforms.history import Sent
from transforms.messages import count_message
from transforms.runs import make_token
from transforms.state import AT_GATE, SCHEDULED, Token, fingerprint, holds
from transforms.text import is_template, named
from transforms.values import MISSING
from transforms.waiting import park, send_time


def scheduled_as_written(act: Act) -> bool:
    """Whether the message has another `send` than `now`: it never takes `else`."""
    return bool(act.node.bound.tree.get("send", "now") != "now")


def send_message(act: Act, message: Message) -> Went:
    """Takes a message that a token came with: to the gate now, or to wait for its time on its own."""
    if message.send.is_now:
        return pass_gate(act, message)
    _alone(act, SCHEDULED, send_time(act.step, act.run, message.send))
    act.step.note("parked", act.run, act.node.id, act.node.next, reason="scheduled")
    return Went(act.node.next)


def pass_gate(act: Act, message: Message) -> Went:
    """One pass of the gate."""
    step, token, contact = act.step, act.token, act.step.contact
    if token.gate is None:
        token.gate = step.now
    once = _once_key(act, message)
    decision = decide(
        message,
        contact.card,
        step.definitions.channels[message.channel],
        contact.caps.get(message.channel, []),
        now=step.now,
        came=token.came,
        first=token.gate,
        zone=step.zone(act.workflow),
        used=once is not None and holds(contact.once, once),
    )
    if decision.until is not None:
        return _defer(act, decision.until)
    if decision.reason is not None:
        return act.suppressed(decision.reason, act.node.next if scheduled_as_written(act) else None)
    if once is not None:
        contact.once += once
    settings = step.definitions.settings
    sent = Sent(
        step.now, act.id, message.asset, act.run.workflow, act.run.version, act.node.id, token.variant
    )
    most = step.definitions.most[message.channel]
    count_message(contact, message.channel, sent, settings.limits.history, most)
    act.record("requested", context=_context(act, message))
    return act.done()


def _defer(act: Act, until: int) -> Went:
    step, token = act.step, act.token
    goes_on = act.workflow.kind == "rule" and not token.alone
    way = act.node.next if goes_on else ()
    step.note("deferred", act.run, act.node.id, way, variant=token.variant)
    if goes_on:
        waiting = _alone(act, AT_GATE, until)
        waiting.gate, token.gate = token.gate, None
        return Went(way)
    park(step, token, AT_GATE, until)
    return Went(None)


def _alone(act: Act, doing: int, due: int) -> Token:
    """A token for the message alone: the same visit, so the same id."""
    waiting = make_token(act.run, act.token)
    waiting.node, waiting.visit, waiting.came = act.node.id, act.token.visit, act.token.came
    waiting.alone = True
    park(act.step, waiting, doing, due)
    return waiting


def _once_key(act: Act, message: Message) -> bytes | None:
    if message.once is None or message.once is False:
        return None
    if message.once is True:
        return fingerprint(f"node\x1f{act.run.workflow}\x1f{act.node.id}")
    return fingerprint(f"key\x1f{message.once}")


def _context(act: Act, message: Message) -> dict[str, Any]:
    """The address, and the values that the asset's templates name."""
    context = message.context(act.step.contact.card)
    kind = "email" if message.channel == "email" else "sms"
    asset = act.step.definitions.assets.get((kind, message.asset or ""))
    if asset is not None:
        context.update(_values(asset, act))
    return context


def _values(asset: Asset, act: Act) -> dict[str, Any]:
    texts = [text for text in (asset.subject, asset.body) if text and is_template(text)]
    paths = sorted({path for text in texts for path in named(text)})
    if not paths:
        return {}
    known = act.step.names(act.run, act.token)()
    values: dict[str, Any] = {}
    for path in paths:
        value = _at(known, path) if path[0] in ("contact", "event", "coupon", "run") else MISSING
        if value is MISSING:
            continue
        inner = values
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = dict(value) if isinstance(value, Mapping) else value
    return values


def _at(names: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if not isinstance(names, Mapping) or part not in names:
            return MISSING
        names = names[part]
    return names
