"""Rewrites and questions about a whole plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dohyo.plan.expr import TRUE, Call, Column, Expr, all_of, calls, columns, substitute
from dohyo.plan.functions import FUNCTIONS
from dohyo.plan.names import ID, RAW, TIME
from dohyo.plan.nodes import (
    Aggregate,
    Batch,
    Extend,
    Filter,
    Join,
    Limit,
    Node,
    Order,
    Project,
    Scan,
    Sort,
    Union,
    Unnest,
    Values,
    Window,
    rebuilt,
)
from dohyo.plan.types import Type

Needs = dict[int, set[str]]

#: A pushed-down condition larger than this (in expression nodes) is left where it is.
_LARGEST_PREDICATE = 1_500


def needed_columns(root: Node, asked: Sequence[str] | None = None, spare: bool = True) -> Needs:
    """For each node (by ``id``) the lower-cased names of its columns that anyone above uses.

    Of the root the ``asked`` columns are used (``None``: all shown ones), its order, and the hidden ones that evidence
    is made of. Without ``spare``, a parse that finds nothing keeps nothing.
    """
    needs: Needs = {}
    shown = {n.lower() for n in asked} if asked is not None else {f.name.lower() for f in root.schema.visible}
    evidence = {n for n in (ID, TIME, RAW) if root.schema.get(n)}
    _need(root, shown | evidence | _order_names(root.order), needs, spare)
    return needs


def _order_names(order: Order) -> set[str]:
    return {k.name.lower() for k in order}


def _names(expr: Expr) -> set[str]:
    return {c.name.lower() for c in columns(expr)}


def _need(node: Node, wanted: set[str], needs: Needs, spare: bool) -> None:
    """Adds ``wanted`` to what is needed of ``node``, and what follows for the nodes below."""
    before = needs.get(id(node))
    if before is not None and wanted <= before:
        return
    needs[id(node)] = wanted = wanted | (before or set())
    for below, names in _below(node, wanted, spare):
        _need(below, names, needs, spare)


def _below(node: Node, wanted: set[str], spare: bool) -> list[tuple[Node, set[str]]]:
    match node:
        case Filter():
            return [(node.input, wanted | _names(node.condition))]
        case Extend():
            used = {n.lower() for n, _ in node.new} & wanted
            reads = [{c.name.lower() for c in columns(e) if spare or not c.spare} for n, e in node.new if n.lower() in used]
            return [(node.input, _without(node, wanted).union(*reads))]
        case Project() | Sort():
            return [(node.input, wanted)]
        case Limit():
            return [(node.input, wanted | _order_names(node.order))]
        case Aggregate():
            reads = [_names(a) for _, c in node.new for a in c.args]
            orders = [_order_names(c.order) for _, c in node.new]
            return [(node.input, {k.lower() for k in node.keys}.union(*reads, *orders))]
        case Window():
            return [(node.input, _without(node, wanted) | _window_reads(node))]
        case Unnest():
            return [(node.input, (wanted - {node.name.lower()}) | _names(node.value))]
        case Join():
            return _below_join(node, wanted)
        case Union():
            return [(part, {n for n in wanted if part.schema.get(n)}) for part in node.parts]
        case Batch():
            named = {n.lower() for n in node.needs if n != "*"}
            shown = {f.name.lower() for f in node.input.schema.visible} if "*" in node.needs else set()
            return [(node.input, named | shown | _order_names(node.input.order))]
    return []


def _without(node: Extend | Window, wanted: set[str]) -> set[str]:
    made = {n.lower() for n, _ in node.new}
    saved = {new.lower(): old.lower() for old, new in node.saved}
    return {saved.get(n, n) for n in wanted if n not in made or n in saved}


def _window_reads(node: Window) -> set[str]:
    reads: set[str] = set()
    for _, call in node.new:
        order = node.input.order if call.order is None else call.order
        reads |= {p.lower() for p in call.partition} | _order_names(order)
        reads = reads.union(*(_names(a) for a in call.args))
    return reads


def _below_join(node: Join, wanted: set[str]) -> list[tuple[Node, set[str]]]:
    wanted = wanted | (_names(node.condition) if node.condition else set())
    left = {a.lower() for a, _ in node.pairs} | {n for n in wanted if node.left.schema.get(n)}
    right = {b.lower() for _, b in node.pairs} | {n for n in wanted if node.right.schema.get(n)}
    if node.left.schema.open:
        left |= {n for n in wanted if not node.right.schema.get(n)}
    return [(node.left, left), (node.right, right)]


# --- what can be asked of the source ----------------------------------------------------------------------------------


def scans(root: Node) -> list[Scan]:
    """The scans of a plan, each once."""
    found = {id(n): n for n in root.walk() if isinstance(n, Scan)}
    return list(found.values())


def fields_asked(root: Node, needs: Needs | None = None) -> tuple[str, ...]:
    """The source fields that a plan reads, hidden ones left out, in the order in which the query uses them. ``needs``:
    what :func:`needed_columns` gave for it."""
    needs = needed_columns(root) if needs is None else needs
    wanted: set[str] = set().union(*(needs.get(id(s), set()) for s in scans(root)))
    spelled = {c.name.lower(): c.name for c in _columns_in_order(root)}
    order = {name: i for i, name in enumerate(spelled)}
    ranked = sorted(wanted, key=lambda n: (order.get(n, len(order)), n))
    schema = scans(root)[0].schema if scans(root) else None
    return tuple(_spelling(n, spelled, schema) for n in ranked if not n.startswith("__"))


def spare_fields(root: Node, needs: Needs) -> tuple[str, ...]:
    """Those of :func:`fields_asked` that are read only where a parse gives nothing: the query makes them itself."""
    made = (e for node in root.walk() if isinstance(node, Extend) for _, e in node.new)
    if not any(c.spare for e in made for c in columns(e)):
        return ()
    missed = fields_asked(root, needed_columns(root, spare=False))
    return tuple(n for n in fields_asked(root, needs) if n not in missed)


def scan_columns(plan: Node, needs: Needs | None = None) -> list[tuple[str, Type]]:
    """The columns that a plan needs of the source, hidden ones included, with their types. ``needs``: as for
    :func:`fields_asked`."""
    needs = needed_columns(plan) if needs is None else needs
    asked = {n.lower(): n for n in fields_asked(plan, needs)}
    out: list[tuple[str, Type]] = []
    for scan in scans(plan):
        wanted = needs.get(id(scan), set())
        for name in [*asked, *sorted(w for w in wanted if w not in asked)]:
            if name in wanted:
                found = scan.schema.get(name)
                out.append((found.name, found.type) if found else (asked.get(name, name), Type.STRING))
    return out


def _spelling(name: str, spelled: dict[str, str], schema: object) -> str:
    if name in spelled:
        return spelled[name]
    found = schema.get(name) if schema is not None else None  # type: ignore[attr-defined]  # Schema of the scan
    return found.name if found else name


def _columns_in_order(root: Node) -> list[Column]:
    found: list[Column] = []
    for node in reversed(list(root.walk())):
        for expr in expressions(node):
            found += reversed(list(columns(expr)))
        if isinstance(node, Window):
            found += [Column(name, Type.STRING) for _, call in node.new for name in call.partition]
        for name in (*getattr(node, "keys", ()), *getattr(node, "names", ())):
            if isinstance(name, str):
                field = node.schema.get(name)
                if field:
                    found.append(Column(field.name, field.type))
    return found


def expressions(node: Node) -> list[Expr]:
    """The expressions that stand in a node itself."""
    match node:
        case Filter():
            return [node.condition]
        case Extend():
            return [e for _, e in node.new]
        case Aggregate() | Window():
            return [a for _, c in node.new for a in c.args]
        case Unnest():
            return [node.value]
        case Join() if node.condition:
            return [node.condition]
    return []


def scan_predicate(root: Node, whole: bool = False) -> Expr:
    """A condition over source fields that every message must meet to have any effect on the plan's result.

    Gathered from the filters between the scan and the first node that is not row by row, with computed fields
    written out. It may be weaker than the filters together, never stronger; ``whole``: nothing of them is left out, be it
    large or of functions that the source cannot run.
    """
    found = scans(root)
    if len(found) != 1:
        return TRUE
    conditions: list[Expr] = []
    values: dict[str, Expr] = {}
    for node in _chain_above(root, found[0]):
        if isinstance(node, Filter):
            condition = substitute(node.condition, values)
            if whole or pushable(condition):
                conditions.append(condition)
        elif isinstance(node, Extend):
            made = {n.lower(): substitute(e, values) if whole or _small(e, values) else Call("opaque", (), e.type) for n, e in node.new}
            values = values | made
    return all_of(sorted(_conjuncts(conditions), key=_cost))


def plain_filters(root: Node) -> list[Filter]:
    """The filters over source fields alone, between the scan and the first node that is not row by row, that the source
    may evaluate in place of the plan."""
    found = scans(root)
    if len(found) != 1 or scan_references(root) != 1:
        return []
    made: set[str] = set()
    plain: list[Filter] = []
    for node in _chain_above(root, found[0]):
        if isinstance(node, Extend):
            made |= {n.lower() for n, _ in node.new}
        elif isinstance(node, Filter) and not made & _names(node.condition) and pushable(node.condition):
            plain.append(node)
    return plain


def pushed_apart(root: Node) -> tuple[Expr, Node]:
    """The condition of the plain filters, for the source, and the plan without them."""
    plain = plain_filters(root)
    condition = all_of(sorted(_conjuncts([f.condition for f in plain]), key=_cost))
    for each in reversed(plain):  # the uppermost first: what stands below is still the node that was found
        root = rebuilt(root, {id(each): each.input})
    return condition, root


def _conjuncts(conditions: list[Expr]) -> list[Expr]:
    """The conditions with ``and`` s taken apart: each can be tested by itself, in any order."""
    out: list[Expr] = []
    for c in conditions:
        out += _conjuncts(list(c.args)) if isinstance(c, Call) and c.function == "and" else [c]
    return out


#: What a test costs for one record, roughly: regexes and built-in fields (looked up, not read) are dear.
_DEAR = {"search": 40, "captures": 40, "glob_search": 60, "number_of": 8}


def _cost(expr: Expr) -> int:
    if isinstance(expr, Column):
        return 20 if expr.name.startswith("_") else 2
    if isinstance(expr, Call):
        return _DEAR.get(expr.function, 1) + sum(_cost(a) for a in expr.args)
    return 0


def _chain_above(root: Node, scan: Scan) -> list[Node]:
    """The row-by-row nodes above the scan, lowest first, as long as each has one parent only."""
    parents: dict[int, list[Node]] = {}
    seen: set[int] = set()
    for node in root.walk():
        if id(node) not in seen:
            seen.add(id(node))
            for below in node.inputs:
                parents.setdefault(id(below), []).append(node)
    chain: list[Node] = []
    at: Node = scan
    while len(above := parents.get(id(at), [])) == 1 and isinstance(above[0], (Filter, Extend, Project, Sort)):
        at = above[0]
        chain.append(at)
    return chain


def _small(expr: Expr, values: dict[str, Expr]) -> bool:
    return _size(substitute(expr, values)) <= _LARGEST_PREDICATE // 4


def _size(expr: Expr) -> int:
    return 1 + sum(_size(a) for a in expr.args) if isinstance(expr, Call) else 1


def pushable(condition: Expr) -> bool:
    """True when the source may evaluate the condition: small, and of functions that every engine thread can run."""
    if _size(condition) > _LARGEST_PREDICATE:
        return False
    rows = [FUNCTIONS.get(c.function.lower()) for c in calls(condition)]
    return all(row is not None and row.udf is None and not row.calls and not row.volatile for row in rows)


def rowwise(root: Node) -> bool:
    """True when no row comes out of a plan over no events: it has no other source, and nothing makes rows."""
    return not any(isinstance(n, (Values, Union, Batch, Unnest)) for n in root.walk())


def per_event(root: Node) -> bool:
    """True when each row of a plan comes of one event alone, whichever others there are: the plan may be run over the
    events in portions."""
    match root:
        case Scan():
            return True
        case Filter() | Extend() | Project() | Sort() | Unnest():
            return per_event(root.input)
        case Join():
            return root.kind != "full" and per_event(root.left) and not scans(root.right)
        case Union():
            return all(map(per_event, root.parts))
    return False


def scan_references(root: Node) -> int:
    """How many nodes read the scan; more than one means its rows must be kept for a second reading."""
    return Counter(isinstance(n, Scan) for n in root.walk())[True]

