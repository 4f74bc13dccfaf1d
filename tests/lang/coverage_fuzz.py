"""Fuzzes the compiler guided by coverage: no query may end in anything but a result or its own diagnostics, nor take long.

    pip install atheris && python tests/lang/coverage_fuzz.py [FOLDER] [-max_total_time=600]

FOLDER keeps what was found on the way; it begins with the queries of the cases and the detections. What it finds becomes a
row in ``test_fuzz.py``. Not part of the tests: it needs minutes."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # not among the tests' own packages
import yaml

ROOT = Path(__file__).resolve().parents[2]
#: Processor seconds that a query may take.
_MOST = 3.0

with atheris.instrument_imports(include=["dohyo"]):
    from dohyo.binding.context import Options
    from dohyo.compile import compile_query
    from dohyo.diagnostics import QueryError
    from dohyo.operators import OPERATORS


def one(data: bytes) -> None:
    """Compiles a text."""
    began = time.process_time()
    with contextlib.suppress(QueryError):
        compile_query(data.decode("utf-8", "ignore"), "fuzz", Options())
    if time.process_time() - began > _MOST:
        raise RuntimeError(f"took more than {_MOST} s")


def begin(folder: Path) -> None:
    """Writes the first queries."""
    cases = (yaml.safe_load(p.read_text("utf-8")) for p in sorted((ROOT / "tests/cases").rglob("*.yml")))
    queries = [p.read_text("utf-8") for p in sorted(ROOT.glob("detections/*/query.sumo"))]
    queries += [c["query"] for c in cases if isinstance(c, dict) and isinstance(c.get("query"), str)]
    for number, query in enumerate(queries):
        (folder / f"first{number}").write_text(query, "utf-8")


if __name__ == "__main__":
    assert OPERATORS.operators  # all files of operators, instrumented
    kept = next((a for a in sys.argv[1:] if not a.startswith("-")), None)
    corpus = Path(kept or tempfile.mkdtemp())
    corpus.mkdir(parents=True, exist_ok=True)
    begin(corpus)
    atheris.Setup([sys.argv[0], *([] if kept else [str(corpus)]), *sys.argv[1:], "-max_len=4000"], one)
    atheris.Fuzz()
