"""Parse operators (spec §4): what a text gives (``None``: it does not match), and which rows stay."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence

from msgspec import Struct

from reference.values import Row, text

Fields = dict[str, str | None]


class Parse(Struct, frozen=True):
    """One parse stage: over which field, what it makes of a text, its fields, and whether a row may stay without."""

    field: str
    call: Callable[[str], Fields | None]
    names: tuple[str, ...]
    nodrop: bool


def chain(rows: Sequence[Row], stages: Sequence[Parse]) -> list[Row]:
    """Parses one after another; a row that an earlier ``nodrop`` one matched survives the next that would drop it (§4.1).
    A field that the parse does not set keeps its value."""
    out = []
    for row in rows:
        made, hit, stays = dict(row), False, True
        for stage in stages:
            source = text(made.get(stage.field))
            found = None if source is None else stage.call(source)
            made = {**made, **{n: made.get(n) for n in stage.names}, **(found or {})}
            if stage.nodrop:
                hit = hit or found is not None
            else:
                stays = stays and (found is not None or hit)
                hit = False
        if stays:
            out.append(made)
    return out


def anchor(pattern: str, names: Sequence[str]) -> Callable[[str], Fields | None]:
    """Text between literal text: the shortest run; a star at the end takes the rest (§4.2)."""
    regex = "([\\s\\S]*?)".join(re.escape(part) for part in pattern.split("*"))
    if pattern.endswith("*"):
        regex = regex.removesuffix("([\\s\\S]*?)") + "([\\s\\S]*)"
    start = re.match if pattern.startswith("*") else re.search

    def call(source: str) -> Fields | None:
        found = start(regex, source)
        return dict(zip(names, found.groups(), strict=True)) if found else None

    return call


def regex(pattern: str) -> Callable[[str], Fields | None]:
    """Named groups of the first match anywhere (§4.3)."""
    compiled = re.compile(pattern, re.ASCII)

    def call(source: str) -> Fields | None:
        found = compiled.search(source)
        return found.groupdict() if found else None

    return call


def multi(rows: Sequence[Row], field: str, pattern: str, nodrop: bool) -> list[Row]:
    """A copy of the row for each match."""
    out: list[Row] = []
    names = re.compile(pattern).groupindex
    for row in rows:
        source = text(row.get(field))
        found = [m.groupdict() for m in re.finditer(pattern, source, re.ASCII)] if source is not None else []
        out += [{**row, **f} for f in found]
        if not found and nodrop:
            out.append({**row, **dict.fromkeys(names)})
    return out


# --- json (§4.4) ------------------------------------------------------------------------------------------------------

Step = str | int
_MISSING = object()


def shown(value: object) -> str | None:
    """A JSON value as text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def document(source: str) -> object:
    """The text as JSON, or the block in it from the first bracket to the last."""
    for part in (source, *re.findall(r"[{\[][\s\S]*[}\]]", source)):
        try:
            return json.loads(part)
        except ValueError:
            continue
    return _MISSING


def _follow(value: object, path: Sequence[Step]) -> object:
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else _MISSING
        else:
            value = value.get(step, _MISSING) if isinstance(value, dict) else _MISSING
    return value


def json_paths(paths: Sequence[tuple[str, Sequence[Step]]], nodrop: bool) -> Callable[[str], Fields | None]:
    """The value at each path; without ``nodrop`` all must be there."""

    def call(source: str) -> Fields | None:
        whole = document(source)
        if whole is _MISSING:
            return None
        found = {name: _follow(whole, path) for name, path in paths}
        if not nodrop and _MISSING in found.values():
            return None
        return {n: None if v is _MISSING else shown(v) for n, v in found.items()}

    return call


# --- keyvalue, csv, split, xml (§4.5–§4.7) ---------------------------------------------------------------------------


def keyvalue(keys: Sequence[str], nodrop: bool) -> Callable[[str], Fields | None]:
    """``key=value``, ``key: value``, ``key->value``; a value in quotes, or up to a blank or a closing sign."""

    def call(source: str) -> Fields | None:
        found: Fields = {}
        for key in keys:
            value = r"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s,;&\])}]+))"""
            m = re.search(rf"""(?:^|[\s,;&|\[({{<"'?]){re.escape(key)}["']?\s*(?:=|:|->)\s*{value}""", source)
            found[re.sub(r"\W", "_", key)] = next((g for g in m.groups() if g is not None), "") if m else None
        some = [v for v in found.values() if v is not None]
        return found if (some if nodrop else len(some) == len(found)) else None

    return call


def columns(source: str, delimiter: str = ",", escape: str = "\\", quote: str = '"') -> list[str]:
    """The cells of a line: a quoted delimiter divides nothing, what follows the escape stands for itself."""
    cells, quoted, escaped = [""], False, False
    for i, c in enumerate(source):
        if escaped:
            cells[-1], escaped = cells[-1] + c, False
        elif c == escape and i + 1 < len(source):
            escaped = True
        elif c == quote:
            doubled = quoted and source[i + 1 : i + 2] == quote
            if doubled:
                escaped = True
            else:
                quoted = not quoted
        elif c == delimiter and not quoted:
            cells.append("")
        else:
            cells[-1] += c
    return cells


def extract(names: Sequence[str | None], delimiter: str = ",") -> Callable[[str], Fields]:
    """Cells from the first on; ``None`` passes one over; a cell that is not there is null, the row stays."""

    def call(source: str) -> Fields:
        cells = columns(source, delimiter)
        return {n: cells[i] if i < len(cells) else None for i, n in enumerate(names) if n}

    return call


def xml(paths: Sequence[tuple[str, str, str | None]], nodrop: bool) -> Callable[[str], Fields | None]:
    """Of each path (name, element's path below the root, attribute or ``None`` for its text) the first that is there."""

    def call(source: str) -> Fields | None:
        try:
            root = ET.fromstring(source)
        except ET.ParseError:
            return None
        out: Fields = {}
        for name, path, attribute in paths:
            element = root.find(path)
            value = None if element is None else element.get(attribute) if attribute else element.text
            out[name] = value
        some = [v for v in out.values() if v is not None]
        return out if (some if nodrop else len(some) == len(out)) else None

    return call
