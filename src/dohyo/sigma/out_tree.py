"""Sigma out: a condition of a plan as a tree of Sigma's tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from dohyo.plan.expr import Call, Column, Expr, Literal, calls, columns
from dohyo.plan.functions.ip import IPV4, IPV6, network_of
from dohyo.sigma import ipv6
from dohyo.sigma.notsaid import NotSaid

_LOWER = frozenset({"folded", "tolowercase"})
#: The part of a path after its last separator, as ``parse regex`` takes it.
_LAST_PART = re.compile(r"\(\?P<(\w+)>\[\^\\\\/\]\+\)\$")
#: Names of the endpoint shape for fields that Sigma knows under Sysmon's.
SAME_FIELD = {"dest_port": "DestinationPort", "dest_ip": "DestinationIp"}
_TEXT_TESTS = {"=": "", "in": "", "has": "contains", "contains": "contains", "starts_with": "startswith", "ends_with": "endswith"}
_NUMBER_TESTS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
#: Tests of whole addresses, which are regexes.
_ADDRESSES = {"isValidIPv4": IPV4, "isValidIPv6": IPV6, "isValidIP": f"{IPV4}|{IPV6}"}


class Test(Struct, frozen=True):
    """A field with its modifiers, and values of which one must fit."""

    field: str
    values: tuple[Any, ...]


class Both(Struct, frozen=True):
    """``and`` or ``or`` of parts."""

    word: str
    parts: tuple[Tree, ...]


class Not(Struct, frozen=True):
    """The opposite."""

    part: Tree


Tree = Test | Both | Not


def tree_of(expr: Expr) -> Tree:
    """A condition of a plan as Sigma can say it. Raises :class:`NotSaid` with the part that it cannot."""
    if isinstance(expr, Call):
        if expr.function in ("and", "or"):
            networks, others = _networks(expr.args) if expr.function == "and" else ([], list(expr.args))
            return both(expr.function, [*networks, *(tree_of(a) for a in others)])
        if expr.function == "not":
            inner = tree_of(expr.args[0])
            return inner.part if isinstance(inner, Not) else Not(inner)
        chosen = _chosen(expr)
        if chosen is not None:
            return tree_of(chosen)
        found = _test(expr)
        if found is not None:
            return found
    raise NotSaid(f"`{_shown(expr)}`")


def _networks(parts: Sequence[Expr]) -> tuple[list[Test], list[Expr]]:
    """The IPv6 networks among conditions that must all hold, and the other conditions: that a text is an address, and a regex over
    it, are a network."""
    valid = {name for p in parts if isinstance(p, Call) and p.function == "isValidIPv6" and (name := _plain(p.args[0]))}
    networks: dict[str, Any] = {}
    others: list[Expr] = []
    for part in parts:
        network = None
        if isinstance(part, Call) and part.function == "search" and isinstance(part.args[1], Literal):
            name = _plain(part.args[0])
            network = ipv6.network_of(str(part.args[1].value)) if name in valid and name not in networks else None
        if network is None:
            others.append(part)
        else:
            networks[str(name)] = network
    told = [p for p in others if not (isinstance(p, Call) and p.function == "isValidIPv6" and _plain(p.args[0]) in networks)]
    return [Test(f"{name}|cidr", (str(network),)) for name, network in networks.items()], told


def both(word: str, parts: Sequence[Tree]) -> Tree:
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


#: What stands before and after another field's value -> the modifier.
_ENDS = {("", "*"): "startswith", ("*", ""): "endswith", ("*", "*"): "contains"}


def _reference(expr: Call) -> Test | None:
    """A field that begins or ends with another one's value, or holds it."""
    mine, glob = expr.args
    if not (_folds(mine) and isinstance(glob, Call) and glob.function == "concat" and len(glob.args) == 3):
        return None
    before, other, after = glob.args
    if not (isinstance(before, Literal) and isinstance(after, Literal) and _folds(other)):
        return None
    modifier = _ENDS.get((str(before.value), str(after.value)))
    names = _plain(mine), _plain(other)
    return Test(f"{names[0]}|fieldref|{modifier}", (names[1],)) if modifier and all(names) else None


def _test(expr: Call) -> Test | None:
    if expr.function == "first_value_of" and isinstance(expr.args[0], Call):
        return _test(expr.args[0])
    if expr.function == "=" and all(_folds(a) and _plain(a) for a in expr.args):
        return Test(f"{_plain(expr.args[0])}|fieldref", (_plain(expr.args[1]),))
    if expr.function == "glob_search":
        return _reference(expr)
    items = [a.value for a in expr.args[1:] if isinstance(a, Literal)]
    if not expr.args or len(items) != len(expr.args) - 1:
        return None
    if expr.function in _ADDRESSES and (name := _plain(expr.args[0])):
        return Test(f"{name}|re", (f"^(?:{_ADDRESSES[expr.function]})$",))
    if expr.function in ("is_null", "isNull") and (name := _plain(expr.args[0])):
        return Test(name, (None,))
    if expr.function == "isEmpty" and (name := _plain(expr.args[0])):
        return Test(name, ("",))
    if expr.function == "search" and (name := _plain(expr.args[0])):
        if network := network_of(str(items[0])):
            return Test(f"{name}|cidr", (str(network),))
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
