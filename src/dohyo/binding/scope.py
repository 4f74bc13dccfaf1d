"""The scope as a condition over messages (spec §1.3, §1.4). Everything in it is without case; a keyword is a token
of ``_raw``, not a part of one."""

from __future__ import annotations

import re
from collections.abc import Callable

from dohyo.binding.context import Context
from dohyo.binding.keywords import either, phrase_regex
from dohyo.binding.subqueries import bind_subquery
from dohyo.lang import tree
from dohyo.patterns.glob import scope_glob_to_regex
from dohyo.plan.convert import to_text
from dohyo.plan.expr import TRUE, Call, Column, Expr, all_of, any_of, boolean, negation, text
from dohyo.plan.nodes import Node
from dohyo.plan.types import Type

#: Say which store to read; there is one store here, so they hold for every message (spec §1.4).
_STORES = frozenset({"_index", "_view", "_datatier"})

#: A star that looks like a wildcard: it touches a word. In `"SELECT * FROM"` it does not.
_PART_OF_WORD = re.compile(r"\w\*|\*\w")


def bind_scope(ctx: Context, scope: tree.Scope | None, plan: Node) -> Expr:
    """The scope's condition; ``None`` (an empty scope) is every message."""
    return TRUE if scope is None else _BINDERS[type(scope)](ctx, scope, plan)


def _everything(ctx: Context, scope: tree.Everything, plan: Node) -> Expr:
    return TRUE


def _logical(ctx: Context, scope: tree.ScopeLogical, plan: Node) -> Expr:
    if scope.op == "and":
        return all_of([bind_scope(ctx, s, plan) for s in scope.operands])
    parts = [bind_scope(ctx, s, plan) for s in scope.operands if not isinstance(s, tree.Keyword)]
    regexes = [_regex(ctx, s) for s in scope.operands if isinstance(s, tree.Keyword)]
    parts += [_in_raw(r) for r in either([r for r in regexes if r is not None])]
    return TRUE if TRUE in parts or None in regexes else any_of(parts)


def _not(ctx: Context, scope: tree.ScopeNot, plan: Node) -> Expr:
    return negation(bind_scope(ctx, scope.operand, plan))


def _expr(ctx: Context, scope: tree.ScopeExpr, plan: Node) -> Expr:
    if isinstance(scope.expr, tree.Subquery):
        return bind_subquery(ctx, scope.expr, plan, folded=True)
    ctx.note("DH2201", "a condition in the scope is read as if it stood in a `where`", scope.span)
    return ctx.condition(scope.expr, plan)


def _keyword(ctx: Context, scope: tree.Keyword, plan: Node) -> Expr:
    regex = _regex(ctx, scope)
    return TRUE if regex is None else _in_raw(regex)


def _regex(ctx: Context, keyword: tree.Keyword) -> str | None:
    if keyword.quoted and _PART_OF_WORD.search(keyword.text):
        ctx.warn("DH2203", "within quotes a `*` is a plain star, which the text of an event must have", keyword.span,
                 hint="write the word without quotes, or `where _raw matches \"*…*\"`")  # fmt: skip
    return phrase_regex(keyword.text, keyword.quoted)


def _in_raw(regex: str) -> Expr:
    return boolean("search", Column("_raw", Type.STRING), text(regex))


def _field(ctx: Context, scope: tree.FieldTerm, plan: Node) -> Expr:
    if scope.name.lower() in _STORES:
        return TRUE
    name = tree.Name(scope.name, span=scope.span)
    value = to_text(ctx.column(name, plan))
    test = _field_test(ctx, scope, value)
    return negation(test) if scope.op == "!=" else test


def _field_test(ctx: Context, scope: tree.FieldTerm, value: Expr) -> Expr:
    wanted, is_glob = scope.value, not scope.quoted
    if scope.quoted and "*" in wanted:
        is_glob = ctx.lenient
        ctx.warn("DH2202", "in Sumo Logic a `*` inside quotes is a plain star" + (
            "; read as a wildcard" if is_glob else ""), scope.value_span,
            hint="write the value without quotes", patches=())  # fmt: skip
    if is_glob and set(wanted) == {"*"}:
        return negation(boolean("is_null", value))
    if is_glob and ("*" in wanted or "?" in wanted):
        return boolean("search", value, text(scope_glob_to_regex(wanted)))
    return boolean("=", Call("folded", (value,), Type.STRING), text(wanted.lower()))


_BINDERS: dict[type[tree.Scope], Callable[..., Expr]] = {
    tree.Everything: _everything,
    tree.Keyword: _keyword,
    tree.FieldTerm: _field,
    tree.ScopeNot: _not,
    tree.ScopeLogical: _logical,
    tree.ScopeExpr: _expr,
}
