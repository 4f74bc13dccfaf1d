"""IP addresses (spec §3.5, §12.26)."""

from __future__ import annotations

import ipaddress
import re

from reference.values import text, whole

_PRIVATE = [ipaddress.IPv4Network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
#: RFC 5735, section 3, without the private blocks.
_RESERVED = [ipaddress.IPv4Network(n) for n in (
    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)]


def ipv4(value: object) -> int | None:
    """An IPv4 address as a number; nothing when it is none."""
    shown = text(value) or ""
    if not re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", shown):
        return None
    octets = [int(o) for o in shown.split(".")]
    return None if max(octets) > 255 else int.from_bytes(bytes(octets), "big")


def dotted(n: int) -> str:
    return ".".join(str(b) for b in n.to_bytes(4, "big"))


def _in(ip: int, networks: list[ipaddress.IPv4Network]) -> bool:
    return any(ipaddress.IPv4Address(ip) in n for n in networks)


def is_private(value: object) -> bool | None:
    """Nothing for what is no IPv4 address: the row is removed."""
    ip = ipv4(value)
    return None if ip is None else _in(ip, _PRIVATE)


def is_reserved(value: object) -> bool | None:
    ip = ipv4(value)
    return None if ip is None else _in(ip, _RESERVED)


def is_public(value: object) -> bool | None:
    ip = ipv4(value)
    return None if ip is None else not _in(ip, _PRIVATE + _RESERVED)


def is_valid_ipv4(value: object) -> bool:
    return ipv4(value) is not None


def is_valid_ipv6(value: object) -> bool:
    shown = text(value) or ""
    try:
        return "%" not in shown and bool(ipaddress.IPv6Address(shown))
    except ValueError:
        return False


def is_valid_ip(value: object) -> bool:
    return is_valid_ipv4(value) or is_valid_ipv6(value)


def mask(length: object) -> int | None:
    n = whole(length)
    return (2**32 - 1) >> (32 - n) << (32 - n) if n is not None and 0 <= n <= 32 else None


def mask_from_cidr(length: object) -> str | None:
    bits = mask(length)
    return None if bits is None else dotted(bits)


def cidr_prefix(ip: object, length: object) -> str | None:
    n, bits = ipv4(ip), mask(length)
    return None if n is None or bits is None else dotted(n & bits)


def compare_prefix(a: object, b: object, length: object) -> bool:
    first = cidr_prefix(a, length)
    return first is not None and first == cidr_prefix(b, length)
