"""IPv6 networks: the regex tells the same addresses as Python's ``ipaddress``, however they are written."""

from __future__ import annotations

import ipaddress
import random
import re
from collections.abc import Iterator

import pytest

from dohyo.sigma.ipv6 import network_of, regex
from dohyo.sigma.re2 import check_regex

NETWORKS = (
    "::1/128", "::/8", "::/96", "::/127", "::ffff:0:0/96", "::ffff:10.0.0.0/104", "::ffff:172.16.0.0/108", "fe80::/10",
    "fc00::/7", "2001:db8::/32", "2001:db8::/33", "2001:db8:0:1::/64", "2001:db8::a:0:0:1/112", "2001:0:0:1::/62",
    "2001:db8:0:f00::/57", "64:ff9b::/96", "::2:0:0/80", "1:2:3:4:5:6:7:8/128", "1:2:3:4:5:6:7:0/112", "ff00::/8",
    "2000::/3", "0:0:0:0:0:1::/96", "8000::/1", "::/1", "a::/15",
)  # fmt: skip


def written(address: ipaddress.IPv6Address, chance: random.Random) -> Iterator[str]:
    """The address in full, short, compressed at each place where it can be, and with its end as IPv4."""
    groups = address.exploded.split(":")
    yield ":".join(groups)
    yield str(address).upper()
    short = [g[chance.randrange(len(g) - len(g.lstrip("0")) + 1) if g.strip("0") else chance.randrange(4) :] for g in groups]
    yield ":".join(short)
    four = str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    yield ":".join([*short[:6], four])
    for ends in (short, [*short[:6], four]):
        for i in range(len(ends)):
            for j in range(i + 1, len(ends) + 1):
                if all(re.fullmatch("0+", g) for g in ends[i:j]):
                    yield ":".join(ends[:i]) + "::" + ":".join(ends[j:])


def addresses(network: ipaddress.IPv6Network, chance: random.Random) -> Iterator[ipaddress.IPv6Address]:
    """In the network, at its edges, just outside, one bit off, and any."""
    first, last = int(network[0]), int(network[-1])
    numbers = [first, last, first - 1, last + 1, first + 1, 0, 1, (1 << 128) - 1]
    for _ in range(12):
        inside = first + chance.randrange(last - first + 1)
        numbers += [
            inside,
            inside ^ (1 << chance.randrange(128)),
            inside & ~(0xFFFFFFFF << chance.randrange(0, 96)),
            chance.getrandbits(128),
        ]
    yield from (ipaddress.IPv6Address(n) for n in numbers if 0 <= n < 1 << 128)


@pytest.mark.parametrize("text", NETWORKS)
def test_every_way_to_write_an_address(text: str) -> None:
    """Just the addresses of the network meet the regex, and RE2 has all that is in it."""
    network = ipaddress.IPv6Network(text, strict=False)
    pattern = regex(network)
    check_regex(pattern)
    chance = random.Random(text)
    for address in addresses(network, chance):
        for shown in written(address, chance):
            assert ipaddress.IPv6Address(shown) == address
            assert bool(re.search(pattern, shown)) == (address in network), shown


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_is_known_by_its_regex(network: str) -> None:
    """What the regex was made of comes back."""
    known = ipaddress.IPv6Network(network, strict=False)
    assert network_of(regex(known)) == known


@pytest.mark.parametrize("pattern", ["", "(?i)^(?:", "(?i)^(?:fe80", "(?i)^(?:fe80:|x)", "(?i)^(?:fe[89ab]:)", "[", "(?i)^(?:::1$)"])
def test_another_regex_is_none(pattern: str) -> None:
    """A regex that only looks like it stands for no network."""
    assert network_of(pattern) is None
