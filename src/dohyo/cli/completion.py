"""Completion in shells. Click has the scripts of bash, zsh and fish; PowerShell's is here."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class

from dohyo.cli.app import COMPLETE, app
from dohyo.cli.errors import fail

#: Scripts are for the program's own name, however it was run.
_PROGRAM = "dohyo"
_POWERSHELLS = ("powershell", "pwsh")


class PowerShell(ShellComplete):
    """Completion in PowerShell, on Windows and elsewhere. It completes files by itself where it is given nothing."""

    name = "powershell"
    #: Between the words that stand before the cursor: a query may have line ends, and Windows' paths have backslashes.
    between = "\x1f"
    source_template = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($word, $command, $cursor)
    $before = $command.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } |
        ForEach-Object { $_.Extent.Text.Trim("'", '"') }
    $env:%(complete_var)s = "powershell_complete"
    $env:COMP_WORDS = $before -join [char]31
    $env:COMP_CWORD = $word
    try {
        & %(prog_name)s | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            [System.Management.Automation.CompletionResult]::new($value, $value, "ParameterValue", $help)
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_CWORD -ErrorAction SilentlyContinue
    }
}
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        words = os.environ["COMP_WORDS"].split(self.between)
        return words[1:], os.environ.get("COMP_CWORD", "")  # PowerShell 5 has no empty variables

    def complete(self) -> str:
        found = self.get_completions(*self.get_completion_args())
        return "\n".join(self.format_completion(item) for item in found if item.type == "plain")

    def format_completion(self, item: CompletionItem[Any]) -> str:
        return f"{item.value}\t{' '.join((item.help or item.value).split())}"


class _Place(NamedTuple):
    """Where a script goes, and the line that makes a shell read it when it starts. Under the home folder."""

    script: str
    startup: str = ""
    line: str = ""


_PLACES = {
    "bash": _Place(".bash_completions/dohyo.sh", ".bashrc", "source ~/.bash_completions/dohyo.sh"),
    "zsh": _Place(".zfunc/_dohyo", ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit"),
    "fish": _Place(".config/fish/completions/dohyo.fish"),
}


def register() -> None:
    """Makes PowerShell known to Click, by both its names."""
    for name in _POWERSHELLS:
        add_completion_class(PowerShell, name)


def script(shell: str | None) -> str:
    """The script for a shell, without a name for the one that runs us. Ends the command when there is none."""
    register()
    name = shell or _current()
    found = get_completion_class(name)
    if found is None:
        fail(f"there is no completion for {name}\n  help: name the shell: bash, zsh, fish, powershell")
    return found(app, {}, _PROGRAM, COMPLETE).source()


def install(shell: str | None) -> str:
    """Puts the script where the shell reads it, and says where that is."""
    name = shell or _current()
    text = script(name)
    home, place = (_profile(name) if name in _POWERSHELLS else (Path.home(), _PLACES[name]))
    try:
        _write(home / place.script, text)
        if place.startup:
            _append(home / place.startup, place.line)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    return f"completion for {name} is in {home / place.script}; new shells have it"


def _current() -> str:
    import shellingham

    try:
        return str(shellingham.detect_shell()[0])
    except shellingham.ShellDetectionFailure:
        fail("which shell this is cannot be seen\n  help: name it: bash, zsh, fish, powershell")


def _profile(shell: str) -> tuple[Path, _Place]:
    """Where PowerShell says that it starts."""
    try:
        asked = subprocess.run([shell, "-NoProfile", "-Command", "$PROFILE"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        fail(f"{shell} does not say where its profile is: {error}\n  help: put what --show-completion {shell} prints into it")
    profile = Path(asked.stdout.strip())
    return profile.parent, _Place("dohyo-completion.ps1", profile.name, '. "$PSScriptRoot/dohyo-completion.ps1"')


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _append(path: Path, line: str) -> None:
    """Adds a line that is not there yet."""
    there = path.read_text("utf-8") if path.exists() else ""
    if line not in there.splitlines():
        _write(path, f"{there.rstrip()}\n\n{line}\n".lstrip())
