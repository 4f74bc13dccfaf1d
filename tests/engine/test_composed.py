"""Stages put together at random, over events that lack most of what they name: a query gives rows or says what is wrong
with it; it never fails inside."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from dohyo.diagnostics import QueryError
from dohyo.run import Query, RunOptions, run_queries

#: What a user never may see: the compiler or the engine gave up.
INSIDE = {"DH2999", "DH3001"}
SCOPES = ["*", "*", "error or a", 'a="1" b', "nothing", '!x "é 😀"', "* [subquery: * | count by a | compose a]"]
#: `F` is a field of the events, of an earlier stage, or of none; `N` another one.
STAGES = [
    'parse "a=* " as F', 'parse "a=*" as F, N', 'parse field=F "*" as N nodrop', r'parse regex "(?<a>\w+)=(?<n>\d+)" multi',
    'parse regex field=F "(?<x>.)" nodrop', 'json "a", "o.k[0]", "l[*].z" as F, N, x nodrop', "json auto",
    'json auto field=F keys "a" as N', 'json field=F "$..z" as x nodrop', 'kv "a", "n" as F, N nodrop', "kv auto",
    "csv F extract 1 as x, 2 as N", "split F delim=' ' extract 2 as x", 'parse xml field=F "/e/@a" as x nodrop', "where F > 1",
    'where F = "1" or !(N matches "*é*")', 'where isNull(F) and N in (1, "a", null)', "where [subquery: * | count by a | compose a]",
    "where F", "where F = N and F contains N", 'if(F = "1", N, F) as x', "F + N * 2 as x", "F as N", '"é" as F', "5m as n",
    "toLong(F) as n", "toUpperCase(F) as F", 'concat(F, "-", N) as x', "length(F) > 0 as b", "num(F)", "F < N ? 1 : 0 as n",
    'formatDate(_messageTime, "yyyy-MM") as x', "isPrivateIP(F) as b", r'replace(F, /\W/, "") as F', "round(n, 1) as n",
    'format("%s %d", F, n) as x', "timeslice 1h", "timeslice 3 buckets as n", "timeslice", "bin n width=2", "withtime F", "count",
    "count by F, N", "count as n by _timeslice", "count by _timeslice, F", "sum(F) as n, avg(N), min(n) as m by a",
    "max(n), pct(F, 50, 90) by b", "first(F) as F, last(N) by a", "values(F), count_distinct(N)", "most_recent(F_withtime) as x by N",
    "count_frequent F, N", "count(F) as c, count(*) as d", "sort by F, n asc", "order by -_count", "top 2 F", "top 3 F, N by n asc",
    "topk(2, n) by F", "limit 2", "dedup by F", "dedup consecutive 2 by F, N", "fields F, N", "fields - F, _raw", "accum n as x by F",
    "diff n", "backshift F, 2 as N", "smooth n, 3", "rollingstd n, 2 by F", "total n as t", "outlier n window=2 threshold=1",
    "outlier _count by F", "predict _count by 1h forecast=2", "predict n by 1h model=ar, ar.window=2", "fillmissing timeslice(1h)",
    'fillmissing values("a", "é") in F with 3 for n', "fillmissing values all in F, timeslice(1d)",
    "fillmissing timeslice(1d) takelast", "transpose row F column N", "transpose row _timeslice column F as a, b, *",
    "transpose row a, b column F", "compare timeshift 1d", "compare with timeshift 1h 3 avg",
    "filter F in (sum(n) as n by F | where n > 1)", 'join (where a = "1") as l, (count by a) as r on l.a = r.a',
    "transactionize F maxspan=1h (merge F, N takeLast)", "transactionize F, N", 'merge F, N join with "-", _messageTime takeFirst',
    "merge", 'transaction on F with "*a*" as s, with "*b*" as e results by flow', "transaction on F with states x, y in N",
    'sessionize "a=*" as (F), "b=$F *" as (N)', r'trace "a=(\w+)" "1"', "logreduce", "logreduce(F) by N", "logcompare timeshift -1h",
    'logexplain F = "1" on N', "lookup x, y as N from geo://location on ip = F", 'lookup x from path://"/t" on k = F', "geoip F",
    "threatip F", "threatlookup F", 'save path://"/t"', "eval n = F", "stats count as n by F",
]  # fmt: skip
FIELDS = ["a", "b", "n", "o.k", "_count", "_timeslice", "_raw", "_messageTime", "x", "%\"é f\"", "zzz", "_sourceHost", "A"]
EVENTS: dict[str, list[dict[str, object]]] = {
    "nothing": [],
    "one": [{"_raw": "a=1 b=2 é 😀", "_messageTime": 1714557600000, "a": "1"}],
    "nulls": [{"_raw": None, "_messageTime": 1714557600000, "a": None, "n": None}, {"_raw": "", "_messageTime": 1714557600000}],
    "some": [
        {"_raw": f'a={i} b=é n={i}.5 {{"a":"{i}","o":{{"k":[{i}]}},"l":[{{"z":"/"}}]}}', "_messageTime": 1714557600000 + i * 1_800_000,
         "a": str(i % 3), "b": ["x", "é", "", "😀", "10.0.0.1", "null"][i], "n": i * 1.5, "_sourceHost": "h"} for i in range(6)
    ],
}  # fmt: skip


def composed(random_: random.Random) -> str:
    """A query of a few stages."""
    stages = [_filled(random_.choice(STAGES), random_) for _ in range(random_.randint(1, 6))]
    return " | ".join([random_.choice(SCOPES), *stages])


def _filled(stage: str, random_: random.Random) -> str:
    words = stage.replace("F_withtime", "\0")
    for hole in "FN":
        field = random_.choice(FIELDS)
        words = "".join(field if w == hole else w for w in _words(words))
    return words.replace("\0", "a_withtime")


def _words(text: str) -> list[str]:
    out: list[str] = []
    for ch in text:
        if out and (ch.isalnum() or ch == "_") and (out[-1][-1].isalnum() or out[-1][-1] == "_"):
            out[-1] += ch
        else:
            out.append(ch)
    return out


def failed_inside(query: str, path: Path, dialect: str) -> list[str]:
    """What a query says that no user should read."""
    options = RunOptions(since=1714521600000, until=1714608000000, now=1714560000000)
    result = run_queries([Query(query, "query", dialect)], [path], options)[0]
    if not isinstance(result, QueryError):
        assert len(result.rows) == len(result)
        return []
    return [d.title for d in result.diagnostics if d.code in INSIDE]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of each kind of events."""
    folder = tmp_path_factory.mktemp("composed")
    for name, events in EVENTS.items():
        (folder / f"{name}.ndjson").write_text("".join(json.dumps(e) + "\n" for e in events), "utf-8")
    return {name: folder / f"{name}.ndjson" for name in EVENTS}


@pytest.mark.parametrize("seed", range(120))
def test_never_fails_inside(seed: int, logs: dict[str, Path]) -> None:
    """Rows, or an error that is about the query."""
    random_ = random.Random(seed)
    query, name = composed(random_), random_.choice(sorted(EVENTS))
    dialect = random_.choice(["lenient", "lenient", "strict"])
    assert failed_inside(query, logs[name], dialect) == [], (query, name, dialect)
