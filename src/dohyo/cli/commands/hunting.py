"""``dohyo hunt --hunting``: the hunting queries of detections, which show where to look instead of raising alerts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from click.exceptions import Exit

from dohyo.cli import output
from dohyo.cli.errors import NO_INPUT, UsageError, errors_first, print_diagnostics
from dohyo.cli.options import Settings, inputs, one_of
from dohyo.detections.model import Detection
from dohyo.diagnostics import QueryError
from dohyo.formats.values import json_value
from dohyo.results import Result
from dohyo.run import Query, run_queries

_FORMATS = ("table", "json", "ndjson")


def run(paths: Sequence[str], detections: Sequence[Detection], settings: Settings) -> None:
    """Runs all hunting queries over one reading and prints what each gives."""
    one_of("--format", settings.format, _FORMATS)
    asked = [(d, name, text) for d in detections for name, text in d.hunting().items()]
    if not asked:
        raise UsageError("none of these detections has hunting queries (a folder `hunting` with .sumo files)")
    queries = [Query(text, f"{d.id}/hunting/{name}.sumo") for d, name, text in asked]
    results = run_queries(queries, inputs(paths), settings.options())
    for (detection, name, text), result in zip(asked, results, strict=True):
        if isinstance(result, QueryError):
            print_diagnostics(errors_first(result.diagnostics), result.source, settings.verbose)
        else:
            _WRITERS[settings.format](detection, name, _title(text), result)
    read = next((r.read for r in results if isinstance(r, Result)), None)
    if read is not None and not settings.quiet:
        print(f"read {read.records:,} events from {len(read.files):,} files in {read.seconds:.2f} s", file=sys.stderr)
    if read is not None and read.nothing_read:
        raise Exit(NO_INPUT)


def _title(text: str) -> str:
    first = text.lstrip().split("\n", 1)[0]
    return first.removeprefix("//").strip() if first.startswith("//") else ""


def _table(detection: Detection, name: str, title: str, result: Result) -> None:
    print(f"{detection.id}  {name}  {title}", flush=True)
    if len(result):
        output.emit("table", result.names, result.rows, None)
    else:
        print("nothing")
    print(flush=True)


def _as_json(detection: Detection, name: str, title: str, result: Result) -> dict[str, Any]:
    rows = [{k: json_value(v) for k, v in row.items()} for row in result.rows]
    return {"detection": detection.id, "query": name, "title": title, "rows": rows}


_WRITERS = {
    "table": _table,
    "json": lambda *told: print(json.dumps(_as_json(*told), ensure_ascii=False, indent=2)),
    "ndjson": lambda *told: print(json.dumps(_as_json(*told), ensure_ascii=False)),
}
