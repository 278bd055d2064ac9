"""Documents from YAML 1.2 or JSON, with the line of each part."""

from typing import Any

import pytest

from schemas.documents import Document, UnreadableDocument, read_documents


def read(text: str, file: str = "w.yaml") -> Document:
    (document,) = read_documents(text, file)
    return document


def refused(text: str, file: str) -> tuple[int, str]:
    with pytest.raises(UnreadableDocument) as caught:
        read_documents(text, file)
    return caught.value.line, str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("yes", "yes"),
        ("on", "on"),
        ("~", None),
        ("", None),
        ("null", None),
        ("12", 12),
        ("-3", -3),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("21:00", "21:00"),
        ("2024-01-15", "2024-01-15"),
        ("1_000", "1_000"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("|\n  12", "12\n"),
    ],
)
def test_plain_values_are_those_of_the_core_schema(text: str, value: Any) -> None:
    assert read(f"v: {text}\n").tree == {"v": value}


def test_a_key_is_text_whatever_it_looks_like() -> None:
    assert read("on: 1\n5: 2\n").tree == {"on": 1, "5": 2}


def test_an_anchor_may_be_used_again() -> None:
    assert read("a: &x {k: [1]}\nb: *x\n").tree == {"a": {"k": [1]}, "b": {"k": [1]}}


def test_a_file_may_hold_several_documents_and_empty_ones_are_none() -> None:
    documents = read_documents("---\nkind: policy\n---\n---\nkind: rule\nid: r\n", "all.yaml")
    assert [(document.kind, document.id) for document in documents] == [("policy", ""), ("rule", "r")]


def test_kind_and_id_are_empty_where_they_are_no_text() -> None:
    assert (read("- 1").kind, read("kind: 5\nid: [w]").kind, read("kind: 5\nid: [w]").id) == ("", "", "")


YAML = """\
kind: workflow
nodes:
  s:
    on: [{event: a}]
  t: {wait: 1h}
"""
JSON = """{
  "kind": "workflow",
  "nodes": {
    "s": {"next": "t"}
  }
}"""


@pytest.mark.parametrize(
    ("path", "line"),
    [((), 1), (("nodes",), 2), (("nodes", "s", "on", 0, "event"), 4), (("nodes", "t", "wait", "until"), 5)],
)
def test_a_part_has_the_line_at_which_it_stands_or_that_of_the_part_around_it(path: Any, line: int) -> None:
    assert read(YAML).line(path) == line


def test_json_has_lines_as_well() -> None:
    document = read(JSON, "w.json")
    assert document.tree["nodes"] == {"s": {"next": "t"}}
    assert document.line(("nodes", "s")) == 4


def test_json_that_is_no_yaml_has_its_first_line_alone() -> None:
    long = "k" * 2000
    assert read(f'{{\n"kind": "rule",\n"{long}": 1}}', "r.json").line((long,)) == 1


def test_a_part_of_an_empty_list_of_documents_is_never_asked_for() -> None:
    assert read_documents("", "none.yaml") == []


@pytest.mark.parametrize(
    ("file", "text", "line", "message"),
    [
        ("w.yaml", "a: 1\nb: [\n", 3, "not YAML"),
        ("w.yaml", "a: 1\nb: \x07\n", 1, "not YAML"),
        ("w.yaml", "[" * 2000, 1, "not YAML"),
        ("w.yaml", "a: 1\nb: 2\na: 3\n", 3, "the key `a` stands twice"),
        ("w.yaml", "a: 1\n[b]: 2\n", 2, "a key must be a plain text"),
        ("w.yaml", "a:\n  b: &x\n    - *x\n", 2, "within its own anchor"),
        ("w.json", '{"a": 1,\n"b"}', 2, "not JSON"),
        ("w.json", '{"a": 1,\n"b": {"c": 1, "c": 2}}', 2, "the key `c` stands twice"),
        ("w.json", '{"a": NaN}', 1, "NaN is no JSON"),
        ("w.json", "[" * 100_000, 1, "recursion"),
    ],
)
def test_what_cannot_be_read_names_its_line(file: str, text: str, line: int, message: str) -> None:
    found, said = refused(text, file)
    assert message in said
    assert found == line
