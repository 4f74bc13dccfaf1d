"""What DuckDB does in its own way. The function table is written for it, so little stands here."""

from __future__ import annotations

from dohyo.engines.sql import Dialect

DIALECT = Dialect("duckdb", materializes=True)
