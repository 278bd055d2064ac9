"""Tables: aligned text in a pipe, framed on a terminal."""

from __future__ import annotations

import sys

import pytest

from cli.tables import Cell, aligned, cell_text, print_table


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0, ""), (1200, "1,200"), (-7, "-7"), (1234.5, "1,234.50"), ("a b", "a b")],
)
def test_cells(value: Cell, text: str) -> None:
    assert cell_text(value) == text


def test_texts_stand_left_and_numbers_right() -> None:
    assert aligned(["node", "came"], [["a", 1200], ["longer", 7], ["b", None]]) == [
        "  node     came",
        "  a       1,200",
        "  longer      7",
        "  b",
    ]


def test_a_pipe_gets_no_frame_and_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Actions [now]", ["a"], [["x"]])
    assert capsys.readouterr().out == "Actions [now]\n  a\n  x\n\n"


def test_a_terminal_gets_a_frame(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_table("Actions [now]", ["a [1]"], [["x [2]"]])
    shown = capsys.readouterr().out
    assert "─" in shown
    assert all(text in shown for text in ("Actions [now]", "a [1]", "x [2]"))
