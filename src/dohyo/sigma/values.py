"""A value of a Sigma rule as a test in the Sumo Logic search language. Sigma compares without case, Sumo Logic with
case: so the field is lower-cased, or the regex has ``(?i)``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaQueryExpression,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
    TimestampPart,
)

from dohyo.sigma import ipv6
from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.re2 import check_regex

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")
_RESERVED = frozenset({"true", "false", "null", "not", "and", "or", "in", "matches", "contains"})
#: A backslash before a letter that means nothing to a regex: the letter is meant.
_ODD_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\([gijlmoqyFIJLMOTVY])")
_ONE_LETTER = str.maketrans("İΣ", "iσ")
#: Sigma's comparisons of numbers.
COMPARISONS = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "NEQ": "!="}
#: Sigma's parts of a time -> what `formatDate` calls them.
_PARTS = {"MINUTE": "m", "HOUR": "H", "DAY": "d", "WEEK": "w", "MONTH": "M", "YEAR": "yyyy"}
#: Fields that are the event's own time, which the scan has read in whatever format the log has.
_TIMES = dict.fromkeys(("utctime", "timecreated", "@timestamp", "systemtime", "_messagetime", "eventtime"), "_messageTime")
_TIME_FORMAT = "yyyy-MM-dd HH:mm:ss.SSS"
_FLAGS = {SigmaRegularExpressionFlag.IGNORECASE: "i", SigmaRegularExpressionFlag.MULTILINE: "m", SigmaRegularExpressionFlag.DOTALL: "s"}


def name(field: str) -> str:
    """A field as it is written in a stage."""
    plain = _PLAIN_NAME.fullmatch(field) and field.lower() not in _RESERVED
    return field if plain else '%"' + field.replace('"', '\\"') + '"'


def quoted(text: str) -> str:
    """A string literal."""
    out = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + out.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def regex(pattern: str) -> str:
    """A regex literal."""
    return "/" + re.sub(r"(?<!\\)((?:\\\\)*)/", r"\1\\/", pattern) + "/"


def lowered(text: str) -> str:
    """A text in lower case as ``toLowerCase`` gives it: letter by letter, while Python has two for ``İ`` and a final sigma."""
    return text.translate(_ONE_LETTER).lower()


def test(field: str, value: SigmaType) -> str:
    """The test that the field has the value. Raises :class:`NotSaid`."""
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(field, value)
    raise NotSaid(f"a value of the kind {type(value).__name__}")


def exact(value: SigmaType) -> str | None:
    """The text that a value without wildcards equals, in lower case; ``None`` for other kinds."""
    if isinstance(value, SigmaTimestampPart):
        return None
    if isinstance(value, SigmaNumber):
        return str(value)
    if isinstance(value, SigmaBool):
        return str(value.boolean).lower()
    if type(value) is not SigmaString or value.contains_special() or not str(value):
        return None
    return lowered(_text(value))


def _parts(value: SigmaString) -> list[str | SpecialChars]:
    parts: list[str | SpecialChars] = []
    for part in value.s:
        if not isinstance(part, (str, SpecialChars)):
            raise NotSaid(f"the placeholder `%{part.name}%`")
        parts.append(part)
    return parts


def _text(value: SigmaString) -> str:
    return "".join(p for p in _parts(value) if isinstance(p, str))


def _string(field: str, value: SigmaString) -> str:
    return _text_test(field, value, cased=False)


def _cased(field: str, value: SigmaCasedString) -> str:
    return _text_test(field, value, cased=True)


def _text_test(field: str, value: SigmaString, cased: bool) -> str:
    parts = _parts(value)
    if not parts or parts == [""]:
        return f"isEmpty({name(field)})"
    subject = name(field) if cased else f"toLowerCase({name(field)})"
    texts = [p if cased else lowered(p) for p in parts if isinstance(p, str)]
    if SpecialChars.WILDCARD_SINGLE in parts or any("*" in t for t in texts):
        return f"{name(field)} matches {regex(_as_regex(parts, cased))}"
    if SpecialChars.WILDCARD_MULTI not in parts:
        return f"{subject} = {quoted(''.join(texts))}"
    if all(not isinstance(p, str) for p in parts):
        return f"!isNull({name(field)})"
    glob = "".join("*" if not isinstance(p, str) else p if cased else lowered(p) for p in parts)
    return f"{subject} matches {quoted(glob)}"


def regex_text(value: SigmaString, cased: bool) -> str:
    """A text with wildcards as a regex of the whole value."""
    return _as_regex(_parts(value), cased)


def _as_regex(parts: list[str | SpecialChars], cased: bool) -> str:
    body = "".join("." if p is SpecialChars.WILDCARD_SINGLE else ".*" if not isinstance(p, str) else re.escape(p) for p in parts)
    return f"(?{'' if cased else 'i'}s)^{body}$"


def _regular(field: str, value: SigmaRegularExpression) -> str:
    flags = "".join(sorted(_FLAGS[f] for f in value.flags))
    pattern = value.regexp.original  # not its parts: those take `?` and `*` for wildcards
    pattern = _ODD_ESCAPE.sub(r"\1\2", pattern)
    check_regex(pattern)
    return f"{name(field)} matches {regex(f'(?{flags}){pattern}' if flags else pattern)}"


def _number(field: str, value: SigmaNumber) -> str:
    return f"{name(field)} = {quoted(str(value))}"


def _time_part(field: str, value: SigmaTimestampPart) -> str:
    return f"{_part_of_time(field, value.timestamp_part)} = {value.number}"


def _part_of_time(field: str, part: TimestampPart) -> str:
    """A part of a time as a number; event times that are text are the event's own time, which is read already."""
    return f'num(formatDate({_TIMES.get(field.lower(), f"parseDate({name(field)}, {quoted(_TIME_FORMAT)})")}, "{_PARTS[part.name]}"))'


def _boolean(field: str, value: SigmaBool) -> str:
    return f"toLowerCase({name(field)}) = {quoted(str(value.boolean).lower())}"


def _compare(field: str, value: SigmaCompareExpression) -> str:
    number = value.number
    subject = _part_of_time(field, number.timestamp_part) if isinstance(number, SigmaTimestampPart) else f"num({name(field)})"
    return f"{subject} {COMPARISONS[value.op.name]} {number}"


def _exists(field: str, value: SigmaExists) -> str:
    return f"!isNull({name(field)})" if value.exists else f"isNull({name(field)})"


def _reference(field: str, value: SigmaFieldReference) -> str:
    mine, other = f"toLowerCase({name(field)})", f"toLowerCase({name(value.field)})"
    there = f"!isNull({name(value.field)})"
    if value.starts_with or value.ends_with:
        before, after = '""' if value.starts_with else '"*"', '"*"' if value.starts_with else '""'
        both = value.starts_with and value.ends_with
        pattern = f'concat("*", {other}, "*")' if both else f"concat({before}, {other}, {after})"
        return f"({there} and {mine} matches {pattern})"
    return f"{mine} = {other}"


def _expansion(field: str, value: SigmaExpansion) -> str:
    tests = list(dict.fromkeys(test(field, v) for v in value.values))
    return tests[0] if len(tests) == 1 else "(" + " or ".join(tests) + ")"


def _query(field: str, value: SigmaQueryExpression) -> str:
    """A placeholder without values: a table of that name."""
    return f"lookupContains(path://{quoted(value.id)}, {name(field)}=value)"


def _cidr(field: str, value: SigmaCIDRExpression) -> str:
    network = ipaddress.ip_network(str(value.cidr), strict=False)
    if isinstance(network, ipaddress.IPv4Network):
        return f'compareCIDRPrefix("{network.network_address}", {name(field)}, "{network.prefixlen}")'
    if not network.prefixlen:
        return f"isValidIPv6({name(field)})"
    return f"(isValidIPv6({name(field)}) and {name(field)} matches {regex(ipv6.regex(network))})"


_WRITERS: tuple[tuple[type, Callable[..., str]], ...] = (
    (SigmaExpansion, _expansion),
    (SigmaCasedString, _cased),
    (SigmaString, _string),
    (SigmaRegularExpression, _regular),
    (SigmaTimestampPart, _time_part),
    (SigmaNumber, _number),
    (SigmaBool, _boolean),
    (SigmaNull, lambda field, value: f"isNull({name(field)})"),
    (SigmaCIDRExpression, _cidr),
    (SigmaCompareExpression, _compare),
    (SigmaExists, _exists),
    (SigmaFieldReference, _reference),
    (SigmaQueryExpression, _query),
)
