"""IP addresses (spec §3.5). Private, reserved and public are three disjoint classes of IPv4 addresses (spec §12.26)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from sqlglot import exp

from dohyo.plan.expr import FALSE, Call, Expr, Literal, text
from dohyo.plan.functions.model import Arg, B, Function, L, S, Settings, Sql, apply, case, cast, coalesce, lit, null, paren

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|0?\d?\d)"
#: An address and nothing else, as a regex.
IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
#: Octets may have zeros in front.
_PRIVATE = r"^(?:0?10\.|192\.168\.|172\.0?(?:1[6-9]|2\d|3[01])\.)"
#: RFC 5735, without the private blocks.
_RESERVED = (
    r"^(?:0+\.|127\.|169\.254\.|192\.0+\.0*[02]\.|192\.0?88\.0?99\.|198\.0?1[89]\.|198\.0?51\.100\.|203\.0+\.113\."
    r"|22[4-9]\.|23\d\.|24\d\.|25[0-5]\.)"
)
_H = "[0-9A-Fa-f]{1,4}"
IPV6 = "|".join((
    f"(?:{_H}:){{7}}{_H}", f"(?:{_H}:){{1,7}}:", f"(?:{_H}:){{1,6}}:{_H}", f"(?:{_H}:){{1,5}}(?::{_H}){{1,2}}",
    f"(?:{_H}:){{1,4}}(?::{_H}){{1,3}}", f"(?:{_H}:){{1,3}}(?::{_H}){{1,4}}", f"(?:{_H}:){{1,2}}(?::{_H}){{1,5}}",
    f"{_H}:(?::{_H}){{1,6}}", f":(?:(?::{_H}){{1,7}}|:)", f"(?:{_H}:){{6}}{IPV4}", f"::(?:{_H}:){{0,5}}{IPV4}",
    *(f"(?:{_H}:){{1,{n}}}(?::{_H}){{0,{5 - n}}}:{IPV4}" for n in range(1, 6)),
))  # fmt: skip


def _whole(text: Sql, regex: str) -> Sql:
    return apply("regexp_full_match", text, lit(regex))


def _valid(text: Sql) -> Sql:
    return _whole(text, IPV4)


def _class(regex: str) -> object:
    """Whether an address is of a class; null for no IPv4 address: its row is removed."""
    return lambda ip: case((_valid(ip), apply("regexp_matches", ip.copy(), lit(regex))), default=null())


def _public(ip: Sql) -> Sql:
    either = apply("regexp_matches", ip.copy(), lit(f"{_PRIVATE}|{_RESERVED}"))
    return case((_valid(ip), exp.Not(this=either)), default=null())


def _number(ip: Sql) -> Sql:
    """The address as a number; null for no address."""
    total: Sql | None = None
    for place, scale in enumerate((1 << 24, 1 << 16, 1 << 8, 1), 1):
        octet = cast(apply("split_part", ip.copy(), lit("."), lit(place)), "BIGINT")
        term = octet if scale == 1 else exp.Mul(this=octet, expression=lit(scale))
        total = term if total is None else exp.Add(this=total, expression=term)
    assert total is not None
    return case((_valid(ip), total), default=null())


def _dotted(number: Sql) -> Sql:
    """A number as an address."""
    octets = []
    for shift in (24, 16, 8, 0):
        shifted = exp.IntDiv(this=paren(number.copy()), expression=lit(1 << shift))
        octets.append(cast(exp.Mod(this=exp.Paren(this=shifted), expression=lit(256)), "VARCHAR"))
    return apply("concat_ws", lit("."), *octets)


def _size(length: Sql) -> Sql:
    """How many addresses share a prefix of this length; null for no length."""
    fits = exp.Between(this=paren(length), low=lit(0), high=lit(32))
    power = cast(apply("pow", lit(2), exp.Sub(this=lit(32), expression=paren(length.copy()))), "BIGINT")
    return case((fits, power), default=null())


def _prefix(ip: Sql, length: Sql) -> Sql:
    number, size = _number(ip), _size(length)
    start = exp.Sub(this=paren(number), expression=paren(exp.Mod(this=paren(number.copy()), expression=paren(size))))
    known = exp.Not(this=exp.Is(this=start, expression=exp.Null()))
    return case((known, _dotted(start.copy())), default=null())


def _same_prefix(a: Sql, b: Sql, length: Sql) -> Sql:
    first, second = (exp.IntDiv(this=paren(_number(x)), expression=paren(_size(length.copy()))) for x in (a, b))
    return coalesce(exp.EQ(this=exp.Paren(this=first), expression=exp.Paren(this=second)), exp.false())


def _compare(args: Sequence[Expr], settings: Settings) -> Expr:
    """With a constant address and length the addresses of the network are one regex."""
    for fixed, other in ((0, 1), (1, 0)):
        address, length = args[fixed], args[2]
        if isinstance(address, Literal) and isinstance(length, Literal):
            regex = _network_regex(str(address.value), length.value)
            if regex is not None:
                return Call("first_value_of", (Call("search", (args[other], text(regex)), B), FALSE), B)
    return Call("same_prefix", tuple(args), B)


def _network_regex(address: str, length: object) -> str | None:
    try:
        network = ipaddress.IPv4Network(f"{address}/{int(str(length))}", strict=False)
    except ValueError:
        return None
    whole, rest = divmod(network.prefixlen, 8)
    octets = str(network.network_address).split(".")
    parts = [f"0{{0,2}}{o}" if len(o) < 3 else o for o in octets[:whole]]
    if rest:
        first = int(octets[whole])
        numbers = (str(n) for n in range(first, first + (1 << (8 - rest))))
        parts.append("0{0,2}(?:" + "|".join(numbers) + ")")
    parts += [_OCTET] * (4 - len(parts))
    return r"\A" + r"\.".join(parts) + r"\z"


def network_of(regex: str) -> ipaddress.IPv4Network | None:
    """The network whose addresses a regex takes, if it is one that ``compareCIDRPrefix`` becomes."""
    parts = [re.fullmatch(r"(?:0\{0,2\})?(?:\(\?:)?(\d+)((?:\|\d+)*)\)?", part) for part in regex[2:-2].split(r"\.")]
    known = [part for part in parts if part is not None]
    free = [part[2].count("|").bit_length() for part in known]
    address = ".".join([*(part[1] for part in known), *["0"] * (4 - len(known))])
    length = 8 * len(known) - sum(free)
    return ipaddress.IPv4Network(f"{address}/{length}") if _network_regex(address, length) == regex else None


def _mask(length: Sql) -> Sql:
    size = _size(length)
    known = exp.Not(this=exp.Is(this=paren(size), expression=exp.Null()))
    return case((known, _dotted(exp.Sub(this=lit(1 << 32), expression=paren(size.copy())))), default=null())


def _valid_row(name: str, regex: str, doc: str, example: tuple[str, str]) -> Function:
    return Function(name, (Arg("s"),), B, lambda s: coalesce(_whole(s, regex), exp.false()), doc, "3.5", example, total=True)


def _class_row(name: str, build: object, doc: str, example: tuple[str, str]) -> Function:
    return Function(name, (Arg("ip"),), B, build, doc + " A row without an IPv4 address is removed.", "3.5", example,  # type: ignore[arg-type]  # table shorthand
                    drops_invalid=True)  # fmt: skip


_length = Arg("length", L)

ROWS: tuple[Function, ...] = (
    _class_row("isPrivateIP", _class(_PRIVATE), "True for 10/8, 172.16/12 and 192.168/16.", ('isPrivateIP("172.20.1.1")', "true")),
    _class_row("isReservedIP", _class(_RESERVED), "True for special-use addresses that are not private (RFC 5735).",
               ('isReservedIP("127.0.0.1")', "true")),
    _class_row("isPublicIP", _public, "True for addresses that are neither private nor reserved.", ('isPublicIP("8.8.8.8")', "true")),
    _valid_row("isValidIP", f"{IPV4}|{IPV6}", "True for an IPv4 or IPv6 address.", ('isValidIP("n/a")', "false")),
    _valid_row("isValidIPv4", IPV4, "True for an IPv4 address.", ('isValidIPv4("10.0.0.1")', "true")),
    _valid_row("isValidIPv6", IPV6, "True for an IPv6 address.", ('isValidIPv6("fe80::1")', "true")),
    Function("getCIDRPrefix", (Arg("ip"), _length), S, _prefix, "The network address of an address.", "3.5",
             ('getCIDRPrefix("192.168.7.201", "26")', "192.168.7.192")),
    Function("compareCIDRPrefix", (Arg("ip1"), Arg("ip2"), _length), B, doc="True when both addresses have the same first bits.",
             spec="3.5", example=('compareCIDRPrefix("172.16.5.9", "172.16.200.1", "16")', "true"), rewrite=_compare),
    Function("same_prefix", (Arg("ip1"), Arg("ip2"), _length), B, _same_prefix, "Both have the same first bits.", internal=True,
             total=True),
    Function("maskFromCIDR", (_length,), S, _mask, "The network mask of a prefix length.", "3.5",
             ('maskFromCIDR("30")', "255.255.255.252")),
    Function("ipv4ToNumber", (Arg("ip"),), L, _number, "An IPv4 address as a number.", "3.5",
             ('ipv4ToNumber("10.1.2.3")', "167838211")),
)  # fmt: skip
