"""Spotting patterns that can take exponential or steep time on an engine that backtracks.

RE2 never does; this is for the patterns that only the Python engine can run, so that a diagnostic can say beforehand
what the time limit may stop. It is a judgement by shape: no proof either way.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from dohyo.patterns import tokens as t

#: A count this high multiplies like one without end.
_MANY = 20
Key = tuple[object, ...]


class _Level(Struct):
    """What one group holds so far."""

    #: A repetition without end inside, that can give back what it took.
    repeats: bool = False
    #: How the alternatives begin; the last may not have begun yet.
    starts: list[Key | None] = field(default_factory=lambda: [None])
    previous: Key | None = None
    atomic: bool = False

    def ambiguous(self) -> bool:
        """Whether repeating this group can take the same text in several ways."""
        begun = [s for s in self.starts if s is not None]
        return self.repeats or len(set(begun)) < len(begun)


def is_risky(tokens: Iterable[t.Token]) -> bool:
    """Whether a pattern, given by its tokens, is prone to run away: ``(a+)+``, ``(a|a)*``, ``.*.*x``."""
    return _Walk().risky(tokens)


class _Walk(Struct):
    levels: list[_Level] = field(default_factory=lambda: [_Level()])
    closed: _Level | None = None
    atom: Key | None = None

    def risky(self, tokens: Iterable[t.Token]) -> bool:
        """Walk over the tokens until one makes the pattern risky."""
        return any(self._step(token) for token in tokens)

    def _step(self, token: t.Token) -> bool:
        match token:
            case t.Repeat():
                return self._repeat(token)
            case t.Open():
                self._begin((token.kind,))
                self.levels.append(_Level(atomic=token.kind is t.GroupKind.ATOMIC))
            case t.Close():
                self._close()
            case t.Bar():
                self.levels[-1].starts.append(None)
                self.levels[-1].previous = self.atom = None
            case t.Literal() | t.CharClass() | t.Dot():
                self._begin(_key(token))
        return False

    def _begin(self, key: Key) -> None:
        level = self.levels[-1]
        level.previous = self.atom if self.closed is None else None
        self.atom, self.closed = key, None
        if level.starts[-1] is None:
            level.starts[-1] = key

    def _close(self) -> None:
        self.closed = self.levels.pop()
        if self.closed.repeats and not self.closed.atomic:
            self.levels[-1].repeats = True
        self.atom = None

    def _repeat(self, token: t.Repeat) -> bool:
        endless = (token.high is None or token.high >= _MANY) and token.mode is not t.Mode.POSSESSIVE
        if not endless:
            self.atom = None
            return False
        if self.closed is not None and not self.closed.atomic and self.closed.ambiguous():
            return True
        repeated: Key = ("repeated", self.atom)
        doubled = self.atom is not None and self.levels[-1].previous == repeated
        self.levels[-1].repeats = True
        self.atom = repeated
        return doubled


def _key(token: t.Literal | t.CharClass | t.Dot) -> Key:
    """Equal for atoms that match the same; a group never equals another."""
    match token:
        case t.Literal(code=code):
            return ("char", code)
        case t.CharClass():
            return ("class", token.items, token.negated, token.meets)
    return ("dot",)
