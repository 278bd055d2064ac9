"""Liquid in texts."""

import copy
import re
from functools import cache
from typing import Any, TextIO

from liquid import BoundTemplate, Environment, Mode
from liquid.builtin.output import Output, OutputNode
from liquid.context import RenderContext
from liquid.stringify import to_liquid_string


class Shown(OutputNode):
    """Whole numbers without a decimal point; what fails renders empty."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        try:
            value = self.expression.evaluate(context)
        except Exception:
            return 0
        return buffer.write(to_liquid_string(whole(value), context.autoescape))


class ShownTag(Output):
    node_class = Shown


ENVIRONMENT = Environment(tolerance=Mode.LAX, strict_filters=True)
ENVIRONMENT.add_tag(ShownTag)


WORDS = (
    "and as blank cols contains else empty false for if in limit nil not null offset or reversed true with"
)
FIELD_LIKE_A_WORD = re.compile(r"(?<=[\w\]])\.(" + WORDS.replace(" ", "|") + r")\b(?=[^{}]*[}%]})")
"""A field whose name is a word of the language (`event.limit`), which the parser takes only in brackets."""


@cache
def template(text: str) -> BoundTemplate:
    return ENVIRONMENT.from_string(FIELD_LIKE_A_WORD.sub(r"['\1']", text))


def whole(value: Any) -> Any:
    """Floats that are whole numbers as such, also within lists and maps."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [whole(v) for v in value]
    if isinstance(value, dict):
        return {k: whole(v) for k, v in value.items()}
    return value


def render(value: Any, names: dict[str, Any]) -> Any:
    """Renders every text in a value of `with`."""
    if isinstance(value, list):
        return [render(v, names) for v in value]
    if isinstance(value, dict):
        return {k: render(v, names) for k, v in value.items()}
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        return template(value).render(**names)
    return copy.copy(value)
