"""Tables on the terminal, and the same as aligned text in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence

Cell = str | int | float | None


def cell_text(value: Cell) -> str:
    """A number with thousands separated, nothing for None and zero (a zero says less than a gap)."""
    if value is None or value == 0:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else value


def aligned(columns: Sequence[str], rows: Sequence[Sequence[Cell]], indent: str = "  ") -> list[str]:
    """Lines of a table: texts to the left, numbers and their headings to the right."""
    numeric = [_is_numeric(rows, index) for index in range(len(columns))]
    table = [list(columns), *([cell_text(value) for value in row] for row in rows)]
    widths = [max(len(line[index]) for line in table) for index in range(len(columns))]
    return [
        (
            indent
            + "  ".join(
                text.rjust(width) if right else text.ljust(width)
                for text, width, right in zip(line, widths, numeric, strict=True)
            )
        ).rstrip()
        for line in table
    ]


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print a table under its title: framed on a terminal, plain and aligned in a pipe."""
    if not sys.stdout.isatty():
        print("\n".join([title, *aligned(columns, rows), ""]))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    for index, column in enumerate(columns):
        table.add_column(escape(column), justify="right" if _is_numeric(rows, index) else "left")
    for row in rows:
        table.add_row(*(escape(cell_text(value)) for value in row))
    console = Console()
    # A title of the table itself would be broken to the table's width.
    console.print(escape(title), style="bold", highlight=False)
    console.print(table)


def _is_numeric(rows: Sequence[Sequence[Cell]], index: int) -> bool:
    values = [row[index] for row in rows if row[index] is not None]
    return bool(values) and not any(isinstance(value, str) for value in values)
