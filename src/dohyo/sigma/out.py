"""Sigma out: the condition of a query over the events' own fields as a Sigma rule. What Sigma cannot say is named."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dohyo.binding.context import Options
from dohyo.compile import compile_query
from dohyo.detections.model import Detection
from dohyo.plan.expr import Call, Column, Expr, Literal, calls, columns
from dohyo.plan.nodes import Filter
from dohyo.plan.passes import scan_predicate
from dohyo.sigma.logsources import CATEGORIES, ENDPOINT, SERVICES, Place
from dohyo.sigma.notsaid import NotSaid

#: Rules made from one detection keep their id.
_NAMESPACE = uuid.UUID("6f1f8f2a-62b0-5d0e-9d7e-3a1b8e0c7d43")
_LOWER = frozenset({"folded", "tolowercase"})
#: The part of a path after its last separator, as ``parse regex`` takes it.
_LAST_PART = re.compile(r"\(\?P<(\w+)>\[\^\\\\/\]\+\)\$")
#: Names of the endpoint shape for fields that Sigma knows under Sysmon's.
SAME_FIELD = {"dest_port": "DestinationPort", "dest_ip": "DestinationIp"}
_TEXT_TESTS = {"=": "", "in": "", "has": "contains", "contains": "contains", "starts_with": "startswith", "ends_with": "endswith"}
_NUMBER_TESTS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


# --- a condition as a tree of Sigma's -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Test:
    """A field with its modifiers, and values of which one must fit."""

    field: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Both:
    """``and`` or ``or`` of parts."""

    word: str
    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Not:
    """The opposite."""

    part: Tree


Tree = Test | Both | Not


def _tree(expr: Expr) -> Tree:
    if isinstance(expr, Call):
        if expr.function in ("and", "or"):
            return _both(expr.function, [_tree(a) for a in expr.args])
        if expr.function == "not":
            inner = _tree(expr.args[0])
            return inner.part if isinstance(inner, Not) else Not(inner)
        chosen = _chosen(expr)
        if chosen is not None:
            return _tree(chosen)
        found = _test(expr)
        if found is not None:
            return found
    raise NotSaid(f"`{_shown(expr)}`")


def _both(word: str, parts: Sequence[Tree]) -> Tree:
    """Alternatives of one field become one list; the same part twice is one."""
    flat: list[Tree] = []
    for part in parts:
        flat += part.parts if isinstance(part, Both) and part.word == word else (part,)
    if word == "or":
        lists: dict[str, list[Any]] = {}
        for t in flat:
            if isinstance(t, Test):
                lists.setdefault(t.field, []).extend(t.values)
        merged: list[Tree] = [Test(f, tuple(dict.fromkeys(v))) for f, v in lists.items()]
        flat = [*merged, *(t for t in flat if not isinstance(t, Test))]
    unique = list(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else Both(word, tuple(unique))


def _chosen(expr: Call) -> Expr | None:
    """``if(c, 1, 0) = 1`` is ``c``: flags that a query sets and then tests."""
    if expr.function != "=" or len(expr.args) != 2:
        return None
    case, value = expr.args
    if not (isinstance(case, Call) and case.function == "case" and isinstance(value, Literal)):
        return None
    test, then, otherwise = case.args
    if not (isinstance(then, Literal) and isinstance(otherwise, Literal)) or then.value == otherwise.value:
        return None
    if then.value == value.value:
        return test
    return Call("not", (test,), expr.type) if otherwise.value == value.value else None


def _test(expr: Call) -> Test | None:
    if expr.function == "first_value_of" and isinstance(expr.args[0], Call):
        return _test(expr.args[0])
    items = [a.value for a in expr.args[1:] if isinstance(a, Literal)]
    if not expr.args or len(items) != len(expr.args) - 1:
        return None
    if expr.function in ("is_null", "isNull") and (name := _plain(expr.args[0])):
        return Test(name, (None,))
    if expr.function == "isEmpty" and (name := _plain(expr.args[0])):
        return Test(name, ("",))
    if expr.function == "search" and (name := _plain(expr.args[0])):
        return _regex(name, str(items[0]), _folds(expr.args[0]))
    if expr.function in _TEXT_TESTS:
        return _text(expr, items)
    subject = expr.args[0]
    if expr.function in _NUMBER_TESTS and (name := _number(subject)):
        return Test(f"{name}|{_NUMBER_TESTS[expr.function]}", (items[0],))
    return None


def _regex(name: str, pattern: str, folded: bool) -> Test | None:
    """A wildcard pattern as one, any other as a regex; over a folded field it holds without case."""
    glob = _GLOB.fullmatch(pattern)
    pieces = glob[1].split(r"[\s\S]*") if glob else []
    if pieces and not any(_META.search(p) for p in pieces):
        text = "*".join(_escaped(_unescaped(p)) for p in pieces)
        modifier = "" if folded or text.lower() == text.upper() else "|cased"
        return Test(f"{name}{modifier}", (text,))
    edges = _EDGE.sub(lambda m: m[1] + ("^" if m[2] == "A" else "$"), pattern)
    if not folded:
        return Test(f"{name}|re", (edges,))
    if re.search("[A-Z]", re.sub(r"\\.|\(\?P?<\w+>", "", pattern)):
        return None  # it asks lower-cased text for a capital letter
    return Test(f"{name}|re|i", (edges,))


_EDGE = re.compile(r"(?<!\\)((?:\\\\)*)\\([Az])")
#: What a glob becomes, and what in it stands for more than itself.
_GLOB = re.compile(r"\\A(.*)\\z", re.S)
_META = re.compile(r"(?<!\\)(?:\\\\)*(?:[.^$*+?{}\[\]|()]|\\[A-Za-z0-9])")


def _unescaped(piece: str) -> str:
    return re.sub(r"\\(.)", r"\1", piece, flags=re.S)


def _number(expr: Expr) -> str | None:
    """The field that is read as a number."""
    while isinstance(expr, Call) and expr.function in ("num", "toLong", "toInt", "number_of"):
        if expr.function == "number_of":
            return _plain(expr.args[0])
        expr = expr.args[0]
    return None


def _text(expr: Call, items: list[Any]) -> Test | None:
    modifier = _TEXT_TESTS[expr.function]
    last = _last_part(expr.args[0])
    if last is not None and not modifier:  # the name after the last separator
        return Test(f"{last}|endswith", tuple(_escaped(f"\\{v}") for v in items))
    name = _plain(expr.args[0])
    if name is None:
        return None
    modifiers = [name, *([modifier] if modifier else [])]
    if not _folds(expr.args[0]) and any(isinstance(v, str) and v.lower() != v.upper() for v in items):
        return Test("|".join([*modifiers, "cased"]), tuple(_escaped(v) for v in items))
    return Test("|".join(modifiers), tuple(_value(v) for v in items))


def _folds(expr: Expr) -> bool:
    """True when the field is compared without its letter case."""
    return isinstance(expr, Call) and expr.function.lower() in _LOWER


def _value(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else _escaped(value)


def _escaped(value: Any) -> Any:
    """A text as Sigma reads it: a backslash before a wildcard or another backslash stands for more than itself."""
    return re.sub(r"\\(?=[\\*?])|[*?]", r"\\\g<0>", value) if isinstance(value, str) else value


def _plain(expr: Expr) -> str | None:
    """The field that is compared, whatever its letter case: Sigma compares without it."""
    while isinstance(expr, Call) and expr.function.lower() in _LOWER:
        expr = expr.args[0]
    return SAME_FIELD.get(expr.name.lower(), expr.name) if isinstance(expr, Column) else None


def _last_part(expr: Expr) -> str | None:
    """The field of whose path the last part is compared."""
    while isinstance(expr, Call) and expr.function.lower() in _LOWER:
        expr = expr.args[0]
    patterns = [str(c.args[1].value) for c in calls(expr) if c.function == "captures" and isinstance(c.args[1], Literal)]
    taken = [_LAST_PART.fullmatch(p) for p in patterns]
    names = {c.name for c in columns(expr)} - {m[1] for m in taken if m}  # where nothing matched the field keeps what it had
    return names.pop() if len(names) == 1 and taken and all(taken) else None


def paths_of(condition: Expr) -> set[str]:
    """The fields of whose value a condition takes the name after the last separator. In Sigma that is a text that ends with a
    backslash and the name: the same for paths as Windows writes them, with a folder and backslashes."""
    taken = [(c, c.args[1]) for c in calls(condition) if c.function == "captures"]
    last = [c for c, p in taken if isinstance(p, Literal) and _LAST_PART.fullmatch(str(p.value))]
    return {n.name for c in last for n in columns(c.args[0])}


def _shown(expr: Expr) -> str:
    if isinstance(expr, Call):
        return f"{expr.function}({', '.join(_shown(a) for a in expr.args)})"
    return expr.name if isinstance(expr, Column) else repr(expr.value)


# --- the log source -----------------------------------------------------------------------------------------------------


def _parts(tree: Tree) -> tuple[Tree, ...]:
    return tree.parts if isinstance(tree, Both) and tree.word == "and" else (tree,)


#: A place: category, event ids, event type, channel, in lower case.
_Place = tuple[str, frozenset[str], str, str]


def _without_source(tree: Tree) -> tuple[dict[str, str], tuple[Tree, ...]]:
    """The log source, and the condition without the parts that only tell it."""
    for part in _parts(tree):
        found = _places(part)
        name = next((n for n, places in CATEGORIES.items() if found and found == _known(places)), None)
        if name is not None:
            rest = tuple(p for p in _parts(tree) if p is not part and not _only_category(p))
            return {"product": "windows", "category": name}, rest
    told = [(p, _told(p)) for p in _parts(tree)]
    categories, ids, channels = (
        [v for _, t in told if t for v in t[field]] for field in ("_sourcecategory", "eventid", "channel")
    )  # fmt: skip
    rest = tuple(p for p, t in told if t is None)
    by_channel = tuple(p for p, t in told if t and t["channel"])
    local = [c for c in categories if c != ENDPOINT]
    for name, places in CATEGORIES.items():
        own = [p for p in places if p.category != ENDPOINT]
        if ids and own and own[0].category in local and sorted(own[0].ids) == sorted(ids) and _same_channel(own, channels):
            return {"product": "windows", "category": name}, rest
    by_id: list[Tree] = [Test("EventID", tuple(map(int, ids)))] if ids else []
    for name, places in SERVICES.items():
        if local and places[0].category == local[0] and _same_channel(places, channels):
            return {"product": "windows", "service": name}, (*by_id, *rest)
    return {"product": "windows"}, (*by_id, *by_channel, *rest)


def _same_channel(places: Sequence[Place], channels: Sequence[str]) -> bool:
    return {p.channel.lower() for p in places if p.channel} == {c.lower() for c in channels} - {"none"}


def _known(places: Sequence[Place]) -> frozenset[_Place] | None:
    """The places of a log source that is in several categories."""
    if len({p.category for p in places}) < 2:
        return None
    return frozenset((p.category, frozenset(p.ids), p.event_type, p.channel.lower()) for p in places)


def _places(part: Tree) -> frozenset[_Place] | None:
    """The places that a part names, each with its category; ``None`` when it says anything else."""
    found = []
    for option in part.parts if isinstance(part, Both) and part.word == "or" else (part,):
        told: dict[str, list[str]] = {}
        for t in _parts(option):
            one = _told(t)
            if one is None:
                return None
            told |= {k: v for k, v in one.items() if v}
        categories, types, channels = (told.get(k, []) for k in ("_sourcecategory", "event_type", "channel"))
        if len(categories) != 1 or len(types) > 1:
            return None
        channel = next((c.lower() for c in channels if c != "None"), "")
        found.append((categories[0], frozenset(told.get("eventid", [])), next(iter(types), ""), channel))
    return frozenset(found)


def _only_category(part: Tree) -> bool:
    told = _told(part)
    return told is not None and not any(v for k, v in told.items() if k != "_sourcecategory")


def _told(part: Tree) -> dict[str, list[str]] | None:
    """What a part says of the log source alone: categories, event ids and types, channels; ``None`` when it says more."""
    tests = part.parts if isinstance(part, Both) and part.word == "or" else (part,)
    out: dict[str, list[str]] = {"_sourcecategory": [], "eventid": [], "event_type": [], "channel": []}
    for t in tests:
        field = t.field.lower().removesuffix("|cased") if isinstance(t, Test) else ""
        if not isinstance(t, Test) or field not in out:
            return None
        out[field] += map(str, t.values)
    return out


# --- the rule -----------------------------------------------------------------------------------------------------------


@dataclass
class _Writer:
    """Gives each group of tests a name and writes the condition over the names."""

    selections: dict[str, Any] = field(default_factory=dict)

    def add(self, tests: dict[str, Any], name: str) -> str:
        full = name if name not in self.selections else f"{name}_{len(self.selections)}"
        self.selections[full] = tests
        return full

    def text(self, tree: Tree, name: str, top: bool = False) -> str:
        if isinstance(tree, Test):
            return self.add({tree.field: _listed(tree.values)}, name)
        if isinstance(tree, Not):
            return f"not {self.text(tree.part, 'filter')}"
        tests = [p for p in tree.parts if isinstance(p, Test)]
        others = [p for p in tree.parts if not isinstance(p, Test)]
        parts: list[str] = []
        if tree.word == "and" and tests:
            parts = [self.add(group, name) for group in _groups(tests)]
        else:
            parts = [self.text(t, name) for t in tests]
        parts += [self.text(p, name) for p in others]
        joined = f" {tree.word} ".join(parts)
        return joined if top or len(parts) == 1 else f"({joined})"


def _groups(tests: Sequence[Test]) -> list[dict[str, Any]]:
    """Tests that must all hold, as mappings; a field that comes twice needs a second one."""
    groups: list[dict[str, Any]] = []
    for t in tests:
        home = next((g for g in groups if t.field not in g), None)
        if home is None:
            groups.append(home := {})
        home[t.field] = _listed(t.values)
    return groups


def _listed(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def rule(detection: Detection) -> dict[str, Any]:
    """A detection as a Sigma rule, ready for YAML. Raises :class:`NotSaid` for what Sigma cannot say, and
    ``QueryError`` when the query cannot run."""
    compiled = compile_query(detection.query, f"{detection.id}/query.sumo", Options())
    lost = [s.node for s in compiled.steps if s.node is not None and not _is_row_by_row(s.plan)]
    if lost:
        from dohyo.lang import printer

        raise NotSaid(f"the stage `{printer.stage(lost[0])}`: a Sigma rule looks at one event at a time")  # type: ignore[arg-type]  # a stage
    source, parts = _without_source(_tree(scan_predicate(compiled.plan, whole=True)))
    kept = tuple(p for p in parts if not _implied(p, parts))
    writer = _Writer()
    condition = writer.text(_both("and", kept), "selection", top=True)
    meta = detection.metadata
    found = {
        "title": meta.title,
        "id": str(uuid.uuid5(_NAMESPACE, detection.id)),
        "status": meta.status.value,
        "description": meta.description.strip(),
        "references": list(meta.references),
        "author": meta.author,
        "date": meta.date,
        "tags": [f"attack.{t}" for t in meta.attack.tactics] + [f"attack.{t.lower()}" for t in meta.attack.techniques],
        "logsource": source,
        "detection": {**writer.selections, "condition": condition},
        "falsepositives": list(meta.false_positives),
        "level": meta.severity.value,
    }
    return {k: v for k, v in found.items() if v not in ("", [])}


def _is_row_by_row(plan: Any) -> bool:
    from dohyo.plan.nodes import Extend, Project, Scan, Sort

    return all(isinstance(n, (Filter, Extend, Project, Sort, Scan)) for n in plan.walk())


def _implied(part: Tree, parts: tuple[Tree, ...]) -> bool:
    """A denied list of values, or of endings, is idle where a list that must hold has none that fits one of its own."""
    if not (isinstance(part, Not) and isinstance(part.part, Test)):
        return False
    denied = part.part
    fits = _FITS.get(denied.field.partition("|")[2])
    if fits is None:
        return False
    wanted = [t for t in parts if isinstance(t, Test) and t.field == denied.field]
    return any(not any(fits(str(a), str(b)) for a in w.values for b in denied.values) for w in wanted)


#: Modifier -> whether a text can meet two values at once.
_FITS = {
    "": lambda a, b: "*" in a or "?" in a or "*" in b or "?" in b or a.lower() == b.lower(),
    "endswith": lambda a, b: "*" in a + b or a.lower().endswith(b.lower()) or b.lower().endswith(a.lower()),
}  # fmt: skip
