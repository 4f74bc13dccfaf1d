"""What is known of a plan without running it: enough to read the events for it, and to say which of them it need look at.
With thousands of queries this is kept between runs, so that only those are compiled whose events are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dohyo.plan.expr import Call, Column, Expr, Literal
from dohyo.plan.literals import Texts, kind_condition, needed_texts, raw_condition
from dohyo.plan.nodes import Node
from dohyo.plan.passes import fields_asked, needed_columns, rowwise, scan_columns, scan_predicate, scan_references
from dohyo.plan.types import Field, Type


@dataclass(frozen=True)
class Outline:
    """``columns``: what the plan needs of the source; ``fields``: as it names them. An event has no effect on its result
    unless it meets ``kind``, holds one text of each set of ``texts`` and, if its raw text is asked for, meets ``raw``.
    ``empty``: no row comes out when there is no such event; ``shown`` and ``hidden`` are the result's columns then."""

    columns: tuple[tuple[str, Type], ...]
    fields: tuple[str, ...]
    kind: Expr
    texts: tuple[Texts, ...]
    raw: Expr | None
    empty: bool
    shown: tuple[Field, ...]
    hidden: tuple[Field, ...]

    @classmethod
    def of(cls, plan: Node) -> Outline:
        """The outline of a plan."""
        condition = scan_predicate(plan)
        needs = needed_columns(plan)
        columns = tuple(scan_columns(plan, needs))
        reads_raw = any(name.lower() == "_raw" for name, _ in columns)
        return cls(
            columns, fields_asked(plan, needs), kind_condition(condition), tuple(needed_texts(condition)),
            raw_condition(condition) if reads_raw else None, rowwise(plan) and scan_references(plan) == 1,
            plan.schema.visible, tuple(f for f in plan.schema.fields if f.hidden and f.name.startswith("__")),
        )  # fmt: skip

    def as_json(self) -> list[Any]:
        """The outline as JSON-ready data."""
        return [
            [[n, t.value] for n, t in self.columns], list(self.fields), _coded(self.kind),
            [sorted(texts) for texts in self.texts], None if self.raw is None else _coded(self.raw), self.empty,
            [[f.name, f.type.value] for f in self.shown], [[f.name, f.type.value] for f in self.hidden],
        ]  # fmt: skip

    @classmethod
    def from_json(cls, data: list[Any]) -> Outline:
        """The outline that :meth:`as_json` wrote."""
        columns, fields, kind, texts, raw, empty, shown, hidden = data
        return cls(
            tuple((n, Type(t)) for n, t in columns), tuple(fields), _decoded(kind),
            tuple(frozenset((n, t) for n, t in some) for some in texts), None if raw is None else _decoded(raw), empty,
            tuple(Field(n, Type(t)) for n, t in shown), tuple(Field(n, Type(t), hidden=True) for n, t in hidden),
        )  # fmt: skip


def _coded(expr: Expr) -> list[Any]:
    match expr:
        case Column(name, kind):
            return ["column", name, kind.value]
        case Literal(value, kind):
            return ["literal", value, kind.value]
        case Call(function, args, kind):
            return ["call", function, kind.value, [_coded(a) for a in args]]


def _decoded(data: list[Any]) -> Expr:
    sort, value, kind, *rest = data
    if sort == "column":
        return Column(value, Type(kind))
    if sort == "literal":
        return Literal(value, Type(kind))
    return Call(value, tuple(_decoded(a) for a in rest[0]), Type(kind))
