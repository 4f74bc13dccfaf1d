"""The scope: what stands before the first pipe (spec §1.3). It has words of its own: a term may hold ``-:/.@*?`` and
ends at a blank, a bracket, a quote or the pipe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dohyo.diagnostics import Span, error, warning
from dohyo.lang.lexer import Kind, ParseFailure, unescape
from dohyo.lang.tree import (
    Everything,
    FieldTerm,
    Keyword,
    Name,
    Scope,
    ScopeExpr,
    ScopeLogical,
    ScopeNot,
)

if TYPE_CHECKING:
    from dohyo.lang.parser import Parser

_TERM = re.compile(r"(?:\{\{\{?[^{}]*\}?\}\}|[^\s|()\"=<>!\[\]“”]|\[(?!subquery)|(?<=\w)\]|![^\s=(])+")
_VALUE = re.compile(r"(?:\{\{\{?[^{}]*\}?\}\}|[^\s|()\"“”])+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S)
_NAME = re.compile(r'%"((?:[^"\\]|\\.)*)"|%?[\w.@$\[\]-]+|\{\{[^{}]*\}\}')
_EQUALS = re.compile(r"\s*(=|!=|==|<>)\s*(?=[^\s|)])")
_COMPARE = re.compile(r"\s*(<=|>=|<|>)\s*")
_CONDITION = re.compile(r"\s+(matches|in|contains|not\s+in)\b\s*[\"(/]", re.I)
_SPACE_OR_COMMENT = re.compile(r"(?:\s|(?<![^\s(|])//[^\n]*|(?<![^\s(|])/\*.*?\*/)+", re.S)
_LOGIC = re.compile(r"(and|or|not)(?=[\s(!\"]|$)", re.I)

#: A scope nested deeper than this is refused: nobody writes it, and a stack has an end.
MAX_DEPTH = 150


class ScopeParser:
    """Reads a scope from the parser's cursor, up to the pipe or the bracket that closes a subquery."""

    def __init__(self, parser: Parser) -> None:
        self.p = parser
        self.cursor = parser.cursor
        self.depth = 0

    def parse(self, closers: tuple[str, ...] = ()) -> Scope | None:
        """The scope, or ``None`` when nothing stands before the pipe. Leaves the cursor at the pipe, a closer or the end."""
        if self._at_end():
            return None
        scope = self._or()
        if not self._at_end() and self.text[self.cursor.pos] not in closers:
            at = self.cursor.pos
            self.cursor.fail("DH1101", f"`{self.text[at]}` does not fit here", Span(at, at + 1),
                             hint="quote text that holds special characters: `\"…\"`")  # fmt: skip
        return scope

    @property
    def text(self) -> str:
        return self.cursor.text

    def _blanks(self) -> None:
        if m := _SPACE_OR_COMMENT.match(self.text, self.cursor.pos):
            self.cursor.skip_blanks()
            self.cursor.back(m.end())

    def _at_end(self) -> bool:
        self._blanks()
        return self.text[self.cursor.pos : self.cursor.pos + 1] in ("", "|", "]")

    def _looking_at(self, text: str) -> bool:
        return self.text.startswith(text, self.cursor.pos)

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        m = pattern.match(self.text, self.cursor.pos)
        if m:
            self.cursor.back(m.end())
        return m

    def _word(self) -> str:
        m = _LOGIC.match(self.text, self.cursor.pos)
        return m[1].lower() if m else ""

    def _or(self) -> Scope:
        start, parts = self.cursor.pos, [self._and()]
        while not self._at_end() and (self._word() == "or" or self._looking_at("||")):
            self.cursor.back(self.cursor.pos + 2)
            parts.append(self._and())
        return self._joined("or", parts, start)

    def _and(self) -> Scope:
        self._blanks()
        start, parts = self.cursor.pos, [self._not()]
        while not self._at_end() and not self._looking_at(")") and self._word() != "or" and not self._looking_at("||"):
            if self._word() == "and" or self._looking_at("&&"):
                self.cursor.back(self.cursor.pos + (3 if self._word() else 2))
            parts.append(self._not())
        return self._joined("and", parts, start)

    def _joined(self, op: str, parts: list[Scope], start: int) -> Scope:
        if len(parts) == 1:
            return parts[0]
        return ScopeLogical(op, tuple(parts), span=Span(start, self.cursor.pos))

    def _not(self) -> Scope:
        self._blanks()
        start = self.cursor.pos
        if self._word() == "not" or (self._looking_at("!") and not self._looking_at("!=")):
            self.cursor.back(start + (3 if self._word() else 1))
            self._deeper(start)
            operand = self._not()
            self.depth -= 1
            return ScopeNot(operand, span=Span(start, self.cursor.pos))
        return self._atom()

    def _deeper(self, at: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.cursor.fail("DH1012", f"nested more than {MAX_DEPTH} deep", Span(at, at + 1))

    def _atom(self) -> Scope:
        start = self.cursor.pos
        if self._at_end():
            self.cursor.fail("DH1102", "a search term is missing here", Span(start, start + 1))
        if self._looking_at("("):
            return self._group(start)
        if self._looking_at("[subquery"):
            return ScopeExpr(self.p.subquery(), span=Span(start, self.cursor.pos))
        if m := self._match(_QUOTED):
            return Keyword(unescape(m[1]), quoted=True, span=Span(*m.span()))
        return self._field_or_word(start)

    def _group(self, start: int) -> Scope:
        self._deeper(start)
        self.cursor.back(start + 1)
        inner = self._or()
        self._blanks()
        if not self._looking_at(")"):
            self.cursor.fail("DH1005", "a parenthesis that is never closed", Span(start, start + 1))
        self.cursor.back(self.cursor.pos + 1)
        self.depth -= 1
        return inner

    def _field_or_word(self, start: int) -> Scope:
        if (name := _NAME.match(self.text, start)) and (found := self._field(name)):
            return found
        m = self._match(_TERM) or self._match(_VALUE)
        if m is None:
            smart = self.cursor.peek()
            if smart.kind is Kind.STRING:
                self.cursor.next()
                return Keyword(str(smart.value), quoted=True, span=smart.span)
            raise ParseFailure(error("DH1101", f"`{self.text[start]}` does not fit here", Span(start, start + 1),
                                     hint="quote text that holds special characters: `\"…\"`"))  # fmt: skip
        span = Span(*m.span())
        return Everything(span=span) if m[0] == "*" else Keyword(m[0], span=span)

    def _field(self, name: re.Match[str]) -> Scope | None:
        """``name=value``, or a condition; ``None`` when the word is a plain keyword."""
        at = name.end()
        if self.p.is_function(name[0]) and self.text.startswith("(", at):
            return self._condition(name.start())
        if name[0].lower() == "where" or _COMPARE.match(self.text, at) or _CONDITION.match(self.text, at):
            return self._try_condition(name)
        if not (m := _EQUALS.match(self.text, at)):
            return None
        self.cursor.back(m.end())
        op = "=" if m[1] in ("=", "==") else "!="
        plain = unescape(name[1]) if name[1] is not None else name[0].removeprefix("%")
        if self._looking_at("("):
            return self._one_of(plain, op, name.start())
        value, quoted, span = self._value()
        return FieldTerm(plain, value, quoted, op, span, span=Span(name.start(), span.end))

    def _one_of(self, name: str, op: str, start: int) -> Scope:
        """``name=(a or b)``: the values one after another."""
        at = self.cursor.pos
        self.cursor.back(at + 1)
        terms: list[Scope] = []
        while not terms or self._word() == "or":
            self.cursor.back(self.cursor.pos + (2 if terms else 0))
            self._blanks()
            value, quoted, span = self._value()
            terms.append(FieldTerm(name, value, quoted, op, span, span=Span(start, span.end)))
            self._blanks()
        if not self._looking_at(")"):
            self.cursor.fail("DH1005", "a list of values that is never closed", Span(at, at + 1),
                             hint="values in parentheses have `or` between them")  # fmt: skip
        self.cursor.back(self.cursor.pos + 1)
        self.p.report(warning("DH1210", "a list of values in the scope is read as one term for each", Span(start, self.cursor.pos),
                              hint=f"write `({name}=a or {name}=b)`"))  # fmt: skip
        return self._joined("and" if op == "!=" else "or", terms, start)

    def _value(self) -> tuple[str, bool, Span]:
        start = self.cursor.pos
        if m := self._match(_QUOTED):
            return unescape(m[1]), True, Span(*m.span())
        if m := self._match(_VALUE):
            return m[0], False, Span(*m.span())
        if (token := self.cursor.peek()).kind is Kind.STRING:
            self.cursor.next()
            return str(token.value), True, token.span
        return self.cursor.fail("DH1103", "a value is missing after `=`", Span(start, start + 1))

    def _condition(self, start: int) -> Scope:
        self.cursor.back(start)
        expr = self.p.comparison()
        self.cursor.back(self.cursor.last_end)
        return ScopeExpr(expr, span=Span(start, self.cursor.last_end))

    def _try_condition(self, name: re.Match[str]) -> Scope | None:
        """A condition such as ``status >= 400``; the word stays a keyword when no condition can be read."""
        is_where = name[0].lower() == "where"
        start = self.cursor.pos
        try:
            found = self._condition(name.end() if is_where else name.start())
        except ParseFailure:
            found = None
        if found is None or (isinstance(found, ScopeExpr) and isinstance(found.expr, Name) and not is_where):
            self.cursor.back(start)
            return None
        return found


def field_name(term: FieldTerm) -> Name:
    """The field of a term as an expression node."""
    return Name(term.name, span=Span(term.span.start, term.span.start + len(term.name)))
