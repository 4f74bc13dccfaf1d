"""What a row of the function table holds, and short ways to write its SQL."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct, field
from sqlglot import exp

from dohyo.plan.expr import Expr
from dohyo.plan.types import Type

Sql = exp.Expr
Build = Callable[..., Sql]

S, B, I, L, D, ANY = Type.STRING, Type.BOOLEAN, Type.INT, Type.LONG, Type.DOUBLE, None


class Settings(Protocol):
    """What a function may ask of the run: epoch ms, and the user's time zone."""

    @property
    def start(self) -> int | None:
        """Start of the query's time range."""

    @property
    def end(self) -> int | None:
        """End of the query's time range, exclusive."""

    @property
    def now(self) -> int | None:
        """What counts as now; ``None``: the clock."""

    @property
    def timezone(self) -> str:
        """The user's time zone."""


class Arg(Struct, frozen=True):
    """One parameter. ``type`` ``None``: any value as it is; a numeric type: text is read as a number (spec §2.2);
    string: numbers and booleans are shown as text. ``literal``: must be a constant."""

    name: str
    type: Type | None = S
    optional: bool = False
    repeat: bool = False  # the last parameter, any number of times
    literal: bool = False
    regex: bool = False  # a /regex/ literal is allowed here too


class Udf(Struct, frozen=True):
    """A function that SQL cannot express, given as Python over single values. ``None`` comes in for null."""

    call: Callable[..., object]
    args: tuple[Type | str, ...]  # a str is an engine type such as "VARCHAR[]"
    result: Type | str


class Function(Struct, frozen=True):
    """A scalar function or an operator sign.

    ``result``: the type, or a function of the arguments. ``build``: the SQL of the generic engine, over the
    arguments' SQL. ``total``: never null, whatever the arguments. ``check``: looks at constant arguments when the
    query is compiled and gives what is wrong, as ``(argument index, message)``. ``rewrite``: gives another
    expression instead of a call of this row. ``internal``: not a name of the language.
    """

    name: str
    args: tuple[Arg, ...]
    result: Type | Callable[[Sequence[Expr]], Type]
    build: Build | None = None
    doc: str = ""
    spec: str = ""
    example: tuple[str, str] | None = None  # (call, result as text)
    aliases: tuple[str, ...] = ()
    udf: Udf | None = None
    total: bool = False
    check: Callable[[Sequence[Expr]], tuple[int, str] | None] | None = None
    rewrite: Callable[[Sequence[Expr], Settings], Expr] | None = None
    internal: bool = False
    drops_invalid: bool = False  # rows for which it is null are removed (isPrivateIP …, spec §3.5)
    unsure: bool = False  # a condition that has no result for some values, shown as null
    volatile: bool = False  # another value at each call: now()
    lenient_only: bool = False  # a name of the lenient dialect, refused by the strict one
    instead: str = ""  # lenient_only: the valid spelling, for the diagnostic
    calls: tuple[str, ...] = ()  # rows in Python that the SQL calls by their engine name

    @property
    def signature(self) -> str:
        """``substring(s, start[, end])``."""
        return f"{self.name}({_signature(self.args)})"

    @property
    def least(self) -> int:
        """The smallest number of arguments."""
        return sum(1 for a in self.args if not a.optional and not a.repeat) + sum(1 for a in self.args if a.repeat and not a.optional)

    @property
    def most(self) -> int | None:
        """The largest number of arguments; ``None``: any."""
        return None if self.args and self.args[-1].repeat else len(self.args)

    def arg(self, index: int) -> Arg:
        """The parameter for the argument at this place."""
        return self.args[min(index, len(self.args) - 1)]

    def type_of(self, args: Sequence[Expr]) -> Type:
        """The result's type for these arguments."""
        return self.result if isinstance(self.result, Type) else self.result(args)


def _signature(args: tuple[Arg, ...]) -> str:
    out = ""
    for i, a in enumerate(args):
        piece = (", " if i else "") + a.name + ("…" if a.repeat else "")
        out += f"[{piece}]" if a.optional else piece
    return out


class AggregateFunction(Struct, frozen=True):
    """An aggregate. ``default``: the name of its column without ``as``, given the arguments' names as written."""

    name: str
    args: tuple[Arg, ...]
    result: Type | Callable[[Sequence[Expr]], Type]
    build: Build  # over the arguments' SQL; ordered ones get keyword `order`: list of exp.Ordered
    default: Callable[[Sequence[str]], str]
    doc: str = ""
    spec: str = ""
    example: tuple[str, str] | None = None
    aliases: tuple[str, ...] = ()
    ordered: bool = False
    many: bool = False  # further constant arguments make further columns (pct)
    internal: bool = False
    lenient_only: bool = False
    instead: str = ""

    def type_of(self, args: Sequence[Expr]) -> Type:
        """The result's type for these arguments."""
        return self.result if isinstance(self.result, Type) else self.result(args)

    @property
    def signature(self) -> str:
        """``pct(f[, p…])``."""
        return f"{self.name}({_signature(self.args)})"


class WindowFunction(Struct, frozen=True):
    """A window function of the plan (``accum`` … are operators that use one)."""

    name: str
    build: Build
    doc: str = ""
    framed: bool = field(default=True)  # ranking and offset functions take no frame


# --- short ways to write SQL ------------------------------------------------------------------------------------------


def call(name: str) -> Build:
    """An engine function of this name over all arguments."""
    return lambda *args: exp.Anonymous(this=name, expressions=list(args))


def apply(name: str, *args: Sql) -> Sql:
    """``name(args…)``."""
    return exp.Anonymous(this=name, expressions=list(args))


def lit(value: str | int | float) -> Sql:
    """A literal."""
    return exp.Literal.string(value) if isinstance(value, str) else exp.convert(value)


def null() -> Sql:
    """``NULL``."""
    return exp.Null()


def cast(value: Sql, kind: str) -> Sql:
    """``CAST(value AS kind)``."""
    return exp.Cast(this=value, to=_type(kind).copy())


def try_cast(value: Sql, kind: str) -> Sql:
    """``TRY_CAST(value AS kind)``."""
    return exp.TryCast(this=value, to=_type(kind).copy())


@functools.cache
def _type(kind: str) -> exp.DataType:
    """A type by its name, which takes long to parse."""
    return exp.DataType.build(kind, dialect="duckdb")


#: Groups beyond this one an engine gives by a name only.
_NUMBERED = 9


def group_of(text: Sql, pattern: Sql, group: Sql) -> Sql:
    """A group of the first match of a regex; '' if there is none."""
    number = int(group.this) if isinstance(group, exp.Literal) else 0
    if number <= _NUMBERED:
        return apply("regexp_extract", text, pattern, group)
    names = exp.Array(expressions=[lit(f"g{i}") for i in range(1, number + 1)])
    return apply("struct_extract", apply("regexp_extract", text, pattern, names), lit(f"g{number}"))


def case(*pairs: tuple[Sql, Sql], default: Sql | None = None) -> Sql:
    """``CASE WHEN … THEN … ELSE … END``."""
    return exp.Case(ifs=[exp.If(this=c, true=v) for c, v in pairs], default=default)


def paren(value: Sql) -> Sql:
    """``(value)`` unless it binds tightly by itself."""
    return exp.Paren(this=value) if isinstance(value, (exp.Binary, exp.Not, exp.Neg, exp.Unary)) else value


def is_null(value: Sql) -> Sql:
    """``value IS NULL``."""
    return exp.Is(this=paren(value), expression=exp.Null())


def coalesce(*values: Sql) -> Sql:
    """``COALESCE(values…)``, without another one in it."""
    flat = [v for value in values for v in ([value.this, *value.expressions] if isinstance(value, exp.Coalesce) else [value])]
    return flat[0] if len(flat) == 1 else exp.Coalesce(this=flat[0], expressions=flat[1:])


#: What counts as blank at the ends of a text: Java's ``trim`` removes these.
_BLANKS = " \t\n\r\x0b\x0c"


def trimmed(text: Sql) -> Sql:
    """Text without blanks, tabs and line ends at both ends."""
    return exp.Trim(this=text, expression=lit(_BLANKS))


def java_names(text: Sql) -> Sql:
    """A number's text with Java's names for what is no number or has no end."""
    for theirs, java in (("inf", "Infinity"), ("-nan", "nan"), ("nan", "NaN")):
        text = apply("replace", text, lit(theirs), lit(java))
    return text


def binary(kind: type[exp.Binary]) -> Build:
    """An infix operator."""
    return lambda a, b: kind(this=paren(a), expression=paren(b))


def literal_value(sql: Sql) -> str | None:
    """The text of a string literal, or ``None`` when it is no literal."""
    return str(sql.this) if isinstance(sql, exp.Literal) else None
