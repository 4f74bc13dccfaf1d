"""Internal functions that take values out of XML text (spec §4.7): a small part of XPath 1.0, in Python."""

from __future__ import annotations

import functools
import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from msgspec import Struct

from dohyo.plan.functions.model import Arg, Function, S, Udf

_STEP = re.compile(r"/([\w.-]+)((?:\[[^\]]*\])*)")
_PREDICATE = re.compile(r"\[(?:(\d+)|(last\(\))|@([\w.:-]+)\s*=\s*(?:'([^']*)'|\"([^\"]*)\"|(-?[\d.]+)))\]")
_LAST = re.compile(r"/(?:@([\w.:-]+)|(text\(\)))$")


class Path(Struct, frozen=True):
    """Steps of an element's name and its predicates, then an attribute, or the text, or the element itself."""

    steps: tuple[tuple[str, str], ...]
    attribute: str | None
    text: bool


@functools.lru_cache(maxsize=256)
def path(written: str) -> Path:
    """The parts of a path. Raises ``ValueError`` for what is no path of this kind; a path with a namespace's prefix
    has no steps and finds nothing."""
    last = _LAST.search(written)
    body = written[: last.start()] if last else written
    if re.search(r"\w:\w", body):
        return Path((), None, False)
    steps = []
    at = 0
    while m := _STEP.match(body, at):
        if _PREDICATE.sub("", m[2]):
            raise ValueError(f"`{m[2]}` is no predicate; there are [2], [last()] and [@name='value']")
        steps.append((m[1], m[2]))
        at = m.end()
    if at != len(body) or not steps:
        raise ValueError("a path begins with `/` and has names between slashes")
    return Path(tuple(steps), last[1] if last else None, bool(last and last[2]))


def _value(text: str | None, written: str | None) -> str | None:
    if text is None or written is None:
        return None
    root = _document(text)
    found = path(written)
    return None if root is None or not found.steps else _found(root, found)


@functools.lru_cache(maxsize=256)
def _document(text: str) -> Element | None:
    """The root element; null for text that is no XML, and for a document type, which could blow up in memory."""
    start = text.find("<")
    if start < 0 or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        return ElementTree.fromstring(text[start:].strip())
    except (ElementTree.ParseError, ValueError):
        return None


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _found(root: Element, wanted: Path) -> str | None:
    name, predicates = wanted.steps[0]
    here = _filtered([root] if _local(root) == name else [], predicates)
    for name, predicates in wanted.steps[1:]:
        here = [e for parent in here for e in _filtered([c for c in parent if _local(c) == name], predicates)]
    for element in here:
        if wanted.attribute is not None:
            if wanted.attribute in element.attrib:
                return element.attrib[wanted.attribute]
        elif wanted.text:
            return element.text or ""
        else:
            return _shown(element)
    return None


def _filtered(elements: list[Element], predicates: str) -> list[Element]:
    for m in _PREDICATE.finditer(predicates):
        if m[1]:
            elements = elements[int(m[1]) - 1 : int(m[1])]
        elif m[2]:
            elements = elements[-1:]
        else:
            value = next(v for v in m.groups()[3:] if v is not None)
            elements = [e for e in elements if e.attrib.get(m[3]) == value]
    return elements


def _shown(element: Element) -> str:
    """An element without children is its text; another one is shown with its markup."""
    if not len(element):
        return element.text or ""
    return ElementTree.tostring(element, encoding="unicode").strip()


ROWS: tuple[Function, ...] = (
    Function("xml_value", (Arg("s"), Arg("path", literal=True)), S, doc="What a path finds in XML text.", internal=True,
             udf=Udf(_value, (S, S), S)),
)  # fmt: skip
