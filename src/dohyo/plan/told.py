"""What the texts of single fields tell of a condition: a test that is quickly made of many events at once, without the engine."""

from __future__ import annotations

from msgspec.structs import replace

from dohyo.plan.expr import FALSE, TRUE, Call, Column, Expr, Literal, all_of, any_of, negation
from dohyo.plan.types import Type

#: Functions that give a text in lower case.
LOWER = frozenset({"folded", "tolowercase"})
#: Tests of a field's text with constants, of which one must be met.
ANY = frozenset({"=", "in", "starts_with", "ends_with", "has"})
TESTS = ANY | {"search"}
MISSING = frozenset({"is_null", "isNull"})
#: So deep a condition may be nested; what is below is open.
_DEEPEST = 60


def told(condition: Expr, above: bool = True, depth: int = 0) -> Expr:
    """A condition made of ``TESTS`` and ``MISSING`` of fields alone, which every event meets that meets the given one;
    below it (not ``above``): which no event meets that does not."""
    unknown = TRUE if above else FALSE
    if isinstance(condition, Literal):
        return condition if condition.type is Type.BOOLEAN else unknown
    if not isinstance(condition, Call) or depth > _DEEPEST:
        return unknown
    if condition.function == "not":
        inner = told(condition.args[0], not above, depth + 1)
        return FALSE if inner == TRUE else TRUE if inner == FALSE else negation(inner)
    if condition.function in ("and", "or"):
        return _connected(condition.function, [told(a, above, depth + 1) for a in condition.args])
    return condition if subject(condition) is not None else unknown


def _connected(function: str, parts: list[Expr]) -> Expr:
    deciding, other = (FALSE, TRUE) if function == "and" else (TRUE, FALSE)
    if deciding in parts:
        return deciding
    left = [p for p in parts if p != other]
    return other if not left else all_of(left) if function == "and" else any_of(_together(left))


def _together(parts: list[Expr]) -> list[Expr]:
    """Alternatives that look for one text each in the same field, as one test for any of them."""
    found: dict[object, Expr] = {}
    for part in parts:
        known = found.get(name := (part.function, part.args[0]) if isinstance(part, Call) and part.function in ANY else part)
        found[name] = replace(known, args=(*known.args, *part.args[1:])) if isinstance(known, Call) and isinstance(part, Call) else part
    return list(found.values())


def subject(test: Call) -> Column | None:
    """The field that is tested; ``None`` when it is no test that is known here."""
    if test.function in MISSING:
        field = test.args[0]
    elif test.function in TESTS and len(test.args) > 1 and all(_text(a) for a in test.args[1:]):
        field = test.args[0]
        if isinstance(field, Call) and field.function.lower() in LOWER:
            field = field.args[0]
    else:
        return None
    return field if isinstance(field, Column) and field.type is Type.STRING else None


def _text(expr: Expr) -> bool:
    return isinstance(expr, Literal) and isinstance(expr.value, str)
