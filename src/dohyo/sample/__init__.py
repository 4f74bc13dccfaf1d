"""Realistic Windows telemetry, made up: an office's normal traffic with attacks mixed in, and the truth about them.

>>> from dohyo.sample import generate
>>> [event.form.kind.key for event in generate(3, seed=1)] == [event.form.kind.key for event in generate(3, seed=1)]
True
"""

from __future__ import annotations

from .generate import ATTACK_RATE, HOSTS, SPAN, START, generate
from .model import Event, Label
from .run import Summary, run
from .shapes import SHAPES
from .write import FORMATS, labels_path, write

__all__ = [
    "ATTACK_RATE", "FORMATS", "HOSTS", "SHAPES", "SPAN", "START", "Event", "Label", "Summary", "generate",
    "labels_path", "run",
    "write",
]  # fmt: skip
