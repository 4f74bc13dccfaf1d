"""Internal functions that take values out of JSON text (spec §4.4)."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from sqlglot import exp

from dohyo.plan.functions.model import Arg, B, Function, L, S, Sql, Udf, apply, case, lit, null

#: So many keys of a document are looked at.
_MOST_KEYS = 10_000
#: So many brackets of a text are tried as the beginning of JSON.
_MOST_BLOCKS = 50
_DECODER = json.JSONDecoder(strict=False)
_BRACKET = re.compile(r"[{\[]")


def _document(text: Sql) -> Sql:
    """The text when it is JSON, else the block in it from the first bracket to the last one when that is JSON."""
    block = _between_brackets(text)
    return case((apply("json_valid", text.copy()), text.copy()), (apply("json_valid", block), block.copy()), default=null())


def _between_brackets(text: Sql) -> Sql:
    return apply("regexp_extract", text.copy(), lit(r"[{\[][\s\S]*[}\]]"))


def _brackets(text: Sql) -> Sql:
    """True when the text has a bracket that may begin JSON."""
    return exp.NEQ(this=_between_brackets(text), expression=lit(""))


def _last_block(text: str | None) -> str | None:
    """The last whole object that stands in the text, else the last list: ``[12]`` is often no JSON (spec §12.6)."""
    found: dict[str, str] = {}
    at = 0
    for _ in range(_MOST_BLOCKS):
        m = _BRACKET.search(text or "", at)
        if text is None or m is None:
            break
        try:
            _, at = _DECODER.raw_decode(text, m.start())
            found[m[0]] = text[m.start() : at]
        except (ValueError, RecursionError):
            at = m.end()
    return found.get("{", found.get("["))


def _value(document: Sql, path: Sql) -> Sql:
    return apply("json_extract_string", document, path)


def _list(document: Sql, path: Sql) -> Sql:
    """A path with a wildcard gives a JSON array as text, ``/`` escaped as in Sumo Logic (spec §4.4)."""
    found = exp.Cast(this=apply("to_json", apply("json_extract", document, path)), to=exp.DataType.build("VARCHAR"))
    return apply("replace", found, lit("/"), lit("\\/"))


def _exists(document: Sql, path: Sql) -> Sql:
    return apply("json_exists", document, path)


def _select(document: str | None, path: str | None) -> str | None:
    """All that a JSONPath finds, as JSON array text; ``/`` is escaped as in Sumo Logic (spec §4.4)."""
    import jsonpath

    if document is None or path is None:
        return None
    try:
        found = _selector(path).findall(json.loads(document))
    except (ValueError, RecursionError, jsonpath.JSONPathError):
        return None
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")


@functools.lru_cache(maxsize=256)
def _selector(path: str) -> Any:
    import jsonpath

    return jsonpath.compile(path)


def _any_case(document: str | None, key: str | None) -> str | None:
    """A key in any case; blanks may be written as ``_``, nested names are joined with dots."""
    if document is None or key is None:
        return None
    return _flattened(document).get(key.lower().replace(" ", "_"))


@functools.lru_cache(maxsize=1024)
def _flattened(document: str) -> dict[str, str | None]:
    try:
        value = json.loads(document)
    except (ValueError, RecursionError):
        return {}
    out: dict[str, str | None] = {}
    todo: list[tuple[str, Any]] = [("", value)]
    while todo and len(out) < _MOST_KEYS:
        name, value = todo.pop()
        if name:
            out.setdefault(name.lower().replace(" ", "_"), _shown(value))
        if isinstance(value, dict):
            todo += [(f"{name}.{k}" if name else str(k), v) for k, v in reversed(value.items())]
        elif isinstance(value, list):
            todo += [(f"{name}[{i}]", v) for i, v in reversed(list(enumerate(value)))]
    return out


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_d, _p = Arg("document"), Arg("path", literal=True)

ROWS: tuple[Function, ...] = (
    Function("json_document", (Arg("s"),), S, _document, "JSON text, found in the text.", internal=True),
    Function("json_brackets", (Arg("s"),), B, _brackets, "There may be JSON within the text.", internal=True),
    Function(
        "json_block", (Arg("s"),), S, doc="The last JSON object or list within the text.", internal=True, udf=Udf(_last_block, (S,), S)
    ),
    Function("json_value", (_d, _p), S, _value, "The value at a path, as text.", internal=True),
    Function("json_list", (_d, _p), S, _list, "The values at a path with wildcards, as a JSON array.", internal=True),
    Function("with_time", (Arg("value"), Arg("time", L)), S,
             lambda v, t: exp.Cast(this=apply("json_object", lit("value"), v, lit("time"), t), to=exp.DataType.build("VARCHAR")),
             "A value and its time as JSON.", internal=True),
    Function("json_select", (_d, _p), S, doc="What a JSONPath finds, as a JSON array.", internal=True, udf=Udf(_select, (S, S), S)),
    Function("json_any_case", (_d, _p), S, doc="A key in any case.", internal=True, udf=Udf(_any_case, (S, S), S)),
    Function("json_has", (_d, _p), B, _exists, "There is something at the path.", internal=True),
)
