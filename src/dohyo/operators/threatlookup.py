"""``threatlookup field``: threat entries of an indicator (spec §9.5)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import names, quoted
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.operators.lookup import missing
from dohyo.operators.tablejoin import beside, nulls
from dohyo.plan.convert import to_text, to_type
from dohyo.plan.expr import Call, Column, Expr, Literal, any_of, boolean, negation, whole
from dohyo.plan.nodes import Extend, Filter, Node, Sort, SortKey, Unnest, Window, WindowCall
from dohyo.plan.types import Type
from dohyo.tables import threats
from dohyo.tables.load import Table, TableError

_PREFIX = "_threatlookup."
#: Field -> column of the threat list.
_FIELDS = {
    "actors": "actor", "confidence": "confidence", "fields": "fields", "id": "id", "imported": "imported", "indicator": "threat",
    "kill_chain": "kill_chain", "source": "source", "threat_type": "threat_type", "type": "type", "updated": "updated",
    "valid_from": "valid_from", "valid_until": "valid_until",
}  # fmt: skip
_TIMES = ("imported", "updated", "valid_from", "valid_until")


class ThreatLookup(Stage, frozen=True):
    """The fields, and the source that entries must come from."""

    fields: tuple[Name, ...]
    source: str | None = None
    single: bool = False


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    single = bool(p.word("singleindicator"))
    source = None
    if p.word("source"):
        p.need_symbol("=", "`source`")
        source = p.string().value
    single = bool(p.word("singleindicator")) or single
    return ThreatLookup(p.fields(), source, single, span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: ThreatLookup) -> str:
    source = f" source={quoted(stage.source)}" if stage.source is not None else ""
    return "threatlookup" + " singleIndicator" * stage.single + f"{source} {names(stage.fields)}"


# --- meaning ----------------------------------------------------------------------------------------------------------

_ROW, _VALUE, _PLACE = "__threat_row", "__threat_value", "__threat_place"


def _lower(stage: ThreatLookup, plan: Node, ctx: Context) -> Node:
    try:
        table = threats.entries(ctx.options.tables)
    except TableError as error:
        raise ctx.fail("DH2702", f"the threat list cannot be read: {error}", stage.span) from None
    values = [to_text(ctx.column(f, plan)) for f in stage.fields]
    if table is None:
        missing(ctx, stage.span, "threat list", "a CSV or STIX file whose name begins with `threat`")
        plan = nulls(plan, [_PREFIX + field for field in _FIELDS])
        return Extend(plan, ((f"{_PREFIX}num_matches", Literal(0, Type.INT)),))
    place = threats.COLUMNS.index("source")
    rows = [r for r in table.rows if stage.source is None or (r[place] or "").lower() == stage.source.lower()]
    numbered = Table(table.path, (*table.columns, _PLACE), [(*r, f"{i:09}") for i, r in enumerate(rows)])
    return _kept(_matches(plan, values, numbered, ctx), stage.single)


def _matches(plan: Node, values: list[Expr], table: Table, ctx: Context) -> Node:
    """Each row with each entry of each of its values, and once for a value that has none."""
    plan = Window(plan, ((_ROW, WindowCall("row_number", (), Type.LONG)),), hidden=True)
    value = values[0]
    if len(values) > 1:
        each = Call("list_once", (Call("list_of", tuple(values), Type.STRING),), Type.STRING)
        plan = Unnest(plan, _VALUE, each, Type.STRING, outer=True)
        value = Column(_VALUE, Type.STRING)
    targets = [(column, _PREFIX + field) for field, column in _FIELDS.items()]
    plan = beside(plan, ctx, table, table.rows, [(value, "threat")], [*targets, (_PLACE, _PLACE)], fold=True)
    times = tuple((_PREFIX + f, to_type(Column(_PREFIX + f, Type.STRING), Type.LONG)) for f in _TIMES)
    return Sort(Extend(plan, times), (*plan.order, SortKey(_PLACE)))


def _kept(plan: Node, single: bool) -> Node:
    """Of a row with entries those, of one without it once; ``single``: once in any case (spec §9.5)."""
    place = Column(_PLACE, Type.STRING)
    counted = ((f"{_PREFIX}num_matches", WindowCall("count", (place,), Type.INT, (_ROW,), whole=True)),)
    first = (("__threat_n", WindowCall("row_number", (), Type.LONG, (_ROW,), order=(SortKey(_PLACE),))),)
    plan = Window(Window(plan, counted), first, hidden=True)
    once = boolean("=", Column("__threat_n", Type.LONG), whole(1))
    return Filter(plan, once if single else any_of([once, negation(boolean("is_null", place))]))


OPERATOR = Operator(
    names=("threatlookup",),
    synopsis='threatlookup [singleIndicator] [source="s"] field[, …]',
    doc="Adds `_threatlookup.…` fields: one row for each entry of a threat list, one with nulls when there is none.",
    spec="9.5",
    stage=ThreatLookup,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | threatlookup DestinationIp | where _threatlookup.num_matches > 0",
    category="lookup",
)
