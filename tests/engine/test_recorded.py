"""Every recorded log, on every engine: the same rows in the same order, and of the same records."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from differential import same

from dohyo.detections.load import load
from dohyo.results import Result
from dohyo.run import Query, RunOptions, run_queries

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="the recorded logs are not beside the repository"),
    pytest.mark.filterwarnings("ignore"),  # of Spark's client
]

QUERIES = [
    "* | fields _messageTime, _sourceCategory, _sourceHost, _size, EventID, Channel, Provider, Computer, User, Image, CommandLine, "
    "ParentImage, DestinationIp, DestinationPort, Initiated, ProcessGuid, TargetFilename, TargetObject, QueryName, Hashes, _raw",
    "powershell OR (cmd.exe AND NOT svchost) | count by EventID, Image",
    "* | count, first(Image) as a, last(CommandLine) as b, count_distinct(User) as c, values(Channel) as d by Computer, EventID",
    r'* | parse regex field=Image "\\(?<name>[^\\]+)$" nodrop | toLowerCase(name) as name | count by name | sort by _count, name',
    r'* | parse regex field=CommandLine "(?i)(?<word>\w+)\.exe" multi | count by word | top 20 word by _count',
    '* | parse field=CommandLine "* *" as program, rest nodrop | length(rest) as n | max(n), avg(n), pct(n, 50, 95), stddev(n) '
    "by program",
    'EventID=3 | num(DestinationPort) as p | isPrivateIP(DestinationIp) as inside | where p < 1024 | count by p, inside, Image',
    "* | timeslice 1h | count by _timeslice, EventID | transpose row _timeslice column EventID",
    "* | json auto | count by EventID, Channel, Opcode",
    '_sourceCategory=windows/sysmon | where EventID in ("1", "5") | sort by _messageTime asc | dedup by Image | accum _size '
    "| diff _size | fields Image, _accum, _diff",
    '_sourceCategory=windows/sysmon | join (where EventID = "1") as p, (where EventID = "3") as n on p.ProcessGuid = n.ProcessGuid '
    "| count by p_Image, n_DestinationIp",
    'EventID=1 | formatDate(_messageTime, "yyyy-MM-dd HH:mm:ss.SSS", "Europe/Berlin") as t | hash(CommandLine) as h | '
    'replace(CommandLine, /\\s+/, " ") as c | urlencode(c) as u | base64Encode(Image) as b | fields t, h, c, u, b',
]  # fmt: skip


@functools.cache
def _found(engine: str) -> list[Any]:
    """What the queries and the bundled detections give."""
    asked = [*map(Query, QUERIES), *(Query(d.query, d.id) for d in load([]).detections)]
    return run_queries(asked, [DATA], RunOptions(engine=engine, evidence=True))


def test_recorded(engine: str) -> None:
    """Row by row, with the records behind them."""
    for wanted, got in zip(_found("duckdb"), _found(engine), strict=True):
        assert isinstance(wanted, Result) and isinstance(got, Result), got
        text = wanted.source.text
        assert wanted.table.column_names == got.table.column_names and len(wanted) == len(got), text
        assert len(wanted) or text not in QUERIES, text
        for a, b in zip(wanted.table.to_pylist(), got.table.to_pylist(), strict=True):
            assert all(same(a[name], b[name]) for name in a), f"{text}\n{a}\n{b}"
