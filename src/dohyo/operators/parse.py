"""``parse "user=* role=*" as u, r``: values between literal text (spec §4.2)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.lexer import Kind
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names, string
from dohyo.lang.tree import Name, Stage, String
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.operators.parsing import field_option, parsed, source_text
from dohyo.patterns.anchor import Anchor, anchor_to_regex, first_separator_note, parse_anchor
from dohyo.plan.expr import Call, Expr, all_of, boolean, text, whole
from dohyo.plan.nodes import Node
from dohyo.plan.types import Type


class Pair(TreeNode, frozen=True):
    """A pattern and the names of its stars."""

    pattern: String
    names: tuple[Name, ...]


class Parse(Stage, frozen=True):
    """One or more patterns over one text; all must match."""

    pairs: tuple[Pair, ...]
    field: Name | None
    nodrop: bool
    multi: bool = False


_PATTERN = 'the text to look for, such as `"user=*"`'


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    nodrop, multi = _flags(p)
    field = field_option(p)
    pairs: list[Pair] = []
    if (word := p.cursor.peek().word) in p.operators.names:  # `parse json "a"`
        p.unexpected(p.cursor.peek(), _PATTERN, f"`{word}` is an operator of its own: `| {word} …`")
    while True:
        pattern = p.string(_PATTERN)
        a, b = _flags(p)
        nodrop, multi = nodrop or a, multi or b
        pairs.append(Pair(pattern, p.aliases(), span=pattern.span))
        a, b = _flags(p)
        nodrop, multi = nodrop or a, multi or b
        if not p.symbol(","):
            break
    if not pairs[-1].names and p.cursor.peek().kind is Kind.WORD and p.cursor.peek().word != "field":
        p.unexpected(p.cursor.peek(), "`as`", "the names of the `*` stand after `as`")
    field = field or field_option(p)
    a, b = _flags(p)
    return Parse(tuple(pairs), field, nodrop or a, multi or b, span=start.to(Span(0, p.cursor.last_end)))


def _flags(p: Parser) -> tuple[bool, bool]:
    found = set()
    while token := p.word("nodrop", "multi"):
        found.add(token.word)
    return "nodrop" in found, "multi" in found


def _print(stage: Parse) -> str:
    field = f"field={name(stage.field)} " if stage.field else ""
    pairs = ", ".join(string(q.pattern) + (f" as {names(q.names)}" if q.names else "") for q in stage.pairs)
    return f"parse {field}{pairs}" + " multi" * stage.multi + " nodrop" * stage.nodrop


# --- meaning ----------------------------------------------------------------------------------------------------------


def _lower(stage: Parse, plan: Node, ctx: Context) -> Node:
    value = source_text(stage.field, stage.span, plan, ctx)
    if stage.multi:
        ctx.dialect_spot("DH2320", "`multi` belongs to `parse regex`; an anchor matches once", stage.span,
                         hint="write `parse regex \"…\" multi`")  # fmt: skip
    tests: list[Expr] = []
    fields: list[tuple[str, Expr]] = []
    for pair in stage.pairs:
        anchor = _anchor(pair, ctx)
        regex = anchor_to_regex(anchor, ignore_case=ctx.options.anchor_ignore_case)
        tests.append(boolean("search", value, text(regex)))
        fields += [(n.name, Call("captures", (value, text(regex), whole(i)), Type.STRING)) for i, n in enumerate(pair.names, 1)]
    return parsed(plan, ctx, all_of(tests), fields, stage.nodrop)


def _anchor(pair: Pair, ctx: Context) -> Anchor:
    anchor = parse_anchor(pair.pattern.raw)
    for problem in anchor.problems:
        start = pair.pattern.span.start + 1
        raise ctx.fail("DH2321", problem.message, Span(start + problem.span.start, start + problem.span.end),
                       hint=problem.hint)  # fmt: skip
    if len(anchor.stars) != len(pair.names):
        raise ctx.fail("DH2322", f"the pattern has {len(anchor.stars)} `*` and there are {len(pair.names)} names",
                       pair.pattern.span, hint="each `*` needs one name after `as`")  # fmt: skip
    if note := first_separator_note(anchor):
        sign = anchor.literals[1].replace("\\", "\\\\")
        ctx.warn("DH2323", note, pair.pattern.span,
                 hint=f'for the part after the last one: `parse regex field=f "(?<name>[^{sign}]+)$"`')  # fmt: skip
    return anchor


OPERATOR = Operator(
    names=("parse", "parse anchor"),
    synopsis='parse [field=f] "text*text*" as a, b [nodrop]',
    doc="Takes values from between literal text. `*` is the shortest run up to the text that follows it; at the end of "
    "the pattern it is the rest. Rows that do not match are dropped unless `nodrop` is given.",
    spec="4.2",
    stage=Parse,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | parse field=User "*\\\\*" as domain, account nodrop',
    category="parse",
    in_chain=True,
)
