"""A text that a regex finds, made from Python's own parse of it."""

from __future__ import annotations

import random
import re
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_CLASSES = {"DIGIT": "5", "SPACE": " ", "WORD": "w", "NOT_SPACE": "n", "NOT_DIGIT": "d", "NOT_WORD": "-"}
_SIGNS = 'qwz7A -\\"/.'


def example(pattern: str, chance: random.Random) -> str:
    """A text in which the regex is found."""
    parsed = _parser.parse(pattern.replace("[[:alpha:]]", "[a-z]"))
    return ("" if pattern.startswith("^") else chance.choice(["", "pre "])) + _all(parsed, chance)


def _all(parts: Any, chance: random.Random) -> str:
    return "".join(_one(str(op), value, chance) for op, value in parts)


def _one(op: str, value: Any, chance: random.Random) -> str:
    if op in ("LITERAL", "NOT_LITERAL"):
        return chr(value) if op == "LITERAL" else "y" if value == ord("z") else "z"
    if op == "ANY":
        return chance.choice("ab7 ")
    if op == "IN":
        return _of_set(value, chance)
    if op in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = value
        return "".join(_all(inner, chance) for _ in range(chance.randint(least, min(int(most), least + 3))))
    if op == "SUBPATTERN":
        return _all(value[3], chance)
    return _all(chance.choice(value[1]), chance) if op == "BRANCH" else ""


def _of_set(options: Any, chance: random.Random) -> str:
    if str(options[0][0]) == "NEGATE":
        return next(c for c in chance.sample(_SIGNS, len(_SIGNS)) if not any(_has(str(op), v, c) for op, v in options[1:]))
    op, value = chance.choice(options)
    if str(op) == "LITERAL":
        return chr(value)
    return chr(chance.randint(*value)) if str(op) == "RANGE" else _CLASSES[str(value).removeprefix("CATEGORY_")]


def _has(op: str, value: Any, sign: str) -> bool:
    if op == "LITERAL":
        return bool(ord(sign) == value)
    if op == "RANGE":
        return bool(value[0] <= ord(sign) <= value[1])
    kind = str(value).removeprefix("CATEGORY_")
    found = re.match({"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[kind.removeprefix("NOT_")], sign)
    return (found is None) == kind.startswith("NOT_")
