"""``compose a, b``: the end of a subquery (spec §1.6)."""

from __future__ import annotations

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import names
from dohyo.lang.tree import Name, Stage
from dohyo.operators.base import Operator
from dohyo.plan.nodes import Node


class Compose(Stage, frozen=True):
    """The fields whose values make the condition."""

    fields: tuple[Name, ...]
    keywords: bool = False
    max_results: int | None = None

    @property
    def compose_spec(self) -> tuple[tuple[Name, ...], bool, int | None]:
        """What the parser asks of the last stage of a subquery."""
        return self.fields, self.keywords, self.max_results


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    fields = p.fields()
    keywords, most = False, None
    while token := p.word("keywords", "maxresults"):
        if token.word == "keywords":
            keywords = True
        else:
            p.symbol("=")
            most = p.integer()
    return Compose(fields, keywords, most, span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: Compose) -> str:
    most = f" maxresults={stage.max_results}" if stage.max_results is not None else ""
    return f"compose {names(stage.fields)}{most}" + " keywords" * stage.keywords


def _lower(stage: Compose, plan: Node, ctx: Context) -> Node:
    raise ctx.fail("DH2731", "`compose` stands only at the end of a subquery", stage.span,
                   hint="`where [subquery: … | compose field]`")  # fmt: skip


OPERATOR = Operator(
    names=("compose",),
    synopsis="[subquery: … | compose field[, …] [maxresults=n] [keywords]]",
    doc="Makes a condition of a subquery's rows.",
    spec="1.6",
    stage=Compose,
    parse=_parse,
    print=_print,
    lower=_lower,
    example="* | where [subquery: 4625 | count by Computer | compose Computer]",
    category="correlation",
)
