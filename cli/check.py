"""`contactflow check`: is this fit to be published?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.definitions import load


def check(
    paths: Annotated[
        list[Path], typer.Argument(help="definition files, or folders of them", metavar="PATH…")
    ],
) -> None:
    """Checks definitions: prints errors and warnings as file:line. Status 1 when there is an error.

    Example: contactflow check examples/online-retail/workflows
    """
    documents, findings = load(paths)
    for finding in findings:
        print(finding)
    errors = sum(finding.severity == "error" for finding in findings)
    if errors:
        raise typer.Exit(1)
    warnings = len(findings)
    typer.echo(f"{len(documents)} documents, no errors, {warnings} warnings", err=True)
