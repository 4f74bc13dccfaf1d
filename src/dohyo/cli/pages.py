"""Commands and groups as Dohyo shows them: help in panels, the nearest name for one that is not there."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

ARGUMENTS, OPTIONS = "Arguments", "Options"
_COMMANDS = "Commands"

#: The panels of a page of help in their order: a title, and its rows of a term and what is said of it.
Panels = dict[str, list[tuple[str, str]]]


class Argument(click.Argument):
    """An argument that the help explains."""

    panel = ARGUMENTS

    def __init__(self, names: list[str], help: str, **about: Any) -> None:
        super().__init__(names, **about)
        self._told = help

    def make_metavar(self, ctx: click.Context) -> str:
        return self._written() if self.required else f"[{self._written()}]"

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        return self._written(), self._told + ("  [required]" if self.required else "")

    def _written(self) -> str:
        return self.metavar or self.name.upper() + ("..." if self.nargs != 1 else "")


class Option(click.Option):
    """An option, and the panel of the help in which it stands."""

    def __init__(self, names: list[str], panel: str = OPTIONS, **about: Any) -> None:
        super().__init__(names, **about)
        self.panel = panel

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record is None or not self.multiple:
            return record
        return record[0], f"{record[1]}  [repeatable]"


class _Page(click.Command):
    """A command whose help stands in panels."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:  # Click's parser does not always say whose command line is wrong
            error.ctx = error.ctx or ctx
            raise

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        for title, rows in self.panels(ctx).items():
            if rows:
                with formatter.section(click.style(title, bold=True)):
                    formatter.write_dl([(click.style(term, fg="cyan"), said) for term, said in rows])
        self.format_epilog(ctx, formatter)

    def panels(self, ctx: click.Context) -> Panels:
        """The parameters, by the panel in which each stands."""
        found: Panels = {ARGUMENTS: [], OPTIONS: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                found.setdefault(getattr(parameter, "panel", OPTIONS), []).append(record)
        return found


class Command(_Page):
    """A command."""


class Group(_Page, click.Group):
    """A command that has commands."""

    command_class = Command

    def panels(self, ctx: click.Context) -> Panels:
        return super().panels(ctx) | self.command_panels(ctx)

    def command_panels(self, ctx: click.Context) -> Panels:
        """The commands, by the panel in which each stands."""
        return {_COMMANDS: [self._row(ctx, name) for name in self.list_commands(ctx)]}

    def _row(self, ctx: click.Context, name: str) -> tuple[str, str]:
        """A command and the first paragraph of its help."""
        command = self.get_command(ctx, name)
        text = (command.help if command else None) or ""
        return name, " ".join(inspect.cleandoc(text).partition("\n\n")[0].split())

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            near = get_close_matches(name, known, n=1)
            ctx.fail(f"No such command '{name}'." + (f" Did you mean '{near[0]}'?" if near else ""))
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
    """A group that reads the file which declares a command when that command is named."""

    def __init__(self, *given: Any, files: Mapping[str, Mapping[str, str]], **about: Any) -> None:
        """``files`` are the panels of the help: of each the names of its commands, and the module whose ``commands`` has it."""
        super().__init__(*given, **about)
        self.files = files

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in self.files.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for names in self.files.values():
            if cmd_name in names:
                declared: Group = import_module(names[cmd_name]).commands
                return declared.commands[cmd_name]
        return None

    def command_panels(self, ctx: click.Context) -> Panels:
        found = {title: [self._row(ctx, name) for name in names] for title, names in self.files.items()}
        widest = max(len(name) for rows in found.values() for name, _ in rows)
        return {title: [(name.ljust(widest), said) for name, said in rows] for title, rows in found.items()}
