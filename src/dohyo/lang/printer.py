"""Tree → text, in one canonical layout. ``parse(print(tree))`` gives the same tree."""

from __future__ import annotations

import re
from collections.abc import Callable

from dohyo.lang import tree
from dohyo.lang.comments import Written, divided, without_comments, woven
from dohyo.lang.substitute import PARAMETER
from dohyo.lang.wrapping import wrapped

_PLAIN = re.compile(r"[^\W\d]\w*(\.\w+)*|\{\{[\w .$-]+\}\}|\$\$\w+|\$\{[\w.]*\}")
_RESERVED = frozenset({"true", "false", "null", "and", "or", "not", "in", "matches", "contains", "as", "by"})
_ESCAPES = {'"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}

#: How tightly each kind of expression binds (spec §2.3); a looser one inside a tighter one gets parentheses.
_TERNARY, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _UNARY, _ATOM = range(9)
_OPS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT}

_UNITS = (("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


def name(node: tree.Name) -> str:
    """A field name, escaped when it has to be."""
    plain = _PLAIN.fullmatch(node.name) and node.name.lower() not in _RESERVED
    return node.name if plain else '%"' + node.name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def names(nodes: tuple[tree.Name, ...]) -> str:
    """Field names with commas."""
    return ", ".join(name(n) for n in nodes)


def quoted(text: str) -> str:
    """A string literal with this content."""
    return '"' + "".join(_ESCAPES.get(c, c) for c in text) + '"'


def string(node: tree.String) -> str:
    """A string literal; as it was written, so that no escape changes its meaning. A parameter in its place stays one."""
    if not node.raw and PARAMETER.fullmatch(node.value):
        return node.value
    return f'"{node.raw}"' if node.raw or not node.value else quoted(node.value)


def duration(ms: int) -> str:
    """``300000`` → ``5m``."""
    unit, size = next((u, s) for u, s in _UNITS if ms % s == 0)
    return f"{ms // size}{unit}"


def expression(node: tree.Expr) -> str:
    """An expression."""
    return _PRINTERS[type(node)][1](node)


def _level(node: tree.Expr) -> int:
    if isinstance(node, tree.Binary):
        return _OPS.get(node.op, _COMPARE)
    if isinstance(node, tree.Logical):
        return _OR if node.op == "or" else _AND
    if isinstance(node, tree.Unary) and node.word == "not":
        return _NOT
    if isinstance(node, tree.Number) and node.value < 0:
        return _UNARY
    return _PRINTERS[type(node)][0]


def _in(node: tree.Expr, least: int) -> str:
    text = expression(node)
    return text if _level(node) >= least else f"({text})"


def _unary(node: tree.Unary) -> str:
    if node.word == "not":
        return f"not {_in(node.operand, _NOT)}"
    return ("-" if node.op == "-" else "!") + _in(node.operand, _ATOM)


def _binary(node: tree.Binary) -> str:
    level = _OPS.get(node.op, _COMPARE)
    return f"{_in(node.left, level)} {node.op} {_in(node.right, level + 1)}"


def _logical(node: tree.Logical) -> str:
    return f" {node.op} ".join(_in(o, (_OR if node.op == "or" else _AND) + 1) for o in node.operands)


def _in_list(node: tree.In) -> str:
    items = ", ".join(expression(i) for i in node.items)
    return f"{_in(node.value, _COMPARE)} {'not ' if node.negated else ''}in ({items})"


def _call(node: tree.Call) -> str:
    return f"{node.name}({', '.join(expression(a) for a in node.args)})"


def _ternary(node: tree.Ternary) -> str:
    return f"{_in(node.condition, _OR)} ? {_in(node.then, _TERNARY)} : {_in(node.otherwise, _TERNARY)}"


def _subquery(node: tree.Subquery) -> str:
    times = "".join(f" {k}=({v})" for k, v in (("from", node.time_from), ("to", node.time_to)) if v is not None)
    tail = f" maxresults={node.max_results}" if node.max_results is not None else ""
    compose = f"compose {names(node.compose)}{tail}{' keywords' * node.keywords}"
    return f"[subquery{times}: {inline(node.query)} | {compose}]"


def _number(node: tree.Number) -> str:
    return node.text if node.text else f"{node.value}"


def _regex(node: tree.Regex) -> str:
    return "/" + re.sub(r"(\\.)|/", lambda m: m[1] or "\\/", node.pattern) + "/"


def table_path(node: tree.TablePath) -> str:
    """A table's address; a bare path stands in quotes where it holds what would end it."""
    if not node.scheme:
        return quoted(node.path) if re.search(r"[\s,|()]", node.path) else node.path
    bare = node.scheme in ("geo", "asn", "sumo", "https", "http")
    return f"{node.scheme}://{node.path}" if bare else f"{node.scheme}://{quoted(node.path)}"


_PRINTERS: dict[type[tree.Expr], tuple[int, Callable[..., str]]] = {
    tree.Name: (_ATOM, name),
    tree.String: (_ATOM, string),
    tree.Number: (_ATOM, _number),
    tree.Bool: (_ATOM, lambda n: str(n.value).lower()),
    tree.Null: (_ATOM, lambda n: "null"),
    tree.Regex: (_ATOM, _regex),
    tree.Star: (_ATOM, lambda n: "*"),
    tree.Param: (_ATOM, lambda n: "{{" + n.name + "}}"),
    tree.TablePath: (_ATOM, table_path),
    tree.Unary: (_UNARY, _unary),
    tree.Binary: (_COMPARE, _binary),
    tree.Logical: (_AND, _logical),
    tree.In: (_COMPARE, _in_list),
    tree.Call: (_ATOM, _call),
    tree.Ternary: (_TERNARY, _ternary),
    tree.Subquery: (_ATOM, _subquery),
}

# --- the scope --------------------------------------------------------------------------------------------------------


def scope(node: tree.Scope) -> str:
    """A scope expression."""
    return _SCOPES[type(node)](node)


def _keyword(node: tree.Keyword) -> str:
    return quoted(node.text) if node.quoted else node.text


def _field_term(node: tree.FieldTerm) -> str:
    value = quoted(node.value) if node.quoted else node.value
    plain = re.fullmatch(r"[\w.@$\[\]{}-]+", node.name)
    shown = node.name if plain else name(tree.Name(node.name))
    return f"{shown}{node.op}{value}"


def _scope_logical(node: tree.ScopeLogical) -> str:
    joint = " OR " if node.op == "or" else " "
    return joint.join(_scope_part(o, node.op) for o in node.operands)


def _scope_part(node: tree.Scope, op: str) -> str:
    loose = isinstance(node, tree.ScopeLogical) and (op == "and" or node.op == op)
    return f"({scope(node)})" if loose else scope(node)


def _scope_not(node: tree.ScopeNot) -> str:
    inner = scope(node.operand)
    if inner.startswith("="):  # a word, not the sign `!=`
        return f"! {inner}"
    return f"!({inner})" if isinstance(node.operand, tree.ScopeLogical) else f"!{inner}"


_SCOPES: dict[type[tree.Scope], Callable[..., str]] = {
    tree.Everything: lambda n: "*",
    tree.Keyword: _keyword,
    tree.FieldTerm: _field_term,
    tree.ScopeLogical: _scope_logical,
    tree.ScopeNot: _scope_not,
    tree.ScopeExpr: lambda n: expression(n.expr),
}

# --- queries: who prints a stage is asked of the operator table -------------------------------------------------------

_stage_printer: list[Callable[[tree.Stage], str]] = []


def use_stage_printer(printer: Callable[[tree.Stage], str]) -> None:
    """Tells this room how the stages of the operator table are printed; called once, by the operator table."""
    _stage_printer[:] = [printer]


def inline(query: tree.Query) -> str:
    """A query on one line."""
    parts = [scope(query.scope)] if query.scope else []
    return " | ".join([*parts, *(stage(s) for s in query.stages)])


def stage(node: tree.Stage) -> str:
    """A stage, without its pipe."""
    return node.text.strip() if isinstance(node, tree.BrokenStage) else _stage_printer[0](node)


def _stage_line(node: tree.Stage) -> str:
    """A stage with its pipe, over several lines where it is long."""
    text = f"| {stage(node)}"
    return text if isinstance(node, tree.BrokenStage) else wrapped(text)


def query(node: tree.Query) -> str:
    """A query in the canonical layout: the scope, then each stage on a line of its own; comments stay where they were."""
    source = node.source.text
    broken = [s.span for s in node.stages if isinstance(s, tree.BrokenStage)]  # their text has its comments in it
    comments = [c for c in node.comments if not any(b.start <= c.span.start < b.end for b in broken)]
    plain = without_comments(source, comments)
    parts: list[tuple[int, str]] = [(0, wrapped(scope(node.scope)))] if node.scope else []
    parts += [(plain.rfind("|", 0, s.span.start) + 1, _stage_line(s)) for s in node.stages]
    ends = [start - 1 for start, _ in parts[1:]] + [len(source)] * bool(parts)
    lines = [c.text for c in comments if not parts or c.span.start < parts[0][0]]
    for (start, text), end in zip(parts, ends, strict=True):
        written = Written(source, plain, start, end)
        before, inside, behind = divided(written, [c for c in comments if start <= c.span.start <= end])
        lines += [*(c.text for c in before), woven(text, written, inside) if inside else text, *(c.text for c in behind)]
    return "\n".join(lines) + "\n"
