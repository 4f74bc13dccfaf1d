"""Collections: documents of a file that are parts of the rules beside them (``action: global``, ``repeat``, ``reset``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: A document and its place in the file.
Placed = tuple[int, Any]


def merged(documents: Sequence[Any]) -> tuple[list[Placed], list[tuple[int, str]]]:
    """The rules of a file's documents, and what is wrong with an action. What a rule says itself counts, then what is global."""
    rules: list[Placed] = []
    wrong: list[tuple[int, str]] = []
    everywhere: dict[str, Any] = {}
    before: dict[str, Any] = {}
    for place, document in enumerate(documents):
        action = document.get("action") if isinstance(document, dict) else None
        if action is None:
            if everywhere and isinstance(document, dict) and not {"correlation", "filter"} & document.keys():
                document = before = _over(everywhere, document)
            elif isinstance(document, dict):
                before = document
            rules.append((place, document))
            continue
        own = {k: v for k, v in document.items() if k != "action"}
        if action == "global":
            everywhere = before = own
        elif action == "reset":
            everywhere = {}
        elif action == "repeat":
            before = _over(before, own)
            rules.append((place, before))
        else:
            wrong.append((place, f"the action `{action}` is not known: `global`, `repeat` or `reset`"))
    return rules, wrong


def _over(below: Any, above: Any) -> Any:
    """What is above, and what it does not say of what is below."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {**below, **{k: _over(below.get(k), v) for k, v in above.items()}}
