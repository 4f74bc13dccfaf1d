"""Where alerts go as they are found. What was written to a file after the last checkpoint is cut back, because the events
that it comes from are looked at again."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from dohyo.follow.model import FollowError
from dohyo.formats.values import json_value, plain, safe
from dohyo.reports.ocsf import ocsf
from dohyo.results import Alert

#: The end of what was written tells the file from another one.
_TAIL = 64


def _line(alert: Alert) -> str:
    """An alert as one line for people."""
    fields = " ".join(f"{k}={safe(plain(v))}" for k, v in alert.fields.items() if v is not None and k != "_messageTime")
    place = f"  {safe(alert.evidence.file)}:{alert.evidence.record}" if alert.evidence else ""
    return f"{alert.time or '-':24}  {alert.severity:13}  {alert.detection}  {fields}{place}\n"


def _ndjson(alert: Alert) -> str:
    return json.dumps(json_value(alert.as_json()), ensure_ascii=False) + "\n"


def _lines(one: Callable[[Alert], str]) -> Callable[[Sequence[Alert]], str]:
    return lambda alerts: "".join(map(one, alerts))


#: Formats in which an alert can be written before the next one is known.
FORMATS: dict[str, Callable[[Sequence[Alert]], str]] = {
    "table": _lines(_line),
    "ndjson": _lines(_ndjson),
    "ocsf": partial(ocsf, detections={}),
}


class Sink:
    """Writes alerts to standard output, or at the end of a file."""

    def __init__(self, format: str, output: Path | None, note: Callable[[str], None]) -> None:
        self._text, self._output, self._note = FORMATS[format], output, note
        self._out: BinaryIO = sys.stdout.buffer if output is None else _appended(output)

    def restore(self, state: dict[str, Any] | None) -> None:
        """Cuts the file back to where it was at a checkpoint."""
        if self._output is None or state is None:
            return
        if state["path"] != os.path.abspath(self._output):
            self._note(f"the alerts went to {state['path']} before; they go to {self._output} from now on")
            return
        size, tail = self._out.seek(0, os.SEEK_END), bytes.fromhex(state["tail"])
        self._out.seek(max(0, state["length"] - len(tail)))
        if size < state["length"] or self._out.read(len(tail)) != tail:
            self._note(f"{self._output} is no longer the file that alerts were written to; they are added at its end")
        else:
            self._out.truncate(state["length"])
        self._out.seek(0, os.SEEK_END)

    def write(self, alerts: Sequence[Alert]) -> None:
        """Writes the alerts out, on the disk itself when it is a file. Raises :class:`FollowError`."""
        try:
            self._out.write(self._text(alerts).encode("utf-8", "replace"))
            self._out.flush()
            if self._output is not None:
                os.fsync(self._out.fileno())
        except OSError as error:
            raise FollowError(f"--output {self._output or '-'}: {error.strerror}") from None

    def state(self) -> dict[str, Any] | None:
        """For the checkpoint: which file, how long it is, how it ends."""
        if self._output is None:
            return None
        length = self._out.seek(0, os.SEEK_END)
        self._out.seek(max(0, length - _TAIL))
        return {"path": os.path.abspath(self._output), "length": length, "tail": self._out.read(_TAIL).hex()}

    def close(self) -> None:
        """Closes the file."""
        if self._output is not None:
            self._out.close()


def _appended(output: Path) -> BinaryIO:
    try:
        output.touch()
        out = output.open("r+b")
    except OSError as error:
        raise FollowError(f"--output {output}: {error.strerror}") from None
    out.seek(0, os.SEEK_END)
    return out
