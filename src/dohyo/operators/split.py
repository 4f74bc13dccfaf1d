"""``split``: columns of text with any delimiter (spec §4.6); ``csv`` has its parts."""

from __future__ import annotations

from dohyo.lang.parser import Parser
from dohyo.lang.tree import Stage
from dohyo.operators import csv
from dohyo.operators.base import Operator


class SplitStage(csv.Split, frozen=True):
    """As ``csv``, with a delimiter."""


def _parse(p: Parser) -> Stage:
    cut = csv.parse_split(p, "split", ("delim", "escape", "quote"))
    assert isinstance(cut, csv.Split)
    return SplitStage(cut.word, cut.field, cut.options, cut.items, span=cut.span)


OPERATOR = Operator(
    names=("split",),
    synopsis="split field [delim='c', escape='c', quote='c'] extract 1 as a, 4 as b",
    doc="Takes columns of text that is cut at a delimiter.",
    spec="4.6",
    stage=SplitStage,
    parse=_parse,
    print=csv.print_split,
    lower=csv.lower_split,
    example="* | split Image delim=':' extract 1 as drive",
    category="parse",
)
