"""The one case format of the project: a YAML file with a query, events, and what must come out.

Operators, shapes and detections use it alike. ``events`` are JSON objects, or plain strings (raw messages)."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from dohyo.detections.documents import Unreadable, read_as
from dohyo.detections.places import Places
from dohyo.diagnostics import QueryError
from dohyo.run import Query, RunOptions, explain, search


class CaseError(Exception):
    """A case file cannot be used; says file and why."""


class Case(Struct, forbid_unknown_fields=True):
    """One case. ``rows``: exactly these (only the named columns are compared); ``count``: so many; ``error`` and
    ``diagnostics``: codes; ``sql``: the statement, word for word; ``spec``: the section it proves."""

    query: str | None = None
    events: list[dict[str, Any] | str] = []
    file: str | None = None
    rows: list[dict[str, Any]] | None = None
    count: int | None = None
    columns: list[str] | None = None
    ordered: bool = True
    error: str | None = None
    error_text: str | None = None
    diagnostics: list[str] | None = None
    sql: str | None = None
    dialect: str = "strict"
    spec: str = ""
    options: dict[str, Any] = {}


class Verdict(Struct):
    """What a case showed; ``failures`` is empty when it holds."""

    failures: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] | None = None  # what came out, when the query ran

    def expect(self, what: str, got: object, wanted: object) -> None:
        """Notes a difference."""
        if got != wanted:
            self.failures.append(f"{what}:\n  got    {got!r}\n  wanted {wanted!r}")


def load(path: Path) -> Case:
    """A case from its file. Raises :class:`CaseError`."""
    try:
        case = read_as(Case, path)
    except Unreadable as error:
        raise CaseError(str(error)) from None
    if case.file and not (path.parent / case.file).exists():
        raise CaseError(f"{Places(path).of('file')}: there is no file `{case.file}`; it is looked for beside the test")
    if all(v is None for v in (case.rows, case.count, case.error, case.error_text, case.diagnostics, case.sql)):
        raise CaseError(f"{path}: expects nothing; give rows, count, error, diagnostics or sql")
    return case


def run(case: Case, folder: Path, query: str | None = None) -> Verdict:
    """Runs a case. ``query``: the detection's, for a case that has none of its own."""
    verdict = Verdict()
    one = Query(case.query or query or "", "query", case.dialect)
    given = dict(case.options)
    given["tables"] = tuple(folder / t for t in given.get("tables", ()))
    options = RunOptions(**given)
    try:
        if case.sql is not None:
            verdict.expect("sql", explain(one, options).sql.strip(), case.sql.strip())
        if case.rows is not None or case.count is not None or case.diagnostics is not None or case.error:
            _rows(case, folder, one, options, verdict)
    except QueryError as error:
        _error(case, error, verdict)
    return verdict


def _error(case: Case, error: QueryError, verdict: Verdict) -> None:
    found = [d for d in error.diagnostics if d.severity == "error"]
    verdict.expect("error", found[0].code, case.error or (found[0].code if case.error_text else None))
    if case.error_text is not None:
        verdict.expect("error text", found[0].render(error.source).strip(), case.error_text.strip())


def _rows(case: Case, folder: Path, query: Query, options: RunOptions, verdict: Verdict) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = search(query, [_input(case, folder, Path(scratch))], options)
    verdict.expect("error", None, case.error)
    if case.diagnostics is not None:
        verdict.expect("diagnostics", sorted({d.code for d in result.diagnostics}), sorted(case.diagnostics))
    compare(case, result.names, result.rows, verdict)


def compare(case: Case, names: list[str], rows: list[dict[str, Any]], verdict: Verdict) -> None:
    """Notes where the rows of a run are not those that the case expects."""
    verdict.rows = rows
    if case.columns is not None:
        verdict.expect("columns", names, case.columns)
    if case.count is not None:
        verdict.expect("count", len(rows), case.count)
    if case.rows is not None:
        got = seen(case, rows)
        wanted = case.rows if case.ordered else sorted(case.rows, key=repr)
        verdict.expect("rows", got if case.ordered else sorted(got, key=repr), wanted)


def seen(case: Case, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the columns that the case looks at: those of its first row, or all of them."""
    return [{k: _get(row, k) for k in (case.rows[0] if case.rows else row)} for row in rows]


def _get(row: dict[str, Any], name: str) -> Any:
    value = next((v for k, v in row.items() if k.lower() == name.lower()), None)
    return round(value, 6) if isinstance(value, float) else value


def _input(case: Case, folder: Path, scratch: Path) -> str:
    if case.file:
        return str(folder / case.file)
    path = scratch / "events.ndjson"
    path.write_text("".join(lines(case)), "utf-8")
    return str(path)


def lines(case: Case) -> list[str]:
    """The inline events of a case, each as a line of JSON."""
    return [json.dumps({"_raw": e} if isinstance(e, str) else e) + "\n" for e in case.events]
