"""``dohyo explain``."""

from __future__ import annotations

import json

from dohyo.cli.errors import print_diagnostics, shown
from dohyo.cli.options import Settings, one_of, query_text
from dohyo.run import Explanation, Query, explain


def run(query: str, format: str, settings: Settings) -> None:
    """Prints the explanation; diagnostics go to stderr."""
    with shown():
        one_of("--format", format, ("text", "json"))
        text, name = query_text(query)
        found = explain(Query(text, name), settings.options())
        print(json.dumps(_json(found), indent=2) if format == "json" else _text(found))
        print_diagnostics(found.diagnostics, found.source, verbose=True)


def _text(found: Explanation) -> str:
    lines = ["stages:"]
    for i, (stage, columns) in enumerate(found.stages):
        lines.append(f"  {i}. {stage}")
        shown = ", ".join(f"{c.name} {c.type}" for c in columns)
        lines.append(f"       → {shown}")
    lines += ["", f"fields asked of the source: {', '.join(found.fields) or 'none'}"]
    lines += ["", "an event is of use when:", _indented(found.predicate), "", "SQL:", _indented(found.sql)]
    return "\n".join(lines)


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())


def _json(found: Explanation) -> dict[str, object]:
    return {
        "stages": [{"stage": s, "columns": [{"name": c.name, "type": str(c.type)} for c in cs]} for s, cs in found.stages],
        "fields": list(found.fields),
        "predicate": found.predicate,
        "sql": found.sql,
        "diagnostics": [d.as_json(found.source) for d in found.diagnostics],
    }
