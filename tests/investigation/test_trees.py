"""The process tree of every alert, by Sysmon's GUIDs and by Windows' own audit, and where the page shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from command import dohyo
from dohyo.detections.hunt import run_detections
from dohyo.detections.load import load
from dohyo.investigation.tree import Forest, Process
from dohyo.investigation.trees import CREATIONS, around
from dohyo.run import RunOptions

SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": "h1", "User": "CORP\\mira"}


def _audit(second: int, own: str, parent: str, name: str, host: str = "h1") -> dict[str, Any]:
    return {"EventID": "4688", "Computer": host, "_messageTime": second * 1000, "NewProcessId": own, "ProcessId": parent,
            "NewProcessName": name}  # fmt: skip


def _names(process: Process | None) -> Any:
    return (process.image, process.own, [_names(c) for c in process.children]) if process else None


def test_process_ids_are_used_again() -> None:
    """A parent, and an event's own process, is the last one of its id on its host that began before."""
    forest = Forest([
        _audit(1, "0x10", "0x1", "old.exe"), _audit(2, "0x20", "0x10", "child of old.exe"), _audit(3, "0x10", "0x1", "new.exe"),
        _audit(4, "0x30", "0x10", "child of new.exe"), _audit(5, "0x10", "0x1", "elsewhere.exe", host="h2"),
    ])  # fmt: skip
    event = {"Computer": "h1", "ProcessId": "16", "_messageTime": 9_000}
    assert _names(forest.around(event)) == ("new.exe", True, [("child of new.exe", False, [])])
    assert _names(forest.around(event | {"_messageTime": 900})) == ("old.exe", True, [("child of old.exe", False, [])])
    assert _names(forest.around(event | {"Computer": "h2"})) == ("elsewhere.exe", True, [])
    assert forest.around(event | {"ProcessId": "99"}) is None


def test_a_process_that_is_its_own_ancestor_ends() -> None:
    """GUIDs in a circle, as only a hostile log has them, give a tree that ends."""
    rows = [{"EventID": "1", "Computer": "h", "ProcessGuid": a, "ParentProcessGuid": b, "Image": a} for a, b in ("ab", "ba", "cc")]
    forest = Forest(rows)
    assert _names(forest.around({"ProcessGuid": "a"})) is not None
    assert _names(forest.around({"ProcessGuid": "c"})) == ("c", True, [])


def _log(path: Path, alerts: int) -> Path:
    made = [SYSMON | {"EventID": "1", "UtcTime": "2026-01-01 10:00:00.000", "ProcessGuid": "{a}", "ParentProcessGuid": "{0}",
                      "Image": r"C:\x\outlook.exe", "ParentImage": r"C:\explorer.exe"},
            SYSMON | {"EventID": "1", "UtcTime": "2026-01-01 10:00:01.000", "ProcessGuid": "{b}", "ParentProcessGuid": "{a}",
                      "Image": r"C:\x\mshta.exe", "CommandLine": "mshta <img onerror=1>"}]  # fmt: skip
    for i in range(alerts):
        made.append(SYSMON | {"EventID": "3", "UtcTime": f"2026-01-01 10:00:{i + 2:02}.000", "ProcessGuid": "{b}" if i else "{q}",
                              "Image": r"C:\x\mshta.exe", "DestinationIp": "203.0.113.9", "DestinationPort": "443"})  # fmt: skip
    path.write_text("".join(json.dumps(e) + "\n" for e in made))
    return path


def test_every_alert_has_its_tree(tmp_path: Path) -> None:
    """All alerts of a process show one tree; an alert whose process began before the logs has none."""
    log = _log(tmp_path / "log.ndjson", 4)
    t1043 = next(d for d in load().detections if d.id.startswith("T1043"))
    found = run_detections([t1043], [log], RunOptions(raw=True), [CREATIONS])
    seen = around(found.alerts, found.beside[0], ["Image"])
    trees = seen.trees
    assert sorted(trees) == [f"{log}:{n}" for n in (4, 5, 6)]
    assert set(map(str, seen.values.values())) == {str({"image": r"C:\x\mshta.exe"})} and len(seen.values) == 4
    (tree,) = set(trees.values())
    assert tree.splitlines()[0].startswith("(started by C:\\explorer.exe") and "→" in tree.splitlines()[2]


def test_the_page_shows_them_and_nothing_else_changes(tmp_path: Path) -> None:
    """``--html`` adds the trees to the page; what goes to stdout is the same as without it."""
    log, page = _log(tmp_path / "log.ndjson", 3), tmp_path / "page.html"
    plain = dohyo("hunt", "-d", "T1043", log, "-f", "ndjson")
    with_page = dohyo("hunt", "-d", "T1043", log, "-f", "ndjson", "--html", page)
    assert with_page.returncode == 0 and with_page.stdout == plain.stdout and '"raw"' not in plain.stdout
    data = page.read_text("utf-8").split('id="data">')[1].split("</script>")[0]
    shown = json.loads(data)
    assert len(shown["trees"]) == 1 and "<img" not in data
    assert shown["tree_of"] == {f"{log}:4": 0, f"{log}:5": 0}
