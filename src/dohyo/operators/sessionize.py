"""``sessionize "a*" as (x), "b $x c*" as (y)``: chains of messages that share values (spec §8.4)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import names, string
from dohyo.lang.tree import Name, Stage, String
from dohyo.lang.tree import Node as TreeNode
from dohyo.operators.base import Operator
from dohyo.patterns.anchor import Anchor, anchor_to_regex, parse_anchor
from dohyo.plan.names import ID, TIME
from dohyo.plan.nodes import Batch, Node
from dohyo.plan.types import Field, Type

if TYPE_CHECKING:
    import pyarrow as pa

_VARIABLE = re.compile(r"\\\$([A-Za-z_]\w*)")
#: Sessions that wait for their next message; the oldest go first.
MOST_OPEN = 10_000
_SECONDS = 0.5


class Step(TreeNode, frozen=True):
    """An anchor and the names of its stars."""

    anchor: String
    names: tuple[Name, ...]


class Sessionize(Stage, frozen=True):
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
    if not p.word("as"):
        return Step(anchor, (), span=anchor.span)
    bracket = p.symbol("(")
    found = [p.new_name()]
    while bracket and p.symbol(","):
        found.append(p.new_name())
    if bracket:
        p.need_symbol(")", "the names")
    return Step(anchor, tuple(found), span=anchor.span)


def _print(stage: Sessionize) -> str:
    return "sessionize " + ", ".join(string(s.anchor) + (f" as ({names(s.names)})" if s.names else "") for s in stage.steps)


# --- meaning ----------------------------------------------------------------------------------------------------------


def _lower(stage: Sessionize, plan: Node, ctx: Context) -> Node:
    steps: list[Stepping] = []
    known: dict[str, None] = {}
    for step in stage.steps:
        anchor = parse_anchor(step.anchor.raw)
        for problem in anchor.problems:
            raise ctx.fail("DH2321", problem.message, step.anchor.span, hint=problem.hint)
        if len(anchor.stars) != len(step.names):
            raise ctx.fail("DH2322", f"the pattern has {len(anchor.stars)} `*` and there are {len(step.names)} names",
                           step.anchor.span, hint="each `*` needs one name after `as`")  # fmt: skip
        names_ = tuple(n.name for n in step.names)
        steps.append(Stepping.of(anchor, names_, tuple(known)))
        known |= dict.fromkeys(names_)
    job = _Job(tuple(steps), tuple(known))
    evidence = (Field(ID, Type.LONG, hidden=True),) if plan.schema.get(ID) else ()
    needs = ("_raw", *(n for n in (ID, TIME) if plan.schema.get(n)))
    return Batch(plan, "sessionize", needs, (*(Field(v, Type.STRING) for v in known), *evidence), job.run)


Key = tuple[str, ...]
Session = tuple[dict[str, str], int]  # the values found so far, the row that it began with


class Stepping(Struct, frozen=True):
    """A message of a session. ``parts``: its regex, cut where a variable's value stands: text, variable, text, …, with
    one text more than variables. ``before``: what stands right before the first one. ``shared``: names that an earlier
    message has given a value, too."""

    parts: tuple[str, ...]
    before: str
    names: tuple[str, ...]
    shared: tuple[str, ...]

    @classmethod
    def of(cls, anchor: Anchor, names: tuple[str, ...], known: tuple[str, ...]) -> Stepping:
        """Of an anchor. A ``$name`` that no earlier message has stays text."""
        regex = anchor_to_regex(anchor).replace(r"\z", r"\Z")
        parts = [""]
        for i, piece in enumerate(_VARIABLE.split(regex)):
            if i % 2 and piece in known:
                parts += [piece, ""]
            else:
                parts[-1] += rf"\${piece}" if i % 2 else piece
        cuts = [re.split(rf"\${v}(?!\w)", text, maxsplit=1) for v in parts[1:2] for text in anchor.literals]
        first = next((cut[0] for cut in cuts if len(cut) > 1), "")
        return cls(tuple(parts), first, names, tuple(n for n in names if n in known))

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables whose values it must have."""
        return self.parts[1::2]

    def key(self, session: dict[str, str]) -> Key:
        """Sessions with the same key fit the same messages."""
        return tuple(session[n] for n in (*self.variables, *self.shared))

    def match(self, text: str, session: dict[str, str]) -> dict[str, str] | None:
        """The values of the stars, the variables' values being those of the session."""
        import regex

        pattern = "".join(regex.escape(session[p]) if i % 2 else p for i, p in enumerate(self.parts))
        try:
            m = regex.search(pattern, text, timeout=_SECONDS)
        except TimeoutError:
            return None
        if m is None:
            return None
        return dict(zip(self.names, m.groups(), strict=True))


class Room:
    """Sessions that wait for one kind of message, by key: the sessions that a message fits are found by what it says,
    not by trying them all."""

    def __init__(self, step: Stepping) -> None:
        self.step = step
        self.waiting: dict[Key, list[Session]] = {}
        self.by_first: dict[str, dict[Key, None]] = {}  # keys by the value of the step's first variable
        self.lengths = Counter[int]()  # of those values
        self.count = 0

    def add(self, session: Session) -> None:
        """Lets a session wait; with too many the ones that came first go."""
        key = self.step.key(session[0])
        if key not in self.waiting and self.step.variables:
            self.by_first.setdefault(key[0], {})[key] = None
            self.lengths[len(key[0])] += 1
        self.waiting.setdefault(key, []).append(session)
        self.count += 1
        if self.count > MOST_OPEN:
            self._leave(next(iter(self.waiting)))

    def take(self, text: str) -> list[Session]:
        """The sessions that the message carries on, with what it adds."""
        taken: list[Session] = []
        for key, found in list(self._fitting(text)):
            taken += [(values | found, first) for values, first in self._leave(key)]
        return taken

    def _leave(self, key: Key) -> list[Session]:
        sessions = self.waiting.pop(key)
        self.count -= len(sessions)
        if self.step.variables:
            keys = self.by_first[key[0]]
            del keys[key]
            if not keys:
                del self.by_first[key[0]]
            self.lengths -= Counter((len(key[0]),))
        return sessions

    def _fitting(self, text: str) -> Iterator[tuple[Key, dict[str, str]]]:
        if not self.step.variables:
            found = self.step.match(text, {})
            if found is not None and (key := self.step.key(found)) in self.waiting:
                yield key, found
            return
        for value in self._values(text):
            for key in self.by_first[value]:
                known = self.waiting[key][0][0]
                found = self.step.match(text, known)
                if found is not None and all(found[n] == known[n] for n in self.step.shared):
                    yield key, found

    def _values(self, text: str) -> list[str]:
        """The values of waiting sessions that stand in the text where the step's first variable may stand."""
        starts = _after(self.step.before, text)
        if len(starts) * len(self.lengths) > len(self.by_first):
            return [v for v in self.by_first if v in text]
        found = dict.fromkeys(text[at : at + n] for at in starts for n in self.lengths)
        return [v for v in found if v in self.by_first]


def _after(literal: str, text: str) -> list[int]:
    """The places after each occurrence of a text."""
    if not literal:
        return list(range(len(text) + 1))
    places = []
    at = text.find(literal)
    while at >= 0:
        places.append(at + len(literal))
        at = text.find(literal, at + 1)
    return places


class _Job(Struct, frozen=True):
    steps: tuple[Stepping, ...]
    variables: tuple[str, ...]

    def run(self, table: pa.Table) -> pa.Table:
        """Reads the messages in the order of time; each one may carry an open session a step further."""
        import pyarrow as pa

        times = table[TIME].to_pylist() if TIME in table.column_names else list(range(table.num_rows))
        texts = table["_raw"].to_pylist()
        rooms = [Room(step) for step in self.steps]
        done: list[Session] = []
        for i in sorted(range(table.num_rows), key=lambda i: (times[i] or 0, i)):
            self._read(texts[i] or "", i, rooms, done)
        data = {v: pa.array([s.get(v) for s, _ in done], pa.string()) for v in self.variables}
        if ID in table.column_names:
            ids = table[ID].to_pylist()
            data[ID] = pa.array([ids[i] for _, i in done], pa.int64())
        return pa.table(data)

    def _read(self, text: str, row: int, rooms: list[Room], done: list[Session]) -> None:
        """Last step first, so that one message does not carry a session two steps."""
        for k in range(len(rooms) - 1, 0, -1):
            for session in rooms[k].take(text):
                done.append(session) if k == len(rooms) - 1 else rooms[k + 1].add(session)
        found = self.steps[0].match(text, {})
        if found is not None:
            done.append((found, row)) if len(rooms) == 1 else rooms[1].add((found, row))


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
