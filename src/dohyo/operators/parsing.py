"""What all parse operators share: the source field, ``nodrop`` and the OR of a ``nodrop`` chain (spec §4.1)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.tree import Name
from dohyo.plan.convert import to_text
from dohyo.plan.expr import NULL, Call, Column, Expr, any_of, boolean, calls
from dohyo.plan.nodes import Extend, Filter, Node
from dohyo.plan.types import Type

_HIT = "__hit"
#: What a test may be made of to cost nothing when it is asked for each field.
_CHEAP = frozenset({"and", "or", "not", "is_null"})


def field_option(p: Parser) -> Name | None:
    """``field=name`` if it stands here."""
    mark = p.cursor.mark()
    if p.word("field") and p.symbol("="):
        return p.field("the field to parse")
    p.cursor.back(mark)
    return None


def source_text(field: Name | None, span: Span, plan: Node, ctx: Context) -> Expr:
    """The text to parse: ``_raw`` unless a field is given."""
    return to_text(ctx.column(field or Name("_raw", span=span), plan))


def parsed(plan: Node, ctx: Context, matched: Expr, new: list[tuple[str, Expr]], nodrop: bool) -> Node:
    """The plan after a parse: fields set where it matched, rows dropped or not.

    ``matched``: the condition that the row matches; ``new``: the fields' values where it does. Where it does not, a
    field that exists already keeps its value (spec §4.1). In a chain of parses a row that matched an earlier
    ``nodrop`` one survives a later one that would drop it.
    """
    earlier = Column(_HIT, Type.BOOLEAN) if ctx.parse_hit else None
    if not nodrop and earlier is None:
        plan = Filter(plan, matched)
        return Extend(plan, tuple((_own_name(plan, n), v) for n, v in new))
    match = matched
    if not nodrop or (len(new) > 1 and any(c.function not in _CHEAP for c in calls(matched))):  # computed once, before any
        plan = Extend(plan, (("__match", matched),), hidden=True)  # field that it looks at may change
        match = Column("__match", Type.BOOLEAN)
    if nodrop and not ctx.options.strict_nodrop:
        ctx.parse_hit = _HIT
        plan = Extend(plan, ((_HIT, any_of([earlier, match]) if earlier else match),), hidden=True)
    plan = Extend(plan, tuple((_own_name(plan, n), _kept(plan, match, n, v)) for n, v in new))
    if nodrop or earlier is None:
        return plan
    ctx.parse_hit = None
    return Filter(plan, any_of([match, earlier]))


def _own_name(plan: Node, name: str) -> str:
    found = plan.schema.get(name)
    return found.name if found else name


def _kept(plan: Node, match: Expr, name: str, value: Expr) -> Expr:
    """The parsed value where the parse matched, else what the field had; a field of the source counts as had."""
    return Call("case", (match, value, before(plan, name)), Type.STRING)


def before(plan: Node, name: str) -> Expr:
    """What a field has before the parse, as text; null when there is none. A field of the source counts as there."""
    old = plan.schema.get(name)
    if old is None:
        return to_text(Column(name, plan.schema.open_type, spare=True)) if plan.schema.open else NULL
    return to_text(Column(old.name, old.type)) if not old.name.startswith("__") else NULL


def not_null(value: Expr) -> Expr:
    """True where there is a value."""
    return boolean("not", boolean("is_null", value))
