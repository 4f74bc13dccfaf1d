"""``json auto`` where nothing later says which fields are wanted: every field of the JSON becomes a column (spec §4.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from dohyo.binding.context import Context
from dohyo.lang.tree import Name
from dohyo.operators.fields import Fields
from dohyo.operators.limit import LimitStage
from dohyo.operators.sort import SortStage
from dohyo.plan.names import ID, RAW, TIME
from dohyo.plan.nodes import Batch, Node
from dohyo.plan.types import Field

if TYPE_CHECKING:
    import pyarrow as pa

#: Fields besides those that a query names (spec appendix C).
MOST = 100
_DOCUMENT = "__auto"


def wanted(ctx: Context) -> bool:
    """True when the messages themselves are the result, and no later stage names a field of theirs."""
    stages = [s for s in ctx.rest if not (isinstance(s, Fields) and s.remove)]  # what is removed is not asked for
    named = (n.name for s in stages for n in s.walk() if isinstance(n, Name))
    return all(isinstance(s, (LimitStage, SortStage)) for s in stages) and all(n.startswith("_") for n in named)


def spread(plan: Node, depth: int | None, arrays: bool) -> Node:
    """The plan with a column for each field of the document in ``__auto``; a field that is there already is overwritten."""
    kept = {f.name: f for f in plan.schema.visible}
    for name in ("_messageTime", "_raw", ID, TIME, RAW):
        if field := plan.schema.get(name):
            kept.setdefault(field.name, field)
    columns = tuple(Field(f.name, f.type, hidden=f.name.startswith("__")) for f in kept.values())
    job = _Job(tuple(f.name for f in columns), depth, arrays)
    return Batch(plan, "json auto", (*job.kept, _DOCUMENT), columns, job.run, open=True)


class _Job(Struct, frozen=True):
    kept: tuple[str, ...]
    depth: int | None
    arrays: bool

    def run(self, table: pa.Table) -> pa.Table:
        """The rows with a column for each field, in the order in which fields first come."""
        import pyarrow as pa

        found = [self._fields(text) for text in table[_DOCUMENT].to_pylist()]
        taken = {n.lower(): n for n in self.kept}
        names: dict[str, str] = {}
        for fields in found:
            for name in fields:
                if len(names) < MOST and not name.startswith("_"):
                    names.setdefault(name.lower(), name)
        data = {n: table[n] for n in self.kept}
        for key, name in names.items():
            values = [next((v for n, v in fields.items() if n.lower() == key), None) for fields in found]
            own = taken.get(key)
            if own and pa.types.is_string(table[own].type):
                values = [v if v is not None else old for v, old in zip(values, table[own].to_pylist(), strict=True)]
            data[own or name] = pa.array(values, pa.string())
        return pa.table(data)

    def _fields(self, text: str | None) -> dict[str, str | None]:
        try:
            return dict(self._flat("", json.loads(text or "null"), 0))
        except (ValueError, RecursionError):
            return {}

    def _flat(self, name: str, value: Any, level: int) -> Iterator[tuple[str, str | None]]:
        """The fields of a value: nested names joined by dots, blanks in them as ``_``; a flat array stays one text."""
        deeper = self.depth is None or level < self.depth or not name
        if isinstance(value, dict) and deeper and (value or not name):
            for key, item in value.items():
                shown = str(key).replace(" ", "_")
                yield from self._flat(f"{name}.{shown}" if name else shown, item, level + 1)
        elif isinstance(value, list) and deeper and (self.arrays or any(isinstance(v, (dict, list)) for v in value)):
            for i, item in enumerate(value):
                yield from self._flat(f"{name}[{i}]", item, level + 1)
        elif name:
            plain = value is None or isinstance(value, str)
            yield name, value if plain else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
