"""What several shapes need: bare numbers, GUIDs in EVTX's spelling, the rendered message."""

from __future__ import annotations

import re
from string import Template
from typing import Any

from .model import Form, Kind

_GUID_HOLE = re.compile(r"\{«(p?t?l?guid|uuid)»\}")


def number(text: str) -> Any:
    """``text``, digits or a hole, as a JSON number: a hole gets the mark that ``template`` makes bare."""
    return text.replace("«", "«#") if "«" in text else int(text)


def guid_bare(text: str) -> str:
    """``text`` with a GUID in braces as EVTX prints it: upper case, without braces."""
    if text.startswith("{0000"):
        return text.strip("{}")
    return _GUID_HOLE.sub(lambda hole: f"«{hole[1].upper()}»", text)


def provider_short(kind: Kind) -> str:
    """The provider without the maker's name, as the type tables name it."""
    return kind.key.rpartition(":")[0]


def message(form: Form, newline: str) -> str:
    """The message as Windows renders it, with holes, its lines ended by ``newline``."""
    kind = form.kind
    if kind.message:
        text = Template(kind.message).safe_substitute(form.values)
    else:
        text = "\n".join((f"{kind.title}:", *(f"{name}: {value}" for name, value in form.values.items())))
    return text.replace("\r\n", "\n").replace("\n", newline)
