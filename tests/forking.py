"""A process that has loaded the program and forks for each command it is asked for (see ``command``)."""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from typing import Any

_SIZE = struct.Struct("<I")
_CODE = struct.Struct("<i")
#: What almost every command loads; what few do, they load themselves.
_LOADED = ("duckdb", "pyarrow.compute", "sqlglot", "dohyo.cli.app", "dohyo.cli.commands.hunt", "dohyo.cli.commands.search",
           "dohyo.detections.load", "dohyo.engines.duckdb.engine", "dohyo.engines.duckdb.reading", "dohyo.run")  # fmt: skip


def ask(line: socket.socket, asked: dict[str, Any], streams: Sequence[int]) -> None:
    """Asks for a command: its arguments, folder and environment, and its three streams."""
    text = json.dumps(asked).encode()
    socket.send_fds(line, [_SIZE.pack(len(text))], streams)
    line.sendall(text)


def told(line: socket.socket) -> int:
    """The command's exit code, as ``subprocess`` gives it."""
    return int(_CODE.unpack(_exactly(line, _CODE.size))[0])


def _exactly(line: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := line.recv(count - len(data))):
        data += more
    return data


def main() -> None:
    """Loads the program and serves until standard input ends."""
    from dohyo.cli import _WithoutPandas  # as the command itself begins

    sys.meta_path.insert(0, _WithoutPandas())
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in _LOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait for the commands
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(sys.argv[1])
        door.listen(8)
        print("ready", flush=True)
        while sys.stdin.fileno() not in select.select([sys.stdin.fileno(), door.fileno()], [], [])[0]:
            line, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _serve(line)
            line.close()


def _serve(line: socket.socket) -> None:
    """Runs one command in a process of its own, and tells its exit code. It is killed when whoever asked closes the line."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, streams, _, _ = socket.recv_fds(line, _SIZE.size, 3)
    asked = json.loads(_exactly(line, _SIZE.unpack(size)[0]))
    command = os.fork()
    if command == 0:
        line.close()
        _run(asked, streams)
    for stream in streams:
        os.close(stream)
    over = os.pidfd_open(command)
    if over not in select.select([over, line.fileno()], [], [])[0]:
        os.kill(command, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    line.sendall(_CODE.pack(code))
    os._exit(0)


def _run(asked: dict[str, Any], streams: Sequence[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(asked["env"])
    code = 1  # of an error that nobody catches
    try:
        os.chdir(asked["cwd"])
        sys.argv = ["dohyo", *asked["args"]]
        sys.path[0] = asked["cwd"]
        from dohyo.cli import main as command

        command()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for output in (sys.stdout, sys.stderr):
            output.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
