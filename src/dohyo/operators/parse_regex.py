"""``parse regex`` and its other name ``extract``: values by named groups (spec §4.3)."""

from __future__ import annotations

from dataclasses import dataclass

from dohyo.binding.context import Context
from dohyo.binding.regexes import Pattern, checked, literal_pattern, read_pattern
from dohyo.diagnostics import Span
from dohyo.lang.parser import Parser
from dohyo.lang.patterns import regex as rx
from dohyo.lang.printer import name, names, string
from dohyo.lang.tree import Name, Stage, String
from dohyo.operators.base import Operator
from dohyo.operators.parsing import field_option, not_null, parsed, source_text
from dohyo.plan.expr import Call, Column, Expr, all_of, boolean, text, whole
from dohyo.plan.nodes import Node, Unnest
from dohyo.plan.types import Type


@dataclass(frozen=True, slots=True)
class ParseRegex(Stage):
    """The regexes (all must match), over which field, and how."""

    patterns: tuple[String, ...]
    field: Name | None
    multi: bool
    nodrop: bool
    aliases: tuple[Name, ...] = ()


def _parse(p: Parser) -> Stage:
    start = p.cursor.peek().span
    flags: set[str] = set()
    field, aliases = None, ()
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


@dataclass(frozen=True, slots=True)
class _Regex:
    """A regex ready for an engine: its spelling, its field names, and which engine."""

    spelled: str
    names: tuple[str, ...]
    on_re2: bool


def _lower(stage: ParseRegex, plan: Node, ctx: Context) -> Node:
    value = source_text(stage.field, stage.span, plan, ctx)
    regexes = [_read(s, stage, ctx) for s in stage.patterns]
    if stage.multi:
        return _multi(stage, regexes[0], value, plan, ctx)
    tests: list[Expr] = []
    fields: list[tuple[str, Expr]] = []
    for regex in regexes:
        test, found = _single(regex, value)
        tests.append(test)
        fields += found
    return parsed(plan, ctx, all_of(tests), fields, stage.nodrop)


def _single(regex: _Regex, value: Expr) -> tuple[Expr, list[tuple[str, Expr]]]:
    prefix = "" if regex.on_re2 else "backtrack_"
    names = [(n, _group(regex, value, i, prefix)) for i, n in enumerate(regex.names, 1)]
    test = boolean(f"{prefix}search", value, text(regex.spelled))
    return test, names


def _group(regex: _Regex, value: Expr, index: int, prefix: str) -> Expr:
    function = "optional_capture" if not prefix else "backtrack_capture"
    group: Expr = whole(index) if not prefix else text(regex.names[index - 1])
    return Call(function, (value, text(regex.spelled), group), Type.STRING)


def _multi(stage: ParseRegex, regex: _Regex, value: Expr, plan: Node, ctx: Context) -> Node:
    """One row per match (spec §4.3): the list of all matches is unnested, then each match is read again by groups."""
    function = "all_matches" if regex.on_re2 else "backtrack_all"
    found = Call(function, (value, text(regex.spelled)), Type.STRING)
    plan = Unnest(plan, "__found", found, Type.STRING, outer=stage.nodrop or bool(ctx.parse_hit))
    match = Column("__found", Type.STRING)
    fields = [(n, Call("match_group", (match, whole(i)), Type.STRING)) for i, n in enumerate(regex.names, 1)]
    return parsed(plan, ctx, not_null(match), fields, stage.nodrop)


def _read(written: String, stage: ParseRegex, ctx: Context) -> _Regex:
    pattern = literal_pattern(written)
    if ctx.lenient:
        pattern = _lenient(written, pattern, ctx)
    info = checked(ctx, pattern)
    names = _names(info, pattern, stage, ctx)
    if info.runs_on_re2:
        return _Regex(rx.to_re2(_named(info, pattern, names), capture_unnamed=False), names, True)
    return _Regex(rx.to_python(_named(info, pattern, names), capture_unnamed=False), names, False)


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
