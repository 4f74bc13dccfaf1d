"""How large a regex gets when RE2 compiles it: counts are written out, and a Unicode property is hundreds of byte ranges.

Measured with DuckDB's RE2, which gives up (``pattern too large``) at some 350,000 instructions."""

from __future__ import annotations

from collections.abc import Iterable

from dohyo.patterns import tokens as t

#: Instructions that are safe.
MOST = 300_000
_PROPERTY, _OTHER_BYTES = 720, 6
_ASCII = 127


def size(tokens: Iterable[t.Token]) -> int:
    """About how many instructions a pattern becomes."""
    levels, last = [0], 0
    for token in tokens:
        if isinstance(token, t.Open):
            levels.append(0)
            continue
        if isinstance(token, t.Repeat):
            levels[-1] += last * (max(token.high or token.low, 1) - 1)
            continue
        last = levels.pop() if isinstance(token, t.Close) and len(levels) > 1 else _atom(token)
        levels[-1] += last
    return sum(levels)


def _atom(token: t.Token) -> int:
    if isinstance(token, t.CharClass):
        return max((_OTHER_BYTES if token.negated else 1, *map(_item, token.items)))
    if isinstance(token, t.Dot):
        return _OTHER_BYTES
    return 1


def _item(item: t.Item) -> int:
    if isinstance(item, t.Property):
        return _PROPERTY
    if isinstance(item, t.Range):
        return 1 if item.high <= _ASCII else _OTHER_BYTES
    return _OTHER_BYTES if item.negated else 1
