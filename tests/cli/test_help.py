"""Help and errors of the command line itself: panels, what is loaded, what is said of a wrong command line."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import click
import pytest

from command import dohyo
from dohyo.cli.app import PANELS, app


def _dohyo(*args: str, columns: int = 80) -> subprocess.CompletedProcess[str]:
    return dohyo(*args, env=os.environ | {"COLUMNS": str(columns)})


def _commands(group: click.Group, context: click.Context) -> list[list[str]]:
    """The words of every command."""
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found.append([name])
        if isinstance(command, click.Group):
            found += [[name, *words] for words in _commands(command, click.Context(command, context))]
    return found


def test_the_table_has_all_commands_that_are_declared() -> None:
    """A command that is declared and not in the table could not be called."""
    listed = {(module, name) for names in PANELS.values() for name, module in names.items()}
    modules = {module for module, _ in listed}
    assert listed == {(module, name) for module in modules for name in import_module(module).commands.commands}


@pytest.mark.parametrize("columns", [80, 200])
def test_help_is_in_panels_and_fits(columns: int) -> None:
    """Every panel with its commands in order; no line is longer than the terminal, nor than one can read."""
    lines = _dohyo("--help", columns=columns).stdout.splitlines()
    for title, names in PANELS.items():
        rows = [line.split()[0] for line in lines[lines.index(f"{title}:") + 1 :] if line.startswith("  ") and line[2] != " "]
        assert rows[: len(names)] == list(names)
    assert max(map(len, lines)) <= min(columns, 120)
    assert _dohyo(columns=columns).stdout.splitlines() == lines


@pytest.mark.parametrize("words", _commands(app, click.Context(app)), ids=" ".join)
def test_every_parameter_is_explained(words: list[str]) -> None:
    """Each command says what it is for, and each of its parameters has a line."""
    command: click.Command = app
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    page = click.Context(command, info_name="dohyo").get_help()
    assert command.help
    for parameter in command.params:
        record = parameter.get_help_record(click.Context(command))
        assert record is not None and all(record) and record[0] in page


def test_following_has_a_panel_of_its_own() -> None:
    """Options that mean something only with ``--follow`` stand apart; defaults are told."""
    _, _, following = _dohyo("hunt", "--help").stdout.partition("\nFollowing:\n")
    found = [line.split()[0] for line in following.splitlines() if line.startswith("  --")]
    assert found == ["--follow", "--checkpoint", "--new-only", "--window", "--for", "--until-idle", "--status-every", "--kafka-config"]
    assert "[default: 1h]" in following


WRONG = {
    "hnt": "No such command 'hnt'. Did you mean 'hunt'?",
    "store inf": "No such command 'inf'. Did you mean 'info'?",
    "hunt --detction x": "--detection",
    "hunt --no-quiet": "--quiet",
    "show": "Missing argument 'DETECTION'.",
    "convert T1043": "Missing option '--to'.",
    "hunt --threads 0": "Invalid value for '--threads'",
    "hunt -d": "Option '-d' requires an argument.",
    "list extra": "Got unexpected extra argument",
    "hunt x --checkpoint y": "--checkpoint needs --follow",
}


@pytest.mark.parametrize(("line", "said"), WRONG.items(), ids=list(WRONG))
def test_a_wrong_command_line_is_explained(line: str, said: str) -> None:
    """Exit code 2, nothing on stdout; one error with the nearest name, how the command is written, where the help is."""
    done = _dohyo(*line.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ") and said in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr
    assert "needs --follow" in said or ("\n  usage: " in done.stderr and "--help` says more" in done.stderr)


def test_a_group_without_a_command_shows_its_help() -> None:
    """And ends with the code of a wrong command line."""
    done = _dohyo("import")
    assert done.returncode == 2 and "sigma" in done.stderr


def test_only_the_file_of_the_command_that_was_named_is_loaded() -> None:
    """Its declaration needs Click and the standard library; other panels and the work itself are not there."""
    code = (
        "import sys; from dohyo.cli.app import app\n"
        "app.main(['hunt', '--help'], standalone_mode=False)\n"
        "print([m for m in sys.modules if m.startswith(('dohyo.cli.panels.', 'dohyo.cli.commands', 'dohyo.cli.options'))])\n"
        "print([m for m in ('duckdb', 'pyarrow', 'sqlglot', 'yaml', 'pydantic', 'rich', 'typer', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["['dohyo.cli.panels.hunt']", "[]"]
