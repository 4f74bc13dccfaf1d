"""Puts the comments of a stage back into its printed text, each after the word that it stood after."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from msgspec import Struct

from dohyo.lang.tree import Comment
from dohyo.lang.wrapping import PIECE

_INDENT = "\n  "


class Written(Struct, frozen=True):
    """A part of a query as it was written. ``source``: the whole text; ``plain``: the same with blanks for comments;
    ``start`` and ``end``: the part, without the pipes around it."""

    source: str
    plain: str
    start: int
    end: int

    @property
    def pieces(self) -> list[tuple[str, int, int]]:
        """The words of the part: (word, start, end)."""
        return _pieces(self.plain[: self.end], self.start)

    def alone(self, comment: Comment) -> bool:
        """True for a comment with nothing before it on its line."""
        line = self.source.rfind("\n", 0, comment.span.start) + 1
        return not self.source[line : comment.span.start].strip()


def _pieces(text: str, start: int = 0) -> list[tuple[str, int, int]]:
    return [(m[0].strip().lower(), m.start(), m.end()) for m in PIECE.finditer(text, start)]


def without_comments(source: str, comments: Sequence[Comment]) -> str:
    """The text with blanks in place of its comments."""
    out, at = [], 0
    for c in comments:
        out += [source[at : c.span.start], " " * (c.span.end - c.span.start)]
        at = c.span.end
    return "".join([*out, source[at:]])


def divided(written: Written, comments: Sequence[Comment]) -> tuple[list[Comment], list[Comment], list[Comment]]:
    """The comments before a part, those inside or at the end of its last line, those on lines of their own behind it."""
    pieces = written.pieces
    first, last = (pieces[0][1], pieces[-1][2]) if pieces else (written.end, written.end)
    behind = next((i for i, c in enumerate(comments) if c.span.start >= last and written.alone(c)), len(comments))
    before = next((i for i, c in enumerate(comments) if c.span.start >= first), len(comments))
    return list(comments[:before]), list(comments[before : max(before, behind)]), list(comments[max(before, behind) :])


def woven(printed: str, written: Written, comments: Sequence[Comment]) -> str:
    """The printed text of a part with its comments in it. Text that follows a ``//`` goes on in the next line."""
    before, after = written.pieces, _pieces(printed)
    same = SequenceMatcher(None, [w for w, *_ in before], [w for w, *_ in after], autojunk=False).get_matching_blocks()
    partner = {b.a + i: b.b + i for b in same for i in range(b.size)}
    out, at = "", 0
    for comment in comments:
        earlier = [i for i, (_, start, _) in enumerate(before) if start < comment.span.start and i in partner]
        place = max(at, after[partner[earlier[-1]]][2]) if earlier else at
        if not before or comment.span.start >= before[-1][2]:
            place = len(printed)
        out = _joined(out, printed[at:place])
        out += (_INDENT if written.alone(comment) else " ") * (not out.endswith(_INDENT)) + comment.text
        if comment.text.startswith("//") or written.alone(comment):
            out += _INDENT
        at = place
    return _joined(out, printed[at:]).rstrip()


def _joined(out: str, more: str) -> str:
    return out + (more.lstrip() if out.endswith(_INDENT) else more)
