"""The shapes: one file and one table for each form in which Windows events are exported.

A new form is a new file here with one ``SHAPE``; nothing else has to know of it. See ``CONTRIBUTING.md``.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..model import Shape
from .evtx import OF_FILES

_HELPERS = frozenset({"categories", "derive", "lean", "messages", "names", "parts", "recognise", "times"})


def _read() -> tuple[Shape, ...]:
    names = [found.name for found in iter_modules(__path__) if found.name not in _HELPERS]
    shapes: list[Shape] = [import_module(f"{__name__}.{name}").SHAPE for name in names]
    return tuple(sorted(shapes, key=lambda shape: (shape.rank, shape.name)))


SHAPES: tuple[Shape, ...] = _read()
"""Every shape, in the order in which they are tried."""

#: What the records of event logs are, if our own reader made them.
OF_EVENT_LOGS = "evtx file"

_BY_NAME = {shape.name: shape for shape in SHAPES} | {OF_EVENT_LOGS: OF_FILES}


def shape(name: str) -> Shape:
    """The shape called ``name``; raises ``KeyError`` for an unknown name."""
    return _BY_NAME[name]
