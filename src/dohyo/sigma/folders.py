"""Sigma rules as detection folders: what ``dohyo import sigma`` writes."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from msgspec import to_builtins

from dohyo.sigma.cache import Converted
from dohyo.sigma.load import detection


def folder_name(rule: Converted) -> str:
    """The title in words that a file name can hold, and the beginning of the id."""
    words = re.sub(r"[^a-z0-9]+", "-", rule.title.lower()).strip("-")[:60]
    return f"{words or 'rule'}-{rule.id[:8]}"


def write(rule: Converted, output: Path) -> Path:
    """Writes ``detection.yml``, ``query.sumo`` and ``sigma.yml`` of a rule below ``output`` and gives the folder."""
    folder = output / folder_name(rule)
    folder.mkdir(parents=True, exist_ok=True)
    data = to_builtins(detection(rule).metadata)
    (folder / "detection.yml").write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120), "utf-8")
    (folder / "query.sumo").write_text(rule.query, "utf-8")
    if rule.path:
        (folder / "sigma.yml").write_bytes(Path(rule.path).read_bytes())
    return folder
