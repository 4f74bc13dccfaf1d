"""Regexes as Lucene takes them: of the whole value, without flags; for both published backends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from sigma.backends.elasticsearch.elasticsearch_lucene import LuceneBackend
from sigma.backends.opensearch.opensearch import OpensearchLuceneBackend
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError as NotSupported
from sigma.types import SigmaRegularExpressionFlag

_FLAGS = re.compile(r"^\(\?([ims]+)\)")
_PART = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]|\(\?[:=!<]*|.", re.S)

#: In brackets: ``NOT NOT`` is no query.
_ABSENT = "(NOT _exists_:{field})"


def lucene(pattern: str, any_case: bool) -> str:
    """A regex that is looked for anywhere as one of the whole value. Raises pySigma's error for what Lucene has not."""
    flags = _FLAGS.match(pattern)
    any_case = any_case or bool(flags and "i" in flags[1])
    body = pattern[flags.end() :] if flags else pattern
    plain = re.sub(r"\\[^bBAzZ]", "_", body)
    if re.search(r"\\[bBAzZ]|\(\?[=!<P]|\(\?[a-z-]+[:)]|[*+?}]\?", plain):
        raise NotSupported(f"Lucene's regexes have not got what `{pattern}` asks for")
    begins, ends = body.startswith("^"), bool(re.search(r"(?<!\\)(?:\\\\)*\$$", body))
    body = body[1 if begins else 0 : len(body) - 1 if ends else None]
    alternatives = _has_alternatives(body)
    if alternatives and (begins or ends):
        raise NotSupported(f"`{pattern}`: the ends of one alternative; Lucene's regexes have whole values only")
    text = "".join(_parts(body, any_case))
    if alternatives:
        text = f"({text})"
    return ("" if begins else ".*") + text + ("" if ends else ".*")


def _has_alternatives(body: str) -> bool:
    """True when a ``|`` stands outside all groups."""
    depth = 0
    for part in _PART.findall(body):
        depth += part.startswith("(") - (part == ")")
        if part == "|" and not depth:
            return True
    return False


def _parts(body: str, any_case: bool) -> Iterator[str]:
    for part in _PART.findall(body):
        if part.startswith("(?"):
            yield "("
        elif part[0] == "[" and any_case:
            yield re.sub(r"(\\.)|([a-z])-([a-z])|([a-zA-Z])(?!-)", _class, part, flags=re.I)
        elif part in '/"#@&<>~' and len(part) == 1:
            yield f"\\{part}"
        elif any_case and len(part) == 1 and part.isalpha() and part.isascii():
            yield f"[{part.lower()}{part.upper()}]"
        else:
            yield part


def _class(found: re.Match[str]) -> str:
    """A letter or a range of letters in both cases."""
    if found[2] and found[2].isalpha() and found[3].isalpha():
        return f"{found[2].lower()}-{found[3].lower()}{found[2].upper()}-{found[3].upper()}"
    return f"{found[4].lower()}{found[4].upper()}" if found[4] else found[0]


class _Whole:
    """Writes regexes so."""

    def convert_condition_field_eq_val_re(self, cond: Any, state: Any) -> str:
        any_case = SigmaRegularExpressionFlag.IGNORECASE in cond.value.flags
        field = self.escape_and_quote_field(cond.field)  # type: ignore[attr-defined]  # of the published backend
        return f"{field}:/{lucene(cond.value.regexp.original, any_case)}/"


class Elastic(_Whole, LuceneBackend):
    """Elastic Lucene."""

    field_not_exists_expression: ClassVar[str] = _ABSENT


class Opensearch(_Whole, OpensearchLuceneBackend):
    """OpenSearch Lucene."""

    field_not_exists_expression: ClassVar[str] = _ABSENT
