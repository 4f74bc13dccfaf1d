"""The table of operators says what the files hold."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import dohyo.operators as room


def test_every_file_with_an_operator_is_in_the_table_with_its_names() -> None:
    """A file that was forgotten, or a name, would make an operator unknown."""
    modules = [importlib.import_module(f"{room.__name__}.{m.name}") for m in pkgutil.iter_modules(room.__path__)]
    held = {m.__name__.rpartition(".")[2]: m.OPERATOR.names for m in modules if hasattr(m, "OPERATOR")}
    assert held == room.FILES
    stages = [m.OPERATOR.stage for m in modules if hasattr(m, "OPERATOR")]
    assert len(set(stages)) == len(stages) and all(s.__module__.rpartition(".")[2] in held for s in stages)


def test_a_query_loads_its_own_operators_alone() -> None:
    """What starts quickly must not load what it does not need."""
    code = (
        "import sys; from dohyo.compile import compile_query; compile_query('* | where a = \"b\" | limit 2');"
        "print([m for m in ('where', 'limit', 'transpose', 'predict') if f'dohyo.operators.{m}' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['where', 'limit']"
