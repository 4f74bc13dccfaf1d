"""The command as a user types it: in a process of its own, with its own arguments, folder and streams.

Loading the program takes longer than most commands take in a test, so one process loads it and forks for each command. Where
that cannot be, and for an environment that the interpreter reads as it starts, each is started anew."""

from __future__ import annotations

import atexit
import functools
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import forking

#: What the interpreter looks at as it starts.
_AT_START = ("PYTHON", "LC_", "LANG")


def dohyo(
    *args: object, stdin: str | None = None, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Runs ``dohyo`` with these arguments. Raises :class:`subprocess.TimeoutExpired`."""
    done = dohyo_bytes(*args, stdin=stdin, cwd=cwd, env=env, timeout=timeout)
    said = [each.decode().replace("\r\n", "\n").replace("\r", "\n") for each in (done.stdout, done.stderr)]
    return subprocess.CompletedProcess(done.args, done.returncode, *said)


def dohyo_bytes(
    *args: object, stdin: str | None = None, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[bytes]:
    """The same; gives what was written as it was written."""
    given, environment = list(map(str, args)), dict(os.environ if env is None else env)
    server = None if _differs(environment) else _server()
    if server is None:
        command, fed = [sys.executable, "-m", "dohyo", *given], (stdin or "").encode()
        return subprocess.run(command, capture_output=True, timeout=timeout, input=fed, cwd=cwd, env=environment, check=False)
    return _forked(server, given, stdin or "", {"args": given, "cwd": str(cwd or Path.cwd()), "env": environment}, timeout)


def _differs(environment: Mapping[str, str]) -> bool:
    """True when another environment was there when this process, and with it the server, started."""
    names = {*environment, *os.environ}
    return any(n.startswith(_AT_START) and environment.get(n) != os.environ.get(n) for n in names)


@functools.cache
def _server() -> str | None:
    """The socket of the process that forks."""
    if not hasattr(os, "pidfd_open"):  # Linux has it, and all else that is needed
        return None
    folder = tempfile.TemporaryDirectory(prefix="dohyo-tests-")
    path = str(Path(folder.name) / "s")
    server = subprocess.Popen([sys.executable, forking.__file__, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def end() -> None:
        server.stdin.close()  # type: ignore[union-attr]  # it is a pipe
        server.wait()
        server.stdout.close()  # type: ignore[union-attr]  # it is a pipe
        folder.cleanup()

    atexit.register(end)
    ready = server.stdout.readline()  # type: ignore[union-attr]  # it is a pipe
    return path if ready else None


def _forked(server: str, args: list[str], stdin: str, asked: dict[str, Any], timeout: float) -> subprocess.CompletedProcess[bytes]:
    outputs = [_Output(), _Output()]
    with tempfile.TemporaryFile() as given, socket.socket(socket.AF_UNIX) as line:
        given.write(stdin.encode())
        given.seek(0)
        line.connect(server)
        forking.ask(line, asked, [given.fileno(), *(o.end for o in outputs)])
        for output in outputs:
            output.begin()
        line.settimeout(timeout)
        try:
            code = forking.told(line)
        except TimeoutError:
            line.settimeout(None)
            line.shutdown(socket.SHUT_WR)  # has it killed
            forking.told(line)
            raise subprocess.TimeoutExpired(args, timeout) from None
    return subprocess.CompletedProcess(args, code, *(o.text() for o in outputs))


class _Output:
    """A pipe, read by a thread."""

    def __init__(self) -> None:
        read, self.end = os.pipe()
        self._pipe: IO[bytes] = os.fdopen(read, "rb")
        self._read = b""
        self._thread = threading.Thread(target=self._take)

    def begin(self) -> None:
        """To be called once the other end has been handed over."""
        os.close(self.end)
        self._thread.start()

    def _take(self) -> None:
        with self._pipe:
            self._read = self._pipe.read()

    def text(self) -> bytes:
        """What came."""
        self._thread.join()
        return self._read
