"""A detection that is followed: its query, compiled, and its statement, made once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import pyarrow as pa
from msgspec import Struct

from dohyo.compile import Compiled
from dohyo.detections.model import Detection
from dohyo.diagnostics import Diagnostic, QueryError, Severity
from dohyo.engines.duckdb.engine import DuckDB, Ready
from dohyo.engines.errors import QueryFailed
from dohyo.plan.nodes import Batch
from dohyo.plan.outline import Outline
from dohyo.plan.types import Field


class Refused(Struct):
    """A detection that does not run, and why."""

    detection: Detection
    error: QueryError


def refused(detection: Detection, query: Compiled, why: str) -> Refused:
    """A detection that cannot be followed."""
    told = Diagnostic("DH3002", Severity.ERROR, f"this query cannot be followed: {why}")
    return Refused(detection, QueryError((told,), query.source))


class Rule(Struct, eq=False, dict=True):
    """A detection that runs on the events that an engine has. ``failed``: is told when it cannot."""

    detection: Detection
    query: Compiled
    outline: Outline
    engine: DuckDB
    failed: Callable[[Refused], None]

    @functools.cached_property
    def ready(self) -> Ready | None:
        """The statement, made when the first event comes that it may need: of thousands of detections few see any. ``None``
        when it takes several statements, which are made anew each time."""
        divided = any(isinstance(n, Batch) for n in self.query.plan.walk())
        return None if divided else self.engine.ready(self.query.plan)

    def rows(self) -> tuple[pa.Table, Sequence[Field]] | None:
        """The rows over the engine's events and the shown columns; ``None`` when it failed."""
        try:
            return self.ready.run() if self.ready is not None else self.engine.run(self.query.plan)
        except (QueryFailed, OSError) as error:
            told = Diagnostic("DH3001", Severity.ERROR, f"the query failed while it ran: {str(error).splitlines()[0][:300]}")
            self.failed(Refused(self.detection, QueryError((told,), self.query.source)))
            return None
