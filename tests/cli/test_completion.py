"""Completion in shells: what Dohyo answers, the scripts that ask, and where ``--install-completion`` puts them."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from command import dohyo

SOURCES = Path(__file__).resolve().parents[2] / "src"


def _dohyo(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return dohyo(*args, env=os.environ | environment)


def _bash(*words: str) -> list[str]:
    """What is answered to bash at the last word, as ``type,value`` lines."""
    done = _dohyo(_DOHYO_COMPLETE="bash_complete", COMP_WORDS="\n".join(("dohyo", *words)), COMP_CWORD=str(len(words)))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("hu",), ["plain,hunt"]),
        (("import", ""), ["plain,sigma"]),
        (("hunt", "--det"), ["plain,--detection", "plain,--detections"]),
        (("hunt", "--until-"), ["plain,--until-idle"]),
        (("hunt", "lo"), ["file,lo"]),
        (("hunt", "--html", "out/"), ["file,out/"]),
        (("--show-completion", "z"), ["plain,zsh"]),
        (("hunt", "-d", "t1043"), ["plain,T1043-commonly-used-port"]),
        (("show", "T1043"), ["plain,T1043-commonly-used-port"]),
        (("hunt", "--format", "nd"), ["plain,ndjson"]),
        (("investigate", "a:1", "-f", ""), ["plain,table", "plain,json"]),
        (("hunt", "--tactic", "command"), ["plain,command-and-control"]),
        (("list", "--technique", "T1571"), ["plain,T1571"]),
        (("hunt", "--fail-on", "h"), ["plain,high"]),
        (("convert", "T1043", "--to", "sp"), ["plain,splunk"]),
    ],
)
def test_what_is_answered(words: tuple[str, ...], answer: list[str]) -> None:
    """Commands, commands of commands, options, files where a file or a log is asked for, and the words that a value can be."""
    assert _bash(*words) == answer


def test_powershell_is_answered_with_values_and_what_they_are() -> None:
    """Its words come with a separator of their own, so that backslashes and line ends in them stay; files are left to it."""
    words = "\x1f".join(("dohyo", "search", "*\n| count", "C:\\logs\\"))
    options = _dohyo(_DOHYO_COMPLETE="powershell_complete", COMP_WORDS=words, COMP_CWORD="--q")
    assert options.stdout == "--quiet\tNo summary, no warnings.\n"
    assert _dohyo(_DOHYO_COMPLETE="powershell_complete", COMP_WORDS=words).stdout.strip() == ""


MARKS = {"bash": "complete -o nosort -F", "zsh": "#compdef dohyo", "fish": "complete --no-files --command dohyo",
         "powershell": "Register-ArgumentCompleter -Native -CommandName dohyo",
         "pwsh": "Register-ArgumentCompleter -Native -CommandName dohyo"}  # fmt: skip


@pytest.mark.parametrize("shell", MARKS)
def test_the_script_of_each_shell_is_shown(shell: str) -> None:
    """Whatever program ran us, the script is for ``dohyo``."""
    done = _dohyo("--show-completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert MARKS[shell] in done.stdout and "_DOHYO_COMPLETE" in done.stdout and "python" not in done.stdout


def test_a_shell_that_is_not_known_is_refused() -> None:
    """With the names of those that are."""
    done = _dohyo("--show-completion", "tcsh")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error:" in done.stderr and "'zsh'" in done.stderr and "Traceback" not in done.stderr


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder with a ``dohyo`` that runs these sources."""
    path = tmp_path / "bin" / "dohyo"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{SOURCES}" exec "{sys.executable}" -m dohyo "$@"\n', "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path.parent


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_completes_with_what_was_installed(program: Path, tmp_path: Path) -> None:
    """Installed twice it is there once; a new bash that reads its ``.bashrc`` gives commands and options."""
    (tmp_path / ".bashrc").write_text("alias l=ls", "utf-8")  # without a line end, as some editors leave it
    for _ in range(2):
        done = _dohyo("--install-completion", "bash", HOME=str(tmp_path))
        assert (done.returncode, done.stdout) == (0, "") and "dohyo.sh" in done.stderr
    assert (tmp_path / ".bashrc").read_text("utf-8") == "alias l=ls\n\nsource ~/.bash_completions/dohyo.sh\n"
    asked = """
        source ~/.bashrc
        ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _dohyo_completion dohyo; echo "${COMPREPLY[*]}"; }
        ask dohyo hu; ask dohyo hunt --det
    """
    environment = os.environ | {"HOME": str(tmp_path), "PATH": f"{program}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, timeout=60, env=environment, check=True)
    assert done.stdout.splitlines() == ["hunt", "--detection --detections"]


@pytest.mark.parametrize(
    ("shell", "file", "startup"),
    [("zsh", ".zfunc/_dohyo", ".zshrc"), ("fish", ".config/fish/completions/dohyo.fish", None)],
)
def test_where_completion_is_installed(shell: str, file: str, startup: str | None, tmp_path: Path) -> None:
    """The script that ``--show-completion`` prints, where the shell looks for it."""
    assert _dohyo("--install-completion", shell, HOME=str(tmp_path)).returncode == 0
    assert (tmp_path / file).read_text("utf-8") == _dohyo("--show-completion", shell).stdout
    assert startup is None or "compinit" in (tmp_path / startup).read_text("utf-8")


def test_powershell_is_asked_where_its_profile_is(tmp_path: Path) -> None:
    """The profile keeps what it has and gets one line more."""
    profile = tmp_path / "profile.ps1"
    profile.write_text("Set-Alias l ls\n", "utf-8")
    (tmp_path / "pwsh").write_text(f'#!/bin/sh\necho "{profile}"\n', "utf-8")
    (tmp_path / "pwsh").chmod(0o755)
    done = _dohyo("--install-completion", "pwsh", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert profile.read_text("utf-8") == 'Set-Alias l ls\n\n. "$PSScriptRoot/dohyo-completion.ps1"\n'
    assert "Register-ArgumentCompleter" in (tmp_path / "dohyo-completion.ps1").read_text("utf-8")


def test_a_powershell_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With what to do instead, and no traceback."""
    done = _dohyo("--install-completion", "pwsh", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--show-completion pwsh" in done.stderr and "Traceback" not in done.stderr
