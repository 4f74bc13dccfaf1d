"""``transactionize a, b (stages)``: groups rows that share a value, also by way of others (spec §8.2)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import duration, inline, name, names, quoted
from dohyo.lang.tree import Name, Query, Stage
from dohyo.operators.aggregate import AggregateStage
from dohyo.operators.base import Operator
from dohyo.operators.merge import Merge, merged
from dohyo.plan.names import ID, RAW, TIME
from dohyo.plan.nodes import Batch, Node
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import pyarrow as pa

_TIMES = ("maxspan", "maxpause")
_TEXTS = ("startswith", "endswith")
_OPTIONS = (*_TIMES, *_TEXTS, "maxlogs", "keeporphans")


class Transactionize(Stage, frozen=True):
    """The fields, the name of the group's number, the limits of a group and the stages that run on each."""

    fields: tuple[Name, ...]
    alias: Name | None
    options: tuple[tuple[str, str], ...]
    child: Query | None


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    fields = p.fields("a field whose values link rows")
    alias = p.alias()
    given: dict[str, str] = {}
    while True:
        p.symbol(",")
        token = p.word(*_OPTIONS)
        if token is None:
            break
        p.need_symbol("=", f"`{token.text}`")
        given[token.word] = _value(p, token.word)
    child = p.pipeline() if p.cursor.peek().sign == "(" else None
    return Transactionize(fields, alias, tuple(given.items()), child, span=start.to(Span(0, p.cursor.last_end)))


def _value(p: Parser, option: str) -> str:
    if option in _TIMES:
        return str(p.duration())
    value = p.option_value()
    if value is None:
        p.unexpected(p.cursor.peek(), f"the value of `{option}`")
        raise AssertionError
    if p.symbol(";"):
        p.need_word("strict", "`;`")
        value += ";strict"
    return value


def _print(stage: Transactionize) -> str:
    shown = "".join(f" {k}={_shown(k, v)}" for k, v in stage.options)
    alias = f" as {name(stage.alias)}" if stage.alias else ""
    return f"transactionize {names(stage.fields)}{alias}{shown}" + (f" ({inline(stage.child)})" if stage.child else "")


def _shown(option: str, value: str) -> str:
    if option in _TIMES:
        return duration(int(value))
    if option in _TEXTS:
        plain = value.removesuffix(";strict")
        return quoted(plain) + ";strict" * value.endswith(";strict")
    return value


# --- meaning ----------------------------------------------------------------------------------------------------------


def _lower(stage: Transactionize, plan: Node, ctx: Context) -> Node:
    links = ctx.names(stage.fields, plan)
    target = stage.alias.name if stage.alias else "_group"
    kept = _columns(stage, plan, ctx, links)
    job = _Job(links, target, dict(stage.options))
    made = (Field(target, Type.LONG), Field(f"{target}_duration", Type.LONG), Field(f"{target}_size", Type.LONG),
            Field(f"{target}_orphaned", Type.BOOLEAN))  # fmt: skip
    names_ = {m.name.lower() for m in made}
    columns = tuple(f for f in kept if f.name.lower() not in names_)
    grouped: Node = Batch(plan, "transactionize", tuple(f.name for f in columns), (*columns, *made), job.run)
    return grouped if stage.child is None else _inside(stage.child, grouped, target, ctx)


def _columns(stage: Transactionize, plan: Node, ctx: Context, links: tuple[str, ...]) -> tuple[Field, ...]:
    """What the groups' rows keep: the shown columns, what later stages and the inner ones name, and the evidence."""
    inner = stage.child.stages if stage.child else ()
    later = [n.name for s in inner for n in s.walk() if isinstance(n, Name)]
    found = {f.name.lower(): f for f in plan.schema.visible}
    for wanted in (*links, "_messageTime", "_raw", *ctx.later_names(), *later):
        field = plan.schema.get(wanted)
        if field or plan.schema.open:
            found.setdefault(wanted.lower(), field or Field(wanted, plan.schema.open_type))
    for hidden in (ID, TIME, RAW):
        if field := plan.schema.get(hidden):
            found.setdefault(hidden, field)
    return tuple(Field(f.name, f.type, hidden=f.name.startswith("__")) for f in found.values())


def _inside(child: Query, plan: Node, target: str, ctx: Context) -> Node:
    """Stages of each group: rows are changed one by one in any case; what makes one row of many does it by group."""
    for s in child.stages:
        if isinstance(s, Merge):
            plan = merged(s, plan, (target, f"{target}_duration", f"{target}_size", f"{target}_orphaned"), ctx)
        elif isinstance(s, AggregateStage):
            by = (Name(target, span=s.span), *s.by)
            plan = _one(AggregateStage(s.items, by, span=s.span), plan, ctx)
        else:
            plan = _one(s, plan, ctx)
    return plan


def _one(stage: Stage, plan: Node, ctx: Context) -> Node:
    assert ctx.lower_query is not None
    return ctx.lower_query(Query(None, (stage,), span=stage.span), plan)


class _Job(Struct, frozen=True):
    links: tuple[str, ...]
    target: str
    options: dict[str, str]

    def run(self, table: pa.Table) -> pa.Table:
        """The rows in the order of time, each with the number of its group."""
        import pyarrow as pa

        times = table[TIME].to_pylist() if TIME in table.column_names else list(range(table.num_rows))
        order = sorted(range(table.num_rows), key=lambda i: (times[i] or 0, i))
        values = [table[link].to_pylist() for link in self.links]
        texts = table["_raw"].to_pylist() if "_raw" in table.column_names else [""] * table.num_rows
        groups = [part for rows in self._linked(order, values) for part in self._cut(rows, times, texts)]
        groups.sort(key=lambda part: (times[part[0]] or 0, part[0]))
        picked: list[int] = []
        columns: list[list[Any]] = [[], [], [], []]
        number = 0
        for part in groups:
            orphan = len(part) == 1
            if not self._wanted(part, texts) or (orphan and self.options.get("keeporphans", "true").lower() == "false"):
                continue
            number += 1
            span = (times[part[-1]] or 0) - (times[part[0]] or 0)
            picked += part
            for column, value in zip(columns, (number, span, len(part), orphan), strict=True):
                column += [value] * len(part)
        out = table.take(pa.array(picked, pa.int64()))
        for suffix, column in zip(("", "_duration", "_size", "_orphaned"), columns, strict=True):
            out = out.append_column(self.target + suffix, pa.array(column, pa.bool_() if suffix == "_orphaned" else pa.int64()))
        return out

    def _linked(self, order: list[int], values: list[list[Any]]) -> list[list[int]]:
        """Rows that share a value of a field, transitively; null links nothing (spec §12.56)."""
        parent = {i: i for i in order}

        def root(i: int) -> int:
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        first: dict[tuple[int, Any], int] = {}
        for i in order:
            for place, column in enumerate(values):
                if column[i] is not None:
                    other = first.setdefault((place, column[i]), i)
                    parent[root(i)] = root(other)
        groups: dict[int, list[int]] = defaultdict(list)
        for i in order:
            groups[root(i)].append(i)
        return list(groups.values())

    def _cut(self, rows: list[int], times: list[Any], texts: list[Any]) -> list[list[int]]:
        """A group is cut where it gets too long, where nothing happens for too long, and at its start and end texts."""
        span, pause = (int(self.options[o]) if o in self.options else None for o in _TIMES)
        most = int(self.options["maxlogs"]) if self.options.get("maxlogs", "").isdecimal() else None
        start, end = (self.options.get(o, "").removesuffix(";strict") for o in _TEXTS)
        parts: list[list[int]] = []
        part: list[int] = []
        for i in rows:
            now, text = times[i] or 0, texts[i] or ""
            full = part and (
                (span is not None and now - (times[part[0]] or 0) > span)
                or (pause is not None and now - (times[part[-1]] or 0) > pause)
                or (most is not None and len(part) >= most)
                or (bool(start) and start in text)
                or (bool(end) and end in (texts[part[-1]] or ""))
            )
            if full:
                parts.append(part)
                part = []
            part.append(i)
        return [*parts, part] if part else parts

    def _wanted(self, part: list[int], texts: list[Any]) -> bool:
        start, end = (self.options.get(o, "") for o in _TEXTS)
        first, last = texts[part[0]] or "", texts[part[-1]] or ""
        begins = not start.endswith(";strict") or start.removesuffix(";strict") in first
        ends = not end.endswith(";strict") or end.removesuffix(";strict") in last
        return begins and ends


OPERATOR = Operator(
    names=("transactionize",),
    synopsis="transactionize field[, …] [as name] [maxspan=5m maxpause=30s maxlogs=10 startswith=… endswith=…] [(stages)]",
    doc="Groups rows that share a value of a field, also by way of other rows, and runs stages on each group.",
    spec="8.2",
    stage=Transactionize,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | transactionize ProcessGuid (merge Image takeFirst, EventID join with ",")',
    category="correlation",
)
