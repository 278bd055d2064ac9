"""The reference is current, whole, and its examples hold."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from docs.generator.__main__ import REFERENCE, reference
from docs.generator.notes import notes
from docs.generator.pages import DOCUMENT_PARTS, DOCUMENTS, NODE_PARTS, RECORDS
from schemas import definitions as shapes
from schemas.documents import Document, read_documents
from schemas.event_data import EVENT_DATA
from schemas.events import ContactEvent, RawEvent, read_event
from transforms.actions import ACTIONS
from transforms.check import check_documents
from transforms.conditions import CONDITIONS
from transforms.events import EVENTS

PAGES = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}
ENTRIES = {"events": EVENTS, "conditions": CONDITIONS, "actions": ACTIONS}


def blocks(page: str, language: str = "yaml") -> dict[str, str]:
    """The code blocks of a page by the heading that they stand under."""
    found = {}
    parts = re.split(r"^#+ (.*)$", PAGES[page], flags=re.MULTILINE)[1:]
    for heading, body in zip(parts[::2], parts[1::2], strict=True):
        for code in re.findall(rf"^```{language}\n(.*?)^```", body, re.DOTALL | re.MULTILINE):
            assert heading not in found
            found[heading.strip("`")] = code
    return found


def workflow(nodes: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "workflow", "id": "w", "name": "W", "nodes": nodes}


def errors(*trees: Any) -> list[str]:
    """What `check` has against some documents."""
    documents = [Document(tree, "example.json", json.dumps(tree)) for tree in trees]
    return [str(finding) for finding in check_documents(documents) if finding.severity == "error"]


def tree_of(text: str) -> dict[str, Any]:
    (document,) = read_documents(text, "page.yaml")
    assert isinstance(document.tree, dict)
    return document.tree


def test_the_committed_pages_are_current() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.iterdir()}
    made = reference()
    assert set(committed) == set(made)
    assert [name for name in made if made[name] != committed[name]] == [], "run `make docs`"


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_entry_of_the_vocabulary_stands_on_its_page(kind: str) -> None:
    headings = re.findall(r"^## `(.*)`$", PAGES[f"{kind}.md"], re.MULTILINE)
    assert headings == list(ENTRIES[kind]) == list(blocks(f"{kind}.md"))
    assert set(notes("examples")[kind]) == set(ENTRIES[kind])


def test_every_shape_of_definitions_has_its_table() -> None:
    of_schemas = {of for of in vars(shapes).values() if isinstance(of, type) and issubclass(of, shapes.Shape)}
    parts = [part for of in (DOCUMENT_PARTS, NODE_PARTS) for several in of.values() for part in several]
    shown = {*DOCUMENTS.values(), *shapes.NODES.values(), *parts, shapes.ConditionShape}
    assert of_schemas - {shapes.Shape} <= shown


@pytest.mark.parametrize(("name", "block"), blocks("events.md").items())
def test_example_of_an_event_is_a_start(name: str, block: str) -> None:
    tree = tree_of(block)
    assert tree["on"]["event"] == name
    assert errors(workflow({"start": tree})) == []


@pytest.mark.parametrize(("name", "block"), blocks("conditions.md").items())
def test_example_of_a_condition_holds_in_a_node(name: str, block: str) -> None:
    tree = tree_of(block)
    assert tree["if"]["condition"] == name
    start = {"on": {"event": "url_visited"}, "next": "example"}
    assert errors(workflow({"start": start, "example": tree})) == []


@pytest.mark.parametrize(("name", "block"), blocks("actions.md").items())
def test_example_of_an_action_can_be_done(name: str, block: str) -> None:
    tree = tree_of(block)
    assert tree["do"] == name
    start = {"on": {"event": "url_visited"}, "next": "example"}
    assert errors(workflow({"start": start, "example": tree})) == []


@pytest.mark.parametrize("key", shapes.NODES)
def test_example_of_a_node_fits_into_a_workflow(key: str) -> None:
    ((name, node),) = tree_of(blocks("definitions.md")[key]).items()
    assert key in node
    targets = re.findall(r"(?:next|then|else): (\[.*?\]|[\w-]+)", blocks("definitions.md")[key])
    ends = {end: {"end": True} for target in targets for end in re.findall(r"[\w-]+", target)}
    start = {"on": {"event": "url_visited"}, "next": name}
    assert errors(workflow({"start": start, name: node, **ends})) == []


def test_examples_of_documents_pass_together() -> None:
    found = [
        document
        for heading, block in blocks("definitions.md").items()
        if heading.startswith("kind: ")
        for document in read_documents(block, "page.yaml")
    ]
    assert sorted(document.kind for document in found) == sorted(DOCUMENTS)
    assert [finding for finding in check_documents(found) if finding.severity == "error"] == []


@pytest.mark.parametrize("kind", EVENT_DATA)
def test_example_of_an_event_type_can_be_read(kind: str) -> None:
    lines = [line for block in blocks("records.md", "json").values() for line in block.splitlines()]
    (example,) = [
        tree for tree in map(json.loads, lines) if set(tree) == {"type", "data"} and tree["type"] == kind
    ]
    event = {"id": "e-1", "contact": "c-42", "ts": 1_700_000_000_000, **example}
    assert read_event(json.dumps(event).encode()).data == example["data"]
    fields = {field.encode_name for field in msgspec.structs.fields(EVENT_DATA[kind])}
    free = kind.startswith(("external_event", "allocation_", "webhook_"))
    assert free or set(example["data"]) <= fields


@pytest.mark.parametrize(("title", "record"), [("Contact event", RawEvent), *RECORDS.items()])
def test_example_of_a_record_has_all_its_fields(title: str, record: type[Struct]) -> None:
    example = json.loads(blocks("records.md", "json")[title])
    assert set(example) == {field.encode_name for field in msgspec.structs.fields(record)}
    assert msgspec.to_builtins(msgspec.convert(example, record)) == example
    if record is RawEvent:
        assert isinstance(read_event(json.dumps(example).encode()), ContactEvent)


def test_every_link_leads_somewhere() -> None:
    anchors = {
        name: {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings(text)}
        for name, text in PAGES.items()
    }
    links = [
        (page or name, anchor)
        for name, text in PAGES.items()
        for page, anchor in re.findall(r"\]\((?!https?:)([\w.]*)#?([\w-]*)\)", text)
    ]
    assert len(links) > 100
    lost = [
        (page, anchor)
        for page, anchor in links
        if not (Path(REFERENCE / page).exists() and (not anchor or anchor in anchors[page]))
    ]
    assert lost == []


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_tables_have_as_many_cells_as_their_head(page: str) -> None:
    rows = [line for line in PAGES[page].splitlines() if line.startswith("|")]
    assert rows
    for before, row in pairwise(PAGES[page].splitlines()):
        if before.startswith("|") and row.startswith("|"):
            assert row.count("|") == before.count("|")
