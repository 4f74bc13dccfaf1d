"""Local servers that speak Spark Connect, on loopback: started when first asked for, stopped when the process ends."""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from msgspec import Struct

from dohyo.engines.errors import EngineError
from dohyo.engines.spark import guard

#: Seconds that a server may take to start, and its guard to end it.
_START, _STOP = 120.0, 25.0
#: What a local Spark may take when ``--memory`` says nothing.
MEMORY = "2g"


class Server(Struct, frozen=True):
    """A running server. ``url``: where it is, with the token that it asks for; ``process``: its guard."""

    url: str
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    def stop(self) -> None:
        """Ends the server, and what it has started."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP)
        self.log.close()


@functools.cache
def local(kind: str, memory: str | None = None, threads: int | None = None) -> Server:
    """The local ``spark`` or ``sail`` server of this process. Raises :class:`EngineError`."""
    needed(kind)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command, environment, token = _COMMANDS[kind](port, memory, threads)
    log = tempfile.TemporaryFile(prefix=f"dohyo-{kind}-")  # noqa: SIM115  # it lives as long as the server
    process = subprocess.Popen(
        [sys.executable, "-I", str(Path(guard.__file__)), *command],
        stdin=subprocess.PIPE, stdout=log, stderr=log, env={**os.environ, **environment}, start_new_session=True,
    )  # fmt: skip
    server = Server(f"sc://localhost:{port}/" + (f";token={token}" if token else ""), process, log)
    atexit.register(server.stop)
    _wait(server, kind, port)
    return server


def needed(kind: str) -> None:
    """Raises :class:`EngineError` when something is absent that a kind of engine needs."""
    if reason := absent(kind):
        raise EngineError(reason)


def absent(kind: str) -> str:
    """What a local engine of this kind (``client``: one elsewhere) needs and is not here; nothing when all is."""
    extra = "spark" if kind == "client" else kind
    for module in _MODULES[kind]:
        if importlib.util.find_spec(module) is None:
            return f"this engine needs {module}, which is not installed: pip install 'dohyo[{extra}]'"
    if kind == "spark" and not _submit().is_file():
        return "this engine needs all of pyspark, not pyspark-client alone: pip install 'dohyo[spark]'"
    if kind == "spark" and not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        return "this engine needs Java 17 or later, and there is none: install one, or name it in JAVA_HOME"
    return ""


_MODULES = {"spark": ("pyspark", "grpc"), "sail": ("pyspark", "grpc", "pysail"), "client": ("pyspark", "grpc")}


def _submit() -> Path:
    import pyspark

    return Path(pyspark.__file__).parent / "bin" / ("spark-submit.cmd" if os.name == "nt" else "spark-submit")


def _wait(server: Server, kind: str, port: int) -> None:
    end = time.monotonic() + _START
    while time.monotonic() < end and server.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    server.log.seek(0)
    last = [line for line in server.log.read().decode("utf-8", "replace").splitlines() if line.strip()][-3:]
    raise EngineError(f"the local {kind} server did not start: {' | '.join(last) or 'it said nothing'}")


def _spark(port: int, memory: str | None, threads: int | None) -> tuple[list[str], dict[str, str], str]:
    cores = threads or os.cpu_count() or 1
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": str(port),
        "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": str(cores), "spark.default.parallelism": str(cores),
        "spark.sql.session.timeZone": "UTC", "spark.python.worker.reuse": "true", "spark.log.level": "WARN",
        "spark.sql.catalogImplementation": "in-memory", "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
    }  # fmt: skip
    pairs = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    command = [str(_submit()), "--master", f"local[{cores}]", "--driver-memory", _java_size(memory) or MEMORY, *pairs,
               "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]  # fmt: skip
    token = secrets.token_urlsafe(32)
    environment = {"SPARK_CONNECT_AUTHENTICATE_TOKEN": token, "SPARK_HOME": str(_submit().parents[1]), "SPARK_LOCAL_IP": "127.0.0.1"}
    return command, {**environment, **_python()}, token


def _java_size(memory: str | None) -> str:
    """``1GB`` as Java writes it."""
    return (memory or "").strip().lower().removesuffix("ib").removesuffix("b").replace(" ", "")


def _sail(port: int, memory: str | None, threads: int | None) -> tuple[list[str], dict[str, str], str]:
    command = [sys.executable, "-m", "pysail", "spark", "server", "--ip", "127.0.0.1", "--port", str(port)]
    return command, _python(), ""


def _python() -> dict[str, str]:
    """So that the server's Python is this one, and finds what this one finds."""
    path = os.pathsep.join(p for p in sys.path if p)
    return {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable, "PYTHONPATH": path}


_COMMANDS: dict[str, Callable[[int, str | None, int | None], tuple[list[str], dict[str, str], str]]] = {
    "spark": _spark,
    "sail": _sail,
}
