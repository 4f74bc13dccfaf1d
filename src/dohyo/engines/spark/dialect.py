"""What Spark's SQL does in its own way, and where Sail's differs from it.

``SPELLING`` is the one table of how the names that the function table uses are said there. A name stands here only if its
answers are DuckDB's, value by value; what does not stand here is borrowed from DuckDB (``engines/borrowed.py``)."""

from __future__ import annotations

from sqlglot import exp

from dohyo.engines.borrowed import Foreign
from dohyo.engines.sql import Dialect
from dohyo.patterns.elsewhere import JAVA, RUST, Engine, spelled
from dohyo.plan.functions.model import (
    Build,
    Sql,
    apply,
    binary,
    case,
    cast,
    coalesce,
    is_null,
    lit,
    literal_value,
    null,
    paren,
    try_cast,
)

#: What reads as a number (DuckDB): Spark would take ``1d`` too, and Sail not all forms of infinity. The same in Java and Rust.
_DIGITS = "[0-9]+(?:_[0-9]+){0,20}"
_NUMBER = rf"\A[\t-\r ]*[+-]?(?:{_DIGITS}[.]?(?:{_DIGITS})?|[.]{_DIGITS})(?:[eE][+-]?[0-9]+)?[\t-\r ]*\z"
#: Doubles from here on are whole, and beyond what a whole number of 64 bits can hold.
_WHOLE = 9_000_000_000_000_000


def _named(name: str) -> Build:
    return lambda *args: apply(name, *args)


def _trying(sql: Sql) -> Sql:
    """``TRY``: of arithmetic Spark's own; nothing else that stands here fails."""
    inner = sql.this if isinstance(sql, exp.Paren) else sql
    for kind, name in _TRIED.items():
        if isinstance(inner, kind):
            return apply(name, cast(inner.this, "BIGINT"), cast(inner.expression, "BIGINT"))
    return sql


_TRIED: dict[type[exp.Binary], str] = {exp.Add: "try_add", exp.Sub: "try_subtract", exp.Mul: "try_multiply"}


def _whole_double(name: str, eager: bool = False) -> Build:
    """``floor`` and the like give whole numbers of 64 bits; here a double, also of what is larger. ``eager``: the engine
    computes constants before it looks whether they are small."""

    def build(x: Sql) -> Sql:
        small = exp.LT(this=apply("abs", x), expression=lit(_WHOLE))
        held = case((small.copy(), x.copy())) if eager else x.copy()
        return case((small, cast(apply(name, held), "DOUBLE")), default=cast(x.copy(), "DOUBLE"))

    return build


def _lower(text: Sql) -> Sql:
    """Letter by letter: Java knows a final sigma, and gives two letters for the dotted İ."""
    return apply("lower", apply("translate", text, lit("İΣ"), lit("iσ")))


def _base64(value: Sql) -> Sql:
    """Spark begins a new line after each 76 characters."""
    return apply("translate", apply("base64", value), lit("\r\n"), lit(""))


def _divided(sql: exp.Div) -> Sql:
    """Zero is looked for beforehand, but Sail divides constants before it looks."""
    return exp.Div(this=cast(sql.this, "DOUBLE"), expression=apply("nullif", cast(sql.expression, "DOUBLE"), cast(lit(0), "DOUBLE")))


def _whole_doubles(eager: bool = False) -> dict[str, Build]:
    floor, ceil = _whole_double("floor", eager), _whole_double("ceil", eager)

    def trunc(x: Sql) -> Sql:
        return case((exp.LT(this=x, expression=lit(0)), ceil(x.copy())), default=floor(x.copy()))

    return {"floor": floor, "ceil": ceil, "trunc": trunc}


def _is_nan(x: Sql) -> Sql:
    return case((is_null(x), null()), default=apply("isnan", x.copy()))


def _is_infinite(x: Sql) -> Sql:
    return exp.EQ(this=apply("abs", x), expression=cast(lit("Infinity"), "DOUBLE"))


def _split(text: Sql, separator: Sql) -> Sql:
    """The separator is a regex there."""
    value = literal_value(separator)
    if not value:
        raise Foreign("string_split")
    return apply("split", text, lit("".join(f"\\x{{{ord(c):X}}}" for c in value)), lit(-1))


def _item(values: Sql, place: Sql) -> Sql:
    """From 1; null where there is none."""
    return apply("get", values, cast(exp.Sub(this=paren(place), expression=lit(1)), "INT"))


def _steps(first: Sql, last: Sql, width: Sql) -> Sql:
    """Spark refuses a sequence that would go backwards."""
    none = exp.GT(this=first, expression=last)
    return case((none, null()), default=apply("sequence", first.copy(), last.copy(), width))


# --- regexes ----------------------------------------------------------------------------------------------------------


def _pattern(regex: Sql, engine: Engine, form: str = "{}") -> Sql:
    value = literal_value(regex)
    found = None if value is None else spelled(value, engine)
    if found is None:
        raise Foreign("regex")
    return lit(form.format(found) if form == "{}" else form.replace("{}", found))


def _regexes(engine: Engine) -> dict[str, Build]:
    def matches(text: Sql, regex: Sql) -> Sql:
        return exp.RegexpLike(this=text, expression=_pattern(regex, engine))

    def full(text: Sql, regex: Sql) -> Sql:
        return exp.RegexpLike(this=text, expression=_pattern(regex, engine, r"\A(?:{})\z"))

    def extract(text: Sql, regex: Sql, group: Sql | None = None) -> Sql:
        if group is not None and not isinstance(group, exp.Literal):
            raise Foreign("regexp_extract")  # DuckDB gives groups beyond the ninth by name only
        return apply("regexp_extract", text, _pattern(regex, engine), group or lit(0))

    return {"regexp_matches": matches, "regexp_full_match": full, "regexp_extract": extract}


# --- aggregates -------------------------------------------------------------------------------------------------------


def _by_order(name: str) -> Build:
    """The first (last) row's value; the rows are numbered in their order."""

    def build(value: Sql) -> Sql:
        if not isinstance(value, exp.Order):
            return apply(name, value, lit(1))
        return apply(name, value.this, value.expressions[0].this)

    return build


def _order_key(*keys: exp.Ordered) -> Sql:
    """Nulls last: whether there is no value comes before the value."""
    parts: list[Sql] = []
    for i, key in enumerate(keys):
        value = exp.Neg(this=paren(key.this.copy())) if key.args.get("desc") else key.this.copy()
        parts += [lit(f"n{i}"), is_null(key.this.copy()), lit(f"k{i}"), value]
    return apply("named_struct", *parts)


def _joined(value: Sql, separator: Sql) -> Sql:
    """The values one after another, null when there are none."""
    if isinstance(separator, exp.Order):
        pair = apply("named_struct", lit("k"), separator.expressions[0].this, lit("v"), value)
        listed = apply("array_sort", apply("collect_list", case((exp.Not(this=is_null(value.copy())), pair))))
        x = exp.Lambda(this=exp.column("v", table="x"), expressions=[exp.to_identifier("x")])
        listed, separator = apply("transform", listed, x), separator.this
    else:
        listed = apply("collect_list", value)
    some = exp.GT(this=exp.Count(this=value.copy()), expression=lit(0))
    return case((some, apply("array_join", listed, separator)))


def _listed(value: Sql) -> Sql:
    return apply("collect_set", *value.expressions) if isinstance(value, exp.Distinct) else apply("collect_list", value)


def _line(values: Sql, separator: Sql) -> Sql:
    """The values in one text; null where there are none: a list that was gathered is empty then, here a list of nulls."""
    some = exp.GT(this=apply("array_size", values), expression=lit(0))
    return case((some, apply("array_join", values.copy(), separator)))


def _recent(name: str) -> Build:
    """The value whose time is the largest (smallest); rows without a value do not count."""

    def build(value: Sql) -> Sql:
        given = apply("get_json_object", value, lit("$.value"))
        time = _trying_cast(apply("get_json_object", value.copy(), lit("$.time")), "BIGINT")
        known = exp.And(this=exp.Not(this=is_null(given.copy())), expression=exp.Not(this=is_null(time)))
        pair = apply("named_struct", lit("time"), time.copy(), lit("value"), given.copy())
        return apply(name, given, case((known, pair)))

    return build


_PLAIN: dict[str, Build] = {
    "try": _trying,
    # text
    "contains": _named("contains"), "starts_with": _named("startswith"), "suffix": _named("endswith"),
    "ends_with": _named("endswith"), "rtrim": lambda text, signs: exp.Trim(this=text, expression=signs, position="TRAILING"),
    "lower": _lower, "length": _named("length"), "strlen": _named("octet_length"), "substring": _named("substring"),
    "substr": _named("substring"), "strpos": _named("instr"),
    "replace": _named("replace"), "trim": _named("trim"), "string_split": _split, "split_part": _named("split_part"),
    "concat": lambda *parts: apply("concat_ws", lit(""), *parts), "concat_ws": _named("concat_ws"),
    "md5": _named("md5"), "sha1": _named("sha1"), "sha256": lambda s: apply("sha2", s, lit(256)), "to_hex": _named("hex"),
    "to_base64": _base64, "encode": lambda s: apply("encode", s, lit("UTF-8")),
    # numbers
    "abs": _named("abs"), "sign": _named("sign"), "nullif": _named("nullif"), "coalesce": _named("coalesce"),
    "greatest": _named("greatest"), "least": _named("least"), **_whole_doubles(),
    "isnan": _is_nan, "isinf": _is_infinite,
    # lists
    "list_extract": _item, "list_position": _named("array_position"), "list_contains": _named("array_contains"),
    "len": _named("array_size"), "list_slice": _named("slice"), "generate_series": _steps, "unnest": _named("explode"),
    "list_sort": _named("array_sort"), "array_to_string": _line,
    "list_distinct": lambda a: apply("array_compact", apply("array_distinct", a)),
    # aggregates and windows
    "first": _by_order("min_by"), "last": _by_order("max_by"), "string_agg": _joined, "list": _listed,
    "quantile_cont": _named("percentile"), "stddev_samp": _named("stddev_samp"), "lag": _named("lag"), "lead": _named("lead"),
}  # fmt: skip


def _number(text: Sql) -> Sql:
    """Text as a number, where DuckDB takes it for one."""
    fits = exp.RegexpLike(this=text, expression=lit(_NUMBER))
    word = apply("lower", apply("trim", text.copy()))
    words = {"NaN": ("nan", "+nan", "-nan"), "Infinity": _INFINITY[:4], "-Infinity": _INFINITY[4:]}
    known = [(exp.In(this=word.copy(), expressions=[lit(w) for w in found]), cast(lit(v), "DOUBLE")) for v, found in words.items()]
    return case((fits, _trying_cast(apply("replace", text.copy(), lit("_"), lit("")), "DOUBLE")), *known, default=null())


def _trying_cast(value: Sql, kind: str) -> Sql:
    """``TRY_CAST``: sqlglot writes a plain cast of it for Spark unless it is told."""
    sql = try_cast(value, kind)
    sql.set("safe", True)
    return sql


_INFINITY = ("inf", "+inf", "infinity", "+infinity", "-inf", "-infinity")


def _cast(sql: exp.Cast) -> Sql:
    """Types that Spark has; text becomes a number as in DuckDB."""
    if sql.to.this not in _TYPES:
        raise Foreign(str(sql.to))
    if isinstance(sql, exp.TryCast) and sql.to.this == exp.DataType.Type.DOUBLE:
        return _number(sql.this)
    sql.set("safe", True)
    return sql


_TYPES = tuple(exp.DataType.build(t, dialect="duckdb").this for t in ("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN"))


def _clock() -> Sql:
    return apply("unix_millis", apply("current_timestamp"))


_REWRITTEN: dict[str, Build] = {
    "clock": _clock,
    # Sail's ``try_add`` and the like know no doubles, which need no trying
    "+ double": binary(exp.Add), "- double": binary(exp.Sub), "* double": binary(exp.Mul),
}  # fmt: skip
#: Aggregates that are said otherwise as a whole.
_AGGREGATES: dict[str, Build] = {"most_recent": _recent("max_by"), "least_recent": _recent("min_by")}


def _extreme(kind: type[exp.Max | exp.Min], worst: str, x: Sql) -> Sql:
    """The largest (smallest) number: of others than the worst, which Sail would take for one that is finite."""
    bound = cast(lit(worst), "DOUBLE")
    better = exp.LT if kind is exp.Min else exp.GT
    usual = kind(this=case((better(this=x, expression=bound), x.copy())))
    at_worst = apply("bool_or", exp.EQ(this=x.copy(), expression=bound.copy()))
    return coalesce(usual, case((at_worst, bound.copy())))


def _some_nan(x: Sql) -> Sql:
    return apply("bool_or", apply("isnan", x))


def _largest(x: Sql) -> Sql:
    """What is no number is the largest of all; Sail would leave it out."""
    x = cast(x, "DOUBLE")
    return case((_some_nan(x), cast(lit("NaN"), "DOUBLE")), default=_extreme(exp.Max, "-Infinity", x.copy()))


def _smallest(x: Sql) -> Sql:
    """What is no number is it only where there is nothing else; to Sail it depends on the order of the rows."""
    x = cast(x, "DOUBLE")
    number = case((exp.Not(this=apply("isnan", x)), x.copy()))
    return coalesce(_extreme(exp.Min, "Infinity", number), case((_some_nan(x.copy()), cast(lit("NaN"), "DOUBLE"))))


def _fold(step: dict[str, Sql], end: Sql) -> Build:
    """An aggregate of a list: each ``x`` that is not null makes of the state ``a``, zeros at first, what ``step`` says, and ``end``
    is the result."""

    def build(values: Sql) -> Sql:
        kept = case((is_null(exp.column("x")), exp.column("a")), default=_struct(step))
        start = _struct(dict.fromkeys(step, lit(0)))
        return apply("aggregate", values, start, _lambda(kept, "a", "x"), _lambda(end.copy(), "a"))

    return build


def _struct(parts: dict[str, Sql]) -> Sql:
    return apply("named_struct", *(x for name, value in parts.items() for x in (lit(name), cast(value.copy(), "DOUBLE"))))


def _lambda(body: Sql, *names: str) -> Sql:
    return exp.Lambda(this=body, expressions=[exp.to_identifier(name) for name in names])


def _moving() -> dict[str, Build]:
    """Mean and deviation as the numbers come (Welford), and the sum."""
    x, (n, s, mean, squares) = exp.column("x"), (exp.column(name, table="a") for name in ("n", "s", "mean", "squares"))
    more = binary(exp.Add)(n, lit(1))
    off = binary(exp.Sub)(x, mean)
    nearer = binary(exp.Add)(mean, binary(exp.Div)(off, more))
    wider = binary(exp.Add)(squares, binary(exp.Mul)(off, binary(exp.Sub)(x, nearer)))
    some, several = exp.GT(this=n, expression=lit(0)), exp.GT(this=n, expression=lit(1))
    summed = {"n": more, "s": binary(exp.Add)(s, x)}
    spread = {"n": more, "mean": nearer, "squares": wider}
    deviation = apply("sqrt", binary(exp.Div)(squares, binary(exp.Sub)(n, lit(1))))
    return {
        "sum": _fold(summed, case((some, s))),
        "avg": _fold(summed, case((some, binary(exp.Div)(s, n)))),
        "stddev": _fold(spread, case((several, deviation))),
    }


def _quantile(value: Sql, fraction: Sql) -> Sql:
    """Between the closest ranks; Sail's own counts in decimals of a few digits."""
    listed = apply("array_sort", apply("collect_list", value))
    place = exp.Mul(this=fraction, expression=exp.Paren(this=exp.Sub(this=apply("array_size", listed), expression=lit(1))))
    low, high = (cast(apply(side, place.copy()), "BIGINT") for side in ("floor", "ceil"))
    a, b = (apply("get", listed.copy(), cast(at, "INT")) for at in (low, high))
    rest = exp.Paren(this=exp.Sub(this=place.copy(), expression=low.copy()))
    between = exp.Add(this=a.copy(), expression=exp.Mul(this=exp.Paren(this=exp.Sub(this=b, expression=a.copy())), expression=rest))
    # between two equal ones is no other, be they infinite
    equal = exp.Or(this=exp.EQ(this=low.copy(), expression=high.copy()), expression=exp.EQ(this=a.copy(), expression=b.copy()))
    return case((equal, a), default=between)


def _one_nan(build: Build) -> Build:
    """A processor gives a NaN with a minus, which to Sail is smaller than any number; the other one is larger, as everywhere."""
    return lambda a, b: apply("nanvl", build(a, b), cast(lit("NaN"), "DOUBLE"))


def _quotient(a: Sql, b: Sql) -> Sql:
    """By zero ±Infinity, 0/0 NaN."""
    zero = exp.EQ(this=paren(b), expression=lit(0))
    infinite = exp.Mul(this=apply("sign", a), expression=cast(lit("Infinity"), "DOUBLE"))
    return case((zero, infinite), default=_divided(exp.Div(this=a.copy(), expression=b.copy())))


def _remainder(a: Sql, b: Sql) -> Sql:
    return exp.Mod(this=paren(a), expression=apply("nullif", b, lit(0)))


_SAIL_NUMBERS: dict[str, Build] = {
    **{f"{sign} double": _one_nan(binary(kind)) for sign, kind in (("+", exp.Add), ("-", exp.Sub), ("*", exp.Mul))},
    "/": _one_nan(_quotient), "% double": _one_nan(_remainder),
}  # fmt: skip


def _cast_eager(sql: exp.Cast) -> Sql:
    """Sail would also cast the constant of a branch that is not taken."""
    return _trying_cast(sql.this, "BIGINT") if sql.to.this == exp.DataType.Type.BIGINT else _cast(sql)


_SAIL_NAMES: dict[str, Build] = {"quantile_cont": _quantile, "Cast": _cast_eager, **_whole_doubles(eager=True)}


def _dialect(
    name: str, engine: Engine, own: dict[str, Build], aggregates: dict[str, Build], names: dict[str, Build], moving: dict[str, Build]
) -> Dialect:
    spelling = _PLAIN | _regexes(engine) | {"Cast": _cast, "TryCast": _cast, "Div": _divided} | names
    return Dialect(name, "spark", _REWRITTEN | own, spelling, _AGGREGATES | aggregates, nan_is_largest=True, orders_aggregates=False,
                   orders_windows=True, order_key=_order_key, moving=moving)  # fmt: skip


SPARK = _dialect("spark", JAVA, {}, {}, {}, {})
SAIL = _dialect("sail", RUST, _SAIL_NUMBERS, {"max": _largest, "min": _smallest}, _SAIL_NAMES, _moving())
