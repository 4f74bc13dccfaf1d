"""``sessionize "a*" as (x), "b $x c*" as (y)``: chains of messages that share values (spec §8.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import names, string
from dohyo.lang.tree import Name, Stage, String
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.patterns.anchor import anchor_to_regex, parse_anchor
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import Batch, Node
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import pyarrow as pa

_VARIABLE = re.compile(r"\\\$([A-Za-z_]\w*)")
#: Sessions that wait for their next message; the oldest go first.
MOST_OPEN = 100_000


@dataclass(frozen=True, slots=True)
class Step(TreeNode):
    """An anchor and the names of its stars."""

    anchor: String
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Sessionize(Stage):
    """The messages of a session, in order."""

    steps: tuple[Step, ...]


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    steps = [_step(p)]
    while p.symbol(","):
        steps.append(_step(p))
    return Sessionize(tuple(steps), span=start.to(Span(0, p.cursor.last_end)))


def _step(p: Parser) -> Step:
    anchor = p.string("the text of a message")
    p.need_word("as", "the text of a message")
    bracket = p.symbol("(")
    found = [p.new_name()]
    while bracket and p.symbol(","):
        found.append(p.new_name())
    if bracket:
        p.need_symbol(")", "the names")
    return Step(anchor, tuple(found), span=anchor.span)


def _print(stage: Sessionize) -> str:
    return "sessionize " + ", ".join(f"{string(s.anchor)} as ({names(s.names)})" for s in stage.steps)


def _lower(stage: Sessionize, plan: Node, ctx: Context) -> Node:
    for step in stage.steps:
        anchor = parse_anchor(step.anchor.raw)
        if len(anchor.stars) != len(step.names):
            raise ctx.fail("DH2322", f"the pattern has {len(anchor.stars)} `*` and there are {len(step.names)} names",
                           step.anchor.span, hint="each `*` needs one name after `as`")  # fmt: skip
    variables = tuple(dict.fromkeys(n.name for s in stage.steps for n in s.names))
    job = _Job(tuple((s.anchor.raw, tuple(n.name for n in s.names)) for s in stage.steps), variables)
    evidence = (Field(ID, Type.LONG, hidden=True),) if plan.schema.get(ID) else ()
    needs = ("_raw", *(n for n in (ID, TIME) if plan.schema.get(n)))
    return Batch(plan, "sessionize", needs, (*(Field(v, Type.STRING) for v in variables), *evidence), job.run)


@dataclass(frozen=True)
class _Job:
    steps: tuple[tuple[str, tuple[str, ...]], ...]
    variables: tuple[str, ...]

    def run(self, table: pa.Table) -> pa.Table:
        """Reads the messages in the order of time; each one may carry an open session a step further."""
        import pyarrow as pa

        times = table[TIME].to_pylist() if TIME in table.column_names else list(range(table.num_rows))
        texts = table["_raw"].to_pylist()
        ids = table[ID].to_pylist() if ID in table.column_names else None
        open_: list[list[tuple[dict[str, str], int]]] = [[] for _ in self.steps]
        done: list[tuple[dict[str, str], int]] = []
        for i in sorted(range(table.num_rows), key=lambda i: (times[i] or 0, i)):
            self._read(texts[i] or "", i, open_, done)
        data = {v: pa.array([s.get(v) for s, _ in done], pa.string()) for v in self.variables}
        if ids is not None:
            data[ID] = pa.array([ids[i] for _, i in done], pa.int64())
        return pa.table(data)

    def _read(self, text: str, row: int, open_: list[list[tuple[dict[str, str], int]]], done: list[tuple[dict[str, str], int]]) -> None:
        last = len(self.steps) - 1
        for k in range(last, 0, -1):
            waiting = open_[k]
            for session, first in list(waiting):
                found = self._match(k, text, session)
                if found is not None:
                    waiting.remove((session, first))
                    (done if k == last else open_[k + 1]).append((session | found, first))
        found = self._match(0, text, {})
        if found is not None:
            (done if last == 0 else open_[1]).append((found, row))
            if last and len(open_[1]) > MOST_OPEN:
                open_[1].pop(0)

    def _match(self, step: int, text: str, session: dict[str, str]) -> dict[str, str] | None:
        """The values of a step's stars; ``$name`` stands for a value of the session, and equal names must agree."""
        raw, wanted = self.steps[step]
        regex = anchor_to_regex(parse_anchor(raw)).replace(r"\z", r"\Z")
        filled = _VARIABLE.sub(lambda m: re.escape(session[m[1]]) if m[1] in session else m[0], regex)
        m = re.search(filled, text)
        if m is None:
            return None
        found = dict(zip(wanted, m.groups(), strict=True))
        return found if all(session.get(k, v) == v for k, v in found.items()) else None


OPERATOR = Operator(
    names=("sessionize",),
    synopsis='sessionize "text *" as (a), "text $a *" as (b), …',
    doc="Finds chains of messages: each next one has values of the ones before. One row for each complete chain.",
    spec="8.4",
    stage=Sessionize,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | sessionize "open id=*" as (id), "close id=$id after *" as (seconds)',
    category="correlation",
)
