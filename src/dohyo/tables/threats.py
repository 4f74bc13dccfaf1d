"""Threat indicators from a user's lists: CSV, JSON, or STIX 2.1 bundles (spec §9.1, §9.5)."""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dohyo.tables.find import threat_lists
from dohyo.tables.load import MOST_BYTES, Row, Table, TableError, as_text, load

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
_TIMES = ("imported", "updated", "valid_from", "valid_until")
#: ``ipv4-addr:value = '1.2.3.4'`` in a STIX pattern; a name is looked at from its beginning only, to stay linear.
_COMPARISON = re.compile(r"(?<![\w:.'-])([\w:.'-]+)\s*=\s*'((?:[^'\\]|\\.)*)'")


def entries(folders: Sequence[Path]) -> Table | None:
    """All entries of all lists as one table; ``None`` when there is no list. Raises :class:`TableError`."""
    try:
        paths = tuple((p, p.stat().st_mtime_ns) for p in threat_lists(folders))
    except OSError as error:
        raise TableError(str(error)) from None
    return _entries(paths) if paths else None


@functools.lru_cache(maxsize=4)
def _entries(paths: tuple[tuple[Path, int], ...]) -> Table:
    rows: list[Row] = []
    for path, _ in paths:
        rows += _read(path)
    return Table(paths[0][0], COLUMNS, rows)


def _read(path: Path) -> list[Row]:
    bundle = _bundle(path)
    if bundle is not None:
        return list(_stix(bundle, path))
    table = load(path)
    found = [next((p for n in (c, *_ALSO.get(c, ())) if (p := table.place(n)) is not None), None) for c in COLUMNS]
    if found[0] is None:
        raise TableError(f"{path}: no column `threat` or `indicator`")
    return [_entry(dict(zip(COLUMNS, (None if p is None else row[p] for p in found), strict=True))) for row in table.rows]


def _entry(values: Mapping[str, object]) -> Row:
    """An entry in the order of the columns; times are epoch ms (spec §9.5)."""
    texts = ((c, as_text(values.get(c)) or None) for c in COLUMNS)
    return tuple(_epoch(text) if text and c in _TIMES else text for c, text in texts)


def _epoch(text: str) -> str | None:
    if text.isdecimal():
        return text
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return str(int((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() * 1000))


def _bundle(path: Path) -> dict[str, Any] | None:
    if path.suffix.lower() not in (".json", ".stix") or path.stat().st_size > MOST_BYTES:
        return None
    try:
        whole = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None  # read as a table; what is wrong is said there
    return whole if isinstance(whole, dict) and whole.get("type") == "bundle" else None


def _stix(bundle: dict[str, Any], path: Path) -> Iterator[Row]:
    """One entry for each value that an indicator's pattern compares with."""
    objects = bundle.get("objects")
    for item in objects if isinstance(objects, list) else ():
        if not isinstance(item, dict) or item.get("type") != "indicator":
            continue
        raw = as_text(item)
        for kind, value in _COMPARISON.findall(str(item.get("pattern", ""))):
            yield _entry({
                "threat": re.sub(r"\\(.)", r"\1", value), "type": kind, "actor": item.get("name"), "raw": raw, "source": path.stem,
                "threat_type": _joined(item.get("indicator_types")), "id": item.get("id"),
                "confidence": item.get("confidence"), "malicious_confidence": item.get("confidence"),
                "valid_from": item.get("valid_from"), "valid_until": item.get("valid_until"), "updated": item.get("modified"),
                "kill_chain": _joined(item.get("kill_chain_phases"), "phase_name"),
            })  # fmt: skip


def _joined(values: object, key: str = "") -> str:
    """A list of texts, or of objects with a text under ``key``, as one text."""
    listed = values if isinstance(values, list) else []
    return ",".join(str(v.get(key, "") if isinstance(v, dict) else v) for v in listed)
