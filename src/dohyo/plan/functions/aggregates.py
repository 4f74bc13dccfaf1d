"""Aggregate functions (spec §6.2)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from dohyo.plan.expr import Expr
from dohyo.plan.functions.model import ANY, AggregateFunction, Arg, D, I, L, S, Sql, apply, case, cast, is_null, lit, null, try_cast
from dohyo.plan.types import Type


def _named(name: str) -> object:
    return lambda args: name


def _first_type(args: Sequence[Expr]) -> Type:
    return args[0].type


def _sum_type(args: Sequence[Expr]) -> Type:
    return L if args[0].type.whole else D


def _ordered(name: str, reverse: bool) -> object:
    """The value of the first (last) row in the current order, null included (spec §12.38)."""

    def build(value: Sql, order: list[exp.Ordered]) -> Sql:
        keys = [exp.Ordered(this=o.this, desc=not o.args.get("desc") if reverse else o.args.get("desc"),
                            nulls_first=reverse) for o in order]  # fmt: skip
        return apply(name, exp.Order(this=value, expressions=keys)) if keys else apply(name, value)

    return build


def _count(value: Sql | None = None) -> Sql:
    return exp.Count(this=value if value is not None else exp.Star())


def _values(value: Sql) -> Sql:
    """The first 100 distinct values in code-point order, one a line (spec §6.2)."""
    distinct = apply("list_sort", apply("list", exp.Distinct(expressions=[value])))
    return apply("array_to_string", apply("list_slice", distinct, lit(1), lit(100)), lit("\n"))


def _stddev(value: Sql) -> Sql:
    """Sample deviation, 0 for one point (spec §12.9)."""
    only = exp.EQ(this=exp.Count(this=value.copy()), expression=lit(1))
    return case((only, cast(lit(0), "DOUBLE")), default=apply("stddev_samp", value))


def _pct(value: Sql, p: Sql | None = None) -> Sql:
    """Linear between the closest ranks; p in percent, 50 by default (spec §12.10)."""
    constant = p.find(exp.Literal) if p is not None else None
    fraction = float(str(constant.this)) / 100 if constant is not None else 0.5
    return apply("quantile_cont", value, lit(fraction))


def _recent(name: str) -> object:
    """The value of the row with the largest (smallest) time; of several, the largest (smallest) value."""

    def build(value: Sql) -> Sql:
        timed = case((apply("json_valid", value.copy()), value), default=null())
        time = try_cast(apply("json_extract_string", timed.copy(), lit("$.time")), "BIGINT")
        given = apply("json_extract_string", timed, lit("$.value"))
        pair = case((is_null(time), null()), default=apply("row", time.copy(), given))
        return apply(name, given.copy(), pair)

    return build


def _merge_join(value: Sql, separator: Sql, order: list[exp.Ordered]) -> Sql:
    return apply("string_agg", value, exp.Order(this=separator, expressions=order) if order else separator)


def _agg(name: str, args: tuple[Arg, ...], result: object, build: object, default: str, doc: str, example: object,
         **more: object) -> AggregateFunction:  # fmt: skip
    return AggregateFunction(name, args, result, build, _named(default), doc, "6.2", example, **more)  # type: ignore[arg-type]  # table shorthand


_number = (Arg("f", D),)

ROWS: tuple[AggregateFunction, ...] = (
    _agg("count", (Arg("f", ANY, optional=True),), I, _count, "_count", "Rows; with a field, rows where it has a value.",
         None),
    _agg("count_distinct", (Arg("f", ANY),), I, lambda v: exp.Count(this=exp.Distinct(expressions=[v])),
         "_count_distinct", "Distinct values, exactly.", None),
    _agg("sum", _number, D, lambda v: exp.Sum(this=v), "_sum", "Sum of the numbers.", None),
    _agg("avg", _number, D, lambda v: exp.Avg(this=v), "_avg", "Mean of the numbers.", None),
    _agg("min", _number, D, lambda v: exp.Min(this=v), "_min", "Smallest number.", None),
    _agg("max", _number, D, lambda v: exp.Max(this=v), "_max", "Largest number.", None),
    _agg("stddev", _number, D, _stddev, "_stddev", "Standard deviation of the numbers (n−1).", None),
    AggregateFunction("pct", (Arg("f", D), Arg("p", D, optional=True, repeat=True, literal=True)), D, _pct,
                      lambda a: f"_{a[0]}_pct_{a[1] if len(a) > 1 else 50}",
                      "Percentile; several percentages give several columns.", "6.2", aliases=("pct_sampling",), many=True),
    _agg("first", (Arg("f", ANY),), _first_type, _ordered("first", False), "_first",
         "The value of the first row in the current order: for unsorted messages the newest.", None, ordered=True),
    _agg("last", (Arg("f", ANY),), _first_type, _ordered("last", False), "_last",
         "The value of the last row in the current order: for unsorted messages the oldest.", None, ordered=True),
    _agg("values", (Arg("f"),), S, _values, "_values", "Up to 100 distinct values, one a line, in code-point order.",
         None),
    _agg("most_recent", (Arg("f_withtime"),), S, _recent("arg_max"), "_mostrecent",
         "The value with the latest time, of a `withtime` field.", None),
    _agg("least_recent", (Arg("f_withtime"),), S, _recent("arg_min"), "_leastrecent",
         "The value with the earliest time, of a `withtime` field.", None),
    AggregateFunction("median", (Arg("f", D),), D, _pct, lambda a: f"_{a[0]}_pct_50", "`pct(f, 50)` in other languages.", "13",
                      lenient_only=True, instead="pct(f, 50)"),
    AggregateFunction("dcount", (Arg("f", ANY),), I, lambda v: exp.Count(this=exp.Distinct(expressions=[v])),
                      _named("_count_distinct"), "`count_distinct(f)` in other languages.", "13",  # type: ignore[arg-type]  # table shorthand
                      lenient_only=True, instead="count_distinct(f)"),
    AggregateFunction("merge_join", (Arg("f"), Arg("separator", literal=True)), S, _merge_join, _named("_merge"),  # type: ignore[arg-type]  # table shorthand
                      "The values joined, in order.", internal=True, ordered=True),
    AggregateFunction("merge_distinct", (Arg("f"),), S, _values, _named("_merge"),  # type: ignore[arg-type]  # table shorthand
                      "The distinct values, one a line.", internal=True),
    AggregateFunction("least", (Arg("f", ANY),), _first_type, lambda v: exp.Min(this=v), _named("_least"),  # type: ignore[arg-type]  # table shorthand
                      "The smallest value of its own type.", internal=True),
    AggregateFunction("greatest", (Arg("f", ANY),), _first_type, lambda v: exp.Max(this=v), _named("_greatest"),  # type: ignore[arg-type]  # table shorthand
                      "The largest value of its own type.", internal=True),
    AggregateFunction("first_id", (Arg("f", L),), L, lambda v: exp.Min(this=v), _named("__id"),  # type: ignore[arg-type]  # table shorthand
                      "The first record of a group, for evidence.", internal=True),
)  # fmt: skip
