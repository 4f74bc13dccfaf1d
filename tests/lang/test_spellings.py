"""The odd ways in which people write queries: every one of them parses, prints, and parses again to the same tree."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dohyo.compile import parse
from dohyo.lang import printer

QUERIES = yaml.safe_load(Path(__file__).with_name("spellings.yml").read_text("utf-8"))


@pytest.mark.parametrize("text", QUERIES)
def test_parses(text: str) -> None:
    """No error, and no stage that could not be read."""
    assert [d.title for d in parse(text).diagnostics if d.severity == "error"] == []


@pytest.mark.parametrize("text", QUERIES)
def test_printed_form_means_the_same(text: str) -> None:
    """parse → print → parse gives the same tree, and printing is stable."""
    first = parse(text)
    printed = printer.query(first)
    second = parse(printed)
    assert (second.scope, second.stages) == (first.scope, first.stages)
    assert printer.query(second) == printed
