"""The Python API: results as Arrow, pandas, polars, rows and HTML; hostile text is escaped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dohyo
from dohyo.compile import compile_query
from dohyo.plan.outline import Outline
from dohyo.run import asks_of


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "e.ndjson"
    event = {"EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "UtcTime": "2024-03-05 09:15:30.123",
             "Image": "C:\\Windows\\System32\\mshta.exe", "DestinationPort": "443", "DestinationIp": "198.51.100.7",
             "User": "<img src=x onerror=alert(1)>"}  # fmt: skip
    path.write_text(json.dumps(event) + "\n", "utf-8")
    return path


def test_search_gives_a_result_in_every_form(log: Path) -> None:
    """Arrow, pandas, polars and rows agree."""
    result = dohyo.search("* | fields DestinationPort, User", [log])
    assert result.rows == result.arrow().to_pylist() == result.pl().to_dicts() == result.df().to_dict("records")
    assert [d.code for d in result.diagnostics] == []


def test_search_takes_one_path_or_several(log: Path) -> None:
    """A path alone is that path, not its characters (each of which would be a path: ``/`` is one)."""
    expected = dohyo.search("*", [log]).rows
    assert expected == dohyo.search("*", log).rows == dohyo.search("*", str(log)).rows


def test_a_notebook_shows_hostile_text_escaped(log: Path) -> None:
    """Nothing that came from a log becomes markup."""
    for shown in (dohyo.search("* | fields User", [log])._repr_html_(), dohyo.hunt(log)._repr_html_()):
        assert "<img" not in shown
        assert "&lt;img" in shown


def test_hunt_gives_alerts(log: Path) -> None:
    """By name of the detection, over one path."""
    alerts = dohyo.hunt(log, ["T1043"]).alerts
    assert [a.fields["SuspicionLabel"] for a in alerts] == ["ScriptInterpreter"]


def test_strict_input_stops_at_the_first_problem(tmp_path: Path) -> None:
    """What is otherwise counted and named is an error then."""
    from dohyo.run import InputError

    (tmp_path / "x.ndjson").write_text('{"a":1}\n{broken\n')
    assert len(dohyo.search("*", [tmp_path])) == 1
    with pytest.raises(InputError, match=r"x\.ndjson: line 2"):
        dohyo.search("*", [tmp_path], dohyo.RunOptions(strict_input=True))


def test_parse_never_raises() -> None:
    """Bad text is a tree with diagnostics."""
    assert [d.code for d in dohyo.parse("* | wher x = 1").diagnostics] == ["DH1006"]


def test_what_a_query_makes_itself_is_not_missed(log: Path) -> None:
    """A parse with ``nodrop`` keeps what the field had, if there is one; read for itself, it is missed as any other."""
    parse = r'* | parse regex field=Image "(?<program>[^\\]+)$" nodrop | where program = "mshta.exe"'
    found = dohyo.search(f"{parse} | fields program, Absent", [log])
    assert len(found.rows) == 1 and found.read.missing == ("Absent",)
    first = dohyo.search(r'* | where isNull(program) | parse regex field=Image "(?<program>[^\\]+)$" nodrop', [log])
    assert first.read.missing == ("program",)
    kept = dohyo.search(r'* | parse regex field=Image "(?<User>nothing)" nodrop | fields User', [log])
    assert kept.rows == [{"User": "<img src=x onerror=alert(1)>"}]


@pytest.mark.parametrize(
    ("stage", "missing"),
    [
        ('where _sourceCategory = "endpoint/events" and event_type = "x" or _sourceCategory = "windows/sysmon" and EventID = "3"', ()),
        ('where event_type = "x" or EventID = "3"', ()),
        ('where event_type = "x"', ("event_type",)),
        ('where _sourceCategory = "windows/sysmon" and CommandLine = "x" or EventID = "1"', ("CommandLine",)),
        ('where _sourceCategory = "windows/sysmon" and CommandLine = "x" | where CommandLine = "y"', ("CommandLine",)),
        ('where toLowerCase(NewProcessName) matches "*x" or toLowerCase(Image) matches "*x" | fields NewProcessName', ()),
        ('where toLowerCase(Imge) matches "*x" or toLowerCase(Image) matches "*x" | fields Imge', ("Imge",)),
        ('where NewProcessName = "x" or ParentProcessName = "x"', ("NewProcessName", "ParentProcessName")),
        ('where NewProcessName = "x" or Image matches "*y"', ("NewProcessName",)),
        ("where EventID = 3 | count by CommandLine", ("CommandLine",)),
        ("count by _timeslice, _sourceHost", ("_timeslice",)),
    ],
)
def test_what_only_other_logs_have_is_not_missed(log: Path, stage: str, missing: tuple[str, ...]) -> None:
    """A field that is asked of a category that was not read, or in whose place another one stands, is not missing; a name that
    no log is known to have always is. The same for one query and for many."""
    query = f"* | {stage}"
    assert dohyo.search(query, [log]).read.missing == missing
    compiled = compile_query(query)
    assert asks_of([Outline.from_text(Outline.of(compiled.plan).as_text())]) == asks_of([compiled])
