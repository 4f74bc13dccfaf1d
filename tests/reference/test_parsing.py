"""Parse operators agree with their reference, alone and in chains (spec §4)."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reference import parsing as p
from reference.engine import END, differences, run
from reference.generate import quoted
from reference.profile import often
from reference.rows import keep
from reference.values import Row

LINES = st.one_of(
    st.lists(
        st.sampled_from(
            ["a=1", "b=2;", "a=", "c= x y", "b", "=", ";", "user=ann", "\n", "A=9", "é=ß", "a=b=c;", '"q"', "k: v", "x->y", "-"]
        ),
        max_size=6,
    ).map(" ".join),
    st.text("ab=;: 1\n\"'", max_size=12),
)


def events(lines: list[str | None]) -> list[Row]:
    """Messages with these texts, in ``_raw`` and in a field."""
    return [{"_messageTime": END - 1 - i, "_raw": s, "f": s, "i": str(i)} for i, s in enumerate(lines)]


TEXTS = st.lists(st.one_of(LINES, LINES, st.none()), max_size=8)
ANCHORS = ["a=*;", "b=*;", "a=* b", "*=", "=*", "a=*=*;", "* *", '"*"', "*;*", "a=*\nb", "user=*", "é=*", "*"]
REGEXES = [
    r"a=(?<x>\d+)",
    r"(?<x>[a-z]+)=(?<y>[^; ]*)",
    r"(?i)A=(?<x>.)",
    r"b(?<y>=\d)?",
    r"^(?<x>\S+)",
    r"(?<x>\w+)$",
    r"(?<=a=)(?<x>.)",
]


@st.composite
def stages(draw: st.DrawFn) -> tuple[str, p.Parse]:
    """A parse stage that sets ``x`` or ``y``, as written and as a reference."""
    nodrop, field = draw(st.booleans()), draw(st.sampled_from(["_raw", "f"]))
    source = draw(st.sampled_from(["", "field=_raw "])) if field == "_raw" else "field=f "
    end = " nodrop" if nodrop else ""
    if draw(st.booleans()):
        pattern = draw(st.sampled_from(ANCHORS))
        names = tuple(draw(st.permutations(["x", "y"]))[: pattern.count("*")])
        return f"parse {source}{quoted(pattern)} as {', '.join(names)}{end}", p.Parse(field, p.anchor(pattern, names), names, nodrop)
    regex = draw(st.sampled_from(REGEXES))
    python = regex.replace("(?<x>", "(?P<x>").replace("(?<y>", "(?P<y>")
    names = tuple(n for n in "xy" if f"(?<{n}>" in regex)
    word = draw(st.sampled_from(["parse regex", "extract"]))
    return f'{word} {source}"{regex}"{end}', p.Parse(field, p.regex(python), names, nodrop)


def holds(query: str, made: list[Row], wanted: list[Row], names: list[str]) -> None:
    got = run(f"{query} | fields {', '.join(names)}", made)
    assert differences(got, keep(wanted, names)) == [], query


@often(150)
@given(TEXTS, st.lists(stages(), min_size=1, max_size=3))
def test_chains_of_parses(lines: list[str | None], chain: list[tuple[str, p.Parse]]) -> None:
    """Anchors and regexes, with and without ``nodrop``, one after another."""
    made = events(lines)
    query = "* | " + " | ".join(s for s, _ in chain)
    holds(query, made, p.chain(made, [s for _, s in chain]), ["i", *sorted({n for _, s in chain for n in s.names})])


@often(40)
@given(TEXTS, st.sampled_from([r"(?<x>[a-z])=(?<y>[^ ;]*)", r"(?<x>\d)", r"(?<x>[a-z]+)(?= )"]), st.booleans())
def test_multi(lines: list[str | None], regex: str, nodrop: bool) -> None:
    """A row for each match, in their order."""
    made = events(lines)
    python = regex.replace("(?<x>", "(?P<x>").replace("(?<y>", "(?P<y>")
    names = ["i", "x"] + ["y"] * ("<y>" in regex)
    holds(f'* | parse regex "{regex}" multi{" nodrop" * nodrop}', made, p.multi(made, "_raw", python, nodrop), names)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**12), st.sampled_from(["", "x", "a b", "é", '"', "1.0", "/"]), st.just(2.5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "Key", "o b", "c.d"]), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "Key", "o b", "c.d"]), VALUES, max_size=4).map(json.dumps)
DOCUMENTS = st.one_of(OBJECTS, OBJECTS.map(lambda s: f"at 12:00 {s}"), st.sampled_from(["", "no json", "{", "[1,2]", "{}", None]))
PATHS: list[tuple[str, list[p.Step]]] = [
    ("a", ["a"]),
    ("a.b", ["a", "b"]),
    ("$.b", ["b"]),
    ("Key", ["Key"]),
    ("key", ["key"]),
    ("['o b']", ["o b"]),
    ("a[0]", ["a", 0]),
    ("b.a[1].b", ["b", "a", 1, "b"]),
    ("$['c.d'].a", ["c.d", "a"]),
    ("[1]", [1]),
]


@often(80)
@given(
    st.lists(DOCUMENTS, max_size=8), st.lists(st.sampled_from(PATHS), min_size=1, max_size=3, unique_by=lambda x: x[0]), st.booleans()
)
def test_json(lines: list[str | None], paths: list[tuple[str, list[p.Step]]], nodrop: bool) -> None:
    """The value at a path, as text; keys with case; a row that lacks one is dropped, or null."""
    made = events(lines)
    names = [f"r{i}" for i in range(len(paths))]
    stage = p.Parse("f", p.json_paths([(n, path) for n, (_, path) in zip(names, paths, strict=True)], nodrop), tuple(names), nodrop)
    shown = ", ".join(quoted(s) for s, _ in paths)
    holds(f"* | json field=f {shown} as {', '.join(names)}{' nodrop' * nodrop}", made, p.chain(made, [stage]), ["i", *names])


@often(40)
@given(st.lists(OBJECTS, max_size=6))
def test_json_auto(lines: list[str]) -> None:
    """What later stages name, in any case; no row is dropped."""
    made = events(list(lines))

    def call(source: str) -> p.Fields:
        return {k.lower(): p.shown(v) for k, v in json.loads(source).items() if k in ("a", "b", "Key")}

    wanted = p.chain(made, [p.Parse("f", call, ("a", "b", "key"), True)])
    holds("* | json auto field=f", made, wanted, ["i", "a", "b", "key"])


PAIRS = st.lists(
    st.sampled_from(["k1=v1", "k1: v 1", 'my-key="a b"', "k2->3", "my-key=5", "xk1=0", "k1=", "k2='q r'", "(k2=z)", "[k1=w]", "k1"]),
    max_size=5,
).map(", ".join)


@often(60)
@given(
    st.lists(PAIRS, max_size=8),
    st.lists(st.sampled_from(["k1", "k2", "my-key"]), min_size=1, max_size=3, unique=True),
    st.booleans(),
    st.sampled_from(["kv", "keyvalue"]),
)
def test_keyvalue(lines: list[str], keys: list[str], nodrop: bool, word: str) -> None:
    """Values of named keys."""
    made = events(list(lines))
    names = tuple(k.replace("-", "_") for k in keys)
    wanted = p.chain(made, [p.Parse("f", p.keyvalue(keys, nodrop), names, nodrop)])
    holds(f"* | {word} field=f {', '.join(quoted(k) for k in keys)}{' nodrop' * nodrop}", made, wanted, ["i", *names])


CELLS = st.one_of(
    st.text('ab,:\\" ', max_size=12),
    st.lists(st.sampled_from(["a", "", "b c", '"x,y"', '"a""b"', "\\,", "1"]), max_size=5).map(",".join),
)


@often(60)
@given(st.lists(st.one_of(CELLS, st.none()), max_size=8), st.lists(st.sampled_from([True, True, False]), min_size=1, max_size=4))
def test_csv_and_split(lines: list[str | None], taken: list[bool]) -> None:
    """Cells by place; ``_`` passes one over."""
    made = events(lines)
    names = [f"c{i}" if t else None for i, t in enumerate(taken)]
    kept = [n for n in names if n]
    if not kept:
        return
    shown = ", ".join(n or "_" for n in names)
    stage = p.Parse("f", p.extract(names), tuple(kept), True)
    holds(f"* | csv f extract {shown}", made, p.chain(made, [stage]), ["i", *kept])
    colons = replace(stage, call=p.extract(names, ":"))
    holds(f"* | split f delim=':' extract {shown}", made, p.chain(made, [colons]), ["i", *kept])
    numbered = ", ".join(f"{i} as {n}" for i, n in enumerate(names, 1) if n)
    holds(f"* | csv f extract {numbered}", made, p.chain(made, [stage]), ["i", *kept])


ELEMENTS = st.lists(
    st.sampled_from(['<u id="1"><n>A</n></u>', '<u id="2"/>', "<u><n>B</n><n>C</n></u>", "<n>top</n>", "text", "<n>a&amp;b</n>"]),
    max_size=4,
)
DOCS = st.one_of(ELEMENTS.map(lambda e: f"<r>{''.join(e)}</r>"), st.sampled_from(["", "<r>", "no xml", "<r/>"]))
XPATHS: list[tuple[str, str, str | None]] = [
    ("/r/u/n/text()", "./u/n", None),
    ("/r/u[2]/n/text()", "./u[2]/n", None),
    ("/r/u/@id", "./u[@id]", "id"),
    ("/r/u[last()]/@id", "./u[last()]", "id"),
    ("/r/n/text()", "./n", None),
    ('/r/u[@id="1"]/n/text()', "./u[@id='1']/n", None),
]


@often(60)
@given(st.lists(DOCS, max_size=8), st.lists(st.sampled_from(XPATHS), min_size=1, max_size=2, unique=True), st.booleans())
def test_parse_xml(lines: list[str], paths: list[tuple[str, str, str | None]], nodrop: bool) -> None:
    """The first element or attribute on each path."""
    made = events(list(lines))
    names = [f"r{i}" for i in range(len(paths))]
    found = [(n, path, attribute) for n, (_, path, attribute) in zip(names, paths, strict=True)]
    wanted = p.chain(made, [p.Parse("f", p.xml(found, nodrop), tuple(names), nodrop)])
    shown = ", ".join(quoted(w) for w, _, _ in paths)
    holds(f"* | parse xml field=f {shown} as {', '.join(names)}{' nodrop' * nodrop}", made, wanted, ["i", *names])
