"""Texts that may hold Liquid: parsed once, rendered without a clock; what fails renders empty."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from transforms.localtime import local, zone
from transforms.values import whole

if TYPE_CHECKING:
    from liquid import BoundTemplate, Environment

LOOP_LIMIT = 10_000
OUTPUT_LIMIT_BYTES = 256 * 1024
NAMESPACE_LIMIT_BYTES = 1024 * 1024


class BadTemplate(ValueError):
    """The text does not parse as Liquid, or names a filter that does not exist."""


# A field may be called like a word of Liquid (`event.limit`); the library takes it in brackets only.
_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_WORDS = (
    "true|false|nil|null|empty|blank|and|or|contains|not|in|offset|limit|reversed|cols|continue|with|for|as|if"
    "|else|required"
)
_WORD_AFTER_DOT = re.compile(rf""""[^"]*"|'[^']*'|(?<=[\w\]])\.\s*({_WORDS})(?![\w-])""")


def _quote_words(tag: re.Match[str]) -> str:
    return _WORD_AFTER_DOT.sub(lambda m: f'["{m.group(1)}"]' if m.group(1) else m.group(0), tag.group(0))


def is_template(text: object) -> bool:
    """Whether a text holds Liquid."""
    return isinstance(text, str) and ("{{" in text or "{%" in text)


@lru_cache(maxsize=65_536)
def template(source: str) -> BoundTemplate:
    """The parsed template of a text.

    Raises:
        BadTemplate: when it does not parse.
    """
    from liquid.exceptions import LiquidError

    try:
        text = _TAGS.sub(_quote_words, source)
        checked = _environment(strict=True).from_string(text)
        filters = checked.analyze(include_partials=False).filters
    except (LiquidError, RecursionError, ValueError) as error:
        raise BadTemplate(f"the template does not parse: {str(error).splitlines()[0]}") from None
    unknown = [name for name in filters if name not in checked.env.filters]
    if unknown:
        raise BadTemplate(f"the template does not parse: there is no filter `{unknown[0]}`")
    return _environment(strict=False).from_string(text)


def render(source: str, names: Mapping[str, Any]) -> str:
    """The text with its Liquid filled in from `names`; empty when it goes beyond a limit.

    `names["now"]` (ms) and `names["timezone"]` serve the `date` filter; there is no other clock.
    """
    try:
        return template(source).render(names)
    except Exception:  # a template may do anything; it must not stop the contact
        return ""


@lru_cache(maxsize=4096)
def named(source: str) -> frozenset[tuple[str, ...]]:
    """The paths that a text names from outside, such as `("contact", "details", "city")`."""
    found = set()
    for variables in template(source).analyze(include_partials=False).globals.values():
        for variable in variables:
            path = []
            for part in variable.segments:
                if not isinstance(part, str):
                    break
                path.append(part)
            found.add(tuple(path))
    # A whole tree holds all of its parts.
    return frozenset(p for p in found if not any(p[:n] in found for n in range(1, len(p))))


def written(value: Any) -> Any:
    """A tree in which whole numbers are integers, so that they render without a decimal point."""
    if isinstance(value, dict):
        return {key: written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [written(item) for item in value]
    return whole(value) if isinstance(value, float) else value


def date_filter(value: Any, form: Any = None, *, context: Any) -> str:
    """Liquid's `date`, on the step's own time and in the contact's zone.

    Takes ISO text, `now`, or a number of seconds or milliseconds since the epoch.
    """
    from dateutil import parser
    from liquid.undefined import is_undefined

    tz = zone(str(context.resolve("timezone"))) or zone("UTC")
    assert tz is not None
    now = local(context.resolve("now"), tz)
    if is_undefined(value) or value is None:
        return ""
    if value in ("now", "today"):
        then = now
    elif isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()):
        seconds = float(value)
        then = local(int(seconds if abs(seconds) > 1e11 else seconds * 1000), tz)
    else:
        try:
            then = parser.parse(str(value), default=datetime(now.year, now.month, now.day))
        except (ValueError, OverflowError):
            return str(value)
        then = then.astimezone(tz) if then.tzinfo else then
    return str(value) if form is None or is_undefined(form) else then.strftime(str(form))


@cache
def _environment(strict: bool) -> Environment:
    """Made at the first template: importing Liquid takes longer than most simulations."""
    from liquid import Environment
    from liquid.builtin.output import Output, OutputNode
    from liquid.exceptions import ResourceLimitError
    from liquid.filter import with_context
    from liquid.stringify import to_liquid_string

    class SafeOutputNode(OutputNode):
        """An output statement that is empty where its filter fails."""

        def render_to_output(self, context: Any, buffer: Any) -> int:
            try:
                text = to_liquid_string(written(self.expression.evaluate(context)), autoescape=False)
            except Exception:
                return 0
            return int(buffer.write(text))

    class SafeOutput(Output):
        node_class = SafeOutputNode

    class PureEnvironment(Environment):
        """Refuses what is wrong, or leaves out what fails: two, since threads share them."""

        loop_iteration_limit = LOOP_LIMIT
        output_stream_limit = OUTPUT_LIMIT_BYTES
        local_namespace_limit = NAMESPACE_LIMIT_BYTES

        def error(self, exc: Any, msg: str | None = None, token: Any = None) -> None:
            if strict or isinstance(exc, ResourceLimitError):
                super().error(exc, msg, token)

    environment = PureEnvironment()
    environment.add_tag(SafeOutput)
    environment.add_filter("date", with_context(date_filter))
    return environment
