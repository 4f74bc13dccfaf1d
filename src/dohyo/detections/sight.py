"""Could a query see what it looks for? What the logs had, against what the query's scope and conditions ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dohyo.lang import tree
from dohyo.patterns.glob import scope_glob_to_regex
from dohyo.results import ReadReport


def wanted_categories(query: tree.Query) -> tuple[str, ...]:
    """The source categories that a scope asks for, as they are written; empty when it asks for none."""
    return tuple(dict.fromkeys(_categories(query.scope))) if query.scope else ()


def _categories(scope: tree.Scope) -> Iterator[str]:
    if isinstance(scope, tree.FieldTerm) and scope.name.lower() == "_sourcecategory" and scope.op != "!=":
        yield scope.value
    elif isinstance(scope, tree.ScopeLogical):
        for operand in scope.operands:
            yield from _categories(operand)


#: How the categories begin that shapes give.
_OWN = ("windows/", "endpoint/", "linux/", "other/")


def brought_categories(read: ReadReport) -> tuple[str, ...]:
    """The source categories that logs brought with them: Sumo Logic's exports name those of their collectors."""
    return tuple(dict.fromkeys(category for category, _ in read.kinds if category and not category.startswith(_OWN)))


def absent_sources(query: tree.Query, read: ReadReport) -> tuple[str, ...]:
    """The categories that a query asks for when the logs have events, but none of any of them."""
    wanted = wanted_categories(query)
    if not wanted or not read.records:
        return ()
    return () if _some_fit(wanted, {category for category, _ in read.kinds}) else wanted


def _some_fit(wanted: Iterable[str], there: set[str]) -> bool:
    import re

    patterns = [re.compile(scope_glob_to_regex(w).replace(r"\z", r"\Z")) for w in wanted]
    return any(p.search(category) for p in patterns for category in there)
