"""Keeps a server beside the process that asked for it, and ends it with that process, however that one ends: the pipe
from it closes. Run as a script with the server's command; knows the standard library only."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

#: Seconds that a server has to stop before it is killed.
_PATIENCE = 10.0


def main(command: list[str]) -> None:
    """Runs the command until it ends or the standard input does."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=lambda: os._exit(server.wait() and 1), daemon=True).start()
    for name in ("SIGINT", "SIGHUP"):  # meant for the process in front of us
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    sys.stdin.buffer.read()
    for how in ("SIGTERM", "SIGKILL"):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            _send(server, getattr(signal, how, signal.SIGTERM))
            server.wait(_PATIENCE)
            break


def _send(server: subprocess.Popen[bytes], what: int) -> None:
    """To the server and all that it has started."""
    if hasattr(os, "killpg"):
        os.killpg(server.pid, what)
    else:
        server.terminate()


if __name__ == "__main__":
    main(sys.argv[1:])
