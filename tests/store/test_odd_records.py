"""Records with odd keys: what a store gives of them is what the logs give, before and after its files are merged."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dohyo.run import Query, run_queries
from dohyo.store.compact import compact
from dohyo.store.ingest import ingest
from dohyo.store.log import open_log

EVENT = {"EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "UtcTime": "2024-03-05 09:15:30.123",
         "DestinationPort": "443"}  # fmt: skip
QUERIES = [
    "* | count", "* | count by user", "* | count by User", '* | count by %"user.name"', '* | count by %"User.Name"',
    "* | count by EventID", '* | where EventID = "3" | count by EventID', "* | where isNull(user) | count",
    '* | where Image = "x" | count', '* | count by %"a.b"', "443 | count", '* | json "user" as u nodrop | count by u',
    "* | count by _sourceCategory, _messageTime", "* | count by Computer",
]  # fmt: skip

#: Logs, each with its records.
ODD = {
    "a text here, an object there": [[EVENT | {"User": "w"}, EVENT | {"user": {"name": "n"}}]],
    "the same in two logs": [[EVENT | {"User": "w"}], [EVENT | {"user": {"name": "n"}}]],
    "keys within objects in another case": [[EVENT | {"User": {"Name": "n"}}], [EVENT | {"user": {"NAME": "m"}}]],
    "one event's id is an object": [[EVENT, EVENT | {"EventID": {"A": "y"}}, {"EventID": 3, "b": 1}, {"EventID": "q"}, {"b": 1}]],
    "one event's host is an object": [[EVENT | {"Computer": "h"}, EVENT | {"Computer": {"name": "h"}}]],
    "keys of an object that differ in case": [[{"user": {"name": None, "Name": "n"}}, EVENT | {"user": {"NAME": "m"}}]],
    "a key with a dot beside a path": [[EVENT | {"a.b": "x"}, EVENT | {"a": {"b": "y"}}, EVENT | {"A": {"B": "z"}}]],
}

#: (Among keys that differ in case alone the empty text is no answer, in one place it is a value: there the two may differ.)
_VALUES = st.recursive(
    st.sampled_from([None, True, 3, 443, 1.5, "x", "443", "null", "ünï", '{"q":1}', " pad "]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "Name", "b", "q", ""]), inner, max_size=2),
    max_leaves=3,
)
_KEYS = st.sampled_from(["user", "User", "a.b", "a", "A", "Image", "Computer", "EventID", "x y", "", ".", "Data"])
_RECORDS = st.builds(
    lambda odd, usual: (EVENT if usual else {}) | odd, st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=4), st.booleans()
)


def _answers(path: Path) -> list[Counter[str]]:
    """The rows of each query, in any order; each by itself, for what several ask for together leaves more to be read."""
    found = [run_queries([Query(q)], [path])[0] for q in QUERIES]
    return [Counter(json.dumps(r, sort_keys=True) for r in getattr(one, "rows", [{"error": str(one)}])) for one in found]


def _same(logs: Sequence[Sequence[dict[str, Any]]], home: Path) -> None:
    """Compares the answers of the logs with those of a store of them."""
    (home / "logs").mkdir()
    for number, records in enumerate(logs):
        path = home / "logs" / f"{number}.ndjson"
        lines = (json.dumps(record | {"log": number}) + "\n" for record in records)  # what is the same in two logs is stored once
        path.write_text("".join(lines), "utf-8")
        ingest([str(path)], str(home / "store"))
    expected = dict(zip(QUERIES, _answers(home / "logs"), strict=True))
    assert dict(zip(QUERIES, _answers(home / "store"), strict=True)) == expected
    compact(open_log(str(home / "store")))
    assert dict(zip(QUERIES, _answers(home / "store"), strict=True)) == expected


@pytest.mark.parametrize("logs", ODD.values(), ids=list(ODD))
def test_records_that_once_were_lost(logs: list[list[dict[str, Any]]], tmp_path: Path) -> None:
    """What random records found."""
    _same(logs, tmp_path)


def test_names_in_objects_compare_without_case(tmp_path: Path) -> None:
    """Each part of a path does, in logs and in a store."""
    _same([[EVENT | {"User": {"Name": "n"}}]], tmp_path)
    found = run_queries([Query('* | count by %"user.name"')], [tmp_path / "logs"])[0]
    assert getattr(found, "rows", None) == [{"user.name": "n", "_count": 1}]


@settings(deadline=None, max_examples=8)
@given(st.lists(st.lists(_RECORDS, min_size=1, max_size=6), min_size=1, max_size=2))
def test_random_records(logs: list[list[dict[str, Any]]]) -> None:
    """Whatever the records are."""
    home = Path(tempfile.mkdtemp())
    try:
        _same(logs, home)
    finally:
        shutil.rmtree(home)
