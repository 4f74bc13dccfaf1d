"""Arithmetic functions (spec §3.4). Semantics are Java's ``Math``; what has no answer is NaN, not an error."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from dohyo.plan.expr import Expr
from dohyo.plan.functions.model import Arg, Build, D, Function, L, Sql, apply, case, cast, is_null, lit, null, paren
from dohyo.plan.types import Type

#: Kilometres; the radius that reproduces the documented sample (spec §3.7).
_EARTH = 6372.8


def _whole_or_double(args: Sequence[Expr]) -> Type:
    return L if all(a.type.whole for a in args) else D


def _nan(sql: Sql) -> Sql:
    return exp.Coalesce(this=apply("try", sql), expressions=[cast(lit("NaN"), "DOUBLE")])


def _guarded(name: str) -> object:
    """A function that the engine may refuse for some numbers; null stays null."""

    def build(*args: Sql) -> Sql:
        some_null = is_null(args[0].copy())
        for a in args[1:]:
            some_null = exp.Or(this=some_null, expression=is_null(a.copy()))
        return case((some_null, null()), default=_nan(apply(name, *args)))

    return build


def _log(name: str, pole: int = 0) -> object:
    """A logarithm: minus infinity at its pole, as Java's."""
    safe = _guarded(name)

    def build(x: Sql) -> Sql:
        shifted = exp.Sub(this=paren(x), expression=lit(pole)) if pole else x
        at_pole = exp.EQ(this=paren(x.copy()), expression=lit(pole))
        return case((at_pole, cast(lit("-Infinity"), "DOUBLE")), default=safe(shifted))  # type: ignore[operator]  # table shorthand

    return build


def _plain(name: str) -> object:
    return lambda *args: apply(name, *args)


def _round(x: Sql, places: Sql | None = None) -> Sql:
    """Half up, as Java's ``Math.round`` (spec §3.4)."""
    if places is None:
        return apply("floor", exp.Add(this=paren(x), expression=lit(0.5)))
    scale = apply("pow", cast(lit(10), "DOUBLE"), places)
    shifted = exp.Add(this=exp.Mul(this=paren(x), expression=scale), expression=lit(0.5))
    return exp.Div(this=apply("floor", shifted), expression=scale.copy())


def _expm1(x: Sql) -> Sql:
    return exp.Sub(this=apply("exp", x), expression=lit(1))


def _hypot(a: Sql, b: Sql) -> Sql:
    return apply("sqrt", exp.Add(this=exp.Mul(this=paren(a), expression=paren(a.copy())),
                                 expression=exp.Mul(this=paren(b), expression=paren(b.copy()))))  # fmt: skip


def _sinh(sign: type[exp.Binary]) -> object:
    def build(x: Sql) -> Sql:
        both = sign(this=apply("exp", x), expression=apply("exp", exp.Neg(this=paren(x.copy()))))
        return exp.Div(this=exp.Paren(this=both), expression=lit(2))

    return build


def _signum(x: Sql) -> Sql:
    return case((apply("isnan", x), x.copy()), default=apply("sign", x.copy()))


def _pick(name: str) -> Build:
    """The larger (smaller) of two; null when one is null, NaN when one is NaN."""

    def build(a: Sql, b: Sql) -> Sql:
        nan_a, nan_b = (apply("isnan", cast(x.copy(), "DOUBLE")) for x in (a, b))
        return case((exp.Or(this=is_null(a), expression=is_null(b)), null()), (nan_a, a.copy()), (nan_b, b.copy()),
                    default=apply(name, a.copy(), b.copy()))  # fmt: skip

    return build


def _haversine(lat1: Sql, lon1: Sql, lat2: Sql, lon2: Sql) -> Sql:
    def half_square(a: Sql, b: Sql) -> Sql:
        difference = apply("radians", exp.Sub(this=paren(b.copy()), expression=paren(a.copy())))
        return apply("pow", apply("sin", exp.Div(this=difference, expression=lit(2))), lit(2))

    cosines = exp.Mul(this=apply("cos", apply("radians", lat1.copy())), expression=apply("cos", apply("radians", lat2.copy())))
    a = exp.Add(this=half_square(lat1, lat2), expression=exp.Mul(this=cosines, expression=half_square(lon1, lon2)))
    distance = exp.Mul(this=lit(2 * _EARTH), expression=apply("asin", apply("least", cast(lit(1), "DOUBLE"), apply("sqrt", a))))
    return case((is_null(a.copy()), null()), default=distance)  # `least` passes over null


def _row(name: str, build: object, doc: str, example: tuple[str, str], names: str = "x", **more: object) -> Function:
    args = tuple(Arg(n, D) for n in names.split())
    return Function(name, args, D, build, doc, "3.4", example, **more)  # type: ignore[arg-type]  # table shorthand


ROWS: tuple[Function, ...] = (
    Function("abs", (Arg("x", D),), _whole_or_double, lambda x: apply("abs", x), "The value without its sign.", "3.4",
             ("abs(-2.5)", "2.5")),
    _row("acos", _guarded("acos"), "Arc cosine, in radians.", ("acos(1)", "0")),
    _row("asin", _guarded("asin"), "Arc sine, in radians.", ("asin(0)", "0")),
    _row("atan", _plain("atan"), "Arc tangent, in radians.", ("atan(0)", "0")),
    _row("atan2", _plain("atan2"), "The angle of the point (x, y), in radians.", ("atan2(0, 1)", "0"), "y x"),
    _row("cbrt", lambda x: apply("round", apply("cbrt", x), lit(15)), "Cube root.", ("cbrt(27)", "3")),
    _row("ceil", _plain("ceil"), "The next whole number upwards.", ("ceil(-1.5)", "-1"), aliases=("ceiling",)),
    _row("cos", _plain("cos"), "Cosine of radians.", ("cos(0)", "1")),
    _row("cosh", _sinh(exp.Add), "Hyperbolic cosine.", ("cosh(0)", "1")),
    _row("exp", _plain("exp"), "e to the power of x.", ("exp(0)", "1")),
    _row("expm1", _expm1, "e to the power of x, minus 1.", ("expm1(0)", "0")),
    _row("floor", _plain("floor"), "The next whole number downwards.", ("floor(-1.5)", "-2")),
    _row("hypot", _hypot, "Length of the hypotenuse.", ("hypot(5, 12)", "13"), "a b"),
    _row("log", _log("ln"), "Natural logarithm.", ("log(1)", "0")),
    _row("log10", _log("log10"), "Logarithm to the base 10.", ("log10(1000)", "3")),
    _row("log1p", _log("ln", -1), "Natural logarithm of x + 1.", ("log1p(0)", "0")),
    _row("pow", _guarded("pow"), "a to the power of b.", ("pow(2, 10)", "1024"), "a b"),
    Function("round", (Arg("x", D), Arg("places", L, optional=True)), D, _round,
             "Rounded half up, to so many decimals.", "3.4", ("round(2.567, 2)", "2.57")),
    _row("signum", _signum, "-1, 0 or 1, by the sign of x.", ("signum(-3)", "-1")),
    _row("sin", _plain("sin"), "Sine of radians.", ("sin(0)", "0")),
    _row("sinh", _sinh(exp.Sub), "Hyperbolic sine.", ("sinh(0)", "0")),
    _row("sqrt", _guarded("sqrt"), "Square root.", ("sqrt(9)", "3")),
    _row("tan", _guarded("tan"), "Tangent of radians.", ("tan(0)", "0")),
    _row("tanh", _plain("tanh"), "Hyperbolic tangent.", ("tanh(0)", "0")),
    _row("toDegrees", _plain("degrees"), "Radians as degrees.", ("toDegrees(0)", "0")),
    _row("toRadians", _plain("radians"), "Degrees as radians.", ("toRadians(0)", "0")),
    Function("max", (Arg("a", D), Arg("b", D)), _whole_or_double, _pick("greatest"), "The larger of two numbers.", "3.4",
             ("max(3, 7)", "7")),
    Function("min", (Arg("a", D), Arg("b", D)), _whole_or_double, _pick("least"), "The smaller of two numbers.", "3.4",
             ("min(3, 7)", "3")),
    Function("haversine", tuple(Arg(n, D) for n in ("lat1", "lon1", "lat2", "lon2")), D, _haversine,
             "Distance in kilometres between two points given in degrees.", "3.7", ("round(haversine(0, 0, 0, 1), 2)", "111.23")),
)  # fmt: skip
