"""Internal functions for ``keyvalue``, ``csv`` and ``split`` (spec §4.5, §4.6)."""

from __future__ import annotations

from sqlglot import exp

from dohyo.plan.functions.model import Arg, B, Function, L, S, Sql, Udf, apply, case, lit, null


def _pair(text: Sql, regex: Sql, key: Sql) -> Sql:
    """Of all matches the value (second group) whose key (first group) is the wanted one."""
    place = apply("list_position", apply("regexp_extract_all", text, regex, lit(1)), key)
    return apply("list_extract", apply("regexp_extract_all", text.copy(), regex.copy(), lit(2)), place)


def _after(text: Sql, regex: Sql, key: Sql) -> Sql:
    """The first match after the first place where the key stands; null when there is none."""
    place = apply("strpos", text, key)
    rest = apply("substr", text.copy(), exp.Add(this=place.copy(), expression=apply("length", key.copy())))
    found = exp.And(this=exp.GT(this=place, expression=lit(0)), expression=apply("regexp_matches", rest, regex))
    return case((found, apply("regexp_extract", rest.copy(), regex.copy(), lit(1))), default=null())


def _split(text: Sql, delimiter: Sql, escape: Sql, quote: Sql) -> Sql:
    """The columns. Text without quotes and escapes is cut by the engine."""
    special = exp.Or(this=apply("contains", text, quote), expression=apply("contains", text.copy(), escape))
    slow = exp.Anonymous(this="dohyo_split_quoted", expressions=[text.copy(), delimiter, escape.copy(), quote.copy()])
    return case((special, slow), default=apply("string_split", text.copy(), delimiter.copy()))


def _split_quoted(text: str | None, delimiter: str | None, escape: str | None, quote: str | None) -> list[str] | None:
    if text is None:
        return None
    out, part, quoted, i = [], [], False, 0
    while i < len(text):
        ch = text[i]
        if ch == escape and i + 1 < len(text):
            i += 1
            part.append(text[i])
        elif ch == quote:
            if quoted and text[i + 1 : i + 2] == quote:
                i += 1
                part.append(ch)
            else:
                quoted = not quoted
        elif ch == delimiter and not quoted:
            out.append("".join(part))
            part = []
        else:
            part.append(ch)
        i += 1
    return [*out, "".join(part)]


_s, _re, _key = Arg("s"), Arg("regex", literal=True), Arg("key", literal=True)
_one = Arg("character", literal=True)

ROWS: tuple[Function, ...] = (
    Function("pair_value", (_s, _re, _key), S, _pair, "The value of a key, of all pairs that a regex finds.", internal=True),
    Function("value_after", (_s, _re, _key), S, _after, "What a regex finds after a key.", internal=True),
    Function("split_text", (_s, _one, _one, _one), S, _split, "Text cut into columns.", internal=True, calls=("split_quoted",)),
    Function("split_quoted", (_s, _one, _one, _one), S, doc="As `split_text`, with quotes and escapes.", internal=True,
             udf=Udf(_split_quoted, (S, S, S, S), "VARCHAR[]")),
    Function("list_item", (Arg("list"), Arg("place", L)), S, lambda a, i: apply("list_extract", a, i), "An item, from 1.",
             internal=True),
    Function("list_has_item", (Arg("list"), Arg("place", L)), B, lambda a, i: exp.GTE(this=apply("len", a), expression=i),
             "There is such an item.", internal=True),
)  # fmt: skip
