"""Findings name file, line and document."""

import json

from schemas.documents import read_documents
from transforms.check import Finding, check_documents
from transforms.compiling import MAX_NODES


def findings(text: str, file: str = "w.yaml") -> list[Finding]:
    return check_documents(read_documents(text, file))


def errors(nodes: str) -> list[tuple[int, str]]:
    """Line of the nodes, counted from 1, and message of each error."""
    found = findings(f"kind: workflow\nid: w\nname: w\nnodes:\n{nodes}")
    return [(finding.line - 4, finding.message) for finding in found if finding.severity == "error"]


def test_a_finding_is_one_line_for_editors_and_people() -> None:
    (finding,) = findings("kind: policy\n\nchanels: {}\n", "rules/policy.yaml")
    assert str(finding) == (
        "rules/policy.yaml:3: error: policy: unknown key `chanels` (did you mean `channels`?)"
    )


def test_a_dangling_target_has_the_line_at_which_it_is_named() -> None:
    nodes = """\
  s: {on: {event: external_event}, next: [i, b]}
  i:
    if: {condition: newsletter_subscriber}
    note: to gone
    then: b
    else: [b, gone]
  b:
    name: choice
    branch:
      - {if: {condition: newsletter_subscriber}, next: x}
      - if: {condition: email_opted_out}
        next: gone
  x:
    split:
      - {share: 50, next: b}
      - share: 50
        next: gone
"""
    assert [line for line, message in errors(nodes) if "`gone`" in message] == [6, 12, 17]


def test_a_dangling_target_behind_a_branch_that_is_wrong_has_its_line_as_well() -> None:
    nodes = """\
  s: {on: {event: external_event}, next: b}
  b:
    branch: [5]
    else: gone
"""
    assert [line for line, message in errors(nodes) if "`gone`" in message] == [4]


def test_a_dangling_target_of_a_wait_without_else_is_named_once() -> None:
    nodes = "  s: {on: {event: external_event}, next: t}\n  t: {wait: 1h, next: gone}\n"
    assert [line for line, _ in errors(nodes)] == [2]


def test_a_workflow_has_at_most_ten_thousand_nodes() -> None:
    def sized(count: int) -> str:
        chain = {f"n{i}": {"wait": "1h", "next": f"n{i + 1}"} for i in range(count - 2)}
        nodes = {
            "s": {"on": {"event": "contact_added"}, "next": "n0"},
            **chain,
            f"n{count - 2}": {"end": True},
        }
        return json.dumps({"kind": "workflow", "id": "w", "name": "w", "nodes": nodes})

    assert findings(sized(MAX_NODES), "w.json") == []
    (finding,) = findings(sized(MAX_NODES + 1), "w.json")
    assert "it has 10001 nodes, at most 10000 are allowed" in finding.message


def test_findings_are_in_the_order_of_files_and_lines_and_stand_once() -> None:
    one = read_documents("kind: policy\nb: 1\na: 1\n", "b.yaml")
    two = read_documents("kind: settings\nz: 1\n", "a.yaml")
    found = check_documents([*one, *two, *one])
    assert [(finding.file, finding.line) for finding in found if "unknown" in finding.message] == [
        ("a.yaml", 2),
        ("b.yaml", 2),
        ("b.yaml", 3),
    ]
