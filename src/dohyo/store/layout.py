"""The order of events within a data file.

By day and category come files. Within a file events stand by kind (event id), for most detections ask for one or a few of
them, and columns that a kind does not have cost nothing then. The events of a kind stand by slices of time, and within a
slice by host. There are as many slices as make the row groups about square: a kind of n row groups has √n slices of √n
row groups, so that both one hour and one host are found in about √n of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dohyo.engines.duckdb.storing import KIND, TIME

if TYPE_CHECKING:
    from dohyo.store.unit import Facts

#: Events in a row group: the least that a reader takes.
ROW_GROUP = 32_768


def arranged(day: Any, category: Any, facts: Facts) -> tuple[Any, list[int]]:
    """The numbers of the records that have a shape in the files' order, and where each file begins in it."""
    slug = codes_of(pa.array(category.tolist(), pa.string()))
    time = times_of(facts.column(TIME))
    order = sorted_rows([day, slug], codes_of(facts.column(KIND)), codes_of(facts.column("_sourceHost")), time)
    order = order[facts.column("shape").to_numpy()[order] > 0]
    if not len(order):
        return order, []
    changes = (np.diff(day[order]) != 0) | (np.diff(slug[order]) != 0)
    return order, [0, *(np.flatnonzero(changes) + 1).tolist()]


def sorted_rows(outer: list[Any], kind: Any, host: Any, time: Any) -> Any:
    """The rows in order: by the ``outer`` columns, kind, slice of time, host, time."""
    by_time = np.lexsort((time, kind, *reversed(outer)))
    columns = [c[by_time] for c in (*outer, kind)]
    slices = np.zeros(len(by_time), dtype=np.int64)
    changes = np.any([np.diff(c) != 0 for c in columns], axis=0) if len(by_time) else np.zeros(0, dtype=bool)
    begins = [0, *(np.flatnonzero(changes) + 1).tolist()]
    for begin, end in zip(begins, [*begins[1:], len(by_time)], strict=True):
        count = end - begin
        parts = max(1, round((count / ROW_GROUP) ** 0.5))
        if parts > 1:
            slices[begin:end] = np.arange(count) * parts // count
    inner = np.lexsort((time[by_time], host[by_time], slices, *reversed(columns)))
    return by_time[inner]


def codes_of(texts: pa.Array) -> Any:
    """Texts as numbers in the order of the texts; null is the lowest."""
    encoded = texts.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    rank = np.empty(len(values) + 1, dtype=np.int64)
    rank[[*sorted(range(len(values)), key=values.__getitem__)]] = np.arange(1, len(values) + 1)
    rank[-1] = 0
    return rank[encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)]


def times_of(times: pa.Array) -> Any:
    """Times as numbers; null is the lowest."""
    return times.fill_null(-(2**63) + 1).to_numpy(zero_copy_only=False)
