"""The two exports that have names of their own for everything: Defender advanced hunting and Cloud SIEM records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .model import COMPUTER, LOGGED_ISO, Form
from .office import ACCOUNTS
from .shapes_parts import number

Record = dict[str, Any]

# --- Microsoft Defender XDR, advanced hunting -------------------------------------------------------------------------

# Sysmon event id -> table, action.
_DEFENDER: dict[str, tuple[str, str]] = {
    "Sysmon:1": ("DeviceProcessEvents", "ProcessCreated"),
    "Security-Auditing:4688": ("DeviceProcessEvents", "ProcessCreated"),
    "Sysmon:3": ("DeviceNetworkEvents", "ConnectionSuccess"),
    "Sysmon:7": ("DeviceImageLoadEvents", "ImageLoaded"),
    "Sysmon:11": ("DeviceFileEvents", "FileCreated"),
    "Sysmon:12": ("DeviceRegistryEvents", "RegistryKeyCreated"),
    "Sysmon:13": ("DeviceRegistryEvents", "RegistryValueSet"),
    "Sysmon:23": ("DeviceFileEvents", "FileDeleted"),
    "Sysmon:22": ("DeviceEvents", "DnsQueryResponse"),
    "Sysmon:8": ("DeviceEvents", "CreateRemoteThreadApiCall"),
    "Sysmon:10": ("DeviceEvents", "OpenProcessApiCall"),
    "Sysmon:17": ("DeviceEvents", "NamedPipeEvent"),
    "Sysmon:5": ("DeviceEvents", "ProcessTerminated"),
    "PowerShell:4104": ("DeviceEvents", "PowerShellCommand"),
    "Security-Auditing:4624": ("DeviceLogonEvents", "LogonSuccess"),
    "Security-Auditing:4625": ("DeviceLogonEvents", "LogonFailed"),
    "Security-Auditing:5156": ("DeviceNetworkEvents", "ConnectionSuccess"),
}


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("\\")
    return folder, name


def _initiating(form: Form) -> Record:
    """The process that did it, from what is known of the program rather than from the event's own few fields."""
    known, account = form.context, ACCOUNTS[form.program.account]
    return {
        "InitiatingProcessFileName": form.program.file.lower(), "InitiatingProcessFolderPath": known["Image"].lower(),
        "InitiatingProcessId": number("«pid»"), "InitiatingProcessCommandLine": known["CommandLine"],
        "InitiatingProcessAccountName": account.name.lower(), "InitiatingProcessAccountDomain": account.domain.lower(),
        "InitiatingProcessAccountSid": account.sid, "InitiatingProcessIntegrityLevel": account.integrity,
        "InitiatingProcessParentFileName": _split(known["ParentImage"])[1],
        "InitiatingProcessParentId": number("«ppid»"),
        "InitiatingProcessSHA256": known["Hashes"].partition("SHA256=")[2].partition(",")[0].lower(),
    }  # fmt: skip


def _created(form: Form) -> Record:
    """A created process: the new one is the subject, its parent is the one that did it."""
    known, account = form.context, ACCOUNTS[form.program.account]
    return {
        "FileName": form.program.file, "FolderPath": known["Image"], "ProcessId": number("«pid»"),
        "ProcessCommandLine": known["CommandLine"], "ProcessIntegrityLevel": account.integrity,
        "SHA256": known["Hashes"].partition("SHA256=")[2].partition(",")[0].lower(),
        "AccountName": account.name.lower(), "AccountDomain": account.domain.lower(), "AccountSid": account.sid,
        "InitiatingProcessFileName": _split(known["ParentImage"])[1].lower(),
        "InitiatingProcessFolderPath": known["ParentImage"].lower(), "InitiatingProcessId": number("«ppid»"),
        "InitiatingProcessCommandLine": known["ParentCommandLine"],
    }  # fmt: skip


def _connected(form: Form) -> Record:
    values = form.values
    outgoing = values.get("Initiated", "true") == "true"
    local, remote = ("Source", "Destination") if outgoing else ("Destination", "Source")
    return _initiating(form) | {
        "ActionType": "ConnectionSuccess" if outgoing else "InboundConnectionAccepted",
        "RemoteIP": values[f"{remote}Ip"], "RemotePort": number(values[f"{remote}Port"]),
        "RemoteUrl": values[f"{remote}Hostname"].removeprefix("-"), "LocalIP": values[f"{local}Ip"],
        "LocalPort": number(values[f"{local}Port"]), "Protocol": values["Protocol"].capitalize(),
        "RemoteIPType": "Private" if values[f"{remote}Ip"].startswith(("10.", "192.168.")) else "Public",
    }  # fmt: skip


def _filtered(form: Form) -> Record:
    values = form.values
    return _initiating(form) | {
        "RemoteIP": values["DestAddress"], "RemotePort": number(values["DestPort"]), "LocalIP": values["SourceAddress"],
        "LocalPort": number(values["SourcePort"]), "Protocol": "Udp" if values["Protocol"] == "17" else "Tcp",
    }  # fmt: skip


def _file(form: Form) -> Record:
    folder, name = _split(form.values["TargetFilename"])
    return _initiating(form) | {"FileName": name, "FolderPath": f"{folder}\\{name}"}


def _library(form: Form) -> Record:
    path = form.values["ImageLoaded"]
    return _initiating(form) | {"FileName": _split(path)[1], "FolderPath": path}


def _registry(form: Form) -> Record:
    known = {"RegistryKey": form.values["TargetObject"]}
    return _initiating(form) | known | {"RegistryValueData": form.values.get("Details", "")}


_DEFENDER_FIELDS: dict[str, Callable[[Form], Record]] = {
    "Sysmon:1": _created, "Security-Auditing:4688": _created, "Sysmon:3": _connected,
    "Security-Auditing:5156": _filtered,
    "Sysmon:11": _file, "Sysmon:23": _file, "Sysmon:7": _library, "Sysmon:12": _registry, "Sysmon:13": _registry,
}  # fmt: skip


def defender(form: Form) -> Record:
    """A row of an advanced hunting table; what has no table of its own is a row of ``DeviceEvents``.

    The fields that the table has no column for are JSON inside ``AdditionalFields``, as Defender does it.
    """
    key = form.kind.key
    table, action = _DEFENDER.get(key, ("DeviceEvents", form.kind.title))
    fields = _DEFENDER_FIELDS.get(key, _initiating)(form)
    rest = {} if key in _DEFENDER_FIELDS else form.values
    return {
        "Timestamp": "«date»T«clock».«ms»«frac»Z", "TimeGenerated": "«date»T«clock».«ms»«frac»Z", "Type": table,
        "DeviceId": "«device»", "DeviceName": COMPUTER.lower(), "ActionType": action, **fields,
        "AdditionalFields": json.dumps(rest, ensure_ascii=False, separators=(",", ":")), "ReportId": number("«record»"),
    }  # fmt: skip


# --- Sumo Logic Cloud SIEM --------------------------------------------------------------------------------------------

# Event type -> record type, action, normalised action, normalised resource.
_CSE: dict[str, tuple[str, str, str, str]] = {
    "Sysmon:1": ("EndpointProcess", "ProcessCreate", "create", "process"),
    "Sysmon:3": ("Network", "NetworkConnect", "start", "network"),
    "Sysmon:5": ("EndpointProcess", "Process Termination", "stop", "process"),
    "Sysmon:7": ("Endpoint", "ImageLoad", "load", "file"),
    "Sysmon:8": ("EndpointProcess", "CreateRemoteThread", "create", "process"),
    "Sysmon:10": ("EndpointProcess", "Process Access", "access", "process"),
    "Sysmon:11": ("EndpointProcess", "FileCreate", "create", "file"),
    "Sysmon:12": ("EndpointProcess", "CreateKey", "change", "operating system"),
    "Sysmon:13": ("EndpointProcess", "SetValue", "change", "operating system"),
    "Sysmon:22": ("Network", "DNSEvent", "start", "network"),
}
_CSE_NAMES: dict[str, dict[str, str]] = {
    "Sysmon:1": {"baseImage": "Image", "commandLine": "CommandLine", "parentBaseImage": "ParentImage",
                 "parentCommandLine": "ParentCommandLine"},
    "Sysmon:3": {"baseImage": "Image", "file_path": "Image", "srcDevice_ip": "SourceIp",
    "dstDevice_ip": "DestinationIp",
                 "srcDevice_hostname": "SourceHostname", "dstDevice_hostname": "DestinationHostname"},
    "Sysmon:5": {"baseImage": "Image"},
    "Sysmon:7": {"baseImage": "ImageLoaded", "parentBaseImage": "Image"},
    "Sysmon:8": {"baseImage": "SourceImage", "file_path": "TargetImage"},
    "Sysmon:11": {"baseImage": "Image", "file_path": "TargetFilename", "changeTarget": "TargetFilename"},
    "Sysmon:12": {"baseImage": "Image", "file_path": "TargetObject", "changeTarget": "TargetObject",
                  "changeType": "EventType"},
    "Sysmon:13": {"baseImage": "Image", "file_path": "TargetObject", "changeTarget": "TargetObject",
                  "changeType": "EventType", "resource": "Details"},
    "Sysmon:22": {"baseImage": "Image", "dns_query": "QueryName"},
    "Security-Auditing:4688": {"baseImage": "NewProcessName", "commandLine": "CommandLine",
                               "parentBaseImage": "ParentProcessName"},
}  # fmt: skip
_CSE_NUMBERS: dict[str, dict[str, str]] = {
    "Sysmon:1": {"pid": "ProcessId", "parentPid": "ParentProcessId"},
    "Sysmon:3": {"pid": "ProcessId", "srcPort": "SourcePort", "dstPort": "DestinationPort"},
    "Sysmon:5": {"pid": "ProcessId"},
    "Sysmon:8": {"pid": "SourceProcessId"},
}
_CSE_WITHOUT_HOST = ("Sysmon:3",)  # the mapper leaves device_hostname to ``fields``


def cse(form: Form) -> Record:
    """A normalised Cloud SIEM record; the event's own fields are text inside ``fields``, empty and ``-`` left out."""
    kind, values = form.kind, {name: text for name, text in form.values.items() if text not in ("", "-")}
    object_type, action, verb, resource = _CSE.get(kind.key, ("Endpoint", kind.title, "access", "operating system"))
    names = {to: values[name] for to, name in _CSE_NAMES.get(kind.key, {}).items() if name in values}
    numbers = {to: number(values[name]) for to, name in _CSE_NUMBERS.get(kind.key, {}).items()}
    host = {} if kind.key in _CSE_WITHOUT_HOST else {"device_hostname": "«host»", "device_hostname_raw": COMPUTER}
    user = (
        {"user_username": values["User"].rpartition("\\")[2], "user_username_raw": values["User"]}
        if "User" in values
        else {}
    )
    system = {"Channel": kind.channel, "EventID": str(kind.id), "Computer": COMPUTER, "EventRecordID": "«record»",
              "TimeCreated": LOGGED_ISO}  # fmt: skip
    return {
        "uid": "«guid»-«record»", "objectType": object_type, "objectClassification": object_type,
        "timestamp": number("«epochms»"), "metadata_vendor": "Microsoft", "metadata_product": "Windows",
        "metadata_productGuid": "1ff7546c-cb36-4a24-87f7-89d2cecc5761", "metadata_schemaVersion": 3,
        "metadata_deviceEventId": f"{kind.channel}-{kind.id}", "metadata_sensorZone": "default",
        "metadata_mapperName": f"Windows - {kind.channel} - {kind.id}", "action": action, "normalizedAction": verb,
        "normalizedResource": resource, **names, **numbers, **host, **user, "listMatches": [], "matchedItems": [],
        "fields": system | {f"EventData.{name}": text for name, text in values.items()},
    }  # fmt: skip
