"""The operator signs and the internal functions that other operators are written with (spec §2.2–§2.9)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from dohyo.patterns.borders import without_borders
from dohyo.plan.expr import Expr
from dohyo.plan.functions.model import (
    ANY,
    Arg,
    B,
    D,
    Function,
    L,
    S,
    Sql,
    apply,
    binary,
    call,
    case,
    cast,
    coalesce,
    group_of,
    is_null,
    java_names,
    lit,
    paren,
    try_cast,
)
from dohyo.plan.types import Type, common


def _branches(args: Sequence[Expr]) -> Type:
    return common([a.type for a in args[1:]])


def _same(args: Sequence[Expr]) -> Type:
    return common([a.type for a in args])


def _whole_or_double(args: Sequence[Expr]) -> Type:
    return L if all(a.type.whole for a in args) else D


def _connect(kind: type[exp.Connector]) -> object:
    """A balanced tree: a chain of a thousand terms would nest a thousand deep."""

    def build(*args: Sql) -> Sql:
        if len(args) == 1:
            return args[0]
        half = len(args) // 2
        left, right = build(*args[:half]), build(*args[half:])
        return kind(this=_operand(kind, left), expression=_operand(kind, right))

    return build


def _operand(kind: type[exp.Connector], sql: Sql) -> Sql:
    return exp.Paren(this=sql) if isinstance(sql, exp.Connector) and not isinstance(sql, kind) else sql


def _search(text: Sql, regex: Sql) -> Sql:
    """A regex with token borders is looked for only in texts that hold what is within them."""
    whole = apply("regexp_matches", text, regex)
    within = without_borders(regex.name)
    if within == regex.name:
        return whole
    return exp.Paren(this=exp.And(this=apply("regexp_matches", text.copy(), lit(within)), expression=whole))


def _in(value: Sql, *items: Sql) -> Sql:
    return exp.In(this=paren(value), expressions=list(items))


def _try(sql: Sql) -> Sql:
    """An overflow of whole numbers gives null instead of an error (spec §2.2: the row is kept)."""
    return apply("TRY", sql)


def _arithmetic(kind: type[exp.Binary]) -> object:
    plain = binary(kind)
    return lambda a, b: _try(plain(a, b))


def _divide(a: Sql, b: Sql) -> Sql:
    """Floating-point division; by zero gives ±Infinity, 0/0 NaN (spec §2.3)."""
    quotient = exp.Div(this=paren(a), expression=paren(b.copy()))
    if _never_zero(b):
        return quotient
    zero = exp.EQ(this=paren(b), expression=lit(0))
    infinite = exp.Mul(this=apply("sign", a.copy()), expression=cast(lit("Infinity"), "DOUBLE"))
    return case((zero, infinite), default=quotient)


def _never_zero(sql: Sql) -> bool:
    """Whether this is a constant other than zero."""
    while isinstance(sql, (exp.Cast, exp.Neg, exp.Paren)):
        sql = sql.this
    return isinstance(sql, exp.Literal) and float(sql.this) != 0


def _remainder(a: Sql, b: Sql) -> Sql:
    return exp.Mod(this=paren(a), expression=paren(apply("nullif", b, lit(0))))


def _not(a: Sql) -> Sql:
    return exp.Not(this=paren(a))


def _double_text(a: Sql) -> Sql:
    """Doubles as Java prints them, without a trailing ``.0`` (spec §12.47)."""
    small = exp.LT(this=apply("abs", a), expression=lit(10**15))
    whole = exp.And(this=exp.EQ(this=paren(a.copy()), expression=apply("trunc", a.copy())), expression=small)
    return case((whole, cast(cast(a.copy(), "BIGINT"), "VARCHAR")), default=java_names(cast(a.copy(), "VARCHAR")))


def _internal(name: str, args: tuple[Arg, ...], result: object, build: object, doc: str, **more: object) -> Function:
    return Function(name, args, result, build, doc=doc, internal=True, **more)  # type: ignore[arg-type]  # table shorthand


_two = (Arg("a", ANY), Arg("b", ANY))
_texts = (Arg("s"), Arg("part"))

ROWS: tuple[Function, ...] = (
    _internal("and", (Arg("a", B, repeat=True),), B, _connect(exp.And), "Conjunction."),
    _internal("or", (Arg("a", B, repeat=True),), B, _connect(exp.Or), "Disjunction."),
    _internal("not", (Arg("a", B),), B, _not, "Negation of a condition that is never null.", total=True),
    _internal("=", _two, B, binary(exp.EQ), "Equal; both sides have one type."),
    _internal("!=", _two, B, binary(exp.NullSafeNEQ), "Not equal, also when null; one side is a constant.", total=True),
    _internal("<", _two, B, binary(exp.LT), "Less."),
    _internal("<=", _two, B, binary(exp.LTE), "Less or equal."),
    _internal(">", _two, B, binary(exp.GT), "Greater."),
    _internal(">=", _two, B, binary(exp.GTE), "Greater or equal."),
    _internal("in", (Arg("x", ANY), Arg("item", ANY, repeat=True)), B, _in, "Member of a list of one type."),
    _internal("+", _two, _whole_or_double, _arithmetic(exp.Add), "Sum."),
    _internal("-", _two, _whole_or_double, _arithmetic(exp.Sub), "Difference."),
    _internal("*", _two, _whole_or_double, _arithmetic(exp.Mul), "Product."),
    _internal("/", (Arg("a", D), Arg("b", D)), D, _divide, "Quotient."),
    _internal("%", _two, _whole_or_double, _remainder, "Remainder."),
    _internal("negative", (Arg("a", ANY),), _whole_or_double, lambda a: exp.Neg(this=paren(a)), "Change of sign."),
    _internal("case", (Arg("c", B), Arg("a", ANY), Arg("b", ANY)), _branches,
              lambda c, a, b: case((c, a), default=b), "`if(c, a, b)`; a null condition takes the second branch."),
    _internal("is_null", (Arg("x", ANY),), B, is_null, "No value.", total=True),
    _internal("first_value_of", (Arg("x", ANY, repeat=True),), _same, coalesce, "The first that is not null."),
    _internal("number_of", (Arg("x"),), D, lambda a: try_cast(a, "DOUBLE"), "Text as a number; null if it is none."),
    _internal("double_of", (Arg("x", ANY),), D, lambda a: cast(a, "DOUBLE"), "A whole number as a double."),
    _internal("whole_of", (Arg("x", D),), L, lambda a: try_cast(apply("trunc", a), "BIGINT"), "Truncated."),
    _internal("whole_text", (Arg("x", L),), S, lambda a: cast(a, "VARCHAR"), "A whole number as text."),
    _internal("double_text", (Arg("x", D),), S, _double_text, "A double as text."),
    _internal("boolean_text", (Arg("x", B),), S, lambda a: cast(a, "VARCHAR"), "`true` or `false`."),
    _internal("boolean_of", (Arg("x"),), B, lambda a: exp.EQ(this=apply("lower", a), expression=lit("true")),
              "Text as a condition: true for `true` in any case."),
    _internal("starts_with", _texts, B, call("starts_with"), "Begins with."),
    _internal("ends_with", _texts, B, call("suffix"), "Ends with."),
    _internal("has", _texts, B, call("contains"), "Contains the text; the empty text is contained in every text."),
    _internal("search", (Arg("s"), Arg("regex", literal=True)), B, _search,
              "A match of a regex in RE2 syntax anywhere in the text."),
    _internal("captures", (Arg("s"), Arg("regex", literal=True), Arg("group", L, literal=True)), S,
              group_of, "A group of the first match of a regex in RE2 syntax; '' if none."),
    _internal("folded", (Arg("s"),), S, call("lower"), "Lower case, for comparisons without case."),
)  # fmt: skip
