"""What an operator's file holds: one :class:`Operator`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from dohyo.binding.context import Context
from dohyo.lang.parser import Parser
from dohyo.lang.tree import Stage
from dohyo.plan.nodes import Node


class Operator(Struct, frozen=True):
    """One operator of the language.

    ``parse`` reads the stage after the operator's name and gives its tree node (a :class:`Stage` of this file);
    ``print`` is its inverse (the text of the stage, name included); ``lower`` takes that node and the plan so far and
    gives the plan after it, reporting through the context it is handed. ``follow``: signs and words that may follow the
    name as part of the operator's own syntax; before any other sign of an expression (``=``, ``/``, ``as`` …) the word
    is taken for a field of that name. ``in_chain``: takes part in ``nodrop`` chains (spec §4.1).
    """

    names: tuple[str, ...]
    synopsis: str
    doc: str
    spec: str
    stage: type[Stage]
    parse: Callable[[Parser], Stage]
    print: Callable[[Any], str]
    lower: Callable[[Any, Node, Context], Node]
    example: str = ""
    category: str = "transform"
    follow: frozenset[str] = field(default=frozenset())
    in_chain: bool = False
    lenient_only: bool = False
    ends: bool = False  # later stages are not carried out
    instead: str = ""
