"""What is known of a plan without running it: enough to read the events for it, and to say which of them it need look at.
With thousands of queries this is kept between runs, so that only those are compiled whose events are there."""

from __future__ import annotations

import functools
import json
from typing import Any

from msgspec import Struct
from msgspec.json import decode

from dohyo.plan.asks import Ask, asks
from dohyo.plan.expr import Call, Column, Expr, Literal, all_of, columns
from dohyo.plan.literals import KIND_FIELDS, Texts, kind_condition, needed_texts, raw_texts
from dohyo.plan.nodes import Node
from dohyo.plan.passes import fields_asked, needed_columns, rowwise, scan_columns, scan_predicate, scan_references, spare_fields
from dohyo.plan.told import told
from dohyo.plan.types import Field, Type


class Outline(Struct, frozen=True, dict=True):
    """``columns``: what the plan needs of the source; ``fields``: as it names them, ``spare``: those that need not be there,
    ``asks``: what is asked of those that need not always be. An event has no effect on its result unless it meets ``kind`` and
    ``condition``, holds one text of each set of ``texts`` and, if its raw text is asked for (``reads_raw``), holds one of ``raw``,
    if any, in it. ``told``: the condition, written down, for it is looked at for few queries only. ``empty``: no row comes out
    when there is no such event; ``shown`` and ``hidden`` are the result's columns then."""

    columns: tuple[tuple[str, Type], ...]
    fields: tuple[str, ...]
    spare: tuple[str, ...]
    asks: tuple[Ask, ...]
    kind: Expr
    texts: tuple[Texts, ...]
    reads_raw: bool
    raw: Texts
    told: str
    empty: bool
    shown: tuple[Field, ...]
    hidden: tuple[Field, ...]

    @classmethod
    def of(cls, plan: Node) -> Outline:
        """The outline of a plan."""
        condition = scan_predicate(plan)
        needs = needed_columns(plan)
        columns = tuple(scan_columns(plan, needs))
        kind, texts = kind_condition(condition), needed_texts(condition)
        reads_raw = any(name.lower() == "_raw" for name, _ in columns)
        raw = (raw_texts(texts) if reads_raw else None) or frozenset()
        return cls(
            columns, fields_asked(plan, needs), spare_fields(plan, needs), asks(plan), kind, tuple(texts), reads_raw, raw,
            _told(plan),
            rowwise(plan) and scan_references(plan) == 1,
            plan.schema.visible, tuple(f for f in plan.schema.fields if f.hidden and f.name.startswith("__")),
        )  # fmt: skip

    @functools.cached_property
    def condition(self) -> Expr:
        """What is told of the query's condition by the texts of single fields."""
        return _decoded(decode(self.told))

    def as_text(self) -> str:
        """The outline as a text of one line."""
        plain = [
            [[n, t.value] for n, t in self.columns], list(self.fields), list(self.spare),
            [[a.field, _json(_coded(a.where)), list(a.others)] for a in self.asks],
            [sorted(texts) for texts in self.texts], self.reads_raw, sorted(self.raw), self.empty,
            [[f.name, f.type.value] for f in self.shown], [[f.name, f.type.value] for f in self.hidden],
        ]  # fmt: skip
        return "\t".join((_json(plain), _json(_coded(self.kind)), self.told))

    @classmethod
    def from_text(cls, text: str) -> Outline:
        """The outline that :meth:`as_text` wrote."""
        plain, kind, told = text.split("\t")
        columns, fields, spare, asked, texts, reads_raw, raw, empty, shown, hidden = decode(plain)
        return cls(
            tuple((n, _TYPES[t]) for n, t in columns), tuple(fields), tuple(spare),
            tuple(Ask(f, _kind(w), tuple(o)) for f, w, o in asked),
            _kind(kind), tuple(map(_texts, texts)), reads_raw, _texts(raw), told, empty, tuple(Field(n, _TYPES[t]) for n, t in shown),
            tuple(Field(n, _TYPES[t], hidden=True) for n, t in hidden),
        )  # fmt: skip


_TYPES = {t.value: t for t in Type}


@functools.lru_cache(1024)
def _kind(text: str) -> Expr:
    """A condition on the kind of event: of thousands of queries many have the same."""
    return _decoded(decode(text))


def _json(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))  # it takes lone surrogates too


def _texts(data: list[list[str]]) -> Texts:
    return frozenset((name, text) for name, text in data)


def _told(plan: Node) -> str:
    """What is told of the plan's condition, without what the kind of event says already."""
    whole = told(scan_predicate(plan, whole=True))
    parts = whole.args if isinstance(whole, Call) and whole.function == "and" else (whole,)
    left = [p for p in parts if not {c.name.lower() for c in columns(p)} <= KIND_FIELDS]
    return _json(_coded(all_of(left)))


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
        return Column(value, _TYPES[kind])
    if sort == "literal":
        return Literal(value, _TYPES[kind])
    return Call(value, tuple(_decoded(a) for a in rest[0]), _TYPES[kind])
