"""``dohyo test --update``: writes into a failing case what was seen. What else the file says, and its comments, stay."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from dohyo.detections.cases import Case, Verdict, seen


def update(path: Path, case: Case, verdict: Verdict) -> bool:
    """Writes the rows and the count that came out over those that were expected; false when there is nothing to write."""
    if verdict.rows is None or not verdict.failures or (case.rows is None and case.count is None):
        return False
    yaml = YAML()
    yaml.width = 120
    data: Any = yaml.load(path.read_text("utf-8"))
    if case.count is not None:
        data["count"] = len(verdict.rows)
    if case.rows is not None:
        data["rows"] = seen(case, verdict.rows)
    out = io.StringIO()
    yaml.dump(data, out)
    path.write_text(out.getvalue(), "utf-8")
    return True
