"""``= != < <= > >=``, ``in``, ``matches`` (spec §2.2, §2.4–§2.7)."""

from __future__ import annotations

import re

from dohyo.binding.context import Context
from dohyo.binding.regexes import Pattern, read_pattern, search
from dohyo.diagnostics import Patch
from dohyo.lang import tree
from dohyo.patterns import glob as globs
from dohyo.patterns.lenient import looks_like_regex
from dohyo.plan.convert import literal_as_text, number_literal, to_number, to_text
from dohyo.plan.expr import FALSE, TRUE, Call, Expr, Literal, any_of, boolean, negation, text
from dohyo.plan.nodes import Node
from dohyo.plan.types import Type

#: What text that is no number becomes beside a number: nothing is equal to it.
_NO_NUMBER = Literal(None, Type.DOUBLE)


def bind_comparison(ctx: Context, node: tree.Binary, plan: Node) -> Expr:
    """A comparison by sign; null compares as false, ``!=`` as the opposite of ``=`` (spec §2.9)."""
    left, right = ctx.expr(node.left, plan), ctx.expr(node.right, plan)
    if Type.NULL in (left.type, right.type):
        return _with_null(ctx, node, left, right)
    a, b = comparable(left, right)
    if _NO_NUMBER in (a, b):
        return TRUE if node.op == "!=" else FALSE
    if node.op == "!=":
        constant = isinstance(a, Literal) or isinstance(b, Literal)
        return boolean("!=", a, b) if constant else negation(boolean("=", a, b))
    if node.op != "=" and a.type is Type.BOOLEAN:
        a, b = to_text(a), to_text(b)
    return boolean(node.op, a, b)


def _with_null(ctx: Context, node: tree.Binary, left: Expr, right: Expr) -> Expr:
    """``x = null``: Sumo Logic has ``isNull``; a comparison with null is false."""
    written = isinstance(node.left, tree.Null) or isinstance(node.right, tree.Null)
    if not written or not ctx.lenient or node.op not in ("=", "!="):
        if written:
            ctx.warn("DH2110", "a comparison with null is never true", node.span, hint="write `isNull(x)`")
        return TRUE if node.op == "!=" else FALSE
    test = boolean("is_null", right if isinstance(node.left, tree.Null) else left)
    ctx.warn("DH2110", "`null` is no value to compare with; read as a test for null", node.span,
             hint="write `isNull(x)` or `!isNull(x)`")  # fmt: skip
    return test if node.op == "=" else negation(test)


def comparable(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Both sides as one type: numbers if one is a number, else text (spec §2.2, §12.18)."""
    kinds = {left.type, right.type}
    if len(kinds) == 1 or all(k.numeric for k in kinds):
        return left, right
    if any(k.numeric for k in kinds) and Type.BOOLEAN not in kinds:
        return to_number(left), to_number(right)
    if Type.BOOLEAN in kinds and Type.STRING in kinds:
        return boolean_side(left), boolean_side(right)
    return to_text(left), to_text(right)


def boolean_side(expr: Expr) -> Expr:
    """A side of ``boolean = text``: compared as lower-case text."""
    shown = to_text(expr)
    if isinstance(shown, Literal):
        return text(str(shown.value).lower())
    return Call("folded", (shown,), Type.STRING)


# --- in (spec §2.7) ---------------------------------------------------------------------------------------------------


def bind_in(ctx: Context, node: tree.In, plan: Node) -> Expr:
    """``x in (…)``: exact, by type, with case. In the lenient dialect numbers in the list match text that shows
    such a number; in Sumo Logic they never do."""
    if any(isinstance(i, tree.Subquery) for i in node.items):
        member = _in_subquery(ctx, node, plan)
        return negation(member) if node.negated else member
    value = ctx.expr(node.value, plan)
    items = [ctx.expr(i, plan) for i in node.items]
    member = _member(ctx, node, value, items)
    return negation(member) if node.negated else member


def _in_subquery(ctx: Context, node: tree.In, plan: Node) -> Expr:
    """``x in ([subquery: … | compose x])``: what the brackets become is no list of values, but a condition (spec §1.6)."""
    found, value = node.items[0], node.value
    hint = "write the brackets alone: `where [subquery: … | compose x]`"
    asked = [n.name.lower() for n in found.compose] if isinstance(found, tree.Subquery) and not found.keywords else []
    if len(node.items) > 1 or not isinstance(value, tree.Name) or asked != [value.name.lower()]:
        raise ctx.fail("DH2113", "a subquery is no list of values, but a condition", node.span, hint=hint)
    ctx.dialect_spot("DH2113", "a subquery is no list of values, but a condition; read as one", node.span, hint=hint)
    return ctx.condition(found, plan)


def _member(ctx: Context, node: tree.In, value: Expr, items: list[Expr]) -> Expr:
    if value.type is Type.NULL or not items:
        return FALSE
    constants = [i for i in items if isinstance(i, Literal) and i.type is not Type.NULL]
    fitting = [i for i in constants if _fits(value.type, i.type)]
    others: list[Expr] = [i for i in constants if not _fits(value.type, i.type)]
    tests: list[Expr] = [boolean("in", value, *fitting)] if fitting else []
    if others:
        tests += _unfit(ctx, node, value, others)
    tests += [boolean("=", *comparable(value, i)) for i in items if not isinstance(i, Literal)]
    return any_of(tests)


def _fits(value: Type, item: Type) -> bool:
    return value is item or (value.numeric and item.numeric)


def _unfit(ctx: Context, node: tree.In, value: Expr, items: list[Expr]) -> list[Expr]:
    """List items of another type than the value: the classic silent miss."""
    kind = "numbers" if all(i.type.numeric for i in items) else "text"
    other = "text" if value.type is Type.STRING else str(value.type)
    title = f"a list of {kind} against {other} matches nothing in Sumo Logic"
    hint = _in_hint(node, kind)
    patches = _quote_patches(node) if kind == "numbers" and other == "text" else ()
    if not ctx.lenient:
        ctx.warn("DH2111", title, node.span, hint=hint, patches=patches)
        return []
    ctx.warn("DH2111", f"{title}; compared by value here", node.span, hint=hint, patches=patches)
    if value.type is Type.STRING:
        return _numbers_against_text(value, items)
    numbers = [n for i in items if isinstance(i, Literal) and (n := number_literal(literal_as_text(i))).value is not None]
    return [boolean("in", to_number(value), *numbers)] if numbers else []


def _numbers_against_text(value: Expr, items: list[Expr]) -> list[Expr]:
    return [boolean("in", to_number(value), *(to_number(i) for i in items))]


def _in_hint(node: tree.In, kind: str) -> str:
    name = node.value.name if isinstance(node.value, tree.Name) else "x"
    return f"write the numbers as text: `{name} in (\"80\", …)`, or cast first: `num({name})`" if kind == "numbers" else (
        "write numbers without quotes")  # fmt: skip


def _quote_patches(node: tree.In) -> tuple[Patch, ...]:
    return tuple(Patch(i.span, f'"{i.text}"') for i in node.items if isinstance(i, tree.Number))


# --- matches (spec §2.5) ----------------------------------------------------------------------------------------------


#: A file's name alone, where the field more often holds a whole path.
_PROGRAM = re.compile(r"[\w-]+\.(?:exe|dll|sys|ps1|vbs|bat|cmd)", re.I)


def bind_matches(ctx: Context, node: tree.Binary, plan: Node) -> Expr:
    """``x matches "glob"``, ``x matches /regex/``, ``x matches field``; ``x =~ "regex"`` in the lenient dialect."""
    value = to_text(ctx.expr(node.left, plan))
    right = node.right
    if isinstance(right, tree.Regex):
        return search(ctx, value, read_pattern(ctx, right))
    if node.op == "=~":
        ctx.dialect_spot("DH2120", "`=~` is not Sumo Logic's", node.op_span, hint="write `x matches /regex/`")
        return match_regex_text(ctx, value, right, plan)
    if isinstance(right, tree.String):
        return _match_string(ctx, value, right)
    pattern = to_text(ctx.expr(right, plan))
    return boolean("glob_search", value, pattern)


def match_regex_text(ctx: Context, value: Expr, right: tree.Expr, plan: Node) -> Expr:
    """A regex given as a plain string, as the lenient dialect writes it."""
    if not isinstance(right, tree.String):
        raise ctx.fail("DH2121", "the regex must be written out here", right.span, hint="write `x matches /regex/`")
    return search(ctx, value, read_pattern(ctx, right))


def _match_string(ctx: Context, value: Expr, right: tree.String) -> Expr:
    hint = looks_like_regex(right.raw)
    if hint is None:
        if _PROGRAM.fullmatch(right.value):
            ctx.note("DH2127", f"without a star this asks for the whole value `{right.value}`", right.span,
                     hint=f'to find it at the end of a path write `matches "*{right.raw}"`')  # fmt: skip
        elif "|*" in right.value or "*|" in right.value:
            ctx.note("DH2128", "a `|` in a glob is a plain sign: only a value with a `|` in it fits", right.span,
                     hint='for one or the other write `x matches "*a" or x matches "*b"`, or `x matches /a$|b$/`')  # fmt: skip
        return glob_test(value, right.value)
    literal = f"/{hint.pattern.replace('/', chr(92) + '/')}/"
    title = f"this glob looks like a {'regex' if hint.kind == 'regex' else 'mix of glob and regex'}"
    if not ctx.lenient:
        ctx.warn("DH2122", f"{title}; as a glob it matches hardly anything", right.span, hint=f"write `matches {literal}`")
        return glob_test(value, right.value)
    ctx.warn("DH2122", f"{title} and is read as the regex `{hint.pattern}`", right.span,
             hint=f"write `matches {literal}`: in Sumo Logic a string after `matches` is a glob",
             patches=(Patch(right.span, literal),))  # fmt: skip
    return search(ctx, value, Pattern(hint.pattern, right.span))


def glob_test(value: Expr, glob: str) -> Expr:
    """``value matches "glob"``: the whole value, with case; only ``*`` is special (spec §2.5)."""
    kind = globs.classify_glob(glob)
    match kind:
        case globs.Equals(part):
            return boolean("=", value, text(part))
        case globs.StartsWith(part):
            return boolean("starts_with", value, text(part))
        case globs.EndsWith(part):
            return boolean("ends_with", value, text(part))
        case globs.Contains(part):
            return boolean("has", value, text(part))
        case globs.Anything():
            return negation(boolean("is_null", value))
    return boolean("search", value, text(globs.glob_to_regex(glob)))

