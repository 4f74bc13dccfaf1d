"""The command line: which commands there are, and how one of them is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click

from dohyo.cli import INTERRUPTED
from dohyo.cli.errors import show
from dohyo.cli.pages import LazyGroup
from dohyo.cli.parameters import Decorator, flag, option

_DECLARED = "dohyo.cli.panels."
#: The panels of ``--help``. A command's file is read when the command is named, all of them for the help.
PANELS = {
    "Hunt and investigate": dict.fromkeys(("hunt", "search", "why", "investigate", "console"), _DECLARED + "hunt"),
    "Write, test and tune detections": dict.fromkeys(
        ("explain", "test", "validate", "new", "schema", "compare", "baseline", "fmt", "fix", "lint", "lsp"), _DECLARED + "write"
    ),
    "The library": dict.fromkeys(("list", "show"), _DECLARED + "library"),
    "Sigma and other platforms": dict.fromkeys(("convert", "update-rules", "import"), _DECLARED + "platforms"),
    "Logs": dict.fromkeys(("ingest", "sample", "store"), _DECLARED + "logs"),
}

#: Set by a shell that asks for completion.
COMPLETE = "_DOHYO_COMPLETE"
#: The widest that a page of help gets: longer lines are hard to read.
_WIDEST = 120
#: For a shell that is not named.
_CURRENT = "current"
_SHELLS = (_CURRENT, "bash", "zsh", "fish", "powershell", "pwsh")


def run() -> int:
    """Runs the command that was named, or says what is wrong with it. Gives the exit code."""
    if COMPLETE in os.environ:
        from dohyo.cli.completion import register

        register()
    color = False if os.environ.get("NO_COLOR") else None
    try:
        return app.main(complete_var=COMPLETE, standalone_mode=False, color=color) or 0
    except click.ClickException as error:
        show(error)
        return error.exit_code
    except click.Abort:
        return INTERRUPTED


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from dohyo import __version__

        click.echo(f"dohyo {__version__}")
        context.exit()


def _show_completion(context: click.Context, _: click.Parameter, shell: str | None) -> None:
    if shell and not context.resilient_parsing:
        from dohyo.cli import completion

        click.echo(completion.script(None if shell == _CURRENT else shell), nl=False)
        context.exit()


def _install_completion(context: click.Context, _: click.Parameter, shell: str | None) -> None:
    if shell and not context.resilient_parsing:
        from dohyo.cli import completion

        click.echo(completion.install(None if shell == _CURRENT else shell), err=True)
        context.exit()


def _of_a_shell(name: str, callback: Callable[[click.Context, click.Parameter, str | None], None], help: str) -> Decorator:
    """An option that may name a shell; else it is the one that runs the command."""
    return option(name, is_flag=False, flag_value=_CURRENT, type=click.Choice(_SHELLS), metavar="[SHELL]", is_eager=True,
                  expose_value=False, callback=callback, help=help)  # fmt: skip


@click.group(
    cls=LazyGroup,
    files=PANELS,
    invoke_without_command=True,
    context_settings={"show_default": True, "max_content_width": _WIDEST},
    help="Sumo Logic detections on your own logs: parse, compile to SQL, run on DuckDB, get alerts with evidence.",
    epilog="Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 a check failed, 2 the command or "
    "query is wrong, 3 no input could be read.",
)
@flag("--version", "-V", callback=_version, is_eager=True, expose_value=False, help="Show the version.")
@flag("--debug", expose_value=False, help="Show details of unexpected errors.")
@_of_a_shell("--install-completion", _install_completion, "Install completion for the current shell.")
@_of_a_shell("--show-completion", _show_completion,
             "Show completion for the current shell, to copy it or customize the installation.")
@click.pass_context
def app(context: click.Context) -> None:
    """Sumo Logic detections on your own logs. Without a command: the console on a terminal, else the help."""
    if context.invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        from dohyo.cli.panels.hunt import console

        context.invoke(console, paths=(".",))
    else:
        click.echo(context.get_help(), color=context.color)
