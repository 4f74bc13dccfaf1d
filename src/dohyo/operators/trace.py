"""``trace "id=(\\w+)" "start"``: messages connected to a value, also by way of others (spec §8.5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.binding.regexes import checked, literal_pattern
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import string
from dohyo.lang.tree import Stage, String
from dohyo.operators.base import Operator
from dohyo.patterns import regex as rx
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import Batch, Node
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import pyarrow as pa

_SECONDS = 0.5


class Trace(Stage, frozen=True):
    """The regex, the value to start with, and the direction: ``+`` forward in time, ``-`` backward, none both."""

    regex: String
    start: String
    direction: str = ""


def _parse(p: Parser) -> Stage:
    begin = p.cursor.peek().span
    sign = p.symbol("+", "-")
    regex = p.string("a regex with one group")
    start = p.string("the value to start with")
    return Trace(regex, start, sign.text if sign else "", span=begin.to(Span(0, p.cursor.last_end)))


def _lower(stage: Trace, plan: Node, ctx: Context) -> Node:
    if not checked(ctx, literal_pattern(stage.regex)).groups:
        raise ctx.fail("DH2762", "the regex of `trace` needs a group: its values are what is followed", stage.regex.span,
                       hint='put the value in parentheses: `trace "id=([0-9a-f]+)" "7f92"`')  # fmt: skip
    job = _Job(rx.to_python(literal_pattern(stage.regex).text), stage.start.value, stage.direction)
    kept = {f.name: f for f in plan.schema.visible} | {"_raw": plan.schema.get("_raw") or Field("_raw", Type.STRING)}
    for wanted in ("_messageTime", *ctx.later_names(), ID, TIME):
        if field := plan.schema.get(wanted):
            kept.setdefault(field.name, field)
        elif plan.schema.open:
            kept.setdefault(wanted, Field(wanted, plan.schema.open_type))
    columns = tuple(Field(f.name, f.type, hidden=f.name.startswith("__")) for f in kept.values())
    return Batch(plan, "trace", tuple(f.name for f in columns), columns, job.run)


class _Job(Struct, frozen=True):
    regex: str
    start: str
    direction: str

    def run(self, table: pa.Table) -> pa.Table:
        """The connected rows, in the order in which they came."""
        import pyarrow as pa

        times = table[TIME].to_pylist() if TIME in table.column_names else list(range(table.num_rows))
        found = [self._values(t) for t in table["_raw"].to_pylist()]
        ordered = sorted(range(table.num_rows), key=lambda i: (times[i] or 0, i))
        kept: set[int] = set()
        if self.direction != "-":
            kept |= self._connected(ordered, found)
        if self.direction != "+":
            kept |= self._connected(reversed(ordered), found)
        return table.take(pa.array(sorted(kept), pa.int64()))

    def _values(self, text: str | None) -> set[str]:
        import regex

        try:
            groups = [m.groups() for m in regex.finditer(self.regex, text or "", timeout=_SECONDS)]
        except TimeoutError:
            return set()
        return {v for g in groups for v in g if v is not None}

    def _connected(self, rows: Iterable[int], found: list[set[str]]) -> set[int]:
        known = {self.start}
        kept = set()
        for i in rows:
            if found[i] & known:
                kept.add(i)
                known |= found[i]
        return kept


OPERATOR = Operator(
    names=("trace",),
    synopsis='trace [+|-] "regex with one group" "start"',
    doc="Keeps the messages that are connected to a value: those with it, and those with a value of such a message.",
    spec="8.5",
    stage=Trace,
    parse=_parse,
    print=lambda stage: f"trace {stage.direction + ' ' if stage.direction else ''}{string(stage.regex)} {string(stage.start)}",
    lower=_lower,
    example='* | trace "id=([0-9a-f]+)" "7f92"',
    category="correlation",
    follow=frozenset({"+", "-"}),
)
