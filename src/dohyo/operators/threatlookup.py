"""``threatlookup field``: threat entries of an indicator (spec §9.5)."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import names, quoted
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.operators.lookup import missing
from dohyo.operators.tablejoin import joined, nulls
from dohyo.plan.convert import to_text
from dohyo.plan.expr import Call, Column, Literal, boolean
from dohyo.plan.nodes import Extend, Node
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


@dataclass(frozen=True, slots=True)
class ThreatLookup(Stage):
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


def _lower(stage: ThreatLookup, plan: Node, ctx: Context) -> Node:
    """One row out for each row in: of several entries of an indicator the last one counts."""
    try:
        table = threats.entries(ctx.options.tables)
    except TableError as error:
        raise ctx.fail("DH2702", f"the threat list cannot be read: {error}", stage.span) from None
    values = [to_text(ctx.column(f, plan)) for f in stage.fields]
    targets = [(column, _PREFIX + field) for field, column in _FIELDS.items()]
    if table is None:
        missing(ctx, stage.span, "threat list", "a CSV or STIX file whose name begins with `threat`")
        plan = nulls(plan, [t for _, t in targets])
        return Extend(plan, ((f"{_PREFIX}num_matches", Literal(0, Type.INT)),))
    if stage.source is not None:
        place = table.place("source") or 0
        table = Table(table.path, table.columns, [r for r in table.rows if (r[place] or "").lower() == stage.source.lower()])
    value = Call("first_value_of", tuple(values), Type.STRING) if len(values) > 1 else values[0]
    plan = joined(plan, ctx, table, [(value, "threat")], targets, stage.span, fold=True)
    hit = boolean("is_null", Column(f"{_PREFIX}indicator", Type.STRING))
    return Extend(plan, ((f"{_PREFIX}num_matches", Call("case", (hit, Literal(0, Type.INT), Literal(1, Type.INT)), Type.INT)),))


OPERATOR = Operator(
    names=("threatlookup",),
    synopsis='threatlookup [singleIndicator] [source="s"] field[, …]',
    doc="Adds `_threatlookup.…` fields of an indicator that a threat list has; nulls when none has it.",
    spec="9.5",
    stage=ThreatLookup,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | threatlookup DestinationIp | where _threatlookup.num_matches > 0",
    category="lookup",
)
