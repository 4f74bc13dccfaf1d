"""JUnit XML: what CI systems read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from msgspec import Struct

#: Characters that XML 1.0 cannot hold, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Check(Struct, frozen=True):
    """One test: the suite it belongs to, its name, what failed (empty: it passed) and its seconds."""

    suite: str
    name: str
    failure: str = ""
    seconds: float = 0.0


def junit(checks: Iterable[Check]) -> str:
    """The checks as JUnit XML, one suite after another."""
    suites: dict[str, list[Check]] = {}
    for check in checks:
        suites.setdefault(check.suite, []).append(check)
    root = ElementTree.Element("testsuites")
    for name, found in suites.items():
        failed = sum(bool(c.failure) for c in found)
        suite = ElementTree.SubElement(root, "testsuite", name=_legal(name), tests=str(len(found)), failures=str(failed),
                                       time=f"{sum(c.seconds for c in found):.3f}")  # fmt: skip
        for check in found:
            case = ElementTree.SubElement(suite, "testcase", classname=_legal(name), name=_legal(check.name))
            case.set("time", f"{check.seconds:.3f}")
            if check.failure:
                failure = ElementTree.SubElement(case, "failure", message=_legal(check.failure.splitlines()[0]))
                failure.text = _legal(check.failure)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
