"""The JSON Schema of definitions, for editors: made of the shapes and of the vocabulary.

It takes all that `check` takes. It is a little more generous, where JSON Schema cannot say what is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from docs.generator.fields import Field, definition_name, fields_of, meaning_of
from docs.generator.json_types import LIQUID, NAMED, Schema, any_of, ref, schema_of
from schemas import definitions as shapes
from schemas.documents import KINDS
from transforms.actions import ACTIONS
from transforms.conditions import CONDITIONS
from transforms.events import EVENTS
from transforms.settings import Settings

Meaning = Callable[[type[Struct], str], str]
"""Type and the name of a field to what it means."""

DOCUMENTS: dict[str, type[Struct]] = {
    "workflow": shapes.WorkflowShape,
    "rule": shapes.RuleShape,
    "policy": shapes.PolicyShape,
    "settings": Settings,
    "email": shapes.AssetShape,
    "sms": shapes.AssetShape,
}


class Place(NamedTuple):
    """What a key takes of which the shape says less than is meant, for its compiler says the rest."""

    schema: Schema
    words: str


_DURATION = Place(ref("duration"), "[duration](#duration)")
_TIME = Place(ref("time_of_day"), "[time of day](#time-of-day)")
_EVENTS = Place(
    any_of(ref("event"), {"type": "array", "items": ref("event"), "minItems": 1}),
    "[event](#event) or list of events",
)
_CONDITION = Place(ref("condition"), "[condition](#conditions)")


def _list_of(name: str, words: str) -> Place:
    return Place({"type": "array", "items": ref(name), "minItems": 1}, f"list of {words}")


PLACES: dict[tuple[type[Struct], str], Place] = {
    (shapes.WorkflowShape, "nodes"): Place(
        {"type": "object", "minProperties": 1, "additionalProperties": ref("node")},
        "map of name to [node](#nodes)",
    ),
    (shapes.WorkflowShape, "exits"): Place({"type": "array", "items": ref("exit")}, "list of [exits](#exit)"),
    (shapes.ExitShape, "on"): _EVENTS,
    (shapes.EntryShape, "key"): Place({"type": "string", "pattern": r"^event\.."}, "`event.FIELD`"),
    (shapes.LimitShape, "per"): _DURATION,
    (shapes.RuleShape, "on"): _EVENTS,
    (shapes.RuleShape, "if"): _CONDITION,
    (shapes.RuleShape, "do"): _list_of("action", "[actions](#action)"),
    (shapes.OnNode, "on"): _EVENTS,
    (shapes.OnNode, "within"): _DURATION,
    (shapes.IfNode, "if"): _CONDITION,
    (shapes.BranchNode, "branch"): _list_of("branch_case", "[cases](#branch-case)"),
    (shapes.BranchCase, "if"): _CONDITION,
    (shapes.WaitNode, "wait"): Place(
        any_of(_DURATION.schema, ref("wait_until")), "[duration](#duration) or [until when](#wait-until)"
    ),
    (shapes.WaitUntil, "until"): Place(
        any_of(_TIME.schema, ref("until_detail")), "[time of day](#time-of-day) or [date](#until-detail)"
    ),
    (shapes.UntilDetail, "before"): _DURATION,
    (shapes.UntilDetail, "at"): _TIME,
    (shapes.Window, "from"): _TIME,
    (shapes.Window, "to"): _TIME,
    (shapes.Quiet, "from"): _TIME,
    (shapes.Quiet, "to"): _TIME,
    (shapes.CapShape, "per"): _DURATION,
    (shapes.ChannelShape, "give_up"): _DURATION,
}

_VOCABULARY: dict[type[Struct], tuple[str, str, Mapping[str, type[Struct]]]] = {
    shapes.EventShape: ("event", "event", EVENTS),
    shapes.ConditionShape: ("condition", "condition", CONDITIONS),
    shapes.ActionShape: ("do", "action", ACTIONS),
    shapes.DoNode: ("do", "action", ACTIONS),
}
"""Shapes that name an entry of the vocabulary: by which key, and of which kind."""


def definition_schema(meaning: Meaning) -> Schema:
    """The schema of one document of any kind.

    Args:
        meaning: what editors show beside a key.
    """
    return _Builder(meaning).schema()


class _Builder:
    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self._definitions: dict[str, Schema] = {}

    def schema(self) -> Schema:
        self._definitions["liquid"] = LIQUID
        for named in NAMED.values():
            self._definitions[named.name] = named.schema
        for shape in (shapes.EventShape, shapes.ActionShape, shapes.ExitShape, shapes.BranchCase):
            self._struct(shape)
        self._struct(shapes.WaitUntil)
        self._struct(shapes.UntilDetail)
        self._condition()
        nodes = [self._struct(shape) for shape in shapes.NODES.values()]
        self._definitions["node"] = {"type": "object", "oneOf": nodes}
        cases = [
            _case("kind", [kind for kind in KINDS if DOCUMENTS[kind] is shape], self._struct(shape))
            for shape in dict.fromkeys(DOCUMENTS.values())
        ]
        return {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "contactflow definition",
            "description": "A workflow, rule, policy, settings, e-mail or SMS document.",
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"enum": list(KINDS)}},
            "allOf": cases,
            "definitions": dict(sorted(self._definitions.items())),
        }

    def _struct(self, shape: type[Struct]) -> Schema:
        """Points to the definition of a shape, which is made when it is first asked for."""
        name = definition_name(shape)
        if name not in self._definitions:
            self._definitions[name] = {}
            body = self._object(shape, liquid=False)
            if shape in _VOCABULARY:
                self._named_entry(body, *_VOCABULARY[shape])
            if shape is shapes.WaitUntil:
                body["minProperties"] = body["maxProperties"] = 1
            self._definitions[name] = body
        return ref(name)

    def _object(self, shape: type[Struct], *, liquid: bool) -> Schema:
        fields = fields_of(shape)
        body: Schema = {"type": "object", "description": meaning_of(shape), "additionalProperties": False}
        if shape is Settings:  # the type may leave it out, a document may not
            body["required"] = ["kind"]
        elif required := [field.name for field in fields if field.required]:
            body["required"] = required
        body["properties"] = {field.name: self._property(shape, field, liquid) for field in fields}
        return body

    def _property(self, shape: type[Struct], field: Field, liquid: bool) -> Schema:
        place = PLACES.get((shape, field.name))
        if place is None:
            schema = schema_of(field.hint, self._struct, liquid=liquid)
        elif field.required or field.default is not None or field.name == "exits":
            schema = place.schema
        else:
            schema = any_of(place.schema, {"type": "null"})
        if "$ref" in schema:  # whose neighbours draft 7 does not see
            schema = {"allOf": [schema]}
        schema = {**schema, "description": self._meaning(shape, field.name)}
        return schema if field.default is None else schema | {"default": field.default}

    def _condition(self) -> None:
        leaf, condition = self._struct(shapes.ConditionShape), _CONDITION.schema
        several = {"type": "array", "items": condition}
        composed = {"not": condition, "all": several, "any": several}
        self._definitions["condition"] = {
            "type": "object",
            "oneOf": [leaf, *(_alone(name, schema) for name, schema in composed.items())],
        }

    def _named_entry(self, body: Schema, key: str, kind: str, entries: Mapping[str, type[Struct]]) -> None:
        """Lets the name of an entry decide which parameters stand in `with`."""
        body["properties"][key] |= {
            "enum": list(entries),
            "enumDescriptions": [meaning_of(entry) for entry in entries.values()],
        }
        body["allOf"] = []
        for name, entry in entries.items():
            parameters = f"{kind}.{name}"
            if parameters not in self._definitions:
                self._definitions[parameters] = self._object(entry, liquid=True)
                if parameters == "condition.expression":
                    self._definitions[parameters] = _spelled(self._definitions[parameters])
            required = any(field.required for field in fields_of(entry))
            then: Schema = {"properties": {"with": ref(parameters)}}
            body["allOf"].append(_case(key, [name], then | ({"required": ["with"]} if required else {})))


def _case(key: str, names: Iterable[str], then: Schema) -> Schema:
    return {"if": {"required": [key], "properties": {key: {"enum": list(names)}}}, "then": then}


def _alone(name: str, schema: Schema) -> Schema:
    return {
        "type": "object",
        "required": [name],
        "properties": {name: schema},
        "additionalProperties": False,
    }


def _spelled(expression: Schema) -> Schema:
    """A CEL text may stand alone, or under one of three names."""
    own: dict[str, Any] = expression["properties"]["expression"]
    names = ("expression", "text", "cel")
    return any_of({"type": "string"}, *(_alone(name, own) for name in names))
