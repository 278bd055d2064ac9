"""Avro holds what JSON holds, and older and newer schemas read each other's values."""

import contextlib
import copy
import json
from itertools import chain
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from golden.journals import NAMES, read_events, read_records

from schemas import avro
from schemas.events import ContactEvent, UnreadableEvent, read_event
from schemas.records import ActionRecord, CardRecord, DeadLetter, OutcomeRecord, StepRecord

SHAPES: dict[str, type[msgspec.Struct]] = {
    "contact_event": ContactEvent,
    "action": ActionRecord,
    "step": StepRecord,
    "outcome": OutcomeRecord,
    "card": CardRecord,
    "dead_letter": DeadLetter,
}
AVRO_TYPES = {str: "string", int: "long", float: "double", bool: "boolean", NoneType: "null"}
WRITTEN = Path(__file__).with_name("avro")
"""Values and the schemas that wrote them, kept from the first version on."""


def avro_type(hint: Any) -> set[str]:
    """How the schema spells a Python type; JSON text where it has no shape of its own."""
    if isinstance(hint, UnionType):
        return set().union(*(avro_type(part) for part in get_args(hint)))
    if hint in AVRO_TYPES:
        return {AVRO_TYPES[hint]}
    if get_origin(hint) is list and get_args(hint) == (str,):
        return {"array of string"}
    return {"json"}


def spelled(field: dict[str, Any]) -> set[str]:
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    names = {f"array of {kind['items']}" if isinstance(kind, dict) else kind for kind in kinds}
    return {"json" if name == "string" and field.get("json") else name for name in names}


@pytest.mark.parametrize("name", avro.SCHEMAS)
def test_a_schema_has_the_fields_of_its_type(name: str) -> None:
    hints = get_type_hints(SHAPES[name])
    written = {field["name"]: spelled(field) for field in avro.schema(name)["fields"]}
    assert written == {field: avro_type(hint) for field, hint in hints.items()}


@pytest.mark.parametrize("name", avro.SCHEMAS)
def test_every_field_has_a_default_and_a_meaning(name: str) -> None:
    for field in avro.schema(name)["fields"]:
        assert "default" in field and field["doc"]


def recorded() -> dict[str, list[dict[str, Any]]]:
    """Events and records of the journals, by their schema."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in avro.SCHEMAS}
    for journal in NAMES:
        for line in read_events(journal):
            with contextlib.suppress(UnreadableEvent):
                found["contact_event"].append(msgspec.to_builtins(read_event(line)))
        for record in chain(*read_records(journal).values()):
            found[record.pop("of").removesuffix("s")].append(record)
    return found


def test_the_journals_come_back_as_they_were() -> None:
    for name, values in recorded().items():
        for value in values:
            read = avro.decode(name, avro.encode(name, value))
            assert {field: told for field, told in read.items() if told is not None} == value


def test_the_journals_have_every_kind_of_record() -> None:
    assert all(recorded().values())


def test_a_tombstone_has_no_card() -> None:
    record = {"contact": "c", "ts": 1, "card": None, "runs": []}
    assert avro.decode("card", avro.encode("card", record)) == record


@pytest.mark.parametrize("name", avro.SCHEMAS)
def test_an_older_reader_skips_a_field_that_is_new(name: str) -> None:
    newer = copy.deepcopy(avro.schema(name))
    newer["fields"].append({"name": "later", "type": "string", "default": ""})
    assert avro.decode(name, b"".join([avro.encode(name, {}), b"\x04hi"]), newer) == avro.decode(
        name, avro.encode(name, {})
    )


@pytest.mark.parametrize("name", avro.SCHEMAS)
def test_values_of_the_first_version_are_read(name: str) -> None:
    """Whoever changes a schema must be able to read what lies in the topics."""
    writer = json.loads((WRITTEN / f"{name}.avsc").read_bytes())
    value = (WRITTEN / f"{name}.avro").read_bytes()
    expected = json.loads((WRITTEN / f"{name}.json").read_bytes())
    read = avro.decode(name, value, writer)
    assert {field: read[field] for field in expected} == expected


def test_a_value_cut_off_is_refused_with_the_name_of_the_record() -> None:
    whole = avro.encode("step", {"contact": "c", "outcome": "started", "ts": 1})
    with pytest.raises(avro.UnreadableAvro, match="no Avro value of Step"):
        avro.decode("step", whole[:3])


def test_json_that_is_none_is_refused() -> None:
    broken = avro.encode("card", {"contact": "c"}).replace(b"[]", b"[x")
    with pytest.raises(avro.UnreadableAvro, match="no Avro value of Card"):
        avro.decode("card", broken)


def test_a_value_that_has_no_place_is_refused() -> None:
    with pytest.raises(ValueError, match="ts"):
        avro.encode("step", {"contact": "c", "outcome": "started", "ts": "now"})
