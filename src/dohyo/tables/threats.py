"""Threat indicators from a user's lists: CSV, JSON, or STIX 2.1 bundles (spec §9.1, §9.5)."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dohyo.tables.find import threat_lists
from dohyo.tables.load import Table, TableError, load

#: The columns of a threat entry; the first one is what is looked up.
COLUMNS = ("threat", "type", "actor", "threatlevel", "malicious_confidence", "raw", "source", "threat_type", "id", "confidence",
           "valid_from", "valid_until", "kill_chain", "updated", "imported", "fields")  # fmt: skip
#: What a user's list may call them.
_ALSO = {
    "threat": ("indicator", "ioc", "value", "ip", "domain", "hash", "url"),
    "actor": ("actors", "threat_actor"),
    "malicious_confidence": ("confidence",),
    "threatlevel": ("threat_level", "severity"),
    "type": ("indicator_type",),
    "threat_type": ("category", "labels"),
}
_COMPARISON = re.compile(r"\[?\s*([\w:.'-]+)\s*=\s*'([^']*)'")


def entries(folders: Sequence[Path]) -> Table | None:
    """All entries of all lists as one table; ``None`` when there is no list. Raises :class:`TableError`."""
    paths = tuple(threat_lists(folders))
    return _entries(tuple((p, p.stat().st_mtime_ns) for p in paths)) if paths else None


@functools.lru_cache(maxsize=4)
def _entries(paths: tuple[tuple[Path, int], ...]) -> Table:
    rows: list[tuple[str | None, ...]] = []
    for path, _ in paths:
        rows += _read(path)
    return Table(paths[0][0], COLUMNS, rows)


def _read(path: Path) -> list[tuple[str | None, ...]]:
    bundle = _bundle(path)
    if bundle is not None:
        return list(_stix(bundle, path))
    table = load(path)
    found = [next((p for n in (c, *_ALSO.get(c, ())) if (p := table.place(n)) is not None), None) for c in COLUMNS]
    if found[0] is None:
        raise TableError(f"{path}: no column `threat` or `indicator`")
    return [tuple(None if p is None else row[p] for p in found) for row in table.rows]


def _bundle(path: Path) -> dict[str, Any] | None:
    if path.suffix.lower() not in (".json", ".stix"):
        return None
    try:
        whole = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return None
    return whole if isinstance(whole, dict) and whole.get("type") == "bundle" else None


def _stix(bundle: dict[str, Any], path: Path) -> Iterator[tuple[str | None, ...]]:
    """One entry for each value that an indicator's pattern compares with."""
    for item in bundle.get("objects", []):
        if not isinstance(item, dict) or item.get("type") != "indicator":
            continue
        for kind, value in _COMPARISON.findall(str(item.get("pattern", ""))):
            confidence = item.get("confidence")
            entry = {
                "threat": value, "type": kind, "actor": item.get("name"), "raw": json.dumps(item, ensure_ascii=False),
                "source": path.stem, "threat_type": ",".join(map(str, item.get("indicator_types", []))), "id": item.get("id"),
                "confidence": None if confidence is None else str(confidence),
                "malicious_confidence": None if confidence is None else str(confidence),
                "valid_from": item.get("valid_from"), "valid_until": item.get("valid_until"), "updated": item.get("modified"),
                "kill_chain": ",".join(str(k.get("phase_name")) for k in item.get("kill_chain_phases", []) if isinstance(k, dict)),
            }  # fmt: skip
            yield tuple(None if entry.get(c) in (None, "") else str(entry.get(c)) for c in COLUMNS)
