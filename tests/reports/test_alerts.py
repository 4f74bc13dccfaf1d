"""Alerts in other tools' formats, and the report page: valid, and inert whatever the logs hold."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from command import dohyo
from dohyo.attack import VERSION
from dohyo.detections.load import load
from dohyo.detections.model import Detection
from dohyo.reports.html_page import Entry, page
from dohyo.reports.navigator import navigator
from dohyo.reports.ocsf import ocsf
from dohyo.reports.sarif import sarif, uri
from dohyo.reports.stix import stix
from dohyo.reports.timesketch import timesketch
from dohyo.reports.writers import ALERT_WRITERS
from dohyo.results import Alert, Evidence, FileReport, ReadReport
from dohyo.sources.model import Problem

HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m\u202eexe.txt\ud800\x00=cmd()" + "A" * 100


def alert(n: int = 0, text: str = "x") -> Alert:
    fields = {"Computer": f"host{n}", "CommandLine": text, "Empty": None}
    return Alert("T1-x", f"Title {text}", "high", "medium", ("execution",), ("T1059",), "2024-01-01T00:00:00.000Z", fields,
                 Evidence("logs/a.evtx", 7, text))  # fmt: skip


class Scripts(HTMLParser):
    """The tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_page_holds_hostile_text_as_data() -> None:
    """No element comes from a log; marks that turn text around are shown; the data are legal JSON."""
    text = page([alert(1, HOSTILE)], [Entry("T1-x", HOSTILE, "T1059", "fired", 1, HOSTILE)], ReadReport(), "made")
    plain = page([alert(1, "x")], [Entry("T1-x", "x", "T1059", "fired", 1, "x")], ReadReport(), "made")
    tags = [Scripts(), Scripts()]
    for parser, source in zip(tags, (text, plain), strict=True):
        parser.feed(source)
    assert tags[0].tags == tags[1].tags and "img" not in tags[0].tags
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert data and "\u202e" not in data[1] and "\x1b" not in data[1]
    carried = json.loads(data[1])
    assert "⟨U+202E⟩" in carried["alerts"][0][3][1] and "⟨U+202E⟩" in carried["detections"][0]["title"]
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")


def test_page_runs_no_script_but_its_own() -> None:
    """The policy names the digests of the style and the script that the page holds, and nothing else."""
    html = page([alert()], [], ReadReport(), "made")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy and "unsafe" not in policy[1] and policy[1].startswith("default-src 'none';")
    for tag in ("style", "script"):
        text = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)
        digests = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in text]
        assert len(digests) == 1 and f"{tag}-src 'sha256-{digests[0]}'" in policy[1]


def test_page_holds_every_field_and_what_was_not_read() -> None:
    """No field is dropped, however many there are; files, problems and what no event had are told."""
    wide = Alert("T1-x", "Title", "high", "medium", (), (), None, {f"f{i}": i for i in range(40)}, None)
    files = [FileReport("a.evtx", "evtx", 9, 3, 1, Counter(evtx=2)), FileReport("o.json", "ndjson", 9, 1, 0, Counter(generic=1))]
    read = ReadReport(files=files, untimed={"a.evtx": "x"}, problems=[Problem("a.evtx", "chunk 2", "torn")],
                      skipped=[("b.png", "no log")], asked=("x",))  # fmt: skip
    data = data_of(page([wide, alert()], [], read, "made"))
    assert data["fields"]["T1-x"] == [*(f"f{i}" for i in range(40)), "Computer", "CommandLine"]
    assert data["read"]["files"] == [["a.evtx", "evtx", 3, 1], ["o.json", "ndjson", 1, 0]]
    assert data["read"]["problems"] == ["not read: a.evtx: chunk 2: torn"]
    assert data["read"]["notes"] == [
        ["No event had", "x"],
        ["No Windows event, in a form that is known, in", "o.json"],
        ["Events without a time, which are in no time range, in", "a.evtx"],
        ["Skipped, being no logs", "b.png"],
    ]


def test_page_of_many_alerts_stays_small() -> None:
    """50,000 alerts stay under 30 MB."""
    assert len(page([alert(n, "C:\\Windows\\x.exe -a b") for n in range(50_000)], [], ReadReport(), "made")) < 30_000_000


def data_of(html: str) -> dict[str, Any]:
    """What a page carries."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_page_has_matrix_suppressed_and_investigations() -> None:
    """Techniques under their tactics with what fired, what tuning let pass, and what was found out, all as data."""
    entry = Entry("T1-x", "Title", "T1059", "fired 1×", 1, "Isolate {{Computer}}", ("execution", "persistence"), ("T1059", "T1197"))
    html = page([alert(0, HOSTILE)], [entry], ReadReport(), "now", ["entry 1: " + HOSTILE], {"logs/a.evtx:7": HOSTILE})
    data = data_of(html)
    cells = {(t["tactic"], x["id"]): (x["name"], x["alerts"]) for t in data["matrix"] for x in t["techniques"]}
    assert cells[("execution", "T1059")] == ("Command and Scripting Interpreter", 1)
    assert cells[("persistence", "T1197")] == ("BITS Jobs", 0)
    assert data["suppressed"] and data["investigations"]["logs/a.evtx:7"]
    parser = Scripts()
    parser.feed(html)
    assert "img" not in parser.tags and parser.tags.count("script") == 2


def test_page_passes_an_accessibility_check(tmp_path: Path) -> None:
    """axe-core finds no violation, with an alert opened, at desktop and phone width."""
    chromium = shutil.which("chromium")
    if chromium is None or shutil.which("npm") is None:
        pytest.skip("no Chromium, or no npm to fetch axe-core with")
    fetch = ["npm", "pack", "axe-core", "--silent"]
    fetched = subprocess.run(fetch, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    if fetched.returncode:
        pytest.skip("axe-core cannot be fetched")
    with tarfile.open(tmp_path / fetched.stdout.strip().splitlines()[-1]) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        axe = member.read().decode()
    entry = Entry("T1-x", "Title", "T1059", "fired 1×", 1, "Isolate {{Computer}}", ("execution",), ("T1059",))
    html = page([alert(n) for n in range(5)], [entry], ReadReport(), "now", ["entry 1"], {"logs/a.evtx:7": "tree"})
    run = ("document.querySelector('#rows button').click(); axe.run().then(r => { const p = document.createElement('pre');"
           "p.id = 'axe'; p.textContent = JSON.stringify(r.violations.map(v => v.id)); document.body.append(p); });")  # fmt: skip
    script = f"<script>{axe.replace('</script', '<' + chr(92) + '/script')}</script><script>{run}</script>"
    html = re.sub(r"<meta http-equiv=.*?>", "", html)  # which lets nothing but the page's own script run
    (tmp_path / "page.html").write_text(html.replace("</body>", f"{script}</body>"), "utf-8")
    for width in (1280, 390):
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
                   f"--user-data-dir={tmp_path / str(width)}", f"--window-size={width},900", "--virtual-time-budget=20000",
                   "--dump-dom", (tmp_path / "page.html").as_uri()]  # fmt: skip
        seen = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout
        assert '<pre id="axe">[]</pre>' in seen, re.findall(r'<pre id="axe">.*?</pre>', seen)


T1043 = next(d for d in load().detections if d.id.startswith("T1043"))


def _of(detection: Detection, *alerts: Alert) -> list[Alert]:
    meta = detection.metadata
    return [replace(a, detection=detection.id, title=meta.title, techniques=meta.attack.techniques) for a in alerts]


def test_sarif_points_at_the_record() -> None:
    """One result an alert with its place, one rule a detection."""
    run = json.loads(sarif([alert(1), alert(2)], {}))["runs"][0]
    assert [r["id"] for r in run["tool"]["driver"]["rules"]] == ["T1-x"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"], run["results"][0]["level"]) == ("logs/a.evtx", 7, "error")
    assert len({r["partialFingerprints"]["alert/v1"] for r in run["results"]}) == 2  # of one record, but not the same


def test_sarif_tells_what_fired() -> None:
    """The detection's description and its playbook stand at the rule, which each result refers to."""
    run = json.loads(sarif([alert(), *_of(T1043, alert(1))], {T1043.id: T1043}))["runs"][0]
    unknown, rule = run["tool"]["driver"]["rules"]
    assert rule["fullDescription"]["text"] == T1043.metadata.description.strip() and "fullDescription" not in unknown
    assert rule["help"]["markdown"] == T1043.pages()["playbook"]
    assert [r["ruleIndex"] for r in run["results"]] == [0, 1]


@pytest.mark.parametrize(
    ("file", "expected"),
    [("logs/a b#1%.evtx", "logs/a%20b%231%25.evtx"), ("C:\\logs\\ä.evtx", "file:///C:/logs/%C3%A4.evtx"), ("/var/a b", "file:///var/a%20b"),
     ("logs\\a.zip!b.json", "logs/a.zip%21b.json"), ("s3://bucket/a b", "s3://bucket/a%20b"), ("12:30.log", "12%3A30.log"),
     ("bad\udcff.log", "bad%3F.log")],
)  # fmt: skip
def test_files_are_uri_references(file: str, expected: str) -> None:
    """Whatever the name, the place is one that a viewer can resolve."""
    assert uri(file) == expected


def test_navigator_counts_techniques() -> None:
    """A technique's score is its alerts."""
    layer = json.loads(navigator([alert(1), alert(2)], {}))
    assert layer["techniques"] == [{"techniqueID": "T1059", "score": 2, "comment": "2 alerts", "enabled": True}]


def test_navigator_shows_what_a_matrix_has() -> None:
    """What took the place of a retired technique, and the technique that a sub-technique is folded into."""
    layer = json.loads(navigator([*_of(T1043, alert(1)), replace(alert(2), techniques=("T1071.004",))], {}))
    shown = {t["techniqueID"]: (t.get("score"), t.get("comment"), t.get("showSubtechniques")) for t in layer["techniques"]}
    one, took = "1 alert", "1 alert of T1043, which it took the place of"
    assert shown == {"T1043": (1, one, None), "T1571": (1, took, None), "T1071": (1, took, True), "T1071.004": (1, one, None)}


def test_timesketch_has_its_columns() -> None:
    """message, datetime, timestamp_desc, then our own; a cell of any text is one cell."""
    rows = list(csv.DictReader(io.StringIO(timesketch([alert(1, 'a,"b"\nc')], {}))))
    assert rows[0]["datetime"] == "2024-01-01T00:00:00.000Z" and rows[0]["timestamp_desc"] == "Event Logged"
    assert rows[0]["CommandLine"] == 'a,"b"\nc'


def test_ocsf_is_a_detection_finding() -> None:
    """One object a line with the class's ids, the time in milliseconds, techniques by name, what is observable."""
    one, timeless = map(json.loads, ocsf([*_of(T1043, alert(1)), replace(alert(2), time=None)], {T1043.id: T1043}).splitlines())
    assert (one["class_uid"], one["type_uid"], one["severity_id"], one["time"]) == (2004, 200401, 4, 1704067200000)
    assert one["finding_info"]["attacks"] == [{"technique": {"uid": "T1043", "name": "Commonly Used Port"}, "version": VERSION}]
    assert one["finding_info"]["desc"] == T1043.metadata.description.strip()
    assert [(o["type_id"], o["value"]) for o in one["observables"]] == [(1, "host1")]
    assert timeless["time"] > 1704067200000  # an attribute that must be there: the time of the finding


def test_ocsf_puts_a_sub_technique_into_its_technique() -> None:
    """And leaves the name of one that the tables do not know."""
    (one,) = map(json.loads, ocsf([replace(alert(1), techniques=("T1071.004", "T9999"))], {}).splitlines())
    dns, unknown = one["finding_info"]["attacks"]
    assert (dns["technique"]["uid"], dns["sub_technique"]) == ("T1071", {"uid": "T1071.004", "name": "DNS"})
    assert unknown["technique"] == {"uid": "T9999"}


def test_stix_sightings_refer_to_indicators() -> None:
    """Each sighting's indicator and host are in the bundle; ids are stable."""
    first, second = (json.loads(stix([alert(1), alert(2)], {}))["objects"] for _ in range(2))
    ids = {o["id"] for o in first if o["type"] == "indicator"}
    assert {o["sighting_of_ref"] for o in first if o["type"] == "sighting"} == ids
    hosts = {o["id"]: o["name"] for o in first if o["type"] == "identity"}
    assert [hosts[o["where_sighted_refs"][0]] for o in first if o["type"] == "sighting"] == ["host1", "host2"]
    assert [o["id"] for o in first] == [o["id"] for o in second]


def test_stix_patterns_are_queries() -> None:
    """What is looked for is the detection's query, where it is known."""
    objects = json.loads(stix([alert(1), *_of(T1043, alert(2))], {T1043.id: T1043}))["objects"]
    assert [o["pattern"] for o in objects if o["type"] == "indicator"] == ["T1-x", T1043.query]


@pytest.mark.parametrize("format", ALERT_WRITERS)
def test_no_alerts(format: str) -> None:
    """Nothing found is a document too."""
    assert isinstance(ALERT_WRITERS[format]([], {}), str)


def test_hunt_writes_them(tmp_path: Path) -> None:
    """``hunt --format sarif --output`` and ``--html`` write whole files."""
    logs = Path(__file__).resolve().parents[2] / "samples" / "logs"
    out = ["-f", "sarif", "-o", tmp_path / "a.sarif", "--html", tmp_path / "a.html"]
    assert dohyo("hunt", "-d", "T1043", logs, *out).returncode == 0
    assert len(json.loads((tmp_path / "a.sarif").read_text())["runs"][0]["results"]) == 11
    assert "T1043-commonly-used-port" in (tmp_path / "a.html").read_text("utf-8")
