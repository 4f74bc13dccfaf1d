"""Twenty typical queries against the same work written by hand for DuckDB, as ratios in one run.

    python benchmarks/queries.py [EVENTS] [--markdown FILE]

Each query over Parquet and over NDJSON, in one process; parse and compile are counted. Each is run three times; the
fastest counts. That both give the same number of rows is checked."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
from hunt import best
from msgspec import Struct

FIELDS = ("Channel", "EventID", "Image", "ParentImage", "CommandLine", "DestinationPort", "DestinationIp", "SourcePort",
          "UtcTime", "TimeCreated", "Hostname", "User", "TargetObject", "Hashes", "ProcessGuid", "QueryName", "Details")  # fmt: skip
SYSMON = "Channel = 'Microsoft-Windows-Sysmon/Operational'"
BASE = r"regexp_extract(Image, '([^\\]+)$', 1)"
NEWEST = "ORDER BY epoch_ms(TimeCreated::TIMESTAMP) DESC"  # as messages come
HOUR = "time_bucket(INTERVAL 1 hour, TimeCreated::TIMESTAMP)"


class Case(Struct, frozen=True):
    """A query, and the SQL that does the same over ``{t}``."""

    name: str
    query: str
    sql: str


CASES = [
    Case("equal fields", '_sourceCategory=windows/sysmon | where EventID = "3" and DestinationPort = "25" | fields Image, DestinationIp',
         f"SELECT Image, DestinationIp FROM {{t}} WHERE {SYSMON} AND EventID = '3' AND DestinationPort = '25' {NEWEST}"),
    Case("wildcards", '_sourceCategory=windows/sysmon | where Image matches "*\\\\powershell.exe" and EventID = "3" | fields Image, User',
         f"SELECT Image, \"User\" FROM {{t}} WHERE {SYSMON} AND EventID = '3' AND suffix(Image, '\\powershell.exe') {NEWEST}"),
    Case("a list, and its opposite", '_sourceCategory=windows/sysmon | where DestinationPort in ("25", "22", "3389") and '
         '!(Hostname in ("WS-0001.corp.example")) | fields Image, DestinationPort',
         f"SELECT Image, DestinationPort FROM {{t}} WHERE {SYSMON} AND DestinationPort IN ('25', '22', '3389') AND "
         f"coalesce(Hostname NOT IN ('WS-0001.corp.example'), true) {NEWEST}"),
    Case("a regex", "_sourceCategory=windows/sysmon | where TargetObject matches /\\\\Run(Once)?\\\\/ | fields TargetObject, Details",
         f"SELECT TargetObject, Details FROM {{t}} WHERE {SYSMON} AND regexp_matches(TargetObject, '\\\\Run(Once)?\\\\') {NEWEST}"),
    Case("count by one", "_sourceCategory=windows/sysmon | count by EventID",
         f"SELECT EventID, count(*) FROM {{t}} WHERE {SYSMON} GROUP BY ALL ORDER BY ALL"),
    Case("count by two, sorted, limited", "_sourceCategory=windows/sysmon | count by Image, Hostname | sort by _count | limit 20",
         f"SELECT Image, Hostname, count(*) c FROM {{t}} WHERE {SYSMON} GROUP BY ALL ORDER BY c DESC LIMIT 20"),
    Case("top", "_sourceCategory=windows/sysmon | top 10 Image",
         f"SELECT Image, count(*) c FROM {{t}} WHERE {SYSMON} AND Image IS NOT NULL GROUP BY ALL ORDER BY c DESC LIMIT 10"),
    Case("sum, average, largest", '_sourceCategory=windows/sysmon | where EventID = "3" | sum(SourcePort) as s, avg(SourcePort) as a, '
         "max(SourcePort) as m by Image",
         "SELECT Image, sum(try_cast(SourcePort AS DOUBLE)), avg(try_cast(SourcePort AS DOUBLE)), max(try_cast(SourcePort AS DOUBLE)) "
         f"FROM {{t}} WHERE {SYSMON} AND EventID = '3' GROUP BY ALL ORDER BY ALL"),
    Case("distinct values", "_sourceCategory=windows/sysmon | count_distinct(DestinationIp) as n by Hostname",
         f"SELECT Hostname, count(DISTINCT DestinationIp) FROM {{t}} WHERE {SYSMON} GROUP BY ALL ORDER BY ALL"),
    Case("a percentile", '_sourceCategory=windows/sysmon | where EventID = "3" | pct(SourcePort, 95) by Hostname',
         "SELECT Hostname, quantile_cont(try_cast(SourcePort AS DOUBLE), 0.95) FROM {t} "
         f"WHERE {SYSMON} AND EventID = '3' GROUP BY ALL ORDER BY ALL"),
    Case("parse with an anchor", '_sourceCategory=windows/sysmon | parse field=Hashes "MD5=*," as md5 | count by md5',
         "SELECT md5, count(*) FROM (SELECT regexp_extract(Hashes, 'MD5=(.*?),', 1) md5 FROM {t} "
         f"WHERE {SYSMON} AND regexp_matches(Hashes, 'MD5=.*?,')) GROUP BY ALL ORDER BY ALL"),
    Case("parse with a regex", '_sourceCategory=windows/sysmon | parse regex field=Image "(?<name>[^\\\\]+)$" | count by name',
         f"SELECT {BASE} n, count(*) FROM {{t}} WHERE {SYSMON} AND regexp_matches(Image, '[^\\\\]+$') GROUP BY ALL ORDER BY ALL"),
    Case("count by the hour", "_sourceCategory=windows/sysmon | timeslice 1h | count by _timeslice",
         f"SELECT {HOUR} h, count(*) FROM {{t}} WHERE {SYSMON} GROUP BY ALL ORDER BY ALL"),
    Case("by the hour, transposed", "_sourceCategory=windows/sysmon | timeslice 1h | count by _timeslice, EventID "
         "| transpose row _timeslice column EventID",
         f"PIVOT (SELECT {HOUR} h, EventID FROM {{t}} WHERE {SYSMON}) ON EventID USING count(*) GROUP BY h ORDER BY h"),
    Case("a running sum", "_sourceCategory=windows/sysmon | timeslice 15m | count by _timeslice | sort by _timeslice asc | accum _count",
         "SELECT s, c, sum(c) OVER (ORDER BY s ROWS UNBOUNDED PRECEDING) FROM (SELECT time_bucket(INTERVAL 15 minute, "
         f"TimeCreated::TIMESTAMP) s, count(*) c FROM {{t}} WHERE {SYSMON} GROUP BY ALL) ORDER BY s"),
    Case("labels", '_sourceCategory=windows/sysmon | toLowerCase(Image) as i | if (i matches "*\\\\svchost.exe", "service", '
         'if (i matches "*\\\\chrome.exe", "browser", "other")) as label | count by label',
         "SELECT CASE WHEN suffix(lower(Image), '\\svchost.exe') THEN 'service' WHEN suffix(lower(Image), '\\chrome.exe') THEN 'browser' "
         f"ELSE 'other' END l, count(*) FROM {{t}} WHERE {SYSMON} GROUP BY ALL ORDER BY ALL"),
    Case("first and last", "_sourceCategory=windows/sysmon | sort by _messageTime asc | first(Image) as f, last(Image) as l by Hostname",
         f"SELECT Hostname, arg_min(Image, t), arg_max(Image, t) FROM (SELECT Hostname, Image, TimeCreated t FROM {{t}} WHERE {SYSMON}) "
         "GROUP BY ALL ORDER BY ALL"),
    Case("no duplicates", "_sourceCategory=windows/sysmon | dedup Image, Hostname | fields Image, Hostname",
         f"SELECT Image, Hostname FROM (SELECT Image, Hostname, max(TimeCreated) t FROM {{t}} WHERE {SYSMON} GROUP BY ALL) ORDER BY t DESC"),
    Case("sessions", '_sourceCategory=windows/sysmon | where EventID in ("1", "3", "5") | count as n, min(_messageTime) as began, '
         "max(_messageTime) as ended by ProcessGuid | where n > 2",
         "SELECT ProcessGuid, count(*) n, min(t), max(t) FROM (SELECT ProcessGuid, epoch_ms(TimeCreated::TIMESTAMP) t FROM {t} "
         f"WHERE {SYSMON} AND EventID IN ('1', '3', '5')) GROUP BY ALL HAVING n > 2 ORDER BY ALL"),
    Case("a share of the total", '_sourceCategory=windows/sysmon | where EventID = "3" | count by DestinationPort | total _count as all '
         "| _count / all * 100 as share | sort by share | limit 10",
         "SELECT DestinationPort, c, sum(c) OVER () a, c / a * 100 s FROM (SELECT DestinationPort, count(*) c FROM {t} "
         f"WHERE {SYSMON} AND EventID = '3' GROUP BY ALL) ORDER BY s DESC LIMIT 10"),
]  # fmt: skip


def main() -> None:
    """Makes the events, measures, prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("events", nargs="?", type=int, default=2_000_000)
    arguments.add_argument("--markdown", type=Path, help="writes the table there as well")
    arguments.add_argument("--log", type=Path, help="NDJSON that was made before")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rows = list(_measured(Path(scratch), given.events, given.log))
    if given.markdown:
        head = "| query | Parquet | by hand | ratio | NDJSON | by hand | ratio |\n| --- | --- | --- | --- | --- | --- | --- |\n"
        given.markdown.write_text(head + "".join(f"| {' | '.join(r)} |\n" for r in rows))


def _measured(scratch: Path, events: int, log: Path | None) -> Iterator[list[str]]:
    from dohyo.sample import run as sample

    columns = scratch / "e.parquet"
    if log is None:
        log = scratch / "e.ndjson"
        sample(log, events, seed=1, attack_rate=0.002)
    picked = ", ".join(f'"{f}"' for f in FIELDS)
    duckdb.execute(f"COPY (SELECT {picked} FROM {_ndjson(log, FIELDS)}) TO '{columns}' (FORMAT parquet)")
    for case in CASES:
        used = [f for f in FIELDS if f in case.sql]
        parquet = _pair(case, columns, f"'{columns}'")
        ndjson = _pair(case, log, _ndjson(log, used))
        row = [case.name, *parquet, *ndjson]
        print(" | ".join(f"{cell:30}" if i == 0 else f"{cell:>8}" for i, cell in enumerate(row)), flush=True)
        yield row


def _ndjson(path: Path, fields: tuple[str, ...] | list[str]) -> str:
    columns = ", ".join(f"\"{f}\": 'VARCHAR'" for f in fields)
    return f"read_json('{path}', format='newline_delimited', records=true, ignore_errors=true, columns={{{columns}}})"


def _pair(case: Case, path: Path, table: str) -> list[str]:
    from dohyo.run import RunOptions, search

    options = RunOptions(dialect="strict")
    sql = case.sql.replace("{t}", table)
    assert len(search(case.query, [path], options).arrow()) == len(duckdb.sql(sql).to_arrow_table()), case.name
    ours: Callable[[], object] = lambda: search(case.query, [path], options).arrow()  # noqa: E731  # named for the row below
    a, b = best(ours), best(lambda: duckdb.sql(sql).to_arrow_table())
    return [f"{a:.3f} s", f"{b:.3f} s", f"{a / b:.2f}"]


if __name__ == "__main__":
    main()
