"""``json "a.b", "c[0]" as x, y``: values by JSONPath; ``json auto``: whatever later stages name (spec §4.4)."""

from __future__ import annotations

import re

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names, string
from dohyo.lang.tree import Name, Stage, String
from dohyo.operators import jsonfields
from dohyo.operators.base import Operator
from dohyo.operators.parsing import before, field_option, not_null, parsed, source_text
from dohyo.plan.expr import NULL, Call, Column, Expr, all_of, boolean, columns, text
from dohyo.plan.nodes import Extend, Filter, Node
from dohyo.plan.types import Type

_STEP = re.compile(r"\.?\[\s*(-?\d+|\*|'(?:[^'\\]|\\.)*')\s*\]|\.?([^.\[\]]+)")


class Json(Stage, frozen=True):
    """The paths, the names of their fields (empty: named after the paths), the field to read, and ``nodrop``."""

    paths: tuple[String, ...]
    aliases: tuple[Name, ...]
    field: Name | None
    nodrop: bool
    auto: bool = False
    keys: bool = False
    maxdepth: int | None = None
    extractarrays: bool = False
    refonly: bool = False


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    field = field_option(p)
    if p.cursor.peek().word in ("auto", "keys"):
        return _parse_auto(p, start, field)
    nodrop = bool(p.word("nodrop"))
    field = field or field_option(p)
    paths = [p.string('a path such as `"a.b"`')]
    aliases = p.aliases()
    while p.symbol(","):
        paths.append(p.string('a path such as `"a.b"`'))
        aliases += p.aliases()
    nodrop = bool(p.word("nodrop")) or nodrop
    aliases += p.aliases()
    field = field or field_option(p)
    nodrop = bool(p.word("nodrop")) or nodrop
    return Json(tuple(paths), aliases, field, nodrop, span=start.to(Span(0, p.cursor.last_end)))


def _parse_auto(p: Parser, start: Span, field: Name | None) -> Stage:
    """``json auto …``: its options stand in any order."""
    flags: set[str] = set()
    depth: int | None = None
    aliases: tuple[Name, ...] = ()
    paths: list[String] = []
    while not p.at_stage_end():
        if found := field_option(p):
            field = found
        elif p.word("maxdepth"):
            p.symbol("=")
            depth = p.integer("how many levels to take apart")
        elif token := p.word("auto", "keys", "extractarrays", "refonly", "nodrop"):
            flags.add(token.word)
        elif p.cursor.peek().word == "as":
            aliases = p.aliases()
        elif p.cursor.peek().word == "field":
            p.word("field")
            p.symbol("=")
            field = p.field("the field to parse")
        else:
            p.symbol(",")
            paths.append(p.string("a key in double quotes"))
    return Json(tuple(paths), aliases, field, "nodrop" in flags, "auto" in flags, "keys" in flags, depth,
                "extractarrays" in flags, "refonly" in flags, span=start.to(Span(0, p.cursor.last_end)))  # fmt: skip


def _print_auto(stage: Json) -> str:
    parts = ["json", "auto" * stage.auto, f"field={name(stage.field)}" if stage.field else "",
             f"maxdepth {stage.maxdepth}" if stage.maxdepth is not None else "", "extractarrays" * stage.extractarrays,
             "keys" * stage.keys, ", ".join(string(s) for s in stage.paths), "refonly" * stage.refonly,
             f"as {names(stage.aliases)}" if stage.aliases else "", "nodrop" * stage.nodrop]  # fmt: skip
    return " ".join(p for p in parts if p)


def _print(stage: Json) -> str:
    if stage.auto or stage.keys:
        return _print_auto(stage)
    field = f"field={name(stage.field)} " if stage.field else ""
    alias = f" as {names(stage.aliases)}" if stage.aliases else ""
    return f"json {field}{', '.join(string(s) for s in stage.paths)}{alias}" + " nodrop" * stage.nodrop


#: The JSON that the stages of a query read, as a hidden column.
_DOCUMENT = "__json"


def _lower(stage: Json, plan: Node, ctx: Context) -> Node:
    if stage.aliases and len(stage.aliases) != len(stage.paths):
        raise ctx.fail("DH2402", f"{len(stage.paths)} paths and {len(stage.aliases)} names", stage.span,
                       hint="each path needs one name after `as`")  # fmt: skip
    value = source_text(stage.field, stage.span, plan, ctx)
    if stage.auto or stage.keys:
        return _lower_auto(stage, value, plan, ctx)
    read = _document(value)
    if not _has_document(plan, read):
        plan = Extend(plan, ((_DOCUMENT, read),), hidden=True)
    document = Column(_DOCUMENT, Type.STRING)
    wanted = [a.name for a in stage.aliases] or [_default(s.value) for s in stage.paths]
    paths = [_path(s, ctx) for s in stage.paths]
    fields = [(n, _value(document, p)) for n, p in zip(wanted, paths, strict=True)]
    tests: list[Expr] = [not_null(document)]
    if not stage.nodrop:
        tests += [_there(document, p) for p in paths]
    return parsed(plan, ctx, all_of(tests), fields, stage.nodrop)


def _document(value: Expr) -> Call:
    """The JSON of a text; what is only part of the text is looked for where the whole is none (spec §12.6)."""
    part = Call("case", (boolean("json_brackets", value), Call("json_block", (value,), Type.STRING), NULL), Type.STRING)
    return Call("first_value_of", (Call("json_document", (value,), Type.STRING), part), Type.STRING)


def _has_document(plan: Node, read: Call) -> bool:
    """True when an earlier ``json`` read the same text, which no stage has changed since."""
    reads = {c.name.lower() for c in columns(read)}
    while isinstance(plan, (Extend, Filter)):
        made = dict(plan.new) if isinstance(plan, Extend) else {}
        if _DOCUMENT in made:
            return made[_DOCUMENT] == read
        if reads & {n.lower() for n in made}:
            return False
        plan = plan.input
    return False


def _lower_auto(stage: Json, value: Expr, plan: Node, ctx: Context) -> Node:
    """The named keys, and every field that a later stage names (spec §4.4: it is inferred to come from the JSON). A
    key that the JSON lacks leaves what the field had; no row is dropped. Where messages are the result and nothing
    names a field, all are taken."""
    plan = Extend(plan, (("__auto", _document(value)),), hidden=True)
    document = Column("__auto", Type.STRING)
    keys = [s.value for s in stage.paths]
    targets = dict(zip((a.name for a in stage.aliases), keys, strict=False)) if stage.aliases else {k: k for k in keys}
    if not stage.refonly:
        known = {t.lower() for t in targets}
        targets |= {n: n for n in ctx.later_names() if n.lower() not in known and _may_be_key(n, stage.maxdepth)}
    new = [(n, Call("first_value_of", (_auto(document, key), before(plan, n)), Type.STRING)) for n, key in targets.items()]
    plan = Extend(plan, tuple(new)) if new else plan
    everything = not stage.refonly and jsonfields.wanted(ctx)
    return jsonfields.spread(plan, stage.maxdepth, stage.extractarrays) if everything else plan


def _may_be_key(field: str, depth: int | None) -> bool:
    return not field.startswith("_") and (depth is None or field.count(".") < depth)


def _auto(document: Expr, key: str) -> Expr:
    """A key in any case, nested names joined with dots."""
    exact = "".join(f'."{part}"' if not part.isdecimal() else f"[{part}]" for part in re.findall(r"[^.\[\]]+", key))
    plain = Call("json_value", (document, text("$" + exact)), Type.STRING)
    return Call("first_value_of", (plain, Call("json_any_case", (document, text(key)), Type.STRING)), Type.STRING)


def _default(path: str) -> str:
    return path.removeprefix("$.")


class _Path(Struct, frozen=True):
    """A path as the engine spells it, ``$."a"."b"[0]``; ``by_library``: as only a JSONPath library can follow it. ``before``:
    for one that may meet several values, what stands before the first such step."""

    text: str
    before: str = ""
    by_library: bool = False

    @property
    def many(self) -> bool:
        """True for a path that may meet several values."""
        return bool(self.before)


def _there(document: Expr, path: _Path) -> Expr:
    if path.many:
        return boolean("and", not_null(_value(document, path)), boolean("!=", _value(document, path), text("[]")))
    return boolean("json_has", document, text(path.text))


def _value(document: Expr, path: _Path) -> Expr:
    if not path.many:
        return Call("json_value", (document, text(path.text)), Type.STRING)
    found = Call("json_select" if path.by_library else "json_list", (document, text(path.text)), Type.STRING)
    if path.before == "$":
        return found
    # what is not there has no values: it is null, not an empty list
    return Call("case", (boolean("json_has", document, text(path.before)), found, NULL), Type.STRING)


def _path(written: String, ctx: Context) -> _Path:
    source = written.value.strip()
    source = source[1:] if source == "$" or source.startswith(("$.", "$[")) else source  # `$h` is a name
    out, before, at = "$", "", 0
    for m in _STEP.finditer(source):
        if m.start() != at:
            break
        at = m.end()
        step = _step(m)
        before = before or (out if "*" in (m[1], m[2]) else "")
        out += step
    if at == len(source):
        return _Path(out, before)
    return _Path(_library_path(source, written, ctx), before or out, by_library=True)


def _step(m: re.Match[str]) -> str:
    bracket, key = m[1], m[2]
    if bracket is not None and not bracket.startswith("'"):
        return f"[#{bracket}]" if bracket.startswith("-") else f"[{bracket}]"
    plain = key if key is not None else bracket[1:-1]
    return ".*" if key == "*" else '."' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _library_path(source: str, written: String, ctx: Context) -> str:
    import jsonpath

    path = "$" + source if source.startswith((".", "[")) else "$." + source
    path = re.sub(r"\?\s*\(", "?(", path)
    try:
        jsonpath.compile(path)
    except jsonpath.JSONPathError as error:
        raise ctx.fail("DH2403", f"the path `{written.value}` cannot be read: {str(error).splitlines()[0]}", written.span,
                       hint="paths are `a.b`, `a[0].b`, `a[*].b`, `['a b']`, `..a`, `a[0:2]`, `a[?(@.b == 1)]`") from None  # fmt: skip
    return path


OPERATOR = Operator(
    names=("json",),
    synopsis='json [field=f] "path"[, "path" …] [as a, b …] [nodrop]   ·   json auto [maxdepth n] [keys "k" … [refonly]]',
    doc="Takes values out of JSON by path. Rows that are no JSON or lack a key are dropped unless `nodrop` is given.",
    spec="4.4",
    stage=Json,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | json "Event.System.Computer" as host nodrop',
    category="parse",
    in_chain=True,
)
