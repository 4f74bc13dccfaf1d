"""Functions on JSON array text (spec §3.1)."""

from __future__ import annotations

from sqlglot import exp

from dohyo.plan.functions.model import Arg, B, Function, I, S, Sql, apply, case, coalesce, lit


def _list(array: Sql) -> Sql:
    """The array's elements as text; null for what is no array."""
    is_array = exp.EQ(this=apply("try", apply("json_type", array)), expression=lit("ARRAY"))
    return case((is_array, apply("try", apply("from_json", array.copy(), lit('["VARCHAR"]')))))


def _contains(array: Sql, item: Sql) -> Sql:
    return coalesce(apply("list_contains", _list(array), item), exp.false())


def _size(array: Sql) -> Sql:
    return coalesce(apply("len", _list(array)), lit(-1))


ROWS: tuple[Function, ...] = (
    Function("jsonArrayContains", (Arg("array"), Arg("item")), B, _contains, "True when the array has the item.", "3.1",
             ('jsonArrayContains("[\\"a\\",\\"b\\"]", "b")', "true"), total=True),
    Function("jsonArraySize", (Arg("array"),), I, _size, "How many items; -1 for what is no array.", "3.1",
             ('jsonArraySize("[\\"a\\",\\"b\\"]")', "2"), total=True),
    Function("tourl", (Arg("url"), Arg("text"), Arg("prefix", optional=True), Arg("suffix", optional=True)), S,
             lambda url, text, prefix=None, suffix=None: apply("concat", *(p for p in (prefix, text, suffix) if p is not None)),
             "A link; here its text.", "3.1", ('tourl("https://example.com", "there")', "there")),
)  # fmt: skip
