"""Makes strings of bytes that may not be UTF-8: engines must never be given an Arrow string that is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dohyo.sources.model import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Repaired:
    """Counts the records of one input that needed repair and says so once; ``unit`` is what record numbers count."""

    def __init__(self, file: str, unit: str, report: Callable[[Problem], None]) -> None:
        self._file, self._unit, self._report = file, unit, report
        self._first = 0
        self._count = 0

    def strings(self, array: pa.StringArray, numbers: NDArray[np.int64]) -> pa.StringArray:
        """``array`` itself when it is valid, else with bad bytes replaced by U+FFFD; ``numbers`` name the records."""
        try:
            array.validate(full=True)
        except pa.ArrowInvalid:
            return pa.array([self._text(raw, n) for raw, n in zip(_bytes(array), numbers, strict=True)], pa.string())
        return array

    def texts(self, texts: Sequence[str], numbers: Sequence[int]) -> pa.StringArray:
        """The same for texts that were decoded with ``surrogateescape``."""
        try:
            return pa.array(texts, pa.string())
        except UnicodeEncodeError:
            raw = (text.encode("utf-8", "surrogateescape") for text in texts)
            return pa.array([self._text(r, n) for r, n in zip(raw, numbers, strict=True)], pa.string())

    def tell(self) -> None:
        """Reports what was repaired, if anything was. To be called at the end of the input."""
        if self._count:
            where = f"{self._unit} {self._first}"
            reason = "invalid UTF-8, read with replacement characters"
            self._report(Problem(self._file, where, reason, self._count, mended=True))

    def _text(self, raw: bytes, number: Any) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self._first = self._first or int(number)
            self._count += 1
            return raw.decode("utf-8", "replace")


def _bytes(array: pa.StringArray) -> list[bytes]:
    found: list[bytes] = array.view(pa.binary()).to_pylist()
    return found
