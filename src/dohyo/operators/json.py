"""``json "a.b", "c[0]" as x, y``: values by JSONPath (spec §4.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dohyo.binding.context import Context
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names, string
from dohyo.lang.tree import Name, Stage, String
from dohyo.operators.base import Operator
from dohyo.operators.parsing import field_option, not_null, parsed, source_text
from dohyo.plan.expr import Call, Column, Expr, all_of, boolean, text
from dohyo.plan.nodes import Extend, Node
from dohyo.plan.types import Type

_STEP = re.compile(r"\.?\[\s*(\d+|\*|'(?:[^'\\]|\\.)*')\s*\]|\.?([^.\[\]]+)")


@dataclass(frozen=True, slots=True)
class Json(Stage):
    """The paths, the names of their fields (empty: named after the paths), the field to read, and ``nodrop``."""

    paths: tuple[String, ...]
    aliases: tuple[Name, ...]
    field: Name | None
    nodrop: bool


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    if token := p.word("auto", "keys"):
        p.cursor.fail("DH2401", f"`json {token.text}` is not there yet", token.span, hint='name the keys: `json "a", "b.c"`')
    field, nodrop = field_option(p), False
    paths = [p.string('a path such as `"a.b"`')]
    while p.symbol(","):
        paths.append(p.string('a path such as `"a.b"`'))
    nodrop = bool(p.word("nodrop"))
    aliases = p.aliases()
    field = field or field_option(p)
    nodrop = bool(p.word("nodrop")) or nodrop
    return Json(tuple(paths), aliases, field, nodrop, span=start.to(Span(0, p.cursor.last_end)))


def _print(stage: Json) -> str:
    field = f"field={name(stage.field)} " if stage.field else ""
    alias = f" as {names(stage.aliases)}" if stage.aliases else ""
    return f"json {field}{', '.join(string(s) for s in stage.paths)}{alias}" + " nodrop" * stage.nodrop


def _lower(stage: Json, plan: Node, ctx: Context) -> Node:
    if stage.aliases and len(stage.aliases) != len(stage.paths):
        raise ctx.fail("DH2402", f"{len(stage.paths)} paths and {len(stage.aliases)} names", stage.span,
                       hint="each path needs one name after `as`")  # fmt: skip
    value = source_text(stage.field, stage.span, plan, ctx)
    plan = Extend(plan, (("__json", Call("json_document", (value,), Type.STRING)),), hidden=True)
    document = Column("__json", Type.STRING)
    wanted = [a.name for a in stage.aliases] or [_default(s.value) for s in stage.paths]
    paths = [_path(s, ctx) for s in stage.paths]
    fields = [(n, _value(document, p)) for n, p in zip(wanted, paths, strict=True)]
    tests: list[Expr] = [not_null(document)]
    if not stage.nodrop:
        tests += [_there(document, p) for p in paths]
    return parsed(plan, ctx, all_of(tests), fields, stage.nodrop)


def _default(path: str) -> str:
    return path.removeprefix("$.")


def _many(path: str) -> bool:
    """True for a path that may meet several values."""
    return "[*]" in path or ".*" in path


def _there(document: Expr, path: str) -> Expr:
    if _many(path):
        return boolean("!=", _value(document, path), text("[]"))
    return boolean("json_has", document, text(path))


def _value(document: Expr, path: str) -> Expr:
    return Call("json_list" if _many(path) else "json_value", (document, text(path)), Type.STRING)


def _path(written: String, ctx: Context) -> str:
    """The path as the engine spells it: ``$."a"."b"[0]``."""
    source = written.value.strip()
    source = source[1:] if source.startswith("$") else source
    out, at = "$", 0
    for m in _STEP.finditer(source):
        if m.start() != at:
            break
        at = m.end()
        bracket, key = m[1], m[2]
        if bracket is not None and not bracket.startswith("'"):
            out += f"[{bracket}]"
        else:
            plain = key if key is not None else bracket[1:-1]
            out += ".*" if plain == "*" else '."' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if at != len(source) or out == "$":
        raise ctx.fail("DH2403", f"the path `{written.value}` cannot be read", written.span,
                       hint="paths are `a.b`, `a[0].b`, `a[*].b`, `['a b']`; filters, slices and `..` are not there yet")  # fmt: skip
    return out


OPERATOR = Operator(
    names=("json",),
    synopsis='json [field=f] "path"[, "path" …] [as a, b …] [nodrop]',
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
