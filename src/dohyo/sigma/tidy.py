"""What other tools take in a rule and pySigma does not: dates and numbers where texts are meant, words in capitals, ``utf16le``."""

from __future__ import annotations

import datetime
import re
from typing import Any

#: Modifiers under which a number is a text.
_OF_TEXTS = frozenset({"contains", "startswith", "endswith", "windash", "base64", "base64offset", "cased", "re"})
_SAME_MODIFIER = {"utf16le": "wide"}
_WORD = re.compile(r"\b(?:AND|OR|NOT|OF|ALL|THEM)\b")


def tidied(document: dict[str, Any]) -> dict[str, Any]:
    """The document as pySigma takes it."""
    detection = document.get("detection")
    if not isinstance(detection, dict):
        return document
    names = set(map(str, detection))
    made = {k: _condition(v, names) if k == "condition" else _tests(v) for k, v in detection.items()}
    return {**document, "detection": made}


def _condition(value: Any, names: set[str]) -> Any:
    if isinstance(value, list):
        return [_condition(v, names) for v in value]
    return _WORD.sub(lambda m: m[0] if m[0] in names else m[0].lower(), value) if isinstance(value, str) else value


def _tests(value: Any) -> Any:
    if isinstance(value, list):
        return [_tests(v) for v in value]
    if not isinstance(value, dict):
        return _text(value, False)
    out = {}
    for key, inner in value.items():
        field, *modifiers = str(key).split("|")
        modifiers = [_SAME_MODIFIER.get(m, m) for m in modifiers]
        of_texts = bool(_OF_TEXTS.intersection(modifiers))
        out["|".join((field, *modifiers))] = [_text(v, of_texts) for v in inner] if isinstance(inner, list) else _text(inner, of_texts)
    return out


def _text(value: Any, of_texts: bool) -> Any:
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat(sep=" ") if isinstance(value, datetime.datetime) else value.isoformat()
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if of_texts and is_number else value
