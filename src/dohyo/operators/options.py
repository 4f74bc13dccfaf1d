"""Options such as ``window=5, threshold=3``: with or without commas, in any order."""

from __future__ import annotations

from dohyo.lang.parser import Parser


def options(p: Parser, allowed: tuple[str, ...]) -> dict[str, str]:
    """``name=value`` pairs up to something else; the values as they are written."""
    found: dict[str, str] = {}
    while True:
        mark = p.cursor.mark()
        p.symbol(",")
        token = p.word(*allowed)
        if token is None or not p.symbol("="):
            p.cursor.back(mark)
            return found
        found[token.word] = _value(p)


def _value(p: Parser) -> str:
    sign = "".join(t.text for t in iter(lambda: p.symbol("+", "-"), None))
    if sign and p.cursor.peek().span.start > p.cursor.last_end:  # `direction=- consecutive=1`: the word is the next option
        return sign
    value = p.option_value()
    if value is None and not sign:
        p.unexpected(p.cursor.peek(), "a value after `=`")
    return sign + (value or "")
