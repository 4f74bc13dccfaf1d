"""``dohyo lsp``: a language server for ``.sumo`` files. Positions are in UTF-16 units, as the protocol has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from dohyo import __version__
from dohyo.analysis.semantics import check
from dohyo.binding.context import Dialect, Options
from dohyo.compile import Compiled, compile_query, looked_at, parse
from dohyo.diagnostics import Diagnostic, Label, Patch, QueryError, Severity, Source, Span
from dohyo.ide.words import about, complete, fields, own_fields
from dohyo.lang import printer
from dohyo.lang.parser import has_errors
from dohyo.project import Project, ProjectError, project_of

_SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.NOTE: lsp.DiagnosticSeverity.Information,
}
_KINDS = {
    "operator": lsp.CompletionItemKind.Keyword,
    "function": lsp.CompletionItemKind.Function,
    "aggregate": lsp.CompletionItemKind.Function,
    "field": lsp.CompletionItemKind.Field,
}

server = LanguageServer("dohyo", __version__)


def range_of(source: Source, span: Span) -> lsp.Range:
    """A span as the protocol's lines and UTF-16 columns."""
    return lsp.Range(position_of(source.text, span.start), position_of(source.text, max(span.end, span.start)))


def position_of(text: str, offset: int) -> lsp.Position:
    """An offset in characters as line and UTF-16 column."""
    start = text.rfind("\n", 0, offset) + 1
    return lsp.Position(text.count("\n", 0, offset), len(text[start:offset].encode("utf-16-le")) // 2)


def offset_of(text: str, position: lsp.Position) -> int:
    """A line and a UTF-16 column as an offset in characters."""
    lines = text.split("\n")
    line = lines[min(position.line, len(lines) - 1)]
    before = line.encode("utf-16-le")[: position.character * 2].decode("utf-16-le", "ignore")
    return sum(len(one) + 1 for one in lines[: position.line]) + len(before)


def compiled(document: TextDocument) -> tuple[Compiled | None, list[Diagnostic], Source]:
    """A query, as far as it can be compiled, and all that is to be said of it."""
    try:
        found = compile_query(document.source, document.uri, looked_at(_options(document)))
    except QueryError as error:
        return None, list(error.diagnostics), error.source
    meaning = [Diagnostic(f.code, Severity.NOTE, f.text, (Label(f.span),), (f.proof,)) for f in check(found)]
    return found, [*found.diagnostics, *meaning], found.source


def _options(document: TextDocument) -> Options:
    """What the document's project gives to a query; nothing while its project file cannot be read."""
    try:
        own = project_of(Path(document.path))
    except ProjectError as error:
        server.window_log_message(lsp.LogMessageParams(lsp.MessageType.Warning, str(error)))
        own = Project()
    return Options(dialect=Dialect.LENIENT, macros=own.macros, tables=own.tables)


def _publish(document: TextDocument) -> None:
    _, told, source = compiled(document)
    items = [_item(d, source) for d in told]
    server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(document.uri, items, document.version))


def _item(told: Diagnostic, source: Source) -> lsp.Diagnostic:
    span = told.span or Span(0, 0)
    text = "\n".join([told.title, *told.notes, *([told.hint] if told.hint else [])])
    return lsp.Diagnostic(range_of(source, span), text, _SEVERITIES[told.severity], told.code, source="dohyo")


@server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
def opened(params: lsp.DidOpenTextDocumentParams) -> None:
    """Says what is wrong with a query as soon as it is opened."""
    _publish(server.workspace.get_text_document(params.text_document.uri))


@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
def changed(params: lsp.DidChangeTextDocumentParams) -> None:
    """Says it anew at each change."""
    _publish(server.workspace.get_text_document(params.text_document.uri))


@server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
def closed(params: lsp.DidCloseTextDocumentParams) -> None:
    """Takes back what was said of a query that nobody looks at any more."""
    server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(params.text_document.uri, []))


@server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=["|", " ", "(", ",", "_"]))
def completion(params: lsp.CompletionParams) -> lsp.CompletionList:
    """Operators after a pipe; elsewhere the query's own fields, functions, and the fields that events have."""
    text = server.workspace.get_text_document(params.text_document.uri).source
    at = offset_of(text, params.position)
    words = complete(text[:at], own_fields(text, at))
    items = [lsp.CompletionItem(w.text, kind=_KINDS[w.kind], detail=w.detail or w.kind, documentation=w.doc or None) for w in words]
    return lsp.CompletionList(is_incomplete=False, items=items)


@server.feature(lsp.TEXT_DOCUMENT_HOVER)
def hover(params: lsp.HoverParams) -> lsp.Hover | None:
    """What an operator or a function does; the type of a field."""
    document = server.workspace.get_text_document(params.text_document.uri)
    word = word_at(document.source, offset_of(document.source, params.position))
    parts = [f"```\n{w.detail}\n```\n{w.doc}" for w in about(word)] or _typed(document, word)
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, "\n\n---\n\n".join(parts))) if parts else None


def word_at(text: str, offset: int) -> str:
    """The word around an offset."""
    return next((m[0] for m in re.finditer(r"[\w.]+", text) if m.start() <= offset <= m.end()), "")


def _typed(document: TextDocument, word: str) -> list[str]:
    found, _, _ = compiled(document)
    typed = [f for step in (found.steps if found else ()) if (f := step.plan.schema.get(word)) is not None]
    if typed:
        return [f"`{typed[-1].name}`: {typed[-1].type.value}"]
    known = next((w.text for w in fields() if w.text.lower() == word.lower()), "")
    return [f"`{known}`: string\n\nA field of Windows events."] if known else []


@server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
def formatting(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
    """The query in the canonical layout; no edit while it has errors, and where nothing would change."""
    text = server.workspace.get_text_document(params.text_document.uri).source
    query = parse(text)
    if has_errors(query) or not text.strip() or printer.query(query) == text:
        return []
    return [lsp.TextEdit(range_of(Source(text), Span(0, len(text))), printer.query(query))]


@server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]))
def quick_fixes(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """The fixes of the diagnostics that touch a range."""
    uri = params.text_document.uri
    document = server.workspace.get_text_document(uri)
    _, told, source = compiled(document)
    text = document.source
    start, end = offset_of(text, params.range.start), offset_of(text, params.range.end)
    near = [d for d in told if d.patches and d.span is not None and d.span.start <= end and d.span.end >= start]
    return [_fix(d, source, uri) for d in near]


def _fix(told: Diagnostic, source: Source, uri: str) -> lsp.CodeAction:
    edits = [_edit(p, source) for p in told.patches]
    return lsp.CodeAction(f"{told.title}: fix it", lsp.CodeActionKind.QuickFix, [_item(told, source)],
                          edit=lsp.WorkspaceEdit({uri: edits}))  # fmt: skip


def _edit(patch: Patch, source: Source) -> Any:
    return lsp.TextEdit(range_of(source, patch.span), patch.replacement)


def run() -> None:
    """Speaks with the editor over stdin and stdout until it hangs up."""
    server.start_io()
