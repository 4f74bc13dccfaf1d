"""The conformance vectors of the language specification (its Appendix B). Of each table, an item is one row: what is written there
and what it gives. ``ERROR``: it is refused."""

from __future__ import annotations

from typing import Any

ERROR, KEPT, DROPPED = "error", "kept", "dropped"
Rows = list[dict[str, Any]]

#: B.1: messages, and which of them a scope finds.
MESSAGES = [
    {"n": 1, "_sourceCategory": "prod/web", "_raw": "2024-05-01 10:00:00 WARN disk /dev/sda1 full"},
    {"n": 2, "_sourceCategory": "Prod/mail", "_raw": "2024-05-01 10:00:01 INFO Warning: diskette full"},
    {"n": 3, "_sourceCategory": "Prod/mail", "_raw": "mail from bob@corp.io accepted"},
    {"n": 4, "_sourceCategory": "Prod/mail", "_raw": "mail from bob@eu.corp.io accepted"},
    {"n": 5, "_sourceCategory": "Prod/mail", "_raw": "Disk   full\non host7"},
]
SCOPES: list[tuple[str, list[int]]] = [
    ("warn", [1]), ("warn*", [1, 2]), ("d?sk", [1, 5]), ('"disk full"', [5]), ('"full on"', [5]), ("disk full", [1, 5]),
    ("bob@*.io", [3]), ("bob@corp.io", [3]), ("full NOT disk*", []), ("full !warn*", [5]), ("mail OR disk AND host7", [3, 4, 5]),
    ("(mail OR disk) AND host7", [5]), ("_sourceCategory=prod/*", [1, 2, 3, 4, 5]), ("_sourceCategory=*WEB", [1]),
    ("_sourceCategory=prod", []), ("_sourceCategory=*", [1, 2, 3, 4, 5]), ("NOT _sourceCategory=*mail disk", [1]),
]  # fmt: skip

#: B.2 and B.3, over one event: an expression gives a value, a stage keeps the event or not.
EVENT = {"code": "404", "host": "web-01", "e": "", "f": "n/a"}
EXPRESSIONS: list[dict[str, Any]] = [
    {"7 + 2 * 5": 17}, {"(7 + 2) * 5": 45}, {"9 / 2": 4.5}, {"17 % 5": 2}, {"2024-01-02": 2021}, {"isInfinity(1 / 0)": True},
    {"2m": 120_000, "2M": 2_000_000, "2Ki": 2048}, {'"A" = "a"': False},
    {"where code >= 400": KEPT}, {"where code in (404, 500)": DROPPED}, {"num(code) | where code in (404, 500)": KEPT},
    {'where code in ("404", "500")': KEPT}, {'where host = "web*"': DROPPED}, {'where host matches "web*"': KEPT},
    {'where host matches "WEB*"': DROPPED}, {'where host matches "web"': DROPPED}, {"where host matches /eb-/": KEPT},
    {"where host matches /^WEB/": DROPPED, "where host matches /(?i)^WEB/": KEPT}, {'where !(host matches "db*")': KEPT},
    {'where contains(host, "eb-0")': KEPT}, {"contains(host, e)": False, "contains(e, e)": True}, {'where nul = "x"': DROPPED},
    {'where !(nul matches "x*")': KEPT}, {"isNull(e)": False, "isEmpty(e)": True, "isBlank(nul)": True},
    {'host as h2 | where host = "web-01" and h2 = host': KEPT}, {'code > 500 ? "high" : "low"': "low"},
]  # fmt: skip
FUNCTIONS: list[dict[str, Any]] = [
    {"length(nul)": 0}, {'substring("abcdef", 2, 4)': "cd", 'substring("abcdef", 2)': "cdef", 'substring("abcdef", 2, 99)': "cdef"},
    {'replace("a.b.c", ".", "-")': "a-b-c"}, {r'replace("id=42;id=7", /id=(\d+)/, "n$1")': "n42;n7"}, {'replace(nul, "a", "b")': None},
    {'concat("a", nul, 7)': "a7"}, {'trim("  x ")': "x"}, {'toUpperCase("aB")': "AB"}, {'format("%05.1f|%s", 3.14159, "z")': "003.1|z"},
    {'base64Encode("sumo")': "c3Vtbw==", 'base64Decode("c3Vtbw==")': "sumo"}, {'base64Decode("%%%")': "%%%"},
    {'urlencode("a&c=1/2")': "a%26c%3D1%2F2", 'urldecode("a%26c")': "a&c"}, {'hash("ann")': "7e0d7f8a5d96c24ffcc840f31bce72b2"},
    {'hexToDec("00FF")': 255, 'hexToDec("FFFFFFFFFFFFFFFE")': -2}, {'decToHex("4095")': "FFF", 'parseHex("0x1F")': 31},
    {'hexToAscii("6c6f67")': "log"}, {'luhn("4539 1488 0343 6467")': True, 'luhn("4539 1488 0343 6468")': False},
    {'isNumeric("0x1A")': True, 'isNumeric("08")': False, 'isNumeric("3.5e2")': True, 'isNumeric("")': False},
    {'isNaN("abc")': True, 'isNaN("12")': False},
    {'isPrivateIP("172.20.1.1")': True, 'isPrivateIP("8.8.8.8")': False, 'isPrivateIP("127.0.0.1")': False},
    {"isPrivateIP(f) as p": DROPPED}, {"isValidIP(f) as p": KEPT}, {'getCIDRPrefix("192.168.7.201", "26")': "192.168.7.192"},
    {'compareCIDRPrefix("172.16.5.9", "172.16.200.1", "16")': True, 'compareCIDRPrefix("172.16.5.9", "172.16.200.1", "24")': False},
    {'maskFromCIDR("30")': "255.255.255.252"}, {'ipv4ToNumber("10.1.2.3")': 167_838_211},
    {r'jsonArraySize("[\"a\",\"b\"]")': 2, "jsonArraySize(nul)": -1}, {r'jsonArrayContains("[\"a\",\"b\"]", "b")': True},
    {'parseDate("2024-02-29 12:00:00 tail", "yyyy-MM-dd HH:mm:ss", "UTC")': 1_709_208_000_000},
    {'formatDate(1709208000000, "EEE dd", "UTC")': "Thu 29"}, {"floor(-1.5)": -2, "hypot(5, 12)": 13, "round(2.567, 2)": 2.57},
    {"abs(haversine(0, 0, 0, 1) - 111.2263) <= 0.001": True},
]  # fmt: skip

#: B.4: a message, and what stages make of it.
_NESTED, _LIST = '{"a":{"b":[1,2]},"Key":"v"}', '{"s":[{"k":1,"n":"x"},{"k":2,"n":"y"}],"o b":3}'
PARSING: list[tuple[str, dict[str, Rows | str]]] = [
    ("id=7 user=ann role=ops note=left early",
     {'parse "user=* role=* note=*" as u, r, n': [{"u": "ann", "r": "ops", "n": "left early"}]}),
    ("[a] [b]", {'parse "[*]" as x': [{"x": "a"}]}),
    ("10.0.0.9 - GET", {'parse "* -" as ip': [{"ip": "10.0.0.9"}]}),
    ('say "hi" now', {r'parse "\"*\"" as q': [{"q": "hi"}]}),
    ("To: x\nSub: y", {r'parse "To: *\n" as t': [{"t": "x"}]}),
    ("A<\n>B", {'parse "A*B" as t': [{"t": "<\n>"}]}),
    ("a=1", {'parse "a=*" as x, y': ERROR}),
    ("a=1", {'parse "a**" as x, y': ERROR}),
    ("h=10.1.1.1 g=10.1.1.2", {r'parse regex "(?<ip>\d+\.\d+\.\d+\.\d+)"': [{"ip": "10.1.1.1"}]}),
    ("h=10.1.1.1 g=10.1.1.2", {r'parse regex "(?<ip>\d+\.\d+\.\d+\.\d+)" multi': [{"ip": "10.1.1.1"}, {"ip": "10.1.1.2"}]}),
    ("x", {'parse regex "(a)(?<b>.)"': ERROR}),
    ("ERR", {'parse regex "(?<l>err)"': [], 'parse regex "(?<l>(?i)err)"': [{"l": "ERR"}]}),
    (_NESTED, {'json "a.b"  as x': [{"x": "[1,2]"}]}),
    (_NESTED, {'json "a.b[1]" as x': [{"x": "2"}]}),
    (_NESTED, {'json "key" as x': []}),
    (_NESTED, {'json "key" as x nodrop': [{"x": None}]}),
    (_NESTED, {'json auto keys "key" refonly': [{"key": "v"}]}),
    (_NESTED, {'json "a.b[*]" as x': [{"x": "[1,2]"}]}),
    ('pre {"a":{"b":1}}', {"json auto": [{"a.b": "1"}]}),
    ('{"f":[1,2]}', {"json auto": [{"f": "[1,2]"}], "json auto extractarrays": [{"f[0]": "1", "f[1]": "2"}]}),
    ('{"a":{"b":{"c":1}}}', {"json auto maxdepth 1": [{"a": '{"b":{"c":1}}'}]}),
    (_LIST, {'json "s[0].n", "$.s[1].k", "[\'o b\']" as p, q, r': [{"p": "x", "q": "2", "r": "3"}]}),
    (_LIST, {'json "s[*].n", "$..k", "s[0:1].n" as p, q, r': [{"p": '["x","y"]', "q": "[1,2]", "r": '["x"]'}]}),
    ("k1=v1, k2: v2", {'kv "k1", "k2"': [{"k1": "v1", "k2": "v2"}]}),
    ("my-key=5", {'kv "my-key"': [{"my_key": "5"}]}),
    ('a,"b,c",d', {"csv _raw extract x, y, z": [{"x": "a", "y": "b,c", "z": "d"}]}),
    ("a:b:c:d", {"split _raw delim=':' extract 1 as x, 4 as w": [{"x": "a", "w": "d"}]}),
    ("a,b,c", {"csv _raw extract x, _, z": [{"x": "a", "z": "c"}]}),
    ('<r><u id="1"><n>A</n></u><u id="2"><n>B</n></u></r>',
     {'parse xml "/r/u[2]/n/text()", "/r/u[last()]/@id" as n, i': [{"n": "B", "i": "2"}]}),
]  # fmt: skip
#: B.4, a chain of ``nodrop`` over three messages.
CHAINED = ["a=1;", "b=2;", "c=3;"]
CHAINS: list[tuple[str, Rows]] = [
    ('parse "a=*;" as x | parse "b=*;" as y', []),
    ('parse "a=*;" as x nodrop', [{"x": "1"}, {"x": None}, {"x": None}]),
    ('parse "a=*;" as x nodrop | parse "b=*;" as y', [{"x": "1", "y": None}, {"x": None, "y": "2"}]),
    ('parse "a=*;" as x nodrop | parse "b=*;" as x', [{"x": "1"}, {"x": "2"}]),
]

#: B.5: over four records, in this order, of which ``v`` is a number.
RECORDS = [("a", 1), ("a", 2), ("b", 10), ("a", 4)]


def _column(name: str, *values: Any) -> Rows:
    return [{name: value} for value in values]


def _pairs(*pairs: tuple[str, Any], name: str = "v") -> Rows:
    return [{"h": h, name: v} for h, v in pairs]


ORDERED: list[dict[str, Rows | str]] = [
    {"count by h": _pairs(("a", 3), ("b", 1), name="_count"), "count h": _pairs(("a", 3), ("b", 1), name="_count")},
    {"sum(v), avg(v) as m by h": [{"h": "a", "_sum": 7, "m": 7 / 3}, {"h": "b", "_sum": 10, "m": 10}]},
    {"count_distinct(h)": _column("_count_distinct", 2)},
    {"max(v) by h": _pairs(("a", 4.0), ("b", 10.0), name="_max")},
    {"first(v) by h": _pairs(("a", 1), ("b", 10), name="_first"), "last(v) by h": _pairs(("a", 4), ("b", 10), name="_last")},
    {"values(h)": _column("_values", "a\nb")},
    {"pct(v, 50) by h": _pairs(("a", 2), ("b", 10), name="_v_pct_50")},
    {"sum(v + 1)": ERROR},
    {"accum v": _column("_accum", 1, 3, 13, 17), "accum v by h": _column("_accum", 1, 3, 10, 7)},
    {"diff v": _column("_diff", None, 1, 8, -6), "diff v by h": _column("_diff", None, 1, None, 2)},
    {"backshift v, 2": _column("_backshift", None, None, 1, 2)},
    {"smooth v, 2": _column("_smooth", 1, 1.5, 6, 7)},
    {"total v by h": _column("_total", 7, 7, 10, 7)},
    {"sort by v": _column("v", 10, 4, 2, 1)},
    {"sort h asc, v": _pairs(("a", 4), ("a", 2), ("a", 1), ("b", 10))},
    {"topk(1, v) by h": [{"h": "a", "v": 4, "_rank": 1}, {"h": "b", "v": 10, "_rank": 1}]},
    {"dedup by h": _pairs(("a", 1), ("b", 10)), "dedup consecutive by h": _pairs(("a", 1), ("b", 10), ("a", 4))},
    {"dedup 2 by h": _pairs(("a", 1), ("a", 2), ("b", 10))},
    {"fields h, v | fields - v": _column("h", "a", "a", "b", "a")},
    {"limit 10001": ERROR},
]

#: What the specification gives beside the tables: messages, and what a query makes of them.
_GROUPED = 'parse "h=* k=* n=*" as h, k, n | sum(n) as n by h, k'
FURTHER: list[tuple[list[str], dict[str, Rows | str]]] = [
    (["9", "10", "b", "B"], {"_raw as s | sort by s": _column("s", "b", "B", "9", "10"),
                             "_raw as s | sort by s asc": _column("s", "10", "9", "B", "b")}),
    (["h=a k=x n=1", "h=a k=y n=2", "h=b k=x n=3"],
     {f"{_GROUPED} | transpose row h column k | sort by h asc": [{"h": "a", "x": 1, "y": 2}, {"h": "b", "x": 3, "y": None}],
      f'{_GROUPED} | fillmissing values("x","y") in k, values("a","b") in h | where n = 0': [{"h": "b", "k": "y", "n": 0}]}),
    (["open id=1", "open id=2", "close id=1"],
     {'join (parse "open id=*" as i) as t1, (parse "close id=*" as i) as t2 on t1.i=t2.i': [{"t1_i": "1", "t2_i": "1"}]}),
]  # fmt: skip
#: The bucket of a time, and its end.
BUCKET = (1_714_558_029_000, {"_timeslice": 1_714_557_900_000, "__timeslice_end": 1_714_558_200_000})
