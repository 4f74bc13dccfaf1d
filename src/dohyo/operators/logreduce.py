"""``logreduce``: messages by their signatures (spec §10)."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.operators.options import options
from dohyo.operators.templates import signature_id, signatures
from dohyo.plan.convert import to_text
from dohyo.plan.names import ID
from dohyo.plan.nodes import Batch, Extend, Node
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import pyarrow as pa

_OPTIONS = ("limit", "criteria", "field", "parser", "maxdepth", "output_threshold")
_NO_SCHEMA = "0" * 16


class LogReduce(Stage, frozen=True):
    """``kind`` is empty, ``keys`` or ``values``; the field, the grouping (``values``: the keys) and the options."""

    kind: str
    field: Name | None
    by: tuple[Name, ...]
    options: tuple[tuple[str, str], ...]
    noaggregate: bool = False


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    token = p.word("keys", "values")
    field = None
    if p.symbol("("):
        field = p.field()
        p.need_symbol(")", "the field")
    by: tuple[Name, ...] = ()
    given: dict[str, str] = {}
    noaggregate = False
    while not p.at_stage_end():
        found = options(p, _OPTIONS)
        given |= found
        if p.word("by", "on"):
            by = p.fields()
        elif p.word("noaggregate"):
            noaggregate = True
        elif p.word("optimize") or p.symbol(",") or found:
            continue
        elif field is None:
            field = p.field()
        else:
            p.unexpected(p.cursor.peek(), "an option of `logreduce`")
    if "field" in given:
        field = Name(given.pop("field"), span=start)
    return LogReduce(token.word if token else "", field, by, tuple(given.items()), noaggregate,
                     span=Span(start.start, max(start.end, p.cursor.last_end)))  # fmt: skip


def _print(stage: LogReduce) -> str:
    parts = ["logreduce", stage.kind, f"field={name(stage.field)}" if stage.field else "",
             f"{'on' if stage.kind == 'values' else 'by'} {names(stage.by)}" if stage.by else "",
             ", ".join(f"{k}={v}" for k, v in stage.options), "noaggregate" * stage.noaggregate]  # fmt: skip
    return " ".join(p for p in parts if p)


def _lower(stage: LogReduce, plan: Node, ctx: Context) -> Node:
    source = to_text(ctx.column(stage.field or Name("_raw", span=stage.span), plan))
    by = ctx.names(stage.by, plan)
    plan = Extend(plan, (("__text", source),), hidden=True)
    given = dict(stage.options)
    evidence = (Field(ID, Type.LONG, hidden=True),) if plan.schema.get(ID) else ()
    needs = ("__text", *by, *(f.name for f in evidence))
    if stage.kind == "keys":
        made = (Field("_signature_id", Type.STRING), Field("_schema", Type.STRING), Field("_count", Type.INT))
        return Batch(plan, "logreduce keys", needs, (*made, *evidence), lambda table: _by_keys(table))
    if stage.kind == "values":
        made = (Field("_cluster_id", Type.STRING), Field("_signature", Type.STRING), Field("_count", Type.INT))
        return Batch(plan, "logreduce values", needs, (*made, *evidence), lambda table: _by_values(table, by))
    groups = tuple(Field(f, (plan.schema.get(f) or Field(f, Type.STRING)).type) for f in by)
    columns = (Field("_signature_id", Type.STRING), Field("_signature", Type.STRING), *groups, Field("_count", Type.INT))
    most = int(given["limit"]) if given.get("limit", "").isdecimal() else None
    rare = given.get("criteria", "").lower() == "leastcommon"
    return Batch(plan, "logreduce", needs, (*columns, *evidence), lambda table: _reduced(table, by, most, rare))


def _reduced(table: pa.Table, by: tuple[str, ...], most: int | None, rare: bool) -> pa.Table:
    """The most frequent signatures first (``rare``: last), at most so many."""
    shown = signatures(table["__text"].to_pylist())
    groups = [table[f].to_pylist() for f in by]
    rows = [(signature_id(s), s, *(g[i] for g in groups)) for i, s in enumerate(shown)]
    return _counted(table, rows, ("_signature_id", "_signature", *by), most, rare)


def _by_keys(table: pa.Table) -> pa.Table:
    rows = []
    for text in table["__text"].to_pylist():
        keys = _schema(text or "")
        shown = ",".join(keys)
        rows.append((signature_id(shown) if keys else _NO_SCHEMA, shown or "unknown"))
    return _counted(table, rows, ("_signature_id", "_schema"), None, False)


def _schema(text: str) -> list[str]:
    """The keys of a JSON message in alphabetical order, at most a hundred."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return sorted(value)[:100] if isinstance(value, dict) else []


def _by_values(table: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    columns = [table[k].to_pylist() for k in keys]
    rows = []
    for i in range(table.num_rows):
        shown = ", ".join(f"{k}={c[i]}" for k, c in zip(keys, columns, strict=True))
        rows.append((signature_id(shown), shown))
    return _counted(table, rows, ("_cluster_id", "_signature"), None, False)


def _counted(table: pa.Table, rows: list[tuple[Any, ...]], columns: tuple[str, ...], most: int | None, rare: bool) -> pa.Table:
    import pyarrow as pa

    counts = Counter(rows)
    first = {row: i for i, row in reversed(list(enumerate(rows)))}
    ordered = sorted(counts, key=lambda r: (counts[r] if rare else -counts[r], first[r]))[:most]
    kinds = {c: table.schema.field(c).type if c in table.column_names else pa.string() for c in columns}
    data = {c: pa.array([row[i] for row in ordered], kinds[c]) for i, c in enumerate(columns)}
    data["_count"] = pa.array([counts[row] for row in ordered], pa.int64())
    if ID in table.column_names:
        ids = table[ID].to_pylist()
        data[ID] = pa.array([ids[first[row]] for row in ordered], pa.int64())
    return pa.table(data)


OPERATOR = Operator(
    names=("logreduce", "summarize"),
    synopsis="logreduce [(field)] [by g] [limit=n] [criteria=mostcommon|leastcommon]   ·   logreduce keys   ·   logreduce values on k",
    doc="Messages by their signatures, the varying parts as `*****`. Sumo Logic's clustering is secret; here it is Drain's.",
    spec="10",
    stage=LogReduce,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | logreduce",
    category="pattern",
)
