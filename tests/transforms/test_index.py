"""The index of starts finds every start that may match, and hardly any other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.compiling import compile_workflow
from transforms.facts import Fact
from transforms.index import StartIndex
from transforms.problems import Problems
from transforms.urls import AntGlob, UrlPattern, path_of

TEXTS = st.text("ab/?*.é\t", max_size=8)


def index_of(*patterns: str) -> StartIndex:
    workflows = []
    for number, pattern in enumerate(patterns):
        start = {"on": {"event": "url_visited", "with": {"url": pattern}}, "next": "end"}
        tree: dict[str, Any] = {
            "kind": "workflow",
            "id": f"w{number}",
            "name": "w",
            "nodes": {"start": start},
        }
        tree["nodes"]["end"] = {"end": True}
        problems = Problems()
        workflow = compile_workflow(tree, 1, problems)
        assert workflow is not None and not problems
        workflows.append(workflow)
    return StartIndex(workflows)


def found(index: StartIndex, url: str) -> list[str]:
    return [one.workflow.id for one in index.candidates(Fact("url_visited", {"url": url, "seconds": 0}))]


def test_a_glob_that_cannot_match_is_not_tried() -> None:
    index = index_of("path:/landing/1/**", "path:/**/shoes-?/*", "path:/**", "/Shoes-")
    assert found(index, "https://shop.example/landing/1/x") == ["w0", "w2"]
    assert found(index, "https://shop.example/a/shoes-2/b") == ["w1", "w2", "w3"]
    assert found(index, "https://shop.example/") == ["w2"]


def test_breaks_that_a_path_leaves_out_hide_nothing() -> None:
    assert found(index_of("path:/landing"), "https://shop.example/lan\tding") == ["w0"]


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("/a/long/way/*.html", "a/long/way/"),
        ("/**/Up/x", "up/x"),
        ("/é-abc", "-abc"),
        ("/*/?", "/"),
        ("", ""),
    ],
)
def test_the_longest_text_that_a_path_must_hold(pattern: str, literal: str) -> None:
    assert AntGlob(pattern).literal == literal


@given(TEXTS, TEXTS)
def test_every_url_that_fits_is_found(pattern: str, path: str) -> None:
    for source, url in ((f"path:/{pattern}", f"http://x/{path}"), (pattern or "a", f"http://x/{path}")):
        if UrlPattern(source).matches(url):
            assert found(index_of(source), url) == ["w0"], (source, url, path_of(url))
