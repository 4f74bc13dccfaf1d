"""``dohyo new``: a detection folder to start from, and the JSON Schema that editors check ``detection.yml`` with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from msgspec import json

from dohyo.detections.model import Metadata

SCHEMA_NAME = "detection.schema.json"
_NAME = re.compile(r"(T\d{4}(?:\.\d{3})?)-[a-z0-9]+(?:-[a-z0-9]+)*")


class BadName(ValueError):
    """A folder's name that a detection cannot have."""


def schema() -> dict[str, Any]:
    """The JSON Schema of ``detection.yml``."""
    parts = json.schema(Metadata)["$defs"]
    whole = parts.pop(Metadata.__name__)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, "title": "Dohyo detection", "$defs": parts}


def new(name: str, folder: Path) -> Path:
    """Writes a detection folder that passes its own test and gives its place. Raises :class:`BadName` for a name that is
    no technique and words, ``FileExistsError`` when it is there already."""
    m = _NAME.fullmatch(name)
    if m is None:
        raise BadName(f"`{name}`: a name is a technique and words, such as T1059.001-encoded-powershell")
    home = folder / name
    (home / "tests").mkdir(parents=True)
    words = name.removeprefix(m[1]).strip("-").replace("-", " ")
    for file, text in _FILES.items():
        (home / file).write_text(text.replace("«technique»", m[1]).replace("«title»", words.capitalize()), "utf-8")
    return home


_FILES = {
    "detection.yml": """# yaml-language-server: $schema=../detection.schema.json
title: «title»
description: >-
  What it finds, and why that is suspicious.
status: experimental
severity: medium
confidence: low
attack:
  tactics: [execution]
  techniques: [«technique»]
data_sources: [Sysmon process creation (event 1)]
required_tables: [windows/sysmon]
false_positives:
  - Who does this for a good reason.
author: ""
date: ""
""",
    "query.sumo": """// What the query looks for, in one sentence.
_sourceCategory=windows/sysmon
| where EventID = "1"
| where toLowerCase(Image) matches "*\\\\example.exe"
| fields _messageTime, Computer, User, Image, CommandLine, ParentImage
| sort by _messageTime desc
""",
    "tests/fires.yml": r"""# An event that must fire, with the values that the alert must show.
events:
  - EventID: "1"
    Channel: Microsoft-Windows-Sysmon/Operational
    Hostname: DESK01
    UtcTime: "2024-03-05 09:15:30.123"
    Image: 'C:\Tools\EXAMPLE.exe'
    CommandLine: example -x
    User: 'CORP\mira'
rows:
  - {Computer: DESK01, CommandLine: example -x}
""",
    "tests/stays-quiet.yml": r"""# Events that look like it and must not fire.
events:
  - EventID: "1"
    Channel: Microsoft-Windows-Sysmon/Operational
    Hostname: DESK01
    UtcTime: "2024-03-05 09:15:30.123"
    Image: 'C:\Tools\counterexample.exe'
count: 0
""",
    "investigation.md": """# Investigation

1. What started it ({{ParentImage}}), with which command line ({{CommandLine}}), as which user ({{User}})?
2. What did it do next: children, files, connections?
3. Is it seen on other hosts, or at other times on {{Computer}}?
""",
    "playbook.md": """# Response

1. Ask the user of the host whether they ran it.
2. Look at the parent process and the command line.
3. Isolate {{Computer}} when neither explains it.
""",
}
