"""Writes the reference pages from the tables of the code: one page for each operator and function, one for the diagnostics.

    python docs/build.py

The pages are checked in; ``tests/test_reference.py`` fails when they are out of step, and runs every example."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from dohyo.detections.load import load
from dohyo.detections.page import page as detection_page
from dohyo.detections.scaffold import schema as detection_schema
from dohyo.operators import OPERATORS
from dohyo.operators.base import Operator
from dohyo.plan.functions import AGGREGATES, FUNCTIONS
from dohyo.plan.functions.model import AggregateFunction, Function
from dohyo.sigma.platforms import PLATFORMS

HERE = Path(__file__).parent / "reference"
SOURCE = Path(__file__).parents[1] / "src" / "dohyo"


def pages() -> dict[str, str]:
    """All pages: path below ``docs/reference`` → text."""
    out = {f"operators/{_file(o.names[0] if o.names else 'expression')}.md": operator(o) for o in OPERATORS.operators}
    for row in (*FUNCTIONS.values(), *AGGREGATES.values()):
        if not row.internal:
            kind = "functions" if isinstance(row, Function) else "aggregates"
            out[f"{kind}/{_file(row.name)}.md"] = function(row)
    out["diagnostics.md"] = diagnostics()
    out["index.md"] = index(out)
    return out


def _file(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "-", name)


def operator(o: Operator) -> str:
    """The page of an operator."""
    name = o.names[0] if o.names else "expression"
    also = f"\n\nAlso written {', '.join(f'`{n}`' for n in o.names[1:])}." if len(o.names) > 1 and o.category != "aggregate" else ""
    note = f"\n\nNot an operator of Sumo Logic: runs in the lenient dialect only. Write `{o.instead}`." if o.lenient_only else ""
    example = f"## Example\n\n```\n{o.example}\n```"
    return f"# {name}\n\n{o.doc}{also}{note}\n\n```\n{o.synopsis}\n```\n\n{example}\n"


def function(row: Function | AggregateFunction) -> str:
    """The page of a function."""
    also = f"\n\nAlso written {', '.join(f'`{n}`' for n in row.aliases)}." if row.aliases else ""
    note = f"\n\nNot a function of Sumo Logic: runs in the lenient dialect only. Write `{row.instead}`." if row.lenient_only else ""
    example = f"\n\n## Example\n\n`{row.example[0]}` gives `{row.example[1]}`." if row.example else ""
    if isinstance(row, AggregateFunction):
        example = f"\n\n## Example\n\n```\n* | {aggregate_example(row)} by Computer\n```"
    return f"# {row.name}\n\n`{row.signature}`\n\n{row.doc}{also}{note}{example}\n"


def aggregate_example(row: AggregateFunction) -> str:
    """A call of the aggregate over a field that it fits."""
    if "withtime" in row.args[0].name:
        return f"withtime Image | {row.name}(Image_withtime) as x"
    return f"{row.name} as x" if row.name == "count" else f"{row.name}(DestinationPort) as x"


def diagnostics() -> str:
    """Every code with what it says."""
    found: dict[str, set[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                code, title = _said(node)
                if code:
                    found.setdefault(code, set()).add(title)
    lines = [f"## {code}\n\n" + "".join(f"* {t}\n" for t in sorted(titles)) for code, titles in sorted(found.items())]
    return "# Diagnostics\n\nWhat Dohyo says of a query, by code. `…` stands for a part of your query.\n\n" + "\n".join(lines)


def _said(node: ast.Call) -> tuple[str, str]:
    texts = [a for a in node.args if isinstance(a, (ast.Constant, ast.JoinedStr, ast.BinOp))]
    if len(texts) > 1 and isinstance(node.func, ast.Name) and node.func.id == "Remark" and isinstance(node.args[2], ast.Constant):
        texts = [texts[0], *texts[2:]]  # the place comes before what is said
    if len(texts) < 2 or not (isinstance(texts[0], ast.Constant) and re.fullmatch(r"DH\d{4}|DL\d{3}", str(texts[0].value))):
        return "", ""
    return str(texts[0].value), _text(texts[1])


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values)
    return _text(node.left) + _text(node.right) if isinstance(node, ast.BinOp) else "…"


def index(found: dict[str, str]) -> str:
    """The list of all pages."""
    parts = ["# Reference\n"]
    for kind in ("operators", "aggregates", "functions"):
        links = " · ".join(f"[{Path(p).stem}]({p})" for p in sorted(found, key=str.lower) if p.startswith(f"{kind}/"))
        parts.append(f"## {kind.capitalize()}\n\n{links}\n")
    return "\n".join([*parts, "[Diagnostics](diagnostics.md)\n"])


def library() -> dict[str, str]:
    """The pages of the detections, made from their folders, and the list of them: path below ``docs`` → text."""
    found = load().detections
    out = {f"detections/{d.id}.md": detection_page(d, lambda name: f"[{name}]({name}.md)") + "\n" for d in found}
    told = ((d, d.metadata) for d in found)
    rows = [f"| [{d.id}]({d.id}.md) | {m.title} | {', '.join(m.attack.tactics)} | {m.severity.value} |" for d, m in told]
    head = "# Detections\n\n| detection | title | tactics | severity |\n| --- | --- | --- | --- |\n"
    return out | {"detections/index.md": head + "\n".join(rows) + "\n", "platforms.md": platforms()}


#: Targets whose text a parser of the language reads in the tests, and that parser.
_READ_BY = {"eql": "the parser of the package `eql`", "lucene": "`luqum`", "opensearch": "`luqum`",
            "datadog": "`luqum`, as far as Lucene goes", "qradar": "sqlglot, as SQL but for its words for regexes"}  # fmt: skip
_OWN = (
    ("sigma", "Sigma", "the compiled filter, read as a boolean over raw fields",
     "`--verify LOGS`: run over the logs and over events made for the query, and back from Sigma over the same"),
    ("sumo", "Sumo Logic", "the detection's own query, or a Sigma rule's", "compiled in the strict dialect, run; `--verify`"),
    ("sql", "SQL, DuckDB", "Dohyo's own compiled plan over a table `events`", "run on DuckDB over logs and made events: `--verify`"),
    ("sql:sqlite", "SQL, SQLite", "the same, rewritten by sqlglot",
     "run on SQLite, to which the application gives `REGEXP` and `REGEXP_EXTRACT`: `--verify`"),
    ("sql:DIALECT", "SQL, any dialect of sqlglot", "the same, rewritten by sqlglot",
     "read by sqlglot's parser of the dialect; `--verify` runs what it read on DuckDB"),
    ("cse", "Sumo Logic Cloud SIEM rule (JSON)", "Dohyo: attributes that the mappers fill, else the raw field",
     "its expression run over Cloud SIEM records finds what the query finds"),
)  # fmt: skip


_OUR_BACKENDS = ("qradar", "datadog", "secops")
_MADE_BY = (
    "pySigma's backend; its field mapping is the pipeline's",
    "Dohyo, on pySigma's base class",
    "pySigma's backend, mended where its queries were wrong; its field mapping is the pipeline's",
)


def platforms() -> str:
    """The table of other platforms."""
    rows = [f"| `{name}` | {title} | {made} | {checked} |" for name, title, made, checked in _OWN]
    for name, p in PLATFORMS.items():
        made = _MADE_BY[(name in _OUR_BACKENDS) + 2 * (p.module.startswith("dohyo.") and name not in _OUR_BACKENDS)]
        checked = f"read by {_READ_BY[name]}" if name in _READ_BY else "made; no parser or engine of its own was run"
        rows.append(f"| `{name}` | {p.title.replace('|', chr(92) + '|')} | {made} | {checked}{f'. Note: {p.note}' if p.note else ''} |")
    head = "# Platforms\n\n`dohyo convert DETECTION --to TARGET`. What cannot be said in a target is named.\n\n"
    table = head + "| target | language | made by | checked by |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"
    return table + (
        "\nFor QRadar and Datadog there are published pySigma backends; both ask for pySigma below 0.12 (tried: "
        "`pysigma-backend-qradar-aql` 0.3.2 and `pysigma-backend-datadog` 0.3.1 would replace pySigma 1.5.1 by 0.11.23). Forced beside "
        "pySigma 1.5, Datadog's stops with a `TypeError`, and QRadar's leaves the fields as Sigma names them.\n"
    )


def schema() -> str:
    """The JSON Schema of detection.yml, for editors."""
    return json.dumps(detection_schema(), indent=2) + "\n"


def main() -> None:
    """Writes the pages and removes those that have no row any more."""
    wanted = pages()
    for path in HERE.rglob("*.md"):
        if path.relative_to(HERE).as_posix() not in wanted:
            path.unlink()
    (HERE.parent / "detection.schema.json").write_text(schema(), "utf-8")
    for name, text in library().items():
        (HERE.parent / name).parent.mkdir(exist_ok=True)
        (HERE.parent / name).write_text(text, "utf-8")
    for name, text in wanted.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
