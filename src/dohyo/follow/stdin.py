"""Standard input as a stream: records as they come. What came through a pipe is gone, so no checkpoint can bring it back."""

from __future__ import annotations

import os
import queue
import sys
import threading

from msgspec.structs import replace

from dohyo.follow.lines import Cut, whole
from dohyo.follow.model import Behind, Portion, Report, Thread
from dohyo.follow.place import Place
from dohyo.follow.tail import FOLLOWED, begun, records
from dohyo.sources.detect import detect
from dohyo.sources.limits import HEAD, LIMITS, MIB
from dohyo.sources.model import Format, Problem

_PIECE = MIB
#: So many pieces wait; whoever writes more has to wait too.
_WAITING = 32


class Stdin:
    """Standard input, read by a thread of its own."""

    def __init__(self, report: Report) -> None:
        self._report, self._thread = report, Thread("-")
        self._pieces: queue.Queue[bytes] = queue.Queue(_WAITING)
        self._held = b""  # came, but is not yet a whole record
        self._place: Place | None = None
        self._ended = self._useless = False
        threading.Thread(target=self._fill, daemon=True, name="dohyo-stdin").start()

    def _fill(self) -> None:
        try:
            while piece := os.read(sys.stdin.fileno(), _PIECE):
                self._pieces.put(piece)
        except OSError:
            pass  # whoever wrote is gone
        self._pieces.put(b"")

    @property
    def finished(self) -> bool:
        """True after the end of the input."""
        return self._useless or (self._ended and not self._held)

    @property
    def settled(self) -> bool:
        """Always: only what comes can change anything."""
        return True

    def take(self, most: int) -> list[Portion]:
        """The records that came since the last call."""
        came = [self._held]
        while most > 0 and not self._ended:
            try:
                piece = self._pieces.get_nowait()
            except queue.Empty:
                break
            self._ended = not piece
            came.append(piece)
            most -= len(piece)
        if len(came) == 1 and not (self._ended and self._held):
            return []
        self._held = b"".join(came)
        if self._place is None and not self._useless:
            self._begin()
        return self._whole() if self._place is not None and not self._useless else []

    def _begin(self) -> None:
        """Tells what it is from its beginning, as soon as there is enough of it."""
        head = self._held[:HEAD]
        kind = detect(head, whole=self._ended) if head else Format.UNKNOWN
        self._place = begun(head + b"\n" * self._ended, kind) if isinstance(kind, Format) and kind in FOLLOWED else None
        if self._place is not None:
            self._held = self._held[self._place.offset :]
        elif head and (self._ended or len(head) == HEAD or kind not in (Format.UNKNOWN, Format.CSV)):
            self._useless = True
            hint = "NDJSON and CSV with a header line can be followed; without --follow all other formats are read"
            self._report(Problem("-", "", "is nothing that can be read as it comes", hint=hint))

    def _whole(self) -> list[Portion]:
        place = self._place
        assert place is not None
        if self._ended and not self._held.endswith(b"\n"):
            self._held += "\n".encode(place.codec or "utf-8")
        cut = whole(self._held, Format(place.format), place.codec, forced=self._ended)
        if not cut.taken and len(self._held) > LIMITS.record_bytes:
            reason = f"is longer than {LIMITS.record_bytes:,} bytes; what came after its beginning is lost"
            self._report(Problem("-", f"line {place.line + 1}", reason))
            self._held = b""
        return [self._portion(place, cut)] if cut.taken else []

    def _portion(self, place: Place, cut: Cut) -> Portion:
        self._held = self._held[cut.taken :] if not self._ended else b""
        self._place = replace(place, line=place.line + cut.lines)
        return records(self._place, cut.data, place.line + 1, cut.taken, self._thread, self._report)

    def behind(self) -> Behind:
        """What waits in memory."""
        return Behind(self._pieces.qsize() * _PIECE)

    def state(self) -> None:
        """Nothing: it cannot be read again."""

    def restore(self, state: object) -> None:
        """Nothing to go on with."""

    def skip(self) -> None:
        """Nothing is there before it comes."""

    def notes(self) -> list[str]:
        """What was left at the end."""
        return ["standard input: waiting for the rest of a record"] if self._held and not self._useless else []

    def close(self) -> None:
        """Leaves the thread to end with the process."""
