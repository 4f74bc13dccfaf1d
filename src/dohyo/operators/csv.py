"""``csv`` and ``split``: columns of delimited text (spec §4.6)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.lexer import Kind
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name
from dohyo.lang.tree import Name, Number, Stage
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.operators.parsing import field_option, source_text
from dohyo.plan.expr import Call, Column, text, whole
from dohyo.plan.nodes import Extend, Node
from dohyo.plan.types import Type

_DEFAULTS = {"delim": ",", "escape": "\\", "quote": '"'}


class Item(TreeNode, frozen=True):
    """A column's number, from 1, and the name of its field."""

    column: int
    name: Name


class Split(Stage, frozen=True):
    """The text, how it is cut, and the columns to keep."""

    word: str
    field: Name | None
    options: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]


def parse_split(p: Parser, word: str, allowed: tuple[str, ...]) -> Stage:
    """``src [delim='c', escape='c', quote='c'] extract …``."""
    start = p.cursor.peek().span
    field = field_option(p)
    options: dict[str, str] = {}
    while not p.word("extract"):
        if p.at_stage_end():
            p.unexpected(p.cursor.peek(), f"`extract` and the columns, as in `{word} _raw extract 1 as a`")
        if p.symbol(","):
            continue
        if (token := p.word(*allowed)) and p.symbol("="):
            options[token.word] = _character(p, token.text)
        elif found := field_option(p):
            field = found
        else:
            field = p.field("the field to cut")
    items = tuple(_items(p))
    p.word("nodrop")  # no row is dropped anyway
    return Split(word, field, tuple(options.items()), items, span=start.to(Span(0, p.cursor.last_end)))


def _character(p: Parser, option: str) -> str:
    """One raw character between single quotes; a string in double quotes is taken too."""
    literal = p.cursor.quoted_char()
    value = str(literal.value) if literal is not None else p.string(f"one character, as in `{option}=';'`").value
    if len(value) != 1:
        p.cursor.fail("DH2421", f"`{option}` is one character, not {len(value)}", p.cursor.peek().span)
    return value


def _items(p: Parser) -> list[Item]:
    """``a, _, b`` from column 1 on, and ``4 as d``."""
    found: list[Item] = []
    column = 1
    while True:
        token = p.cursor.peek()
        if token.kind is Kind.NUMBER:
            number = p.number()
            column = int(number.value) if isinstance(number, Number) else column
            p.need_word("as", "the number of a column")
        target = p.new_name("the name of a column")
        if target.name != "_":
            found.append(Item(column, target, span=target.span))
        column += 1
        if not p.symbol(","):
            return found


def print_split(stage: Split) -> str:
    """The text of the stage, each column with its number."""
    options = "".join(f" {k}='{v}'" for k, v in stage.options)
    items = ", ".join(f"{i.column} as {name(i.name)}" for i in stage.items)
    return f"{stage.word} {name(stage.field) if stage.field else '_raw'}{options} extract {items}"


def lower_split(stage: Split, plan: Node, ctx: Context) -> Node:
    """A column that is not there is null; the row is kept (spec §12.24)."""
    options = _DEFAULTS | dict(stage.options)
    if len(set(options.values())) < len(options):
        raise ctx.fail("DH2422", "delimiter, escape and quote must be three different characters", stage.span)
    if stage.field is None:
        ctx.warn("DH2423", f"`{stage.word}` without a field reads `_raw`", stage.span, hint=f"write `{stage.word} _raw extract …`")
    source = source_text(stage.field, stage.span, plan, ctx)
    cut = Call("split_text", (source, *(text(options[k]) for k in ("delim", "escape", "quote"))), Type.STRING)
    plan = Extend(plan, (("__columns", cut),), hidden=True)
    columns = Column("__columns", Type.STRING)
    return Extend(plan, tuple((i.name.name, Call("list_item", (columns, whole(i.column)), Type.STRING)) for i in stage.items))


OPERATOR = Operator(
    names=("csv",),
    synopsis="csv field [escape='c', quote='c'] extract a, _, 4 as d",
    doc="Takes columns of comma-separated text; `_` skips one.",
    spec="4.6",
    stage=Split,
    parse=lambda p: parse_split(p, "csv", ("escape", "quote")),
    print=print_split,
    lower=lower_split,
    example="* | csv _raw extract 1 as user, 3 as status",
    category="parse",
)
