"""What another engine has no SQL for is left to DuckDB: the call becomes a function of the engine's own Python, and there
DuckDB computes it over Arrow. So its answers are DuckDB's, whatever the engine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from sqlglot import exp

from dohyo.plan.expr import Call, Column, columns
from dohyo.plan.functions.model import Build, Sql

#: How the names of Dohyo's own functions begin.
UDF = "dohyo_"


class Foreign(Exception):
    """An engine has no such function of its own."""


class Step(Struct, frozen=True):
    """A function in Python (a row of the function table) and DuckDB's expressions for its arguments."""

    function: str
    args: tuple[str, ...]


class Borrowed(Struct, frozen=True):
    """A call that DuckDB computes. ``sql``: its expression over ``a0``, ``a1`` …: the values of ``columns``, then what the
    ``steps`` give, each of which sees the ones before."""

    name: str
    sql: str
    columns: tuple[Column, ...]
    steps: tuple[Step, ...]


def borrowed(call: Call, write: Callable[[Callable[[str], Sql]], Sql]) -> Borrowed:
    """A call for DuckDB. ``write`` gives its SQL for names of its columns. Functions in Python are steps of their own:
    DuckDB cannot call back into a Python that another engine holds."""
    found = {c.name.lower(): c for c in reversed(list(columns(call)))}
    given = max(1, len(found))  # an engine's function takes at least one value
    places = {name: f"a{i}" for i, name in enumerate(found)}
    root = exp.Paren(this=write(lambda name: exp.column(places[name.lower()])))
    steps: list[Step] = []
    for node in reversed(list(root.walk())):  # inner calls first
        if isinstance(node, exp.Anonymous) and node.name.startswith(UDF):
            args = tuple(a.sql("duckdb") for a in node.expressions)
            node.replace(exp.column(f"a{given + len(steps)}"))
            steps.append(Step(node.name.removeprefix(UDF), args))
    sql = root.this.sql("duckdb")
    types = ", ".join(c.type for c in found.values())
    digest = hashlib.sha256(f"{sql} {steps} {types}".encode()).hexdigest()[:8]
    word = re.sub(r"\W", "", call.function).lower() or "sign"
    return Borrowed(f"{UDF}{word}_{digest}", sql, tuple(found.values()), tuple(steps))


def respelled(build: Build, args: Sequence[Sql], spelling: Mapping[str, Build], **named: object) -> Sql:
    """What ``build`` makes of the arguments, its names replaced by the engine's. Raises :class:`Foreign` for a name that
    the engine has not got."""
    holes = [a if _constant(a) else exp.column(f"__hole{i}") for i, a in enumerate(args)]
    root = exp.Paren(this=build(*holes, **named))
    for node in reversed(list(root.walk())):  # inner calls first
        name = node.this.lower() if isinstance(node, exp.Anonymous) else type(node).__name__
        put = spelling.get(name)
        if isinstance(node, exp.Anonymous) and put is None:
            raise Foreign(name)
        if put is not None:
            _put(node, put(*(node.expressions if isinstance(node, exp.Anonymous) else (node.copy(),))))
    filled = {f"__hole{i}": a for i, a in enumerate(args)}
    for hole in list(root.find_all(exp.Column)):
        if hole.name in filled:
            _put(hole, filled[hole.name].copy())
    found: Sql = root.this
    return found


def _put(place: Sql, sql: Sql) -> None:
    """One thing in place of another; what would fall apart there is held together."""
    loose = isinstance(sql, (exp.Binary, exp.Unary, exp.RegexpLike, exp.Predicate))
    place.replace(exp.Paren(this=sql) if loose and not isinstance(place.parent, (exp.Paren, exp.Anonymous)) else sql)


def _constant(sql: Sql) -> bool:
    return not any(isinstance(n, (exp.Column, exp.Anonymous)) for n in sql.walk())
