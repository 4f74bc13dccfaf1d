"""``parse regex`` and its other name ``extract``: values by named groups (spec §4.3)."""

from __future__ import annotations

import re

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.binding.regexes import Pattern, checked, literal_pattern, read_pattern
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.printer import name, names, string
from dohyo.lang.tree import Name, Stage, String
from dohyo.operators.base import Operator
from dohyo.operators.parsing import field_option, not_null, parsed, source_text
from dohyo.patterns import regex as rx
from dohyo.plan.expr import Call, Column, Expr, all_of, boolean, text, whole
from dohyo.plan.nodes import Node, Unnest
from dohyo.plan.types import Type


class ParseRegex(Stage, frozen=True):
    """The regexes (all must match), over which field, and how."""

    patterns: tuple[String, ...]
    field: Name | None
    multi: bool
    nodrop: bool
    aliases: tuple[Name, ...] = ()


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    flags: set[str] = set()
    field: Name | None = None
    aliases: tuple[Name, ...] = ()
    patterns: list[String] = []
    while not p.at_stage_end():
        field = field or field_option(p)
        if p.at_stage_end():
            break
        if token := p.word("multi", "nodrop"):
            flags.add(token.word)
        elif p.cursor.peek().word == "as":
            aliases = (*aliases, *p.aliases())
        else:
            p.symbol(",")
            patterns.append(p.string('a regex with a named group, such as `"(?<user>\\w+)@"`'))
    if not patterns:
        p.unexpected(p.cursor.peek(), "a regex in double quotes")
    return ParseRegex(tuple(patterns), field, "multi" in flags, "nodrop" in flags, aliases,
                      span=start.to(Span(0, p.cursor.last_end)))  # fmt: skip


def _print(stage: ParseRegex) -> str:
    field = f"field={name(stage.field)} " if stage.field else ""
    patterns = ", ".join(string(s) for s in stage.patterns)
    alias = f" as {names(stage.aliases)}" if stage.aliases else ""
    return f"parse regex {field}{patterns}{alias}" + " multi" * stage.multi + " nodrop" * stage.nodrop


# --- meaning ----------------------------------------------------------------------------------------------------------


class _Regex(Struct, frozen=True):
    """A regex ready for an engine: its spelling, its field names, which engine, and the groups that may take no part."""

    spelled: str
    names: tuple[str, ...]
    on_re2: bool
    optional: frozenset[str]

    def group(self, name: str) -> Expr:
        """How the engine is told which group: by number for RE2, by name for the other."""
        return whole(self.names.index(name) + 1) if self.on_re2 else text(name)


def _lower(stage: ParseRegex, plan: Node, ctx: Context) -> Node:
    value = source_text(stage.field, stage.span, plan, ctx)
    regexes = [_read(s, stage, ctx) for s in stage.patterns]
    if stage.multi:
        return _multi(stage, regexes[0], value, plan, ctx)
    tests: list[Expr] = [boolean("search" if r.on_re2 else "backtrack_search", value, text(r.spelled)) for r in regexes]
    fields = [(n, _capture(r, value, n)) for r in regexes for n in r.names]
    return parsed(plan, ctx, all_of(tests), fields, stage.nodrop)


def _capture(regex: _Regex, value: Expr, name: str) -> Expr:
    function = "backtrack_capture"
    if regex.on_re2:
        function = "optional_capture" if name in regex.optional else "captures"
    return Call(function, (value, text(regex.spelled), regex.group(name)), Type.STRING)


def _multi(stage: ParseRegex, regex: _Regex, value: Expr, plan: Node, ctx: Context) -> Node:
    """One row per match (spec §4.3): the matches' numbers are unnested, then each match's groups are taken."""
    numbers, group = ("match_numbers", "match_group") if regex.on_re2 else ("backtrack_numbers", "backtrack_group")
    found = Call(numbers, (value, text(regex.spelled)), Type.STRING)
    plan = Unnest(plan, "__number", found, Type.STRING, outer=stage.nodrop or bool(ctx.parse_hit))
    number = Column("__number", Type.STRING)
    fields: list[tuple[str, Expr]] = [
        (n, Call(group, (value, text(regex.spelled), regex.group(n), number), Type.STRING)) for n in regex.names
    ]
    return parsed(plan, ctx, not_null(number), fields, stage.nodrop)


def _read(written: String, stage: ParseRegex, ctx: Context) -> _Regex:
    pattern = literal_pattern(written)
    if ctx.lenient:
        pattern = _lenient(written, pattern, ctx)
    info = checked(ctx, pattern)
    names = _names(info, pattern, stage, ctx)
    spell = rx.to_re2 if info.runs_on_re2 else rx.to_python
    spelled = spell(_named(info, pattern, names), capture_unnamed=False)
    return _Regex(spelled, names, info.runs_on_re2, _optional(info))


def _optional(info: rx.RegexInfo) -> frozenset[str]:
    """Groups that may take no part in a match: followed by ``?``, ``*`` or ``{0,…``, or in a pattern with ``|``."""
    after = {g.name: info.pattern[g.span.end : g.span.end + 2] for g in info.groups if g.name}
    if "|" in info.pattern or re.search(r"\)(?:[?*]|\{0)", info.pattern):
        return frozenset(after)
    return frozenset(n for n, text_ in after.items() if text_[:1] in ("?", "*") or text_ == "{0")


def _lenient(written: String, pattern: Pattern, ctx: Context) -> Pattern:
    """Doubled backslashes (`\\\\s`, `\\\\d`) are read as single ones where read raw they could only mean a mistake."""
    reading = read_pattern(ctx, written)
    return reading if reading.text != pattern.text and rx.scan(reading.text).valid else pattern


def _names(info: rx.RegexInfo, pattern: Pattern, stage: ParseRegex, ctx: Context) -> tuple[str, ...]:
    """The fields' names. Unnamed groups are an error in Sumo Logic; with `as` names the lenient dialect takes them."""
    if stage.aliases and len(info.groups) == len(stage.aliases):
        ctx.dialect_spot("DH2330", "`parse regex … as` is not Sumo Logic's: fields are named in the regex", pattern.span,
                         hint="write `(?<name>…)`")  # fmt: skip
        return tuple(a.name for a in stage.aliases)
    for problem in rx.parse_regex_problems(info):
        if problem.kind == "unnamed-group" and ctx.lenient and info.names:
            ctx.warn("DH2331", "a group without a name is an error in Sumo Logic; it gives no field here", pattern.span,
                     hint=problem.hint)  # fmt: skip
            continue
        raise ctx.fail("DH2332", problem.message, pattern.span, hint=problem.hint)
    return info.names


def _named(info: rx.RegexInfo, pattern: Pattern, names: tuple[str, ...]) -> str:
    """The pattern with its unnamed groups named, when `as` names them."""
    if info.names == names:
        return pattern.text
    out, at = [], 0
    for i, group in enumerate(info.groups):
        if not group.name:
            out += [pattern.text[at : group.span.start], f"(?<g{i}>"]
            at = group.span.start + 1
    return "".join([*out, pattern.text[at:]])


OPERATOR = Operator(
    names=("parse regex", "extract"),
    synopsis='parse regex [field=f] "…(?<name>…)…" [multi] [nodrop]',
    doc="Takes values by the named groups of a regex, which may match anywhere in the text. `multi` gives one row per "
    "match. Rows that do not match are dropped unless `nodrop` is given.",
    spec="4.3",
    stage=ParseRegex,
    parse=_parse,
    print=_print,
    lower=_lower,
    example=r'* | parse regex field=Image "(?<process_name>[^\\]+)$"',
    category="parse",
    in_chain=True,
)
