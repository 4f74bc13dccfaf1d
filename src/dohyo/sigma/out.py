"""Sigma out: the condition of a query over the events' own fields as a Sigma rule. What Sigma cannot say is named."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field

from dohyo.binding.context import Options
from dohyo.compile import compile_query
from dohyo.detections.model import Detection
from dohyo.plan.nodes import Filter
from dohyo.plan.passes import scan_predicate
from dohyo.sigma.notsaid import NotSaid
from dohyo.sigma.out_source import without_source
from dohyo.sigma.out_tree import Not, Test, Tree, both, tree_of

#: Rules made from one detection keep their id.
_NAMESPACE = uuid.UUID("6f1f8f2a-62b0-5d0e-9d7e-3a1b8e0c7d43")


class _Writer(Struct):
    """Gives each group of tests a name and writes the condition over the names."""

    selections: dict[str, Any] = field(default_factory=dict)

    def add(self, tests: dict[str, Any], name: str) -> str:
        full = name if name not in self.selections else f"{name}_{len(self.selections)}"
        self.selections[full] = tests
        return full

    def text(self, tree: Tree, name: str, top: bool = False) -> str:
        if isinstance(tree, Test):
            return self.add({tree.field: _listed(tree.values)}, name)
        if isinstance(tree, Not):
            return f"not {self.text(tree.part, 'filter')}"
        tests = [p for p in tree.parts if isinstance(p, Test)]
        others = [p for p in tree.parts if not isinstance(p, Test)]
        parts: list[str] = []
        if tree.word == "and" and tests:
            parts = [self.add(group, name) for group in _groups(tests)]
        else:
            parts = [self.text(t, name) for t in tests]
        parts += [self.text(p, name) for p in others]
        joined = f" {tree.word} ".join(parts)
        return joined if top or len(parts) == 1 else f"({joined})"


def _groups(tests: Sequence[Test]) -> list[dict[str, Any]]:
    """Tests that must all hold, as mappings; a field that comes twice needs a second one."""
    groups: list[dict[str, Any]] = []
    for t in tests:
        home = next((g for g in groups if t.field not in g), None)
        if home is None:
            groups.append(home := {})
        home[t.field] = _listed(t.values)
    return groups


def _listed(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def rule(detection: Detection) -> dict[str, Any]:
    """A detection as a Sigma rule, ready for YAML. Raises :class:`NotSaid` for what Sigma cannot say, and
    ``QueryError`` when the query cannot run."""
    compiled = compile_query(detection.query, f"{detection.id}/query.sumo", Options())
    lost = [s.node for s in compiled.steps if s.node is not None and not _is_row_by_row(s.plan)]
    if lost:
        from dohyo.lang import printer

        raise NotSaid(f"the stage `{printer.stage(lost[0])}`: a Sigma rule looks at one event at a time")  # type: ignore[arg-type]  # a stage
    source, parts = without_source(tree_of(scan_predicate(compiled.plan, whole=True)))
    kept = tuple(p for p in parts if not _implied(p, parts))
    writer = _Writer()
    condition = writer.text(both("and", kept), "selection", top=True)
    meta = detection.metadata
    found = {
        "title": meta.title,
        "id": str(uuid.uuid5(_NAMESPACE, detection.id)),
        "status": meta.status.value,
        "description": meta.description.strip(),
        "references": list(meta.references),
        "author": meta.author,
        "date": meta.date,
        "tags": [f"attack.{t}" for t in meta.attack.tactics] + [f"attack.{t.lower()}" for t in meta.attack.techniques],
        "logsource": source,
        "detection": {**writer.selections, "condition": condition},
        "falsepositives": list(meta.false_positives),
        "level": meta.severity.value,
    }
    return {k: v for k, v in found.items() if v not in ("", [])}


def _is_row_by_row(plan: Any) -> bool:
    from dohyo.plan.nodes import Extend, Project, Scan, Sort

    return all(isinstance(n, (Filter, Extend, Project, Sort, Scan)) for n in plan.walk())


def _implied(part: Tree, parts: tuple[Tree, ...]) -> bool:
    """A denied list of values, or of endings, is idle where a list that must hold has none that fits one of its own."""
    if not (isinstance(part, Not) and isinstance(part.part, Test)):
        return False
    denied = part.part
    fits = _FITS.get(denied.field.partition("|")[2])
    if fits is None:
        return False
    wanted = [t for t in parts if isinstance(t, Test) and t.field == denied.field]
    return any(not any(fits(str(a), str(b)) for a in w.values for b in denied.values) for w in wanted)


#: Modifier -> whether a text can meet two values at once.
_FITS = {
    "": lambda a, b: "*" in a or "?" in a or "*" in b or "?" in b or a.lower() == b.lower(),
    "endswith": lambda a, b: "*" in a + b or a.lower().endswith(b.lower()) or b.lower().endswith(a.lower()),
}  # fmt: skip
