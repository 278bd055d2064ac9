"""The command `contactflow`: one module a subcommand, imported when it is run."""

from __future__ import annotations

import importlib
import os
import sys

import click
import typer

COMMANDS = {
    "check": "checks definitions",
    "simulate": "runs definitions over events in this process",
    "run": "runs the Flink job",
    "backtest": "runs definitions over history with Apache Beam",
    "report": "prints the analytics of a run",
    "publish": "publishes definitions to a running job",
    "pause": "pauses workflows of a running job",
    "resume": "has paused workflows go on",
    "drain": "lets workflows run out",
    "retire": "retires workflows",
    "status": "shows what is published, who is in flight, and how the jobs do",
}
"""Subcommand to what it does; a module in `cli` has a function of the same name."""

MODULES = dict.fromkeys(("pause", "resume", "drain", "retire"), "lifecycle")
"""Subcommand to its module, where that has another name."""


class LazyGroup(typer.core.TyperGroup):
    """Imports only the subcommand that is run, so that the command starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All subcommands, in the order of the documentation."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The subcommand of a name."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"cli.{MODULES.get(name, name.replace('-', '_'))}")
        app = typer.Typer(add_completion=False)
        context = getattr(module, "CONTEXT", None)
        app.command(name=name, context_settings=context)(getattr(module, name.replace("-", "_")))
        command = typer.main.get_command(app)
        command.name = name
        return command


app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="contactflow: a workflow engine for marketing automation on Apache Flink.",
)


@app.callback()
def root() -> None:
    """A workflow engine for marketing automation on Apache Flink."""


def main() -> None:
    """Entry point of the command."""
    try:
        app()
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
