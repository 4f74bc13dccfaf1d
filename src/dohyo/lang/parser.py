"""Tokens → tree (spec §1, §2). Bad text never raises out of :func:`parse`: each stage that cannot be read becomes a
``BrokenStage`` and a diagnostic, and reading goes on after the next pipe.

The parser knows expressions, scopes and the pipe; who reads a stage is asked of the operator table. The helpers here
(a field list, a ``by`` clause, an alias …) are what operators share, so the same mistake has the same message."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from dohyo.diagnostics import Diagnostic, Severity, Source, Span, closest, error, warning
from dohyo.lang import foreign
from dohyo.lang.lexer import SUFFIXES, Cursor, Kind, ParseFailure, Token, unescape
from dohyo.lang.scope import ScopeParser
from dohyo.lang.tree import (
    Binary,
    Bool,
    BrokenStage,
    Call,
    Expr,
    In,
    Logical,
    Name,
    Null,
    Number,
    Param,
    Query,
    Regex,
    Scope,
    Stage,
    Star,
    String,
    Subquery,
    TablePath,
    Ternary,
    Unary,
)

#: Sumo Logic's own limit is 15,000 characters (spec appendix C); a longer query is parsed with a warning up to this.
MAX_LENGTH = 1_000_000
SUMO_LENGTH = 15_000
#: Expressions nested deeper than this are refused: the deepest published ones stay below 20.
MAX_DEPTH = 150


class StageReader(Protocol):
    """What the parser wants of an operator."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def follow(self) -> frozenset[str]: ...
    @property
    def parse(self) -> Callable[[Parser], Stage]: ...


class Operators(Protocol):
    """What the parser wants of the operator table."""

    functions: frozenset[str]
    function_names: tuple[str, ...]

    def reader(self, words: tuple[str, ...]) -> tuple[StageReader, int] | None:
        """The operator whose name these lower-cased words begin with, and how many words its name has."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def expression_stage(self) -> Callable[[Expr, Name | None, Span], Stage]: ...


_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "=~": "=~"}
_COMPARISON_WORDS = frozenset({"matches", "contains"})
#: A word that is followed by one of these begins an expression, not an operator: fields may bear operators' names.
_CONTINUES = frozenset({"=", "==", "!=", "<>", "<", "<=", ">", ">=", "/", "*", "+", "-", "?", "as", "and", "or", "matches"})
#: What to write where a sign is missing after something.
_HINTS = {("(", "`in`"): "the values stand in parentheses: `x in (\"a\", \"b\")`"}
_TABLE_PATH = re.compile(r'(\w+)://(?:"((?:[^"\\]|\\.)*)"|([^\s,|()\]]*))')
#: ``cat`` of a table; before another path the word may be one of the scope's keywords (``cat /etc/passwd``).
_CAT = re.compile(r"cat\s+(?:path://|/?shared/)", re.I)
#: The end of a stage that gives something a name.
_NAMED = re.compile(r"\sas\s+(?:%?\"[^\"]*\"|[\w.]+)\s*$", re.I)
_EVERYTHING = re.compile(r"(?:[\w.]+\s*=\s*)?\*?")
_DURATION = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(ms|[smhdw])\b")


class Parser:
    """A recursive-descent parser over a :class:`Cursor`. Operators receive it to read their stage."""

    def __init__(self, source: Source, operators: Operators) -> None:
        self.source = source
        self.operators = operators
        self.diagnostics: list[Diagnostic] = []
        self.cursor = Cursor(source.text, self.report)
        self._depth = 0

    # -- queries and stages

    def query(self, closers: tuple[str, ...] = (), scoped: bool = True) -> Query:
        """A query up to the end of the text or one of ``closers`` (left for the caller to take)."""
        self.cursor.skip_blanks()
        start = self.cursor.mark()
        scoped = scoped and not _CAT.match(self.source.text, start)  # the one stage that a query may begin with
        scope = self._scope(closers) if scoped else None
        stages = []
        if not scoped and not self._ends_stage(self.cursor.peek(), closers):
            stages.append(self._stage(closers))
        while self.symbol("|"):
            if not self._ends_stage(self.cursor.peek(), closers):
                stages.append(self._stage(closers))
        return Query(scope, tuple(stages), span=Span(start, self.cursor.last_end))

    def _scope(self, closers: tuple[str, ...]) -> Scope | None:
        """The scope; a query may begin with ``cat path://…`` instead, which is a stage."""
        try:
            return ScopeParser(self).parse(closers)
        except ParseFailure as failure:
            self.report(failure.diagnostic)
            self._skip_stage(closers)
            return None

    def _stage(self, closers: tuple[str, ...]) -> Stage:
        start = self.cursor.mark()
        try:
            stage = self._read_stage()
            self._need_end(closers)
            return stage
        except ParseFailure as failure:
            self.report(failure.diagnostic)
            self.cursor.back(max(start, self.cursor.last_end) if self.cursor.last_end > start else start)
            self._skip_stage(closers)
            return BrokenStage(self.source.text[start : self.cursor.pos], span=Span(start, self.cursor.pos))

    def _read_stage(self) -> Stage:
        reader = self._operator_here()
        return reader.parse(self) if reader else self.expression_stage()

    def _operator_here(self) -> StageReader | None:
        """The operator whose name stands here, with its words taken; ``None`` for an expression stage."""
        mark = self.cursor.mark()
        words: list[str] = []
        while len(words) < 2 and self.cursor.peek().word:
            words.append(self.cursor.next().word)
        self.cursor.back(mark)
        found = self.operators.reader(tuple(words)) if words else None
        if found is None:
            return None
        reader, count = found
        for _ in range(count):
            self.cursor.next()
        ahead = self.cursor.peek()
        if (ahead.word or ahead.sign) in _CONTINUES - reader.follow:
            self.cursor.back(mark)
            return None
        return reader

    def expression_stage(self) -> Stage:
        """The stage of a bare expression, with or without `as`."""
        first = self.cursor.peek()
        expr = self.expression()
        ahead = self.cursor.peek()
        follows = ahead.kind in (Kind.WORD, Kind.STRING, Kind.NUMBER) and ahead.word != "as"
        if isinstance(expr, Name) and first.word and follows:
            self._unknown_operator(first)
        alias = self.alias()
        if self.cursor.peek().sign == ",":
            self.unexpected(self.cursor.peek(), "the end of the stage", "each expression is a stage of its own: `| … as a | … as b`")
        return self.operators.expression_stage(expr, alias, first.span.to(Span(0, self.cursor.last_end)))

    def _unknown_operator(self, token: Token) -> None:
        hint = foreign.operator_hint(token.word)
        near = closest(token.text, self.operators.names)
        listed = ", ".join(sorted(set(self.operators.names)))
        hint = hint or (f"did you mean `{near}`?" if near else f"the operators: {listed}")
        self.cursor.fail("DH1006", f"unknown operator `{token.text}`", token.span, hint=hint)

    def _ends_stage(self, token: Token, closers: tuple[str, ...]) -> bool:
        return token.kind is Kind.END or (token.kind is Kind.SYMBOL and token.text in ("|", *closers))

    def _need_end(self, closers: tuple[str, ...]) -> None:
        token = self.cursor.peek()
        if token.sign == ";" and not self.source.text[token.span.end :].strip("; \t\r\n"):
            self.cursor.back(len(self.source.text))  # a habit from SQL
            return
        if not self._ends_stage(token, closers):
            self.unexpected(token, "the end of the stage")

    def _skip_stage(self, closers: tuple[str, ...]) -> None:
        """Goes to the pipe (or closer) that ends this stage, over strings and brackets."""
        depth, text, at = 0, self.source.text, self.cursor.mark()
        pattern = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|[|()\[\]]', re.S)
        while m := pattern.search(text, at):
            ch = m[0]
            if depth == 0 and ch in ("|", *closers):
                self.cursor.back(m.start())
                return
            depth = max(0, depth + {"(": 1, "[": 1, ")": -1, "]": -1}.get(ch, 0))
            at = m.end()
        self.cursor.back(len(text))

    def report(self, diagnostic: Diagnostic) -> None:
        """Takes note of a diagnostic."""
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    def unexpected(self, token: Token, wanted: str, hint: str = "") -> None:
        """Fails because ``token`` is not what was wanted. ``hint``: what to write, where no other language's word stands."""
        if token.kind is Kind.END:
            self.cursor.fail("DH1007", f"the query ends where {wanted} was expected", token.span, hint=hint)
        hint = foreign.word_hint(token.word or token.text) or hint or self._hint_of_stage(token, wanted)
        self.cursor.fail("DH1008", f"`{token.text or '…'}` where {wanted} was expected", token.span, hint=hint)

    def _hint_of_stage(self, token: Token, wanted: str) -> str:
        """What an end of the stage lacks: a pipe before an operator, a stage of its own for a condition."""
        if wanted != "the end of the stage":
            return ""
        if token.word in self.operators.names:
            return f"a stage begins with a pipe: `| {token.text} …`"
        return "conditions stand in a stage of their own: `| where …`" if token.sign in _COMPARISONS else ""

    # -- what operators share

    def word(self, *words: str) -> Token | None:
        """The next token if it is one of these words (in any case), taken."""
        return self.cursor.next() if self.cursor.peek().word in words else None

    def symbol(self, *symbols: str) -> Token | None:
        """The next token if it is one of these symbols, taken."""
        token = self.cursor.peek()
        return self.cursor.next() if token.kind is Kind.SYMBOL and token.text in symbols else None

    def need_symbol(self, symbol: str, after: str) -> Token:
        """The symbol, or an error that names it."""
        return self.symbol(symbol) or self._missing(f"`{symbol}` after {after}", _HINTS.get((symbol, after), ""))

    def need_word(self, word: str, after: str) -> Token:
        """The word, or an error that names it."""
        return self.word(word) or self._missing(f"`{word}` after {after}")

    def _missing(self, wanted: str, hint: str = "") -> Token:
        self.unexpected(self.cursor.peek(), wanted, hint)
        raise AssertionError  # unexpected() always raises

    def at_stage_end(self) -> bool:
        """True at a pipe, a closing bracket or the end of the text."""
        return self._ends_stage(self.cursor.peek(), (")", "]"))

    def field(self, what: str = "a field name") -> Name:
        """A field name, plain or escaped."""
        if (token := self.cursor.peek()).kind is Kind.WORD and not token.text[:1].isdigit():
            self.cursor.next()
            return Name(token.text, span=token.span)
        if token.kind is Kind.PARAM:
            self.cursor.next()
            return Name("{{" + token.text + "}}", span=token.span)
        if token.text.startswith("%") and (escaped := self.cursor.escaped_name()):
            return Name(escaped.text, span=escaped.span)
        self._missing(what)
        raise AssertionError

    def fields(self, what: str = "a field name") -> tuple[Name, ...]:
        """One or more field names with commas between them."""
        names = [self.listed_field(what)]
        while self.another():
            names.append(self.listed_field(what))
        return tuple(names)

    def listed_field(self, what: str = "a field name") -> Name:
        """A field of a list, where a string can mean nothing but the field of that name."""
        token = self.cursor.peek()
        if token.kind is not Kind.STRING:
            return self.field(what)
        self.cursor.next()
        self.report(warning("DH1202", f"the text `{token.value}` is read as the field of that name", token.span,
                            hint=f'write `%"{token.text}"`: in Sumo Logic quotes alone make a text'))  # fmt: skip
        return Name(str(token.value), span=token.span)

    def another(self) -> bool:
        """True after a comma, taken; one at the end of the stage has nothing behind it, and is passed over."""
        comma = self.symbol(",")
        if comma is None or not self.at_stage_end():
            return comma is not None
        self.report(warning("DH1203", "a comma with nothing behind it", comma.span, hint="leave it out"))
        return False

    def new_name(self, what: str = "a name for the field") -> Name:
        """The name of a new field: also one that begins with a digit, or a string (spec §1.2)."""
        token = self.cursor.peek()
        if token.kind in (Kind.WORD, Kind.STRING, Kind.NUMBER):
            self.cursor.next()
            return Name(str(token.value) if token.kind is Kind.STRING else token.text, span=token.span)
        return self.field(what)

    def alias(self) -> Name | None:
        """``as name`` or ``as (name)`` if it stands here."""
        if not self.word("as"):
            return None
        bracket = self.symbol("(")
        name = self.new_name()
        if bracket:
            self.need_symbol(")", "the name")
        return name

    def aliases(self) -> tuple[Name, ...]:
        """``as a, b`` or ``as (a, b)``; empty when there is no ``as``."""
        if not self.word("as"):
            return ()
        bracket = self.symbol("(")
        names = [self.new_name()]
        mark = self.cursor.mark()
        while self.symbol(","):
            if self.cursor.peek().kind is Kind.STRING:  # a comma before a string begins the next pattern or path
                self.cursor.back(mark)
                break
            names.append(self.new_name())
            mark = self.cursor.mark()
        if bracket:
            self.need_symbol(")", "the names")
        return tuple(names)

    def by(self) -> tuple[Name, ...]:
        """``by a, b`` or ``by (a, b)`` if it stands here."""
        return self.grouping() if self.word("by") else ()

    def grouping(self, what: str = "a field to group by") -> tuple[Name, ...]:
        """``a, b`` or ``(a, b)``, after ``by`` and the like."""
        bracket = self.symbol("(")
        names = self.fields(what)
        if bracket:
            self.need_symbol(")", "the fields")
        return names

    def string(self, what: str = "a string in double quotes") -> String:
        """A string."""
        token = self.cursor.peek()
        if token.kind is Kind.STRING:
            self.cursor.next()
            return String(str(token.value), token.text, span=token.span)
        if token.text == "'" and (single := self.cursor.single_quoted()):
            return String(str(single.value), single.text.replace('"', '\\"'), span=single.span)
        if token.kind is Kind.PARAM:
            self.cursor.next()
            return String("{{" + token.text + "}}", span=token.span)
        self._missing(what)
        raise AssertionError

    def number(self, what: str = "a number") -> Number | Param:
        """A number literal, with a sign if there is one."""
        sign = -1 if self.symbol("-") else (self.symbol("+") and 1) or 1
        token = self.cursor.peek()
        if token.kind is Kind.NUMBER and isinstance(token.value, (int, float)):
            self.cursor.next()
            return Number(sign * token.value, token.text, span=token.span)
        if token.kind is Kind.PARAM or self._placeholder(token, "1"):
            self.cursor.next()
            return Param(token.text, span=token.span)
        self._missing(what)
        raise AssertionError

    def _placeholder(self, token: Token, counts_as: str) -> bool:
        """True for ``$$name`` or ``${name}`` where a number has to stand."""
        found = token.kind is Kind.WORD and token.text.startswith("$")
        if found:
            self.report(warning("DH1204", f"the placeholder `{token.text}` has no value; it counts as {counts_as}", token.span,
                                hint=f"give one with `--param {token.text.strip('${}')}=…`"))  # fmt: skip
        return found

    def integer(self, what: str = "a whole number") -> int:
        """A whole number that is not negative; a ``{{parameter}}`` counts as 1 until it is given."""
        number = self.number(what)
        if isinstance(number, Param):
            return 1
        if not float(number.value).is_integer() or number.value < 0:
            self.cursor.fail("DH1009", f"`{number.text}` is no whole number", number.span)
        return int(number.value)

    def option_value(self) -> str | None:
        """The text after ``name=`` of an option: a word, a number or a string."""
        token = self.cursor.peek()
        if token.kind in (Kind.WORD, Kind.NUMBER, Kind.STRING, Kind.PARAM):
            self.cursor.next()
            text = f"{{{{{token.text}}}}}" if token.kind is Kind.PARAM else token.text
            return str(token.value) if token.kind is Kind.STRING else text
        return None

    def duration(self, what: str = "a length of time such as `5m`") -> int:
        """Milliseconds of ``5m``, ``1 h``, ``-24h``; units ms s m h d w (spec §1.2)."""
        m = self.cursor.matching(_DURATION)
        if m is None:
            if self.cursor.peek().kind is Kind.PARAM or self._placeholder(self.cursor.peek(), "1m"):
                self.cursor.next()
                return 60_000
            self._missing(what, "a number with its unit, no blank between: `30s`, `5m`, `1h`, `7d`, `2w`")
            raise AssertionError
        return int(float(m[1]) * SUFFIXES[m[2]])

    def pipeline(self) -> Query:
        """``( [scope |] stage | stage )``: the inner query of join, filter, transactionize."""
        opened = self.need_symbol("(", "the operator")
        inner = self._inner()
        if not self.symbol(")"):
            self.cursor.fail("DH1005", "a parenthesis that is never closed", opened.span)
        return inner

    def _inner(self) -> Query:
        """A nested pipeline: a scope before the first pipe is optional, and ignored by Sumo Logic (spec §8.1)."""
        mark = self.cursor.mark()
        stage = self._operator_here() is not None
        self.cursor.back(mark)
        self._skip_stage((")",))
        scope = Span(mark, self.cursor.mark())
        if stage or self._computes(scope) or not self.symbol("|"):
            self.cursor.back(mark)
            return self.query(closers=(")",), scoped=False)
        written = self.source.text[scope.start : scope.end].strip()
        if not _EVERYTHING.fullmatch(written):
            self.report(warning("DH1209", "a scope in parentheses is not looked at: these stages get the rows so far", scope,
                                hint="filter them: `where …`, or narrow the query's own scope"))  # fmt: skip
        inner = self.query(closers=(")",), scoped=False)
        return Query(None, inner.stages, span=Span(mark, inner.span.end))

    def _computes(self, span: Span) -> bool:
        """True for the text of an expression stage: a call, or what gets a name."""
        written = self.source.text[span.start : span.end]
        call = re.match(r"(\w+)\s*\(", written)
        return (call is not None and self.is_function(call[1])) or _NAMED.search(written) is not None

    def table_path(self) -> TablePath | None:
        """``scheme://"path"`` if it stands here."""
        m = self.cursor.matching(_TABLE_PATH)
        if m is None:
            return None
        return TablePath(m[1].lower(), unescape(m[2]) if m[2] is not None else m[3], span=Span(*m.span()))

    def is_function(self, name: str) -> bool:
        """True for the name of a function of the language."""
        return name.lower() in self.operators.functions

    # -- expressions (spec §2.3, low precedence first)

    @contextmanager
    def _nested(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            token = self.cursor.peek()
            self.cursor.fail("DH1012", f"nested more than {MAX_DEPTH} deep", token.span)
        yield
        self._depth -= 1

    def expression(self) -> Expr:
        """A whole expression, the ternary included."""
        depth = self._depth
        try:
            with self._nested():
                condition = self._or()
                if not self.symbol("?"):
                    return condition
                then = self.expression()
                self.need_symbol(":", "the first branch of `? :`")
                otherwise = self.expression()
                return Ternary(condition, then, otherwise, span=condition.span.to(otherwise.span))
        finally:
            self._depth = depth

    def _or(self) -> Expr:
        return self._chain("or", "||", self._and)

    def _and(self) -> Expr:
        return self._chain("and", "&&", self._not)

    def _chain(self, word: str, symbol: str, operand: Callable[[], Expr]) -> Expr:
        operands = [operand()]
        while self.word(word) or self.symbol(symbol):
            operands.append(operand())
        if len(operands) == 1:
            return operands[0]
        return Logical(word, tuple(operands), span=operands[0].span.to(operands[-1].span))

    def _not(self) -> Expr:
        token = self.cursor.peek()
        if token.word == "not":
            mark = self.cursor.mark()
            self.cursor.next()
            if self.cursor.peek().word != "in":
                with self._nested():
                    operand = self._not()
                return Unary("not", operand, "not", span=token.span.to(operand.span))
            self.cursor.back(mark)
        return self.comparison()

    def comparison(self) -> Expr:
        """Level 5: ``=``, ``<``, ``matches``, ``contains``, ``in``; left to right."""
        left = self._sum()
        while True:
            token = self.cursor.peek()
            if token.kind is Kind.SYMBOL and token.text in _COMPARISONS:
                self.cursor.next()
                left = self._binary(_COMPARISONS[token.text], left, self._sum(), token)
            elif token.word in _COMPARISON_WORDS:
                self.cursor.next()
                if token.word == "matches":
                    self.word("regex")
                left = self._binary(token.word, left, self._sum(), token)
            elif token.word in ("in", "not") or token.sign == "!":
                mark = self.cursor.mark()
                found = self._in(left) or self._negated(left, mark)
                if found is None:
                    self.cursor.back(mark)
                    return left
                left = found
            else:
                return left

    def _binary(self, op: str, left: Expr, right: Expr, token: Token) -> Binary:
        return Binary(op, left, right, token.span, span=left.span.to(right.span))

    def _negated(self, left: Expr, mark: int) -> Expr | None:
        """``x not matches "…"``, ``x !contains "…"``: Sumo Logic has only ``!(…)`` for this."""
        self.cursor.back(mark)
        sign = self.cursor.next()
        token = self.cursor.peek()
        if token.word not in _COMPARISON_WORDS or sign.word == "in":
            return None
        self.cursor.next()
        inner = self._binary(token.word, left, self._sum(), token)
        self.report(warning("DH1208", f"`{sign.text}` before `{token.text}` is no part of Sumo Logic; read as `!(…)`", sign.span,
                            hint="write `!(…)` around the comparison"))  # fmt: skip
        return Unary("not", inner, "!", span=inner.span)

    def _in(self, value: Expr) -> In | None:
        negated = bool(self.word("not") or self.symbol("!"))
        if not self.word("in"):
            return None
        opened = self.need_symbol("(", "`in`")
        items = [] if self.cursor.peek().sign == ")" else [self.expression()]
        while self.symbol(","):
            if self.cursor.peek().sign == ")":
                break
            items.append(self.expression())
        if self.at_stage_end() and self.cursor.peek().sign != ")":
            self.cursor.fail("DH1005", "a list that is never closed", opened.span)
        closed = self.need_symbol(")", "the list")
        return In(value, tuple(items), negated, span=value.span.to(closed.span))

    def _sum(self) -> Expr:
        return self._arithmetic(("+", "-"), self._product)

    def _product(self) -> Expr:
        return self._arithmetic(("*", "/", "%"), self._unary)

    def _arithmetic(self, ops: tuple[str, ...], operand: Callable[[], Expr]) -> Expr:
        left, count = operand(), 0
        while token := self.symbol(*ops):
            left = self._binary(token.text, left, operand(), token)
            count += 1
            if count > MAX_DEPTH:
                self.cursor.fail("DH1012", f"more than {MAX_DEPTH} operations in one expression", token.span,
                                 hint="divide it into several stages")  # fmt: skip
        return left

    def _unary(self) -> Expr:
        token = self.cursor.peek()
        if token.kind is Kind.SYMBOL and token.text in ("-", "!", "+"):
            self.cursor.next()
            with self._nested():
                operand = self._unary()
            span = token.span.to(operand.span)
            if token.text == "+":
                return operand
            if token.text == "-" and isinstance(operand, Number):
                return Number(-operand.value, "-" + operand.text, span=span)
            return Unary("-" if token.text == "-" else "not", operand, token.text, span=span)
        return self._primary()

    def _primary(self) -> Expr:
        token = self.cursor.peek()
        reader = _PRIMARIES.get(token.kind)
        if reader is None:
            self.unexpected(token, "an expression")
            raise AssertionError
        return reader(self, token)

    def _string_primary(self, token: Token) -> Expr:
        return self.string()

    def _number_primary(self, token: Token) -> Expr:
        self.cursor.next()
        assert isinstance(token.value, (int, float))
        return Number(token.value, token.text, span=token.span)

    def _param_primary(self, token: Token) -> Expr:
        self.cursor.next()
        return Param(token.text, span=token.span)

    def _symbol_primary(self, token: Token) -> Expr:
        if token.text == "(":
            return self._parenthesised(token)
        if token.text == "[" and self.source.text[token.span.start + 1 :].lstrip()[:8].lower() == "subquery":
            return self.subquery()
        if token.text == "%" and (escaped := self.cursor.escaped_name()):
            return Name(escaped.text, span=escaped.span)
        if token.text.startswith("/") and (regex := self.cursor.regex_literal()):
            return Regex(str(regex.value), span=regex.span)
        if token.text == "'":
            return self.string()
        self.unexpected(token, "an expression")
        raise AssertionError

    def _parenthesised(self, opened: Token) -> Expr:
        self.cursor.next()
        inner = self.expression()
        if not self.symbol(")"):
            if self.at_stage_end():
                self.cursor.fail("DH1005", "a parenthesis that is never closed", opened.span)
            self._missing("`)`")
        return inner

    def _word_primary(self, token: Token) -> Expr:
        if path := self.table_path():
            return path
        self.cursor.next()
        if self.cursor.peek().sign == "(" and not token.escaped:
            return self._call(token)
        if token.word in ("true", "false"):
            return Bool(token.word == "true", span=token.span)
        if token.word == "null":
            return Null(span=token.span)
        if token.text[:1].isdigit():
            self.cursor.fail("DH1010", f"`{token.text}` is neither a number nor a field name", token.span,
                             hint=f'a field name that begins with a digit is written `%"{token.text}"`')  # fmt: skip
        if self.is_function(token.word) and self.cursor.peek().kind in (Kind.WORD, Kind.STRING):
            return self._bare_call(token)
        return Name(token.text, span=token.span)

    def _bare_call(self, token: Token) -> Expr:
        """``toLowerCase x``: a call that forgot its parentheses, where nothing else could be meant."""
        ahead = self.cursor.peek()
        if ahead.word in ("as", "and", "or", "in", "not", "matches", "contains", "by", "asc", "desc", "nodrop", "with"):
            return Name(token.text, span=token.span)
        argument = self._primary()
        self.report(warning("DH1201", f"`{token.text}` without parentheses is read as a call", token.span,
                            hint=f"write `{token.text}(…)`: Sumo Logic asks for the parentheses"))  # fmt: skip
        return Call(token.text, (argument,), token.span, bare=True, span=token.span.to(argument.span))

    def _call(self, token: Token) -> Expr:
        opened = self.cursor.next()
        args = [] if self.cursor.peek().sign == ")" else [self._argument()]
        while self.symbol(","):
            args.append(self._argument())
        closed = self.symbol(")")
        if closed is None:
            if self.at_stage_end():
                self.cursor.fail("DH1005", "a parenthesis that is never closed", opened.span)
            self._missing("`,` or `)`")
            raise AssertionError
        return Call(token.text, tuple(args), token.span, span=token.span.to(closed.span))

    def _argument(self) -> Expr:
        mark = self.cursor.mark()
        if star := self.symbol("*"):
            if self.cursor.peek().sign == ")":
                return Star(span=star.span)
            self.cursor.back(mark)
        return self.expression()

    # -- subqueries (spec §1.6)

    def subquery(self) -> Subquery:
        """``[subquery …: query | compose fields …]``."""
        opened = self.need_symbol("[", "here")
        self.need_word("subquery", "`[`")
        times: dict[str, str] = {}
        while key := self.word("from", "to"):
            self.need_symbol("=", f"`{key.text}`")
            times[key.word] = self._subquery_time()
        self.need_symbol(":", "`subquery`")
        self.cursor.back(self.cursor.mark())
        child = self.query(closers=("]",))
        closed = self.need_symbol("]", "the subquery")
        span = opened.span.to(closed.span)
        compose = child.stages[-1] if child.stages else None
        spec = getattr(compose, "compose_spec", None)
        if spec is None:
            self.cursor.fail("DH1013", "a subquery ends with `| compose field …`", span)
        inner = Query(child.scope, child.stages[:-1], span=child.span)
        names, keywords, limit = spec
        return Subquery(inner, names, keywords, limit, times.get("from"), times.get("to"), span=span)

    def _subquery_time(self) -> str:
        m = self.cursor.matching(re.compile(r"\(([^()]*)\)|[^\s:]+"))
        if m is None:
            self._missing("a time in parentheses")
            raise AssertionError
        return (m[1] if m[1] is not None else m[0]).strip()


_PRIMARIES: dict[Kind, Callable[[Parser, Token], Expr]] = {
    Kind.STRING: Parser._string_primary,
    Kind.NUMBER: Parser._number_primary,
    Kind.PARAM: Parser._param_primary,
    Kind.SYMBOL: Parser._symbol_primary,
    Kind.WORD: Parser._word_primary,
}

_METRICS = re.compile(r"(?:^|\s)metric\s*=|\|\s*(quantize|along)\b", re.I)


def parse(source: Source, operators: Operators) -> Query:
    """The tree of a query text; never raises for bad text, see ``Query.diagnostics`` (spec §1.1)."""
    parser = Parser(source, operators)
    if len(source.text) > MAX_LENGTH:
        return _refused(source, f"a query of {len(source.text):,} characters; the limit is {MAX_LENGTH:,}")
    if m := _METRICS.search(source.text):
        return _refused(source, "a metrics query: Dohyo runs log searches only", Span(*m.span()))
    if len(source.text) > SUMO_LENGTH:
        parser.report(warning("DH1014", f"longer than the {SUMO_LENGTH:,} characters Sumo Logic allows", Span(0, 1)))
    try:
        query = parser.query()
        if (rest := parser.cursor.peek()).kind is not Kind.END:
            parser.unexpected(rest, "the end of the query")
    except ParseFailure as failure:
        parser.report(failure.diagnostic)
        query = Query(None, ())
    comments = tuple(c for _, c in sorted(parser.cursor.comments.items()))
    return Query(query.scope, query.stages, comments, tuple(parser.diagnostics), source,
                 span=Span(0, len(source.text)))  # fmt: skip


def _refused(source: Source, why: str, span: Span | None = None) -> Query:
    return Query(None, (), (), (error("DH1011", why, span or Span(0, 1)),), source, span=Span(0, len(source.text)))


def has_errors(query: Query) -> bool:
    """True when the query cannot run."""
    return any(d.severity is Severity.ERROR for d in query.diagnostics)
