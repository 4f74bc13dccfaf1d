"""Arrow arrays over numpy's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray


def int64s(values: NDArray[np.int64]) -> pa.Int64Array:
    """The numbers as an Arrow array over their own memory. (``pa.array`` would load numpy's masked arrays first, which
    takes longer than a small log does.)"""
    return pa.Int64Array.from_buffers(pa.int64(), values.size, [None, pa.py_buffer(np.ascontiguousarray(values))])
