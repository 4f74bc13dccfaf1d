"""``geoip field``: where an address is (spec §9.4)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.operators.lookup import of_address
from dohyo.plan.convert import to_text
from dohyo.plan.nodes import Node
from dohyo.tables import geo


class GeoIp(Stage, frozen=True):
    """The address and further columns."""

    field: Name
    extras: tuple[Name, ...]


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    field = p.field("the field with the address")
    extras: list[Name] = []
    while p.symbol(",") or not p.at_stage_end():
        extras.append(p.field("a further column"))
    return GeoIp(field, tuple(extras), span=start.to(Span(0, p.cursor.last_end)))


def _lower(stage: GeoIp, plan: Node, ctx: Context) -> Node:
    for extra in stage.extras:
        if extra.name.lower() not in (*geo.LOCATION, *geo.EXTRAS):
            raise ctx.fail("DH2706", f"there is no column `{extra.name}`", extra.span, hint=f"there are {', '.join(geo.EXTRAS)}")
    wanted = [(c, c) for c in geo.LOCATION] + [(e.name, e.name) for e in stage.extras]
    return of_address(plan, ctx, to_text(ctx.column(stage.field, plan)), wanted, "location", stage.span)


OPERATOR = Operator(
    names=("geoip",),
    synopsis="geoip field[, column, …]",
    doc="Adds `latitude`, `longitude`, `country_code`, `country_name`, `city`, `state` of an address.",
    spec="9.4",
    stage=GeoIp,
    parse=_parse,
    print=lambda stage: ", ".join([f"geoip {name(stage.field)}", *(name(e) for e in stage.extras)]),
    lower=_lower,
    example="* | geoip DestinationIp | count by country_name",
    category="lookup",
)
