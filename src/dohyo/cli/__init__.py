"""The command line: a thin face over ``dohyo.run`` and ``dohyo.detections``. Nothing heavy is imported here."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import signal
import sys
from typing import NoReturn

#: A command makes many objects that stay (modules, trees) and hardly any cycle: the collector may look seldom.
_GC_AFTER = 200_000
#: What is computed with matrices here is small; threads for it would only spin while numpy is being loaded.
_ONE_THREAD = "OPENBLAS_NUM_THREADS"
#: What a stream says that cannot be written to.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EIO})
#: What a shell expects after Ctrl-C.
INTERRUPTED = 130


def main() -> None:
    """The entry point of ``dohyo``. Never shows a traceback unless ``--debug`` is given (or DOHYO_DEBUG is set)."""
    arguments = sys.argv[1:]
    debug = "--debug" in arguments or bool(os.environ.get("DOHYO_DEBUG"))
    sys.argv[1:] = [a for a in arguments if a != "--debug"]
    sys.meta_path.insert(0, _WithoutPandas())
    gc.set_threshold(_GC_AFTER)
    os.environ.setdefault(_ONE_THREAD, "1")
    if hasattr(signal, "SIGPIPE"):  # when the reader of a pipe goes away (`| head`), end as other tools do
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        if arguments in (["--version"], ["-V"]):  # needs nothing of what follows
            from dohyo import __version__

            print(f"dohyo {__version__}")
            sys.exit()
        from dohyo.cli.app import run

        sys.exit(run())
    except SystemExit as end:
        _leave(end)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        if isinstance(error, OSError) and error.errno in _NO_ROOM and error.filename is None:
            _no_room(error)
        print(f"error: something unexpected went wrong in Dohyo: {type(error).__name__}: {_first_line(error)}", file=sys.stderr)
        print("  help: please report it; `--debug` shows the details", file=sys.stderr)
        sys.exit(2)


def _leave(end: SystemExit) -> None:
    """Ends the process without taking every module and engine apart, which takes a tenth of a second."""
    if not (end.code is None or isinstance(end.code, int)):
        raise end
    if end.code == INTERRUPTED:
        print("stopped", file=sys.stderr)
    try:
        for stream in (sys.stdout, sys.stderr):
            if not stream.closed:  # a language server closes its output when its editor leaves
                stream.flush()
    except OSError as error:
        _no_room(error)
    atexit._run_exitfuncs()
    os._exit(end.code or 0)


def _no_room(error: OSError) -> NoReturn:
    """Ends the process, whose output cannot be written: nor can what is still in the stream's buffer."""
    print(f"error: stdout: {error.strerror}", file=sys.stderr)
    os._exit(2)


class _WithoutPandas:
    """Hides pandas from this process. pyarrow looks whether values are pandas ones, and for that imports pandas wherever
    it is installed: most of a second at each start, for nothing on the command line."""

    hides_pandas = True

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuses pandas; leaves every other module to the next finder."""
        if name == "pandas":
            raise ModuleNotFoundError("not needed on the command line", name=name)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:300] if lines else ""
