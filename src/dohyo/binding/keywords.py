"""Keywords and phrases as regexes over ``_raw`` (spec §1.3): matching is by token, without case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, groupby

from dohyo.patterns.borders import AFTER, BEFORE, INSIDE
from dohyo.patterns.regex import quote

# A token is a run of letters and digits; `_` is punctuation (spec §12.13).
_TOKEN = re.compile(r"[^\W_]+|\*|\?|[^\w\s]|_", re.UNICODE)
#: Java's whitespace (spec §1.3) as RE2 spells it.
_BLANK = r"[\s\x{b}\x{1c}-\x{1f}\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}]"


def phrase_regex(words: str, quoted: bool) -> str | None:
    """The regex that finds a keyword or phrase by its tokens; ``None`` when it has no token to look for.

    Within a phrase ``*`` stands for one whole token, within a single word for any part of the token.
    """
    if quoted:
        parts = [quote(p) for p in re.split(r"\s+", words.strip())]
        body = f"{_BLANK}+".join(parts)
        return f"(?i){_edges(words.strip(), body)}" if words.strip() else None
    tokens = _TOKEN.findall(words)
    if not tokens:
        return None
    single = all(t in "*?" or re.fullmatch(r"[^\W_]+", t) for t in tokens)
    body = _word_body(tokens) if single else _phrase_body(tokens)
    return f"(?i){BEFORE}{body}{AFTER}" if single else f"(?i){_edges(words, body)}"


#: How long the alternatives of one regex become: RE2 bounds what it compiles.
_LONGEST = 2_000


def either(regexes: Sequence[str]) -> list[str]:
    """Regexes of keywords, of which one must match, as few: those with token borders at both ends share them, for it is
    the borders that cost."""
    start, end = f"(?i){BEFORE}", AFTER
    alike = [r for r in regexes if r.startswith(start) and r.endswith(end)]
    bodies = [f"(?:{r[len(start) : -len(end)]})" for r in alike]
    places = list(accumulate(len(b) for b in bodies))
    groups = groupby(zip(places, bodies, strict=True), key=lambda pair: pair[0] // _LONGEST)
    joined = [f"{start}(?:{'|'.join(body for _, body in group)}){end}" for _, group in groups]
    return [*(r for r in regexes if r not in alike), *(joined if len(alike) > 1 else alike)]


def _word_body(tokens: list[str]) -> str:
    return "".join({"*": INSIDE + "*", "?": INSIDE}.get(t, quote(t)) for t in tokens)


def _phrase_body(tokens: list[str]) -> str:
    """A run of tokens next to each other; a ``*`` between two signs is one token, at the end of a word its rest."""
    out = []
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else ""
        if token == "*":
            out.append(INSIDE + ("*" if re.fullmatch(r"[^\W_]+", before) else "+"))
        else:
            out.append(INSIDE if token == "?" else quote(token))
    return "".join(out)


def _edges(words: str, body: str) -> str:
    """Token borders where the text begins or ends with a letter or digit."""
    first, last = words[:1], words[-1:]
    return (BEFORE if first.isalnum() else "") + body + (AFTER if last.isalnum() else "")
