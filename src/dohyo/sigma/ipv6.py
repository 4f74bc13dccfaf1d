"""The addresses of an IPv6 network as a regex, however they are written: in full, with leading zeros left out, compressed
at any place, in either letter case, with the last 32 bits as IPv4. The language has no function for it.

The regex looks at the network's own bits only; that the text is an address is for ``isValidIPv6`` to say.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

#: Any group, and any last two groups in IPv4's form.
_ANY = "[0-9a-f]{1,4}"
_OPENING = "(?i)^(?:"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"


def regex(network: ipaddress.IPv6Network) -> str:
    """The regex of a network's addresses, for texts that are addresses. The network has a prefix."""
    groups = [_group(network, i) for i in range(8)]
    own = -(-network.prefixlen // 16)  # groups that the network says something about
    return _OPENING + "|".join(dict.fromkeys(_forms(network, groups, own))) + ")"


#: What stands for any or for more than one text in a group, and the least of these texts.
_LEAST = (
    (re.compile(r"0\{0,\d\}"), lambda m: ""),
    (re.compile(r"\(\?:([^|()]*)\|[^()]*\)"), lambda m: m[1]),
    (re.compile(r"\[(.)[^]]*\](?:\{(?:1,)?(\d)\})?"), lambda m: m[1] * int(m[2] or 1)),
    (re.compile(r"0\{1,\d\}"), lambda m: "0"),
)


def network_of(pattern: str) -> ipaddress.IPv6Network | None:
    """The network whose addresses a regex takes, if it is one that :func:`regex` made."""
    if not pattern.startswith(_OPENING):
        return None
    first = pattern.removeprefix(_OPENING)
    for regex_of, least in _LEAST:
        first = regex_of.sub(least, first)
    address = first.split("|")[0].rstrip("$)").rstrip(":")
    try:
        start = ipaddress.IPv6Address(address if address.count(":") == 7 else f"{address}::")
    except ValueError:
        return None
    networks = (ipaddress.IPv6Network((start, length), strict=False) for length in range(1, 129))
    return next((n for n in networks if n.network_address == start and regex(n) == pattern), None)


def _forms(network: ipaddress.IPv6Network, groups: list[str], own: int) -> Iterator[str]:
    """The ways to write the network's groups: all of them, or with zeros left out from group ``first`` on."""
    if own <= 6:
        yield ":".join(groups[:own]) + ":"
    else:
        yield from (":".join(groups[:6]) + ":" + last + "$" for last in _last_two(network, groups))
        if own == 7:
            yield ":".join(groups[:7]) + "::$"
    for first in range(own):
        head = ":".join(groups[:first]) + "::"
        for after in range(first + 1, 9):  # the first group that is written again
            if not all(_holds_zero(network, i) for i in range(first, min(after, own))):
                break
            if after >= own:
                yield f"{head}{_tail(8 - own)}$"
                break
            yield from (f"{head}{tail}$" for tail in _rest(network, groups, after))


def _rest(network: ipaddress.IPv6Network, groups: list[str], after: int) -> Iterator[str]:
    """The groups from ``after`` on, each written; the last two perhaps as IPv4."""
    if after == 7:
        yield groups[7]
        return
    start = "".join(g + ":" for g in groups[after:6])
    yield from (start + last for last in _last_two(network, groups))


def _tail(most: int) -> str:
    """At most so many groups of any value, the last two perhaps as IPv4."""
    if not most:
        return ""
    more = f"{_ANY}(?::{_ANY}){{0,{most - 1}}}"
    return f"(?:{more}|(?:{_ANY}:){{0,{most - 2}}}[0-9.]+)?" if most >= 2 else f"(?:{_ANY})?"


def _last_two(network: ipaddress.IPv6Network, groups: list[str]) -> Iterator[str]:
    yield f"{groups[6]}:{groups[7]}"
    size = max(network.prefixlen - 96, 0)
    number = int(network.network_address) & 0xFFFFFFFF
    octets = str(ipaddress.IPv4Address(number)).split(".")
    parts = []
    for i, octet in enumerate(octets):
        bits = min(max(size - 8 * i, 0), 8)
        parts.append(octet if bits == 8 else _OCTET if not bits else _numbers(int(octet), 8 - bits))
    yield r"\.".join(parts)


def _numbers(low: int, free: int) -> str:
    return "(?:" + "|".join(str(n) for n in range(low, low + (1 << free))) + ")"


def _bits(network: ipaddress.IPv6Network, place: int) -> tuple[int, int]:
    """The value of a group of the network's address, and how many of its bits the network says."""
    value = int(network.network_address) >> (16 * (7 - place)) & 0xFFFF
    return value, min(max(network.prefixlen - 16 * place, 0), 16)


def _holds_zero(network: ipaddress.IPv6Network, place: int) -> bool:
    return _bits(network, place)[0] == 0


def _group(network: ipaddress.IPv6Network, place: int) -> str:
    """A group as it may be written, with and without leading zeros."""
    value, bits = _bits(network, place)
    if not bits:
        return _ANY
    text, digits = f"{value:04x}", -(-bits // 4)
    free = 4 * digits - bits
    fixed = text[: digits - bool(free)]
    low = int(text[digits - 1], 16)
    choice = "[" + "".join(f"{d:x}" for d in range(low, low + (1 << free))) + "]" if free else ""
    return _written(fixed, choice, 4 - digits)


def _written(fixed: str, choice: str, rest: int) -> str:
    """``fixed`` digits, one of ``choice``, ``rest`` digits of any kind; zeros at the beginning may be left out."""
    stripped = fixed.lstrip("0")
    zeros = f"0{{0,{len(fixed) - len(stripped)}}}" if len(stripped) < len(fixed) else ""
    if stripped:
        return zeros + stripped + choice + ("[0-9a-f]" if rest == 1 else f"[0-9a-f]{{{rest}}}" if rest else "")
    if not choice:
        any_rest = f"[0-9a-f]{{1,{rest}}}" if rest else ""
        return zeros + any_rest if rest else f"0{{1,{len(fixed)}}}"
    whole = zeros + choice + (f"[0-9a-f]{{{rest}}}" if rest else "")
    if not choice.startswith("[0") or not rest:
        return whole
    return f"(?:{whole}|[0-9a-f]{{1,{rest}}})"
