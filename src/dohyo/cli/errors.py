"""Errors that end a command, and how they are shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click
from click.exceptions import Exit, NoArgsIsHelpError

if TYPE_CHECKING:
    from dohyo.diagnostics import Diagnostic, Source

DONE, CHECK_FAILED, WRONG, NO_INPUT = 0, 1, 2, 3

#: So many diagnostics are shown unless ``-v`` is given.
_SHOWN = 6


class UsageError(Exception):
    """The command line is wrong; the message says what to write."""


@contextmanager
def shown() -> Iterator[None]:
    """Turns what a user can do something about into a message and an exit code."""
    from dohyo.detections.load import DetectionError
    from dohyo.diagnostics import QueryError
    from dohyo.engines.errors import EngineError
    from dohyo.project import ProjectError
    from dohyo.run import InputError

    try:
        yield
    except (UsageError, DetectionError, EngineError, ProjectError) as error:
        fail(str(error))
    except QueryError as error:
        print_diagnostics(errors_first(error.diagnostics), error.source, verbose=False)
        raise Exit(WRONG) from None
    except InputError as error:
        fail(f"{error}\n  help: without --strict-input the rest is read", NO_INPUT)


def fail(message: str, code: int = WRONG) -> NoReturn:
    """Says why and ends the command."""
    print(f"error: {message}", file=sys.stderr)
    raise Exit(code)


def show(error: click.ClickException) -> None:
    """Says what is wrong with the command line, how the command is written, and where its help is."""
    if isinstance(error, NoArgsIsHelpError):
        error.show()
        return
    print(f"error: {error.format_message()}", file=sys.stderr)
    context = getattr(error, "ctx", None)
    if context is not None:
        print("  usage:", context.command_path, *context.command.collect_usage_pieces(context), file=sys.stderr)
        print(f"  help: `{context.command_path} --help` says more", file=sys.stderr)


def refuse(given: Mapping[str, object], why: str) -> None:
    """Ends the command when one of these options was given."""
    for option, value in given.items():
        if value:
            fail(f"{option} {why}")


def errors_first(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The errors, then the rest."""
    return sorted(diagnostics, key=lambda d: d.severity != "error")


def print_diagnostics(diagnostics: Sequence[Diagnostic], source: Source, verbose: bool) -> None:
    """Renders diagnostics on stderr: each code once with its place and how often it occurs, unless ``verbose``."""
    if verbose:
        chosen = [(d, 1) for d in diagnostics]
    else:
        counts: dict[str, int] = {}
        for d in diagnostics:
            counts[d.code] = counts.get(d.code, 0) + 1
        firsts = {d.code: d for d in reversed(diagnostics)}
        chosen = [(firsts[code], n) for code, n in counts.items()][:_SHOWN]
    for diagnostic, count in chosen:
        print(diagnostic.render(source), file=sys.stderr)
        if count > 1:
            print(f"  note: {count} such spots; -v shows all", file=sys.stderr)
    hidden = len({d.code for d in diagnostics}) - len(chosen)
    if not verbose and hidden > 0:
        print(f"  and {hidden} more kinds of diagnostics; -v shows all", file=sys.stderr)
