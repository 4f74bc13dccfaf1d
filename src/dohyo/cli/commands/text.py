"""``dohyo fmt``, ``fix`` and ``lint``: commands over query texts, without logs."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from click.exceptions import Exit

from dohyo.binding.context import Options
from dohyo.cli.errors import CHECK_FAILED, WRONG, UsageError, errors_first, print_diagnostics, shown
from dohyo.cli.options import Settings, one_of
from dohyo.compile import compile_query, looked_at, parse
from dohyo.detections.lint import Remark, lint, query_remarks
from dohyo.detections.load import load
from dohyo.diagnostics import Diagnostic, QueryError, Severity, Source
from dohyo.formats.values import safe
from dohyo.lang import printer
from dohyo.lang.parser import has_errors
from dohyo.sample.attacks import ATTACKS


def _text(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from None


def _files(paths: Sequence[Path]) -> list[Path]:
    """Query files; of a folder all ``.sumo`` files in it. Raises :class:`UsageError` for a folder without any."""
    found = []
    for path in paths:
        files = sorted(path.rglob("*.sumo")) if path.is_dir() else [path]
        if not files:
            raise UsageError(f"{path}: holds no query (.sumo) and no detection")
        found += files
    return found


def format_files(paths: Sequence[Path], check: bool) -> None:
    """Rewrites files in the canonical layout, or only says which are not in it."""
    code = 0
    with shown():
        for path in _files(paths):
            text = _text(path)
            query = parse(text, str(path))
            if has_errors(query):
                print_diagnostics(errors_first(query.diagnostics), query.source, verbose=False)
                code = WRONG
                continue
            done = printer.query(query)
            if str(path) == "-":
                sys.stdout.write(done)
            elif done != text:
                code = max(code, CHECK_FAILED if check else 0)
                print(f"{path}: {'not in the layout' if check else 'formatted'}", file=sys.stderr)
                if not check:
                    path.write_text(done, "utf-8")
    raise Exit(code)


def fix_files(paths: Sequence[Path], dry_run: bool, settings: Settings) -> None:
    """Applies the patches of diagnostics until none is left."""
    code = 0
    with shown():
        for path in _files(paths):
            before = _text(path)
            text, left = fixed(before, str(path), settings.options().compiler("lenient"))
            if dry_run or str(path) == "-":
                sys.stdout.write(text)
            elif text != before:
                path.write_text(text, "utf-8")
                print(f"{path}: fixed", file=sys.stderr)
            elif not left:
                print(f"{path}: nothing to fix", file=sys.stderr)
            if left:
                code = CHECK_FAILED
                print_diagnostics(left, Source(text, str(path)), verbose=False)
    raise Exit(code)


def fixed(text: str, name: str, options: Options) -> tuple[str, list[Diagnostic]]:
    """The text with all certain fixes applied, and the diagnostics that are left."""
    found: list[Diagnostic] = []
    for _ in range(20):  # a fix may uncover another one: `eval a = matches(…)`
        found = _diagnostics(text, name, options)
        patches = [p for d in found for p in d.patches]
        if not patches:
            return text, found
        text = Source(text).patched(patches)
    return text, found


def lint_paths(paths: Sequence[Path], format: str, settings: Settings) -> None:
    """Checks query files and detection folders; exit code 1 when one has a warning or an error."""
    with shown():
        one_of("--format", format, ("text", "json"))
        options = settings.options()
        found = [r for p in paths for r in _remarks(p, options.compiler(None), options.engine)]
        if format == "json":
            print(json.dumps([r.as_json() for r in found], indent=2, ensure_ascii=False))
        else:
            for remark in found:
                print("\n".join(safe(line) for line in str(remark).splitlines()), end="\n\n", file=sys.stderr)
            bad = Counter(r.severity for r in found)
            told = ", ".join(f"{bad[s]} {s.value}{'s' * (bad[s] != 1)}" for s in Severity if bad[s])
            print(told or "nothing to say", file=sys.stderr)
    raise Exit(CHECK_FAILED if any(r.severity is not Severity.NOTE for r in found) else 0)


def _remarks(path: Path, options: Options, engine: str) -> Iterator[Remark]:
    """What is to be said of a query file, a detection's folder, or a folder of either."""
    folders = _detection_folders(path)
    if not folders:
        for file in _files([path]):
            yield from query_remarks(_text(file), str(file), options, engine)
        return
    known = [d.id for d in load([path] if path.is_dir() else []).detections]
    for folder in folders:
        yield from lint(folder, known, [a.name for a in ATTACKS], engine, options)


def _detection_folders(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    return [path] if (path / "detection.yml").is_file() else sorted(p.parent for p in path.glob("*/detection.yml"))


def _diagnostics(text: str, name: str, options: Options) -> list[Diagnostic]:
    try:
        return list(compile_query(text, name, looked_at(options)).diagnostics)
    except QueryError as error:
        return list(error.diagnostics)
