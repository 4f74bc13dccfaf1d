"""Hayabusa's timeline, which has short names of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dohyo.sources.unfold.records import Record

_HAYABUSA_CHANNELS = {
    "Sysmon": "Microsoft-Windows-Sysmon/Operational", "Sec": "Security", "Sys": "System", "App": "Application",
    "PwSh": "Microsoft-Windows-PowerShell/Operational", "PwShClassic": "Windows PowerShell",
    "Defender": "Microsoft-Windows-Windows Defender/Operational", "TaskSch": "Microsoft-Windows-TaskScheduler/Operational",
    "WMI": "Microsoft-Windows-WMI-Activity/Operational", "BitsCli": "Microsoft-Windows-Bits-Client/Operational",
    "WinRM": "Microsoft-Windows-WinRM/Operational", "AppLocker": "Microsoft-Windows-AppLocker/EXE and DLL",
}  # fmt: skip
_HAYABUSA_NAMES = {
    "Cmdline": "CommandLine", "ParentCmdline": "ParentCommandLine", "ParentPID": "ParentProcessId", "PGUID": "ProcessGuid",
    "ParentPGUID": "ParentProcessGuid", "Hash": "Hashes", "LGUID": "LogonGuid", "LogonID": "LogonId", "Proto": "Protocol",
    "Svc": "ServiceName", "ScriptBlock": "ScriptBlockText", "TgtProc": "TargetImage", "SrcProc": "SourceImage", "Path": "Path",
    "TgtObj": "TargetObject",
}  # fmt: skip
_HAYABUSA_SYSMON = {"Proc": "Image", "PID": "ProcessId", "LID": "LogonId", "SrcIP": "SourceIp", "SrcPort": "SourcePort",
                    "SrcHost": "SourceHostname", "TgtIP": "DestinationIp", "TgtPort": "DestinationPort",
                    "TgtHost": "DestinationHostname", "TgtFile": "TargetFilename"}  # fmt: skip
_HAYABUSA_SECURITY = {"Proc": "NewProcessName", "PID": "NewProcessId", "Type": "LogonType", "TgtUser": "TargetUserName",
                      "SrcUser": "SubjectUserName", "User": "SubjectUserName", "SrcComp": "WorkstationName", "SrcIP": "IpAddress",
                      "SrcPort": "IpPort", "LID": "TargetLogonId"}  # fmt: skip
_HAYABUSA = ("RuleTitle", "Channel", "EventID")


def hayabusa(record: Record) -> Iterator[Record]:
    """Hayabusa's timeline: its own short names, and the event's in ``AllFieldInfo``."""
    if not all(record.get(key) for key in _HAYABUSA):
        return
    short = str(record["Channel"])
    names = _HAYABUSA_NAMES | (_HAYABUSA_SECURITY if short == "Sec" else _HAYABUSA_SYSMON)
    told = {key: value for part in ("ExtraFieldInfo", "Details") for key, value in _details(record.get(part)).items()}
    fields = {names.get(key, key): value for key, value in told.items()} | _details(record.get("AllFieldInfo"))
    yield fields | {
        "@timestamp": record.get("Timestamp"), "EventID": record["EventID"], "Channel": _HAYABUSA_CHANNELS.get(short, short),
        "Computer": record.get("Computer"), "EventRecordID": record.get("RecordID"), "RuleName": record["RuleTitle"],
    }  # fmt: skip


def _details(value: Any) -> Record:
    """An object, or a text as CSV has it: ``Proc: x ¦ PID: 4``."""
    if isinstance(value, str):
        pairs = (part.partition(":") for part in value.split(" ¦ "))
        return {key.strip(): text.strip() for key, mark, text in pairs if mark}
    return value if isinstance(value, dict) else {}
