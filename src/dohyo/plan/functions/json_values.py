"""Internal functions that take values out of JSON text (spec §4.4)."""

from __future__ import annotations

from sqlglot import exp

from dohyo.plan.functions.model import Arg, B, Function, S, Sql, apply, case, lit, null


def _document(text: Sql) -> Sql:
    """The text when it is JSON, else the last block in it that may be JSON (spec §12.6), else null."""
    block = apply("regexp_extract", text.copy(), lit(r"[{\[][\s\S]*[}\]]"))
    return case((apply("json_valid", text.copy()), text.copy()), (apply("json_valid", block), block.copy()), default=null())


def _value(document: Sql, path: Sql) -> Sql:
    return apply("json_extract_string", document, path)


def _list(document: Sql, path: Sql) -> Sql:
    """A path with a wildcard gives a JSON array as text."""
    return exp.Cast(this=apply("to_json", apply("json_extract", document, path)), to=exp.DataType.build("VARCHAR"))


def _exists(document: Sql, path: Sql) -> Sql:
    return apply("json_exists", document, path)


_d, _p = Arg("document"), Arg("path", literal=True)

ROWS: tuple[Function, ...] = (
    Function("json_document", (Arg("s"),), S, _document, "JSON text, found in the text.", internal=True),
    Function("json_value", (_d, _p), S, _value, "The value at a path, as text.", internal=True),
    Function("json_list", (_d, _p), S, _list, "The values at a path with wildcards, as a JSON array.", internal=True),
    Function("json_has", (_d, _p), B, _exists, "There is something at the path.", internal=True),
)
