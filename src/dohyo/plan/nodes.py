"""The closed core of the plan. Every operator of the language becomes a few of these nodes; engines know only these.

A node checks itself when it is made and derives its columns (``schema``) and the order of its rows (``order``) from
the node below, so no second list of columns can be out of step."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from dohyo.plan.expr import Expr, columns
from dohyo.plan.names import ID, RAW, ROW, TIME
from dohyo.plan.types import Field, Schema, Type

if TYPE_CHECKING:
    import pyarrow as pa


class SortKey(Struct, frozen=True):
    """A column to order by. Nulls come last either way (spec §12.32)."""

    name: str
    descending: bool = False


Order = tuple[SortKey, ...]

MESSAGE_ORDER: Order = (SortKey(TIME, descending=True), SortKey(ID))

#: The built-in metadata fields and their types (spec §1.5, §11.1).
BUILT_IN: dict[str, Type] = {
    "_messageTime": Type.LONG,
    "_receiptTime": Type.LONG,
    "_searchableTime": Type.LONG,
    "_size": Type.LONG,
    "_messageId": Type.LONG,
    "_messageCount": Type.INT,
    "_raw": Type.STRING,
    "_source": Type.STRING,
    "_sourceName": Type.STRING,
    "_sourceHost": Type.STRING,
    "_sourceCategory": Type.STRING,
    "_collector": Type.STRING,
    "_collectorId": Type.LONG,
    "_sourceId": Type.LONG,
    "_blockId": Type.LONG,
    "_format": Type.STRING,
    "_view": Type.STRING,
    "_index": Type.STRING,
}
_BUILT_IN_LOWER = {name.lower(): name for name in BUILT_IN}


def built_in(name: str) -> str | None:
    """The built-in field of this name in its own spelling, or ``None``."""
    return _BUILT_IN_LOWER.get(name.lower())


class Node(Struct, frozen=True, dict=True):
    """A step of the plan."""

    @functools.cached_property
    def schema(self) -> Schema:
        """The columns after this node."""
        raise TypeError(type(self).__name__)

    @functools.cached_property
    def order(self) -> Order:
        """The order in which the rows after this node come."""
        return self.inputs[0].order if self.inputs else ()

    @functools.cached_property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes below."""
        out: list[Node] = []
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Node):
                out.append(value)
            elif isinstance(value, tuple):
                out += [v for v in value if isinstance(v, Node)]
        return tuple(out)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, top first."""
        yield self
        for node in self.inputs:
            yield from node.walk()


def rebuilt(node: Node, replaced: dict[int, Node]) -> Node:
    """The plan with nodes (by ``id``) replaced; what stands above them is made anew, and shared parts stay shared."""
    if id(node) in replaced:
        return replaced[id(node)]
    changed: dict[str, object] = {}
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, Node):
            changed[name] = rebuilt(value, replaced)
        elif isinstance(value, tuple) and any(isinstance(v, Node) for v in value):
            changed[name] = tuple(rebuilt(v, replaced) if isinstance(v, Node) else v for v in value)
    changed = {k: v for k, v in changed.items() if not _same(v, getattr(node, k))}
    made = replace(node, **changed) if changed else node
    replaced[id(node)] = made
    return made


def _same(a: object, b: object) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return all(x is y for x, y in zip(a, b, strict=True))
    return a is b


#: What an order key is kept as when a later stage overwrites the column it orders by.
def _saved(name: str) -> str:
    return f"__was_{name}"


def _save_order(order: Order, overwritten: set[str]) -> Order:
    return tuple(SortKey(_saved(k.name), k.descending) if k.name.lower() in overwritten else k for k in order)


def saved_keys(order: Order, new: list[str]) -> tuple[tuple[str, str], ...]:
    """The order's columns among ``new``, each with the name its old value is kept under."""
    names = {n.lower() for n in new}
    return tuple((k.name, _saved(k.name)) for k in order if k.name.lower() in names)


def _with_saved(schema: Schema, saved: tuple[tuple[str, str], ...]) -> Schema:
    kept = (Field(new, (schema.get(old) or Field(old, Type.STRING)).type, hidden=True) for old, new in saved)
    return schema.with_fields(tuple(kept))


class NoColumn(ValueError):
    """A node reads a column that there is none of."""

    def __init__(self, where: str, name: str, known: list[str]) -> None:
        self.name = name
        super().__init__(f"{where}: no column {name!r} among {known}")


def _check(expr: Expr, schema: Schema, where: str) -> None:
    for column in columns(expr):
        if schema.get(column.name) is None and not schema.open:
            raise NoColumn(where, column.name, [f.name for f in schema.fields])


class Scan(Node, frozen=True, dict=True):
    """The messages of the source: every field is a string unless the source's own format gives it a type
    (``typed``); any further name may be asked for."""

    typed: tuple[Field, ...] = ()
    raw: bool = False  # evidence carries the whole raw record

    @functools.cached_property
    def schema(self) -> Schema:
        whole = (Field(RAW, Type.STRING, hidden=True),) if self.raw else ()
        hidden = (Field(ID, Type.LONG, hidden=True), Field(TIME, Type.LONG, hidden=True), *whole)
        own = tuple(Field(name, kind, hidden=name != "_messageTime" and name != "_raw") for name, kind in BUILT_IN.items())
        return Schema((*hidden, *own), open=True, messages=True).with_fields(self.typed)

    @functools.cached_property
    def order(self) -> Order:
        return MESSAGE_ORDER


class Values(Node, frozen=True, dict=True):
    """Rows of a local table: the source of ``cat``, or the table of a lookup. ``load`` gives them as Arrow."""

    name: str
    columns: tuple[Field, ...]
    load: Callable[[], pa.Table]
    ordered: bool = False  # the rows come in the order of the column ``ROW``
    open: bool = False  # further columns may be asked for, of which there is none: they are null

    @functools.cached_property
    def schema(self) -> Schema:
        return Schema(self.columns, self.open)

    @functools.cached_property
    def order(self) -> Order:
        return (SortKey(ROW),) if self.ordered else ()


class Filter(Node, frozen=True, dict=True):
    """Keeps the rows whose condition is true."""

    input: Node
    condition: Expr

    def __post_init__(self) -> None:
        _check(self.condition, self.input.schema, "filter")

    @functools.cached_property
    def schema(self) -> Schema:
        return self.input.schema


class Extend(Node, frozen=True, dict=True):
    """Adds or overwrites columns; all expressions see the columns below. ``hidden`` ones are not shown."""

    input: Node
    new: tuple[tuple[str, Expr], ...]
    hidden: bool = False

    def __post_init__(self) -> None:
        for _, expr in self.new:
            _check(expr, self.input.schema, "extend")

    @functools.cached_property
    def saved(self) -> tuple[tuple[str, str], ...]:
        """Columns that the rows are ordered by and this node overwrites: (old name, name it is kept under)."""
        return saved_keys(self.input.order, [n for n, _ in self.new])

    @functools.cached_property
    def schema(self) -> Schema:
        made = tuple(Field(n, e.type, self.hidden) for n, e in self.new)
        return _with_saved(self.input.schema, self.saved).with_fields(made)

    @functools.cached_property
    def order(self) -> Order:
        return _save_order(self.input.order, {old.lower() for old, _ in self.saved})


def _open_field(name: str, schema: Schema) -> Field | None:
    """A field that is not listed, where any field may be there: of messages that were sorted by it."""
    return Field(name, schema.open_type) if schema.open else None


class Project(Node, frozen=True, dict=True):
    """Keeps only the named columns, in this order; ``hidden`` columns stay usable without being shown. ``without``: keeps all
    shown columns but these, also such as depend on the data."""

    input: Node
    names: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    open: bool = False
    unordered: bool = False  # the order of the rows does not matter any more
    without: frozenset[str] = frozenset()

    @functools.cached_property
    def order(self) -> Order:
        return () if self.unordered else self.input.order

    @functools.cached_property
    def schema(self) -> Schema:
        below = self.input.schema
        rest = (f for f in below.visible if f.name.lower() not in self.without) if self.without else ()
        shown = [*(below.get(n) or Field(n, Type.STRING) for n in self.names), *rest]
        usable = (*self.hidden, *(k.name for k in self.order))
        kept = {f.name: f for n in usable if (f := below.get(n) or _open_field(n, below)) and f not in shown}.values()
        columns = (*(Field(f.name, f.type) for f in shown), *(Field(f.name, f.type, hidden=True) for f in kept))
        return Schema(columns, self.open, below.messages)


class AggCall(Struct, frozen=True):
    """A row of the aggregate table over arguments. ``order``: the rows' order for first/last."""

    function: str
    args: tuple[Expr, ...]
    type: Type
    order: Order = ()


class Aggregate(Node, frozen=True, dict=True):
    """One row per distinct combination of ``keys`` (null is a value); no keys: one row, none over no rows."""

    input: Node
    keys: tuple[str, ...]
    new: tuple[tuple[str, AggCall], ...]

    def __post_init__(self) -> None:
        for _, call in self.new:
            for arg in call.args:
                _check(arg, self.input.schema, "aggregate")

    @functools.cached_property
    def schema(self) -> Schema:
        below = self.input.schema
        keys = tuple(Field(n, (below.get(n) or Field(n, Type.STRING)).type) for n in self.keys)
        made = tuple(Field(n, c.type, hidden=n == ID) for n, c in self.new)
        return Schema((*keys, *made))

    @functools.cached_property
    def order(self) -> Order:
        """By the keys, ascending: the language defines no order here; this one is the same on every engine."""
        return tuple(SortKey(k) for k in self.keys)


class WindowCall(Struct, frozen=True):
    """A window function over the rows in their order. ``preceding``: the frame is this many rows before and the
    current one; ``None``: from the start of the partition; ``whole``: all rows of the partition."""

    function: str
    args: tuple[Expr, ...]
    type: Type
    partition: tuple[str, ...] = ()
    preceding: int | None = None
    whole: bool = False
    ends_before: bool = False  # the frame ends with the row before the current one
    order: Order | None = None  # default: the input's order


class Window(Node, frozen=True, dict=True):
    """Adds columns computed over neighbouring rows, in the input's order."""

    input: Node
    new: tuple[tuple[str, WindowCall], ...]
    hidden: bool = False

    @functools.cached_property
    def saved(self) -> tuple[tuple[str, str], ...]:
        """As for :class:`Extend`."""
        return saved_keys(self.input.order, [n for n, _ in self.new])

    @functools.cached_property
    def schema(self) -> Schema:
        made = tuple(Field(n, c.type, self.hidden) for n, c in self.new)
        return _with_saved(self.input.schema, self.saved).with_fields(made)

    @functools.cached_property
    def order(self) -> Order:
        return _save_order(self.input.order, {old.lower() for old, _ in self.saved})


class Sort(Node, frozen=True, dict=True):
    """Orders the rows; stable. It changes ``order`` only: whoever needs the order sorts by it."""

    input: Node
    keys: Order

    @functools.cached_property
    def schema(self) -> Schema:
        return self.input.schema

    @functools.cached_property
    def order(self) -> Order:
        named = {k.name.lower() for k in self.keys}
        return (*self.keys, *(k for k in self.input.order if k.name.lower() not in named))


class Limit(Node, frozen=True, dict=True):
    """The first ``count`` rows in the current order."""

    input: Node
    count: int

    @functools.cached_property
    def schema(self) -> Schema:
        return self.input.schema


class Unnest(Node, frozen=True, dict=True):
    """One row for each element of the list that ``value`` gives; the element becomes column ``name``. With ``outer``
    a row whose list is empty or null passes once, with null."""

    input: Node
    name: str
    value: Expr
    type: Type
    outer: bool = False

    @functools.cached_property
    def schema(self) -> Schema:
        return self.input.schema.with_fields((Field(self.name, self.type, hidden=self.name.startswith("__")),))


class Join(Node, frozen=True, dict=True):
    """Rows of both sides whose key columns are equal (``inner``), or all of the left with nulls (``left``), or all
    of both (``full``), or the left ones that have a match (``semi``) or none (``anti``). ``condition`` may restrict
    the pairs further; it sees both sides' columns, whose names must differ. ``null_is_equal``: null is a value."""

    left: Node
    right: Node
    pairs: tuple[tuple[str, str], ...]
    kind: str = "inner"
    condition: Expr | None = None
    null_is_equal: bool = False

    @functools.cached_property
    def schema(self) -> Schema:
        if self.kind in ("semi", "anti"):
            return self.left.schema
        left = self.left.schema
        return Schema((*left.fields, *self.right.schema.fields), left.open, left.messages)

    @functools.cached_property
    def order(self) -> Order:
        return self.left.order if self.kind != "inner" else (*self.left.order, *self.right.order)


class Union(Node, frozen=True, dict=True):
    """The rows of all inputs one after another; columns are matched by name, a missing one is null."""

    parts: tuple[Node, ...]

    @functools.cached_property
    def schema(self) -> Schema:
        schema = self.parts[0].schema
        for part in self.parts[1:]:
            schema = schema.with_fields(tuple(f for f in part.schema.fields if schema.get(f.name) is None))
        return schema


class Batch(Node, frozen=True, dict=True):
    """What SQL cannot express: ``run`` gets all rows, in order, as an Arrow table and gives an Arrow table with
    ``columns``. ``open``: it may give further columns, which depend on the data."""

    input: Node
    name: str
    needs: tuple[str, ...]  # the columns of the input it reads; ("*",): all shown ones
    columns: tuple[Field, ...]
    run: Callable[[pa.Table], pa.Table]
    open: bool = False
    open_type: Type = Type.STRING  # of the further columns

    def __post_init__(self) -> None:
        below = self.input.schema
        for name in self.needs if not below.open else ():
            if name != "*" and below.get(name) is None:
                raise NoColumn(self.name, name, [f.name for f in below.fields])

    @functools.cached_property
    def schema(self) -> Schema:
        return Schema((*self.columns, Field(ROW, Type.LONG, hidden=True)), self.open, open_type=self.open_type)

    @functools.cached_property
    def order(self) -> Order:
        """As ``run`` gave the rows."""
        return (SortKey(ROW),)
