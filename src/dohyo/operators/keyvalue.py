"""``keyvalue`` and ``kv``: values of named keys (spec §4.5)."""

from __future__ import annotations

import re
from collections.abc import Callable

from dohyo.binding.context import Context
from dohyo.binding.regexes import checked, literal_pattern
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names, string
from dohyo.lang.tree import Name, Stage, String
from dohyo.operators.base import Operator
from dohyo.operators.parsing import before, field_option, not_null, parsed, source_text
from dohyo.patterns import regex as rx
from dohyo.plan.expr import NULL, Call, Expr, all_of, any_of, text, whole
from dohyo.plan.nodes import Extend, Node
from dohyo.plan.types import Type

#: What may stand before a key, and where a value that is not in quotes ends (spec §4.5; the real patterns are secret).
_BEFORE = r"(?:^|[\s,;&|\[({<\"'?])"
_VALUE = r"(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([^\s,;&\])}]+))"
_SEPARATOR = r"(?:=|:|->)"
_WORDS = ("auto", "infer", "keys", "refonly", "nodrop")

Reader = Callable[[str], Expr]


class KeyValue(Stage, frozen=True):
    """The keys and the names of their fields, and how pairs are told: by a regex, or by the usual separators."""

    keys: tuple[String, ...]
    aliases: tuple[Name, ...]
    field: Name | None
    regex: String | None = None
    delimiter: String | None = None
    auto: bool = False
    refonly: bool = False
    nodrop: bool = False


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    flags: set[str] = set()
    field: Name | None = None
    regex = delimiter = None
    aliases: tuple[Name, ...] = ()
    keys: list[String] = []
    while not p.at_stage_end():
        if found := field_option(p):
            field = found
        elif token := p.word(*_WORDS):
            flags.add(token.word)
        elif p.word("regex"):
            p.symbol("=")
            regex = p.string("a regex in double quotes")
        elif p.word("delim"):
            p.symbol("=")
            delimiter = p.string("what divides key and value")
        elif p.cursor.peek().word == "as":
            aliases = p.aliases()
        else:
            p.symbol(",")
            keys.append(p.string("a key in double quotes"))
    if not keys and "auto" not in flags and not aliases:
        p.unexpected(p.cursor.peek(), "a key in double quotes")
    return KeyValue(tuple(keys), aliases, field, regex, delimiter, "auto" in flags, "refonly" in flags, "nodrop" in flags,
                    span=start.to(Span(0, p.cursor.last_end)))  # fmt: skip


def _print(stage: KeyValue) -> str:
    parts = ["keyvalue", "auto" * stage.auto, f"field={name(stage.field)}" if stage.field else "",
             f"regex {string(stage.regex)}" if stage.regex else "",
             f"delim {string(stage.delimiter)}" if stage.delimiter else "", ", ".join(string(k) for k in stage.keys),
             "refonly" * stage.refonly, f"as {names(stage.aliases)}" if stage.aliases else "", "nodrop" * stage.nodrop]  # fmt: skip
    return " ".join(part for part in parts if part)


def _lower(stage: KeyValue, plan: Node, ctx: Context) -> Node:
    source = source_text(stage.field, stage.span, plan, ctx)
    keys = [k.value for k in stage.keys]
    if stage.regex and not keys and stage.aliases:
        return _regex_alone(stage, source, plan, ctx)
    if stage.aliases and len(stage.aliases) != len(keys):
        raise ctx.fail("DH2411", f"{len(keys)} keys and {len(stage.aliases)} names", stage.span,
                       hint="each key needs one name after `as`")  # fmt: skip
    value = _reader(stage, source, ctx)
    targets = [a.name for a in stage.aliases] or [_field_name(k) for k in keys]
    fields = [(n, value(k)) for n, k in zip(targets, keys, strict=True)]
    if stage.auto:
        return _auto(stage, plan, fields, value, ctx)
    tests = [not_null(v) for _, v in fields]
    if not stage.nodrop:
        return parsed(plan, ctx, all_of(tests), fields, nodrop=False)
    return parsed(plan, ctx, any_of(tests), fields, nodrop=True)


def _auto(stage: KeyValue, plan: Node, fields: list[tuple[str, Expr]], value: Reader, ctx: Context) -> Node:
    """The named keys and every field that a later stage names; a key that is not there leaves what the field had."""
    known = {n.lower() for n, _ in fields}
    if not stage.refonly:
        later = [n for n in ctx.later_names() if n.lower() not in known and not n.startswith("_")]
        fields = fields + [(n, value(n)) for n in later]
    new = [(n, Call("first_value_of", (v, before(plan, n)), Type.STRING)) for n, v in fields]
    return Extend(plan, tuple(new)) if new else plan


def _reader(stage: KeyValue, source: Expr, ctx: Context) -> Reader:
    """Gives the value of a key."""
    if stage.regex is not None:
        info = checked(ctx, literal_pattern(stage.regex))
        spelled = text(rx.to_re2(literal_pattern(stage.regex).text)) if info.runs_on_re2 else None
        if spelled is None:
            raise ctx.fail("DH2412", "the regex of `keyvalue` must be one that RE2 runs: no look-around", stage.regex.span)
        groups = re.compile(str(spelled.value)).groups
        if groups not in (1, 2):
            raise ctx.fail("DH2413", f"the regex of `keyvalue` has {groups} groups", stage.regex.span,
                           hint="two groups: key and value; one group: the value")  # fmt: skip
        row = "pair_value" if groups == 2 else "value_after"
        return lambda key: Call(row, (source, spelled, text(key)), Type.STRING)
    separator = re.escape(stage.delimiter.value) if stage.delimiter else _SEPARATOR
    return lambda key: _inferred(source, key, separator)


def _inferred(source: Expr, key: str, separator: str) -> Expr:
    """``key=value``, the value in quotes or not."""
    regex = text(rf"{_BEFORE}{re.escape(key)}[\"']?\s*{separator}\s*{_VALUE}")
    groups = [Call("captures", (source, regex, whole(i)), Type.STRING) for i in (1, 2, 3)]
    found = Call("joined", tuple(groups), Type.STRING)
    return Call("case", (Call("search", (source, regex), Type.BOOLEAN), found, NULL), Type.STRING)


def _regex_alone(stage: KeyValue, source: Expr, plan: Node, ctx: Context) -> Node:
    """``kv regex "…(…)…" as a``: another language's spelling of ``parse regex``."""
    assert stage.regex is not None
    ctx.dialect_spot("DH2414", "`kv regex … as …` names no key; read as groups of a regex", stage.span,
                     hint='write `parse regex "(?<name>…)"`')  # fmt: skip
    regex = text(rx.to_re2(literal_pattern(stage.regex).text))
    new: list[tuple[str, Expr]] = [
        (a.name, Call("captures", (source, regex, whole(i)), Type.STRING)) for i, a in enumerate(stage.aliases, 1)
    ]
    return parsed(plan, ctx, Call("search", (source, regex), Type.BOOLEAN), new, stage.nodrop)


def _field_name(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", key)


OPERATOR = Operator(
    names=("keyvalue", "kv"),
    synopsis='keyvalue [auto] [field=f] [regex "…"] [delim ":"] "key"[, "key" …] [as a, b …] [nodrop]',
    doc="Takes the values of named keys: `key=value`, `key: value`, `key->value`, or pairs that a regex finds. Rows without "
    "the keys are dropped unless `nodrop` is given.",
    spec="4.5",
    stage=KeyValue,
    parse=_parse,
    print=_print,
    lower=_lower,
    example='* | keyvalue "user", "port" nodrop',
    category="parse",
    in_chain=True,
)
