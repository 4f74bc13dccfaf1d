"""``threatip field``: what a threat list says of an address (spec §9.5)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.operators.lookup import missing
from dohyo.operators.tablejoin import joined, nulls
from dohyo.plan.nodes import Node
from dohyo.tables import threats
from dohyo.tables.load import TableError

_COLUMNS = (("actor", "actor"), ("malicious_confidence", "malicious_confidence"), ("raw", "raw_threat"), ("type", "type"))


class ThreatIp(Stage, frozen=True):
    """The address."""

    field: Name


def _parse(p: Parser) -> Stage:
    field = p.field("the field with the address")
    return ThreatIp(field, span=field.span)


def _lower(stage: ThreatIp, plan: Node, ctx: Context) -> Node:
    value = ctx.column(stage.field, plan)
    try:
        table = threats.entries(ctx.options.tables)
    except TableError as error:
        raise ctx.fail("DH2702", f"the threat list cannot be read: {error}", stage.span) from None
    if table is None:
        missing(ctx, stage.span, "threat list", "a CSV or STIX file whose name begins with `threat`")
        return nulls(plan, [t for _, t in _COLUMNS])
    return joined(plan, ctx, table, [(value, "threat")], _COLUMNS, stage.span, fold=True)


OPERATOR = Operator(
    names=("threatip",),
    synopsis="threatip field",
    doc="Adds `actor`, `malicious_confidence`, `raw_threat`, `type` of an address that a threat list has.",
    spec="9.5",
    stage=ThreatIp,
    parse=_parse,
    print=lambda stage: f"threatip {name(stage.field)}",
    lower=_lower,
    example="* | threatip DestinationIp | where !isNull(actor)",
    category="lookup",
)
