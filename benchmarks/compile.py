"""How long queries take to compile: a typical one of twelve stages, and some of 15,000 characters (the language's limit).

    python benchmarks/compile.py

Prints the time of parsing, of compiling (parsing included) and of writing the SQL, after import, best of five, in
milliseconds of this thread. To reach: 5 ms for the typical query, 100 ms for the longest."""

from __future__ import annotations

import time
from collections.abc import Callable

from dohyo.compile import compile_query, deep_recursion, parse
from dohyo.engines.duckdb.dialect import DIALECT
from dohyo.engines.sql import Statement
from dohyo.run import shown

TYPICAL = r"""_sourceCategory=windows/sysmon EventID=3
| where DestinationPort in ("443", "80") and Image matches "*\\powershell.exe"
| parse field=Image "*\\*" as folder, program nodrop
| parse regex field=CommandLine "(?<url>https?://\S+)" nodrop
| if(isEmpty(url), "none", url) as url
| toLowerCase(User) as user
| timeslice 5m
| count as n, count_distinct(DestinationIp) as ips by _timeslice, Computer, user
| where n > 5 and !(user matches "*system*")
| sort by n desc
| formatDate(fromMillis(_timeslice), "yyyy-MM-dd HH:mm") as at
| fields at, Computer, user, n, ips"""

LONGEST = 15_000
#: How a long query begins, what is repeated (``{i}`` counts), and what stands between.
SHAPES = {
    "where … or …": ("* | where a = 1", ' or a{i} matches "*value {i}*"'),
    "in (…)": ('* | where a in ("v"', ', "value {i}"'),
    "if(…) stages": ("*", ' | if(a{i} = "x", {i}, b{i}) as c{i}'),
    "json stages": ("*", ' | json "a.b{i}" as c{i} nodrop'),
    "parse stages": ("*", ' | parse "x{i}=*," as f{i} nodrop'),
    "parse regex stages": ("*", ' | parse regex "x{i}=(?<f{i}>[a-z]+)" nodrop'),
    "concat, one field": ('* | "a" as x', ' | concat(x, "{i}") as x'),
    "aggregates": ("* | count as n", ", sum(a{i}) as b{i}"),
    "scope": ("w", ' or "word {i}" a{i}=x{i}'),
    "matches /…/": ("* | where a = 1", " or a matches /^(foo|bar{i})[a-z]+$/"),
    'matches(x, "…")': ("* | where a = 1", ' or matches(a, "(?i).*\\\\\\\\foo{i}\\.exe")'),
}


def long_query(shape: str) -> str:
    """A query of that shape, as long as the language allows."""
    text, more = SHAPES[shape]
    end = ")" if shape.startswith("in") else ""
    for i in range(LONGEST):
        added = more.replace("{i}", str(i))
        if len(text) + len(added) + len(end) > LONGEST:
            break
        text += added
    return text + end


def best(call: Callable[[], object], times: int = 5) -> float:
    """Milliseconds of the quickest run."""
    found = []
    for _ in range(times):
        started = time.thread_time()
        call()
        found.append(time.thread_time() - started)
    return min(found) * 1000


@deep_recursion()
def sql(query: str) -> str:
    """The statement that DuckDB gets."""
    return Statement(shown(compile_query(query).plan), DIALECT, {}).build().sql("duckdb", copy=False)


def main() -> None:
    """Print the table."""
    print(f"{'query':20} {'characters':>10} {'parse':>8} {'compile':>8} {'+ SQL':>8}")
    for name, query in {"typical, 12 stages": TYPICAL, **{s: long_query(s) for s in SHAPES}}.items():
        print(f"{name:20} {len(query):10,} {best(lambda q=query: parse(q)):8.1f} {best(lambda q=query: compile_query(q)):8.1f} "
              f"{best(lambda q=query: sql(q), 1):8.1f}")


if __name__ == "__main__":
    main()
