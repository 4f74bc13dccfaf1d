"""What is replaced in a query's text before it is read (spec §1.2): parameters ``{{name}}``, and macros in backquotes,
which may have arguments: their text says ``{{Arg}}`` where one goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

#: A macro, or what may hold a backquote without being one: a string, a regex, a comment.
MACRO = re.compile(r'"(?:[^"\\]|\\.)*"|\bmatches\s*/(?:[^/\\\n]|\\.)*/|(?m:^[ \t]*//[^\n]*)|`([A-Za-z_][\w .-]*(?:\([^`]*\))?)`')
PARAMETER = re.compile(r"\{\{\{?\s*([\w .$-]+?)\s*\}?\}\}")
#: A named character of HTML outside strings, or around a group's name: the text was copied from a page's source.
_ENTITY = re.compile(r'"(?:[^"\\]|\\.)*"|&(?:quot|lt|gt|amp|apos|nbsp|#3[49]);')
_ENTITY_GROUP = re.compile(r"\(\?P?&lt;\w+&gt;")
_PLACEHOLDER = re.compile(r"\$\$(\w+)|\$\{([\w.]+)\}")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ARGUMENT = re.compile(r'\s*(?:([A-Za-z_]\w*)\s*=(?!=)\s*)?("(?:[^"\\]|\\.)*"|[^,"]*)\s*(?:,|$)')
_DEPTH, _LONGEST = 10, 200_000


def with_parameters(text: str, parameters: Mapping[str, str]) -> str:
    """The text with each ``{{name}}``, ``$$name`` and ``${name}`` that has a value replaced."""
    if not parameters:
        return text
    text = PARAMETER.sub(lambda m: parameters.get(m[1], m[0]), text)
    return _PLACEHOLDER.sub(lambda m: parameters.get(m[1] or m[2], m[0]), text)


def without_entities(text: str) -> str:
    """The text with ``&quot;`` ``&lt;`` … as the characters that they stand for, if it is the source of a page."""
    if "&" not in text or not (_ENTITY_GROUP.search(text) or any(m[0][0] == "&" for m in _ENTITY.finditer(text))):
        return text
    import html

    return html.unescape(text)


def with_macros(text: str, macros: Mapping[str, str], depth: int = 0) -> str:
    """The text with each macro in backquotes that is known replaced, nested ones too. What stands inside a string or a
    comment is none. One that names itself stays as it is at the depth where this is given up."""
    if "`" not in text or not macros or depth > _DEPTH:
        return text
    known = {name.lower(): body for name, body in macros.items()}

    def body(m: re.Match[str]) -> str:
        found = _text(m[1].strip(), known) if m[1] is not None else None
        return m[0] if found is None else with_macros(found, macros, depth + 1)

    replaced = MACRO.sub(body, text)
    return replaced if len(replaced) <= _LONGEST else text


def _text(call: str, known: Mapping[str, str]) -> str | None:
    """The text of a macro, ``name`` or ``name(arguments)``; ``None`` for one that nobody has defined."""
    name, bracket, rest = call.partition("(")
    found = known.get(call.lower(), known.get(name.strip().lower()))
    return _with_arguments(found, rest.rstrip().removesuffix(")")) if found is not None and bracket else found


def _with_arguments(text: str, written: str) -> str:
    """Arguments by name (``User = "ann"``), or in the order in which the text first names them."""
    order = list(dict.fromkeys(m[1] for m in PARAMETER.finditer(text)))
    given: dict[str, str] = {}
    for place, m in enumerate(_ARGUMENT.finditer(written)):
        value = m[2].strip()
        key = m[1] or (order[place] if place < len(order) else "")
        if value and key:
            given[next((n for n in order if n.lower() == key.lower()), key)] = value
    return _put(text, given)


def _put(text: str, given: Mapping[str, str]) -> str:
    """A quoted argument inside a string of the macro loses its own quotes."""
    inside = re.sub(_STRING, lambda m: PARAMETER.sub(_value(given, _bare), m[0]), text)
    return PARAMETER.sub(_value(given, str), inside)


def _value(given: Mapping[str, str], shown: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    return lambda m: shown(given[m[1]]) if m[1] in given else m[0]


def _bare(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
