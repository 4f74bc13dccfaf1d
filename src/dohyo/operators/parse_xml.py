"""``parse xml "/a/b/@c" as x``: values by XPath (spec §4.7)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names, string
from dohyo.lang.tree import Name, Stage, String
from dohyo.operators.base import Operator
from dohyo.operators.parsing import field_option, not_null, parsed, source_text
from dohyo.plan.expr import Call, all_of, any_of, text
from dohyo.plan.functions import xml_values
from dohyo.plan.nodes import Node
from dohyo.plan.types import Type


class ParseXml(Stage, frozen=True):
    """The paths and the names of their fields."""

    paths: tuple[String, ...]
    aliases: tuple[Name, ...]
    field: Name | None
    nodrop: bool


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    field: Name | None = None
    nodrop = False
    paths: list[String] = []
    aliases: tuple[Name, ...] = ()
    while not p.at_stage_end():
        if found := field_option(p):
            field = found
        elif p.word("nodrop"):
            nodrop = True
        elif p.cursor.peek().word == "as":
            aliases = p.aliases()
        else:
            p.symbol(",")
            paths.append(p.string('a path such as `"/Event/System/EventID/text()"`'))
    return ParseXml(tuple(paths), aliases, field, nodrop, span=start.to(Span(start.start, max(start.end, p.cursor.last_end))))


def _print(stage: ParseXml) -> str:
    parts = ["parse xml", f"field={name(stage.field)}" if stage.field else "", ", ".join(string(s) for s in stage.paths),
             f"as {names(stage.aliases)}" if stage.aliases else "", "nodrop" * stage.nodrop]  # fmt: skip
    return " ".join(p for p in parts if p)


def _lower(stage: ParseXml, plan: Node, ctx: Context) -> Node:
    if not stage.paths:
        ctx.dialect_spot("DH2431", "`parse xml` without a path takes nothing out", stage.span,
                         hint='name the paths: `parse xml "/Event/System/EventID/text()" as id`')  # fmt: skip
        return plan
    wanted = stage.aliases or tuple(Name(s.value.rpartition("/")[2].lstrip("@"), span=s.span) for s in stage.paths)
    if len(wanted) != len(stage.paths):
        raise ctx.fail("DH2432", f"{len(stage.paths)} paths and {len(wanted)} names", stage.span,
                       hint="each path needs one name after `as`")  # fmt: skip
    for written in stage.paths:
        _check(written, ctx)
    source = source_text(stage.field, stage.span, plan, ctx)
    fields = [(n.name, Call("xml_value", (source, text(s.value)), Type.STRING)) for n, s in zip(wanted, stage.paths, strict=True)]
    tests = [not_null(v) for _, v in fields]
    return parsed(plan, ctx, any_of(tests) if stage.nodrop else all_of(tests), list(fields), stage.nodrop)


def _check(written: String, ctx: Context) -> None:
    try:
        xml_values.path(written.value)
    except ValueError as error:
        raise ctx.fail("DH2433", f"the path cannot be read: {error}", written.span) from None


OPERATOR = Operator(
    names=("parse xml",),
    synopsis='parse xml [field=f] "/a/b/@c"[, …] as x[, …] [nodrop]',
    doc="Takes values out of XML by path: names, `[2]`, `[last()]`, `[@name='value']`, then `@attribute` or `text()`.",
    spec="4.7",
    stage=ParseXml,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | parse xml "/Event/System/EventID/text()" as id nodrop',
    category="parse",
    in_chain=True,
)
