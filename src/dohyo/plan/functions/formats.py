"""``format`` (spec §3.1): Java's ``Formatter``. A constant format is taken apart when the query is compiled; most pieces
are SQL."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from dohyo.plan.convert import to_type
from dohyo.plan.expr import Call, Expr, Literal, text, whole
from dohyo.plan.functions.model import (
    ANY,
    Arg,
    D,
    Function,
    L,
    S,
    Settings,
    Sql,
    Udf,
    apply,
    case,
    cast,
    coalesce,
    is_null,
    java_names,
    literal_value,
    null,
    try_cast,
)
from dohyo.plan.types import Type

_PIECE = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")
_MOST = 16
_KINDS = {"d": L, "x": L, "X": L, "o": L, "f": D, "e": D, "E": D, "g": D, "s": S, "S": S, "b": S, "c": S}


def _check(args: Sequence[Expr]) -> tuple[int, str] | None:
    if not isinstance(args[0], Literal):
        return None
    wanted = 0
    for m in _PIECE.finditer(str(args[0].value)):
        if m[5] not in (*_KINDS, "%", "n"):
            return 0, f"`{m[0]}` is no conversion; there are {' '.join('%' + k for k in _KINDS)} %n %%"
        wanted += m[5] not in "%n" and m[1] is None
    if wanted > len(args) - 1:
        return 0, f"the format asks for {wanted} values, and {len(args) - 1} are given"
    return None if len(args) - 1 <= _MOST else (0, f"`format` takes up to {_MOST} values")


def _rewrite(args: Sequence[Expr], settings: Settings) -> Expr:
    if not isinstance(args[0], Literal):
        return Call("format_any", (args[0], _joined(args[1:])), Type.STRING)
    pieces: list[Expr] = []
    pattern, at, used = str(args[0].value), 0, 0
    for m in _PIECE.finditer(pattern):
        if m.start() > at:
            pieces.append(text(pattern[at : m.start()]))
        at = m.end()
        if m[5] in "%n":
            pieces.append(text("%" if m[5] == "%" else "\n"))
            continue
        place = int(m[1]) - 1 if m[1] else used
        used += not m[1]
        pieces.append(_piece(m, args[1 + place]) if place < len(args) - 1 else text(m[0]))
    pieces.append(text(pattern[at:]))
    return Call("joined", tuple(pieces), Type.STRING)


def _piece(m: re.Match[str], value: Expr) -> Expr:
    kind = _KINDS[m[5]]
    shown = to_type(value, kind)
    if m[5] == "f":
        shown = Call("half_up", (shown, whole(int(m[4] or 6))), Type.DOUBLE)
    spec = "%" + m[2] + (m[3] or "") + (f".{m[4]}" if m[4] else "") + m[5]
    if m[5] == "s" and not (m[2] or m[3] or m[4]):
        return shown
    if m[5] in "dxXfes" and not set(m[2]) & set("#("):
        if "," not in m[2]:
            return Call(f"printf_{'text' if kind is S else 'whole' if kind is L else 'double'}", (text(spec), shown), Type.STRING)
        if m[5] in "df" and set(m[2]) <= {","}:
            return Call("thousands", (text(spec), shown), Type.STRING)
    return Call("format_one", (text(spec), to_type(shown if m[5] == "f" else value, S)), Type.STRING)


def _joined(values: Sequence[Expr]) -> Expr:
    return Call("list_of", tuple(to_type(v, S) for v in values), Type.STRING)


def _all_given(*parts: Sql) -> Sql:
    """The pieces one after another; null when one is (spec §12.54)."""
    out = parts[0]
    for part in parts[1:]:
        out = exp.DPipe(this=out, expression=part)
    return out


def _half_up(x: Sql, places: Sql) -> Sql:
    """Java rounds the shortest digits of a double, halves away from zero; C's ``printf`` rounds its exact value."""
    digits = try_cast(cast(x, "VARCHAR"), "DECIMAL(38, 15)")
    return coalesce(cast(apply("round", digits, places), "DOUBLE"), x.copy())


def _printf(spec: Sql, value: Sql) -> Sql:
    return case((is_null(value), null()), default=apply("printf", spec, value.copy()))


def _printf_double(spec: Sql, value: Sql) -> Sql:
    return java_names(_printf(spec, value))


def _thousands(spec: Sql, value: Sql) -> Sql:
    """``%,.2f`` as the engine's ``format`` writes it; Java rounds six decimals when none are named."""
    m = _PIECE.fullmatch(literal_value(spec) or "")
    assert m is not None
    width, decimals = m[3] or "", "" if m[5] == "d" else f".{m[4] or 6}"
    code = exp.Literal.string(f"{{:{'>' + width if width else ''},{decimals}{m[5]}}}")
    return java_names(case((is_null(value), null()), default=apply("format", code, value.copy())))


def _format_one(spec: str | None, value: str | None) -> str | None:
    """One piece, in Python; null where the value does not fit."""
    m = _PIECE.fullmatch(spec or "")
    if m is None or value is None:
        return None
    flags, width, decimals, kind = m[2], int(m[3] or 0), m[4], m[5]
    try:
        body = _body(kind, value, flags, decimals)
    except (ValueError, OverflowError):  # no number, or one without end
        return None
    if "0" in flags and kind not in "sSbc":
        sign = body[:1] if body[:1] in "+-" else ""
        return sign + body[len(sign) :].rjust(width - len(sign), "0")
    return body.ljust(width) if "-" in flags else body.rjust(width)


def _body(kind: str, value: str, flags: str, decimals: str | None) -> str:
    if kind in "sS":
        shown = value[: int(decimals)] if decimals else value
        return shown.upper() if kind == "S" else shown
    if kind == "b":
        return str(value.lower() == "true").lower()
    if kind == "c":
        return chr(int(value)) if value.isdecimal() else value[:1]
    number = float(value) if kind in "feEg" else int(float(value))
    sign = "+" if "+" in flags else " " if " " in flags else ""
    comma = "," if "," in flags else ""
    if kind in "xXo":
        wrapped = int(number) & (2**64 - 1)
        return ("0x" if "#" in flags and kind != "o" else "") + format(wrapped, kind)
    places = "" if kind == "d" else f".{decimals or 6}"
    shown = format(abs(number) if "(" in flags else number, f"{sign}{comma}{places}{kind}")
    return f"({shown})" if "(" in flags and number < 0 else shown


def _format_any(pattern: str | None, values: list[str | None] | None) -> str | None:
    if pattern is None or values is None:
        return None
    left = iter(values)
    out, at = [], 0
    for m in _PIECE.finditer(pattern):
        out.append(pattern[at : m.start()])
        at = m.end()
        one = "%" if m[5] == "%" else "\n" if m[5] == "n" else _format_one(m[0], next(left, None))
        if one is None:
            return None
        out.append(one)
    return "".join(out) + pattern[at:]


_spec = Arg("spec", literal=True)

ROWS: tuple[Function, ...] = (
    Function("format", (Arg("format"), Arg("value", ANY, repeat=True)), S, doc="Values in a text, by Java's Formatter patterns.",
             spec="3.1", example=('format("%05.1f|%s", 3.14159, "z")', "003.1|z"), check=_check, rewrite=_rewrite),
    Function("joined", (Arg("part", repeat=True),), S, _all_given, "The parts one after another; null when one is.", internal=True),
    Function("list_of", (Arg("value", repeat=True),), S, lambda *v: exp.Array(expressions=list(v)), "A list.", internal=True),
    Function("half_up", (Arg("x", D), Arg("places", L, literal=True)), D, _half_up, "Rounded as Java's Formatter does.", internal=True),
    Function("printf_whole", (_spec, Arg("value", L)), S, _printf, "A whole number by a pattern.", internal=True),
    Function("printf_double", (_spec, Arg("value", D)), S, _printf_double, "A number by a pattern.", internal=True),
    Function("printf_text", (_spec, Arg("value")), S, _printf, "Text by a pattern.", internal=True),
    Function("thousands", (_spec, Arg("value", ANY)), S, _thousands, "A number with commas.", internal=True),
    Function("format_one", (_spec, Arg("value")), S, doc="One value by a pattern.", internal=True, udf=Udf(_format_one, (S, S), S)),
    Function("format_any", (Arg("format"), Arg("values", ANY)), S, doc="Values by a pattern from a field.", internal=True,
             udf=Udf(_format_any, (S, "VARCHAR[]"), S)),
)  # fmt: skip
