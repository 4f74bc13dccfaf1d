"""Local data: what is read and written in the lookup folder, whatever it holds."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest

from dohyo.diagnostics import QueryError
from dohyo.results import Result
from dohyo.run import RunOptions, explain, search
from dohyo.tables.load import MOST_COLUMNS, TableError, load

HOSTS = [{"host": "WEB1"}, {"host": "db9"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A lookup folder."""
    (tmp_path / "tables").mkdir()
    return tmp_path / "tables"


def _search(query: str, folder: Path, events: list[dict[str, Any]] | None = None) -> Result:
    logs = folder.parent / "events.ndjson"
    logs.write_text("".join(json.dumps(e) + "\n" for e in events or HOSTS), "utf-8")
    return search(query, [logs], RunOptions(tables=(folder,), may_save=True))


def _code(query: str, folder: Path) -> str:
    with pytest.raises(QueryError) as raised:
        _search(query, folder)
    return next(d.code for d in raised.value.diagnostics if d.severity == "error")


# --- save -------------------------------------------------------------------------------------------------------------


def test_save_writes_a_table_that_lookup_reads(folder: Path) -> None:
    """What `save` writes is there for `lookup`, `cat` and a second `save`, and no scratch file stays behind."""
    _search('* | count as n by host | save path://"/Library/Seen"', folder)
    assert [p.name for p in (folder / "Library").iterdir()] == ["Seen.csv"]
    found = _search('* | lookup n from path://"/Library/Seen" on host | sort by host asc | fields host, n', folder)
    assert found.rows == [{"host": "WEB1", "n": "1"}, {"host": "db9", "n": "1"}]
    assert _search('cat path://"/Library/Seen" | count', folder).rows == [{"_count": 2}]


def test_save_append_keeps_what_is_there(folder: Path) -> None:
    """Appended rows are added; equal ones are not repeated; extra columns are left out of a table that has none."""
    _search('* | where host = "WEB1" | count by host | save path://"/T"', folder)
    _search('* | "x" as more | count by host, more | save append path://"/T"', folder)
    assert (folder / "T.csv").read_text("utf-8").splitlines() == ["host,_count", "WEB1,1", "db9,1"]


def test_save_replaces_and_asks_for_the_columns(folder: Path) -> None:
    """Without `append` the rows are replaced; a table's column that the rows lack is an error and the file stays."""
    (folder / "T.csv").write_text("host,owner\nx,y\n", "utf-8")
    assert _code('* | count by host | save path://"/T"', folder) == "DH2725"
    assert (folder / "T.csv").read_text("utf-8") == "host,owner\nx,y\n"
    _search('* | "me" as owner | count by host, owner | save path://"/T"', folder)
    assert (folder / "T.csv").read_text("utf-8").splitlines() == ["host,owner", "WEB1,me", "db9,me"]


@pytest.mark.parametrize("path", ["../T", "/a/../../T", "a\\\\b", "c:/T"])
def test_save_stays_in_the_folder(folder: Path, path: str) -> None:
    """A path that leads out of the lookup folder is refused."""
    assert _code(f'* | count by host | save path://"{path}"', folder) == "DH2722"


def test_save_follows_no_link_out_of_the_folder(folder: Path) -> None:
    """A link in the folder does not lead a write out of it."""
    outside = folder.parent / "outside"
    outside.mkdir()
    os.symlink(outside, folder / "way")
    assert _code('* | count by host | save path://"/way/T"', folder) == "DH2722"
    assert list(outside.iterdir()) == []


def test_save_that_cannot_write_is_an_error_of_the_query(folder: Path) -> None:
    """A folder that is a file: a diagnostic, no traceback."""
    (folder / "taken").write_text("", "utf-8")
    assert _code('* | count by host | save path://"/taken/T"', folder) == "DH3001"


def test_save_only_where_it_is_allowed(folder: Path) -> None:
    """Without the run's permission nothing is written: a detection from a stranger must not write files."""
    logs = folder.parent / "e.ndjson"
    logs.write_text('{"host": "a"}\n', "utf-8")
    search('* | count by host | save path://"/T"', [logs], RunOptions(tables=(folder,)))
    assert list(folder.iterdir()) == []


# --- tables from strangers --------------------------------------------------------------------------------------------

BAD = {
    "empty.csv": b"",
    "latin.csv": b"a,b\n\xff\xfe,1\n",
    "wide.csv": b",".join(b"c%d" % i for i in range(MOST_COLUMNS + 1)) + b"\n",
    "deep.json": b"[" * 100_000,
    "half.json": b'{"a": 1',
    "no.parquet": b"PAR1 nothing PAR1",
}


@pytest.mark.parametrize("name", BAD)
def test_a_broken_table_is_named(folder: Path, name: str) -> None:
    """A table that cannot be read is an error that names the file, never a traceback."""
    (folder / name).write_bytes(BAD[name])
    with pytest.raises(TableError, match=name):
        load(folder / name)
    assert _code(f'* | lookup x from path://"/{name}" on host', folder) == "DH2702"


def test_a_long_cell_is_read(folder: Path) -> None:
    """Whatever else was read before: Python's own limit is one for the whole process."""
    (folder / "cell.csv").write_bytes(b'a\n"' + b"x" * 200_000 + b'"\n')
    assert len(load(folder / "cell.csv").rows[0][0] or "") == 200_000


def test_odd_columns_and_rows_are_read(folder: Path) -> None:
    """Names that are missing, repeated or the plan's own, and rows that are short or long, do no harm."""
    (folder / "odd.csv").write_text("__id,,Host,host\n1,2,a,b,extra\n3\n\n", "utf-8")
    table = load(folder / "odd.csv")
    assert table.columns == ("_id", "column2", "Host", "host_4")
    assert table.rows == [("1", "2", "a", "b"), ("3", None, None, None)]
    assert len(_search('cat path://"/odd"', folder)) == 2


def test_json_values_become_text(folder: Path) -> None:
    """Numbers, booleans, lists and half characters of a JSON table are text columns."""
    (folder / "t.json").write_text('[{"host": "WEB1", "n": 2.0, "b": true, "l": [1], "h": "\\ud800"}, 7]', "utf-8")
    found = _search('* | lookup * from path://"/t" on host | where host = "WEB1" | fields n, b, l, h', folder)
    assert found.rows == [{"n": "2", "b": "true", "l": "[1]", "h": "?"}]


def test_a_table_is_found_by_its_path_before_its_name(folder: Path) -> None:
    """The whole path wins over the last part; a table anywhere in the folder is found by its name."""
    for name, owner in (("A/Hosts.csv", "a"), ("B/Hosts.csv", "b"), ("deep/er/Only.csv", "c")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"host,owner\nWEB1,{owner}\n", "utf-8")
    for path, owner in (("/B/hosts", "b"), ("/A/Hosts.csv", "a"), ("/Library/Only", "c")):
        query = f'* | lookup owner from path://"{path}" on host | where host = "WEB1" | fields owner'
        assert _search(query, folder).rows == [{"owner": owner}]


# --- databases of addresses -------------------------------------------------------------------------------------------


def _coded(value: Any) -> bytes:
    """A value as MaxMind's format writes it."""
    match value:
        case str():
            raw = value.encode()
            head = bytes([2 << 5 | len(raw)]) if len(raw) < 29 else bytes([2 << 5 | 29, len(raw) - 29])
            return head + raw
        case float():
            return bytes([3 << 5 | 8]) + struct.pack(">d", value)
        case bytes():
            return value
        case int():
            return bytes([6 << 5 | 4]) + struct.pack(">I", value)
        case list():
            return bytes([len(value), 4]) + b"".join(map(_coded, value))
    return bytes([7 << 5 | len(value)]) + b"".join(_coded(k) + _coded(v) for k, v in value.items())


def _short(value: int) -> bytes:
    return bytes([5 << 5 | 2]) + struct.pack(">H", value)


def _database(kind: str, record: dict[str, Any]) -> bytes:
    """A database that knows the addresses from 128.0.0.0 on."""
    tree = (1).to_bytes(3, "big") + (1 + 16).to_bytes(3, "big")  # one node: below nothing, above the first record
    about = {"binary_format_major_version": _short(2), "binary_format_minor_version": _short(0), "build_epoch": b"\x01\x02\x01",
             "database_type": kind, "ip_version": _short(4), "languages": ["en"], "node_count": 1, "record_size": _short(24),
             "description": {"en": "made up"}}  # fmt: skip
    return tree + bytes(16) + _coded(record) + b"\xab\xcd\xefMaxMind.com" + _coded(about)


def test_addresses_are_found_in_databases(folder: Path) -> None:
    """`geoip`, `geo://` and `asn://` read the user's databases; unknown addresses and no addresses are null."""
    place = {"country": {"iso_code": "XX", "names": {"en": "Nowhere"}}, "location": {"latitude": 1.2345678, "longitude": -2.0},
             "subdivisions": [{"iso_code": "Y", "names": {"en": "Why"}}], "city": {"names": {"en": "Town"}}}  # fmt: skip
    (folder / "city.mmdb").write_bytes(_database("GeoLite2-City", place))
    (folder / "asn.mmdb").write_bytes(_database("GeoLite2-ASN", {"autonomous_system_number": 64500,
                                                                "autonomous_system_organization": "Made Up"}))  # fmt: skip
    (folder / "broken.mmdb").write_bytes(b"nothing")
    query = ("* | geoip ip region | lookup asn, organization from asn://default on ip = ip | sort by ip asc"
             " | fields ip, latitude, longitude, country_code, country_name, city, state, region, asn, organization")  # fmt: skip
    found = _search(query, folder, [{"ip": "200.0.0.1"}, {"ip": "10.0.0.1"}, {"ip": "no"}]).rows
    assert list(found[1].values()) == ["200.0.0.1", "1.23457", "-2", "XX", "Nowhere", "Town", "Why", "Y", "AS64500", "Made Up"]
    assert [set(list(r.values())[1:]) for r in (found[0], found[2])] == [{None}, {None}]


# --- explain ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [
    "* | logreduce", '* | transactionize host (merge host takeFirst) | count by host',
    '* | sessionize "a=*" as (a)', '* | where [subquery: x | count by host | compose host]',
    '* | lookup n from path://"/T" on host', "* | count by a, b | transpose row a column b | fields a, x",
])  # fmt: skip
def test_explain_shows_what_sql_alone_cannot_do(query: str, folder: Path) -> None:
    """Each statement is shown, also for operators that run outside SQL, for local tables and for subqueries."""
    (folder / "T.csv").write_text("host,n\na,1\n", "utf-8")
    assert "SELECT" in explain(query, RunOptions(tables=(folder,))).sql
