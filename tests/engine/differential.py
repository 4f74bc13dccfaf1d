"""Events and queries at random, for the tests that compare engines: every function of the table with arguments of the types
that it takes, every aggregate, and the operators that depend on the order of rows."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from dohyo.plan.functions import FUNCTIONS
from dohyo.plan.functions.model import Function
from dohyo.plan.types import Type

_TEXTS = ["", " ", "a", "Ab", "ab", "é", "ß", "İ", "ΑΣ", "😀x", "a.b*c", "a\\b", 'q"q', "x\ny", "10.0.0.1", "8.8.8.8", "999.1.1.1",
          "fe80::1", "true", "aGk=", "6869", "%41+b", '{"a":{"b":[1,2.5,"x"]},"c":null}', "[1,\"b\"]", "k=v j=w", "2024-02-29 12:00:00",
          "$1", "^x", "null", "C:\\Windows\\System32", "aaaaaaaaaaaaaaaa!"]  # fmt: skip
_NUMBERS = ["0", "1", "-1", "2.5", "-0.5", "7", "08", "1e3", "1E400", "NaN", "inf", "-Infinity", " 12 ", "1_000", "1d", "0x1F", "",
            "9223372036854775807", "1709208000123", "1e-7", "123456789012345678", "0.1", "x"]  # fmt: skip
_REGEXES = [r"a", r"^\w+$", r"(?i)ab", r"\d+\.\d+", r"\bb\b", r"[^a-z]", r"(a|b)+", r"\s", r".$", r"\\", r"é|ß", r"x\n?y",
            r"\$", r"(?s)x.y"]  # fmt: skip
_GLOBS = ["a*", "*b", "*.b*", "?b", "*", "é", "*x\\*"]
_FIELDS = {"s": _TEXTS, "t": _TEXTS, "n": _NUMBERS, "m": _NUMBERS, "k": ["x", "y", "Y"]}
#: Not a matter of the engine, or with arguments that must be of a certain kind.
_LEFT_OUT = {"now", "queryendtime", "querytimerange", "hash", "format", "formatdate", "parsedate", "base64decode", "replace",
             "min", "max"}  # fmt: skip
_SPELLED = ['hash(s, "sha1")', 'hash(t, "murmur3_128")', 'format("%5.1f|%s|%d", num(n), s, toLong(m))', 'format("%,.2f", num(n))',
            'formatDate(toLong(m), "yyyy-MM-dd HH:mm:ss.SSS", "Europe/Berlin")', 'parseDate(s, "yyyy-MM-dd HH:mm:ss", "UTC")',
            "base64Decode(s)", "0 + max(n, m)", "0 + min(num(n), m)", 'replace(s, "a", t)', r'replace(s, /(\w)b/, "<$1>")',
            'if(isNull(s), "none", s)']  # fmt: skip


def events() -> st.SearchStrategy[list[dict[str, str | None]]]:
    """Some events; fields may be absent or null."""
    one = st.fixed_dictionaries({}, optional={k: st.sampled_from([*v, None]) for k, v in _FIELDS.items()})
    return st.lists(one, min_size=1, max_size=40)


def written(found: Sequence[dict[str, str | None]]) -> str:
    """Events as NDJSON, each a second later."""
    times = (1_709_208_000_000 + 1_000 * (i // 2) for i in range(len(found)))
    return "".join(json.dumps({"_messageTime": t, **e}) + "\n" for t, e in zip(times, found, strict=True))


def _text() -> st.SearchStrategy[str]:
    quoted = st.sampled_from(["a", "b", "Ab", "", "é", "."]).map(json.dumps)
    return st.one_of(st.sampled_from(["s", "t"]), quoted)


def _number() -> st.SearchStrategy[str]:
    return st.sampled_from(["n", "m", "0", "2", "2.5", "length(s)", "num(n)", "toLong(m)"])


_BY_TYPE = {Type.STRING: _text, Type.DOUBLE: _number, Type.LONG: _number, Type.INT: _number, None: _text}
_CALLABLE = sorted(
    (f for name, f in FUNCTIONS.items() if name == f.name.lower() and not f.internal and not f.volatile and name not in _LEFT_OUT),
    key=lambda f: f.name,
)


@st.composite
def _call(draw: st.DrawFn) -> str:
    f: Function = draw(st.sampled_from(_CALLABLE))
    optional = draw(st.booleans())
    args = [draw(_BY_TYPE[a.type]()) for a in f.args if optional or not a.optional]
    return f"{f.name}({', '.join(args)})"


def _value() -> st.SearchStrategy[str]:
    arithmetic = st.builds("{} {} {}".format, _number(), st.sampled_from("+-*/%"), _number())
    return st.one_of(_call(), _call(), st.sampled_from(_SPELLED), arithmetic)


def _condition() -> st.SearchStrategy[str]:
    compared = st.builds("{} {} {}".format, _number(), st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), _number())
    texts = st.builds("{} {} {}".format, st.sampled_from(["s", "t"]), st.sampled_from(["=", "!="]), _text())
    regex = st.builds("s matches /{}/".format, st.sampled_from(_REGEXES))
    glob = st.builds("t matches {}".format, st.sampled_from(_GLOBS).map(json.dumps))
    plain = st.one_of(compared, texts, regex, regex, glob, st.just("isBlank(s)"), st.just('s in ("a", "é")'))
    both = st.builds("({} {} {})".format, plain, st.sampled_from(["and", "or"]), plain)
    return st.one_of(plain, both, both.map("!({})".format))


_ENDS = [
    "count by k", "count, sum(n), avg(m), min(n), max(m) by k", "first(s) as f, last(t) as l by k", "first(n), count_distinct(s)",
    "values(s) by k", "pct(n, 25, 50, 90), stddev(m) by k", "sort by n, s, t | limit 5", "num(n) as n | sort by n desc | accum n",
    "num(n) as n | sort by _messageTime asc | diff n | smooth n, 3 as z", "timeslice 1s | count by _timeslice, k", "dedup by k",
    "num(n) as n | backshift n, 1 as b | total n as all by k", "top 2 k", "withtime s | most_recent(s_withtime) as r by k",
    r"parse regex field=s '(?<p>\w)(?<q>\W?)' multi | count by p, q", 'parse field=s "a*b" as p nodrop', "csv s extract 1 as c, 2 as d",
    "json field=s \"a.b[1]\", \"c\" nodrop", "keyvalue field=s infer \"k\", \"j\"", "num(n) as v | bin v width=2 | count by _bin_lower",
    "transpose row k column s", "join (where k = \"x\") as a, (where k = \"y\") as b on a.s = b.s", "merge k join with \"-\"",
]  # fmt: skip


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A query: values, perhaps a condition, and an end."""
    values = draw(st.lists(_value(), min_size=3, max_size=8))
    stages = [f"{v} as e{i}" for i, v in enumerate(values)]
    if draw(st.booleans()):
        stages.insert(draw(st.integers(0, len(stages))), f"where {draw(_condition())}")
    stages.append(f"if({draw(_condition())}, \"yes\", \"no\") as decided")
    end = draw(st.sampled_from([*_ENDS, ""]))
    shown = f"fields {', '.join(f'e{i}' for i in range(len(values)))}, decided"
    return " | ".join(["*", *stages, end or shown])


def same(a: Any, b: Any) -> bool:
    """Equal; doubles but for the last digits, which depend on the order of adding and on a machine's functions."""
    if isinstance(a, (int, float)) and isinstance(b, (int, float)) and not isinstance(a, bool):
        return (math.isnan(a) and math.isnan(b)) or a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return bool(a == b)
