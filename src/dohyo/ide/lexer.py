"""A Pygments lexer for Sumo Logic queries; the words come from the language's own tables."""

from __future__ import annotations

import re

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Token

from dohyo.operators import OPERATORS
from dohyo.plan.functions import AGGREGATES

_FIRST = sorted({n.split()[0] for n in OPERATORS.names}, key=len, reverse=True)
_FUNCTIONS = sorted({*OPERATORS.functions, *(n.lower() for n in AGGREGATES)}, key=len, reverse=True)
_WORDS = ("and", "or", "not", "in", "by", "as", "matches", "contains", "nodrop", "asc", "desc", "on", "from", "with", "auto", "field")


class SumoLexer(RegexLexer):
    """Sumo Logic search queries (``.sumo``)."""

    name = "Sumo Logic"
    aliases = ("sumo", "sumologic")
    filenames = ("*.sumo",)
    url = "https://www.sumologic.com"
    version_added = ""
    flags = re.IGNORECASE | re.MULTILINE

    tokens = {  # noqa: RUF012  # pygments reads the table from the class
        "root": [
            (r"//[^\n]*", Comment.Single),
            (r"/\*[\s\S]*?\*/", Comment.Multiline),
            (r"\s+", Text),
            (r'"(?:[^"\\]|\\.)*"?', String.Double),
            (r"\b(matches)(\s*)(/(?:[^/\\\n]|\\.)+/)", bygroups(Operator.Word, Text, String.Regex)),
            (r"(\|)(\s*)(" + "|".join(map(re.escape, _FIRST)) + r")\b", bygroups(Punctuation, Text, Keyword)),
            (r"\{\{\{?[^}\n]*\}?\}\}", Name.Variable),
            (r'%"[^"\n]*"', Name.Attribute),
            (words(_WORDS, prefix=r"\b", suffix=r"\b"), Operator.Word),
            (r"\b(true|false|null)\b", Keyword.Constant),
            (r"\b_\w+", Name.Builtin),
            (r"(" + "|".join(map(re.escape, _FUNCTIONS)) + r")(\s*)(\()", bygroups(Name.Function, Text, Punctuation)),
            (r"\b\d+(?:\.\d+)?(?:ms|[smhdwKMG])?\b", Number),
            (r"[A-Za-z_][\w.]*", Name),
            (r"[|(),\[\]?:]", Punctuation),
            (r"[=!<>+\-*/%&]+", Operator),
            (r".", Token.Text),
        ]
    }
