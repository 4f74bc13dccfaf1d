"""Makes forms: an event type and a program give the event's fields, each as text with holes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache

from .kinds import (
    BITS,
    DNS_CLIENT,
    KINDS,
    POWERSHELL,
    SCHEDULER,
    SECURITY,
    SERVICES,
    SYSMON,
)
from .model import UTC_TIME, Form, Kind, Program, Slots
from .office import ACCOUNTS, DOMAIN_SID, NULL_SID, PORT_NAMES, Connection

Fields = dict[str, str]
Programs = Mapping[str, Program]

_FILE_VERSION = "10.0.19041.546 (WinBuild.160101.0800)"
_NO_GUID = "{00000000-0000-0000-0000-000000000000}"
_LABELS = {"System": "S-1-16-16384", "High": "S-1-16-12288", "Medium": "S-1-16-8192"}
_ELEVATION = {"System": "%%1936", "High": "%%1937", "Medium": "%%1938"}
_PRIVILEGES = ("SeSecurityPrivilege", "SeBackupPrivilege", "SeRestorePrivilege", "SeTakeOwnershipPrivilege",
               "SeDebugPrivilege", "SeSystemEnvironmentPrivilege", "SeLoadDriverPrivilege",
               "SeImpersonatePrivilege")  # fmt: skip


@cache
def hashes(name: str) -> str:
    """Sysmon's ``Hashes`` for a file of this name: made up, and always the same for the same name."""
    data = name.lower().encode()
    digest = hashlib.sha256(data).hexdigest().upper()
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest().upper()
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest().upper()
    return f"SHA1={sha1},MD5={md5},SHA256={digest},IMPHASH={digest[:32]}"


def device_path(image: str) -> str:
    """The image as the Windows filtering platform names it: lower case, with the volume's device."""
    return image.lower().replace("c:\\", "\\device\\harddiskvolume2\\") if "\\" in image else image


def _sysmon(program: Program, programs: Programs) -> Fields:
    account, parent = ACCOUNTS[program.account], programs[program.parent]
    return {
        "RuleName": "-", "UtcTime": UTC_TIME, "ProcessGuid": "{«guid»}", "ProcessId": "«pid»", "Image": program.image,
        "FileVersion": _FILE_VERSION, "Description": program.description, "Product": program.product,
        "Company": program.company, "OriginalFileName": program.file, "CommandLine": program.command,
        "CurrentDirectory": "C:\\Windows\\system32\\", "User": account.full, "LogonGuid": "{«lguid»}",
        "LogonId": f"0x{account.logon}", "TerminalSessionId": account.session, "IntegrityLevel": account.integrity,
        "Hashes": hashes(program.file), "ParentProcessGuid": "{«pguid»}", "ParentProcessId": "«ppid»",
        "ParentImage": parent.image, "ParentCommandLine": parent.command, "ParentUser": ACCOUNTS[parent.account].full,
        "CreationUtcTime": UTC_TIME, "Signed": "true", "Signature": "Microsoft Windows", "SignatureStatus": "Valid",
        "SourceProcessGUID": "{«guid»}", "SourceProcessGuid": "{«guid»}", "SourceProcessId": "«pid»",
        "SourceThreadId": "«tid»", "SourceImage": program.image, "SourceUser": account.full,
        "TargetProcessGUID": "{«tguid»}", "TargetProcessGuid": "{«tguid»}", "TargetProcessId": "«tpid»",
        "QueryStatus": "0", "IsExecutable": "false", "Archived": "true",
    }  # fmt: skip


def _security(program: Program, programs: Programs) -> Fields:
    account, parent = ACCOUNTS[program.account], programs[program.parent]
    machine = program.account not in {"user", "admin"}
    return {
        "SubjectUserSid": account.sid, "SubjectUserName": "«host»$" if machine else account.name,
        "SubjectDomainName": "CORP", "SubjectLogonId": f"0x{account.logon}", "TargetUserSid": f"{DOMAIN_SID}-«rid»",
        "TargetUserName": "«user»", "TargetDomainName": "CORP", "TargetLogonId": "0x«logon»", "LogonType": "3",
        "LogonProcessName": "Kerberos", "AuthenticationPackageName": "Kerberos", "WorkstationName": "-",
        "LogonGuid": _NO_GUID, "TargetLogonGuid": _NO_GUID, "TransmittedServices": "-", "LmPackageName": "-",
        "KeyLength": "0", "ProcessId": "0x«hexpid»", "ProcessName": program.image, "IpAddress": "«ip»",
        "IpPort": "«sport»",
        "ImpersonationLevel": "%%1833", "RestrictedAdminMode": "-", "TargetOutboundUserName": "-",
        "TargetOutboundDomainName": "-", "VirtualAccount": "%%1843", "TargetLinkedLogonId": "0x0",
        "ElevatedToken": "%%1842", "Status": "0xc000006d", "FailureReason": "%%2313", "SubStatus": "0xc000006a",
        "TargetServerName": "srv-010.corp.example", "TargetInfo": "srv-010.corp.example", "ObjectServer": "Security",
        "ObjectType": "Key", "ObjectName": "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control\\Lsa",
        "HandleId": "0x«tid»",
        "AccessList": "%%4432\n\t\t\t\t", "AccessMask": "0x1", "ResourceAttributes": "-",
        "PrivilegeList": "\n\t\t\t".join(_PRIVILEGES), "NewProcessId": "0x«hexpid»", "NewProcessName": program.image,
        "TokenElevationType": _ELEVATION[account.integrity], "CommandLine": program.command,
        "ParentProcessName": parent.image, "MandatoryLabel": _LABELS[account.integrity], "ProcessID": "«pid»",
        "Application": device_path(program.image), "FilterRTID": "77864", "LayerName": "%%14611", "LayerRTID": "48",
        "RemoteUserID": NULL_SID, "RemoteMachineID": NULL_SID,
    }  # fmt: skip


def _powershell(program: Program, programs: Programs) -> Fields:
    context = {
        "Severity": "Informational", "Host Name": "ConsoleHost", "Host Version": "5.1.19041.546", "Host ID": "«uuid»",
        "Host Application": program.command, "Engine Version": "5.1.19041.546", "Runspace ID": "«uuid»",
        "Pipeline ID": "53", "Command Name": "«cmdlet»", "Command Type": "Cmdlet", "Script Name": "",
        "Command Path": "", "Sequence Number": "«tid»", "User": ACCOUNTS[program.account].full, "Connected User": "",
        "Shell ID": "Microsoft.PowerShell",
    }  # fmt: skip
    return {
        "ContextInfo": "".join(f"        {name} = {value}\n" for name, value in context.items()), "UserData": "",
        "Payload": 'CommandInvocation(«cmdlet»): "«cmdlet»"\n'
                   'ParameterBinding(«cmdlet»): name="Name"; value="«record»"\n',
        "MessageNumber": "1", "MessageTotal": "1", "ScriptBlockId": "«uuid»", "Path": "",
        "ScriptBlockText": "Get-CimInstance -ClassName Win32_OperatingSystem | Select-Object Caption, Version",
    }  # fmt: skip


def _plain(program: Program, programs: Programs) -> Fields:
    return {
        "param1": "Windows Update", "param2": "running", "ServiceName": "Corp Inventory Agent",
        "ImagePath": "C:\\Program Files\\Corp\\agent.exe", "ServiceType": "user mode service",
        "StartType": "auto start",
        "AccountName": "LocalSystem", "QueryName": "«name»", "QueryType": "1", "QueryOptions": "140738562228224",
        "QueryStatus": "0", "QueryResults": "«answer»;", "NetworkIndex": "0", "InterfaceIndex": "0",
        "jobTitle": "Font Download",
        "jobId": "{«uuid»}", "jobOwner": ACCOUNTS[program.account].full, "processPath": program.image,
        "processId": "«pid»",
        "ClientProcessStartKey": "«record»", "transferId": "{«uuid»}", "name": "Font Download", "Id": "{«uuid»}",
        "url": "https://download.example.com/fonts/config.json", "peer": "", "fileTime": "2020-04-20T16:10:39.000000Z",
        "fileLength": "5517", "bytesTotal": "5517", "bytesTransferred": "5517", "bytesTransferredFromPeer": "0",
        "hr": "0",
        "proxy": "", "TaskName": "\\Corp\\Inventory", "UserContext": ACCOUNTS[program.account].full,
        "ActionName": "«uuid»", "TaskInstanceId": "{«uuid»}", "EnginePID": "1532",
    }  # fmt: skip


_DEFAULTS: dict[str, Callable[[Program, Programs], Fields]] = {
    SYSMON: _sysmon, SECURITY: _security, POWERSHELL: _powershell, SERVICES: _plain, DNS_CLIENT: _plain, BITS: _plain,
    SCHEDULER: _plain,
}  # fmt: skip

# Fields that mean something else in one type than in its provider's others.
_SPECIAL: dict[str, Fields] = {
    "Security-Auditing:4688": {
        "ProcessId": "0x«hexppid»", "TargetUserSid": NULL_SID, "TargetUserName": "-", "TargetDomainName": "-",
        "TargetLogonId": "0x0",
    },
    "Security-Auditing:4625": {"TargetUserSid": NULL_SID, "LogonProcessName": "NtLmSsp",
    "AuthenticationPackageName": "NTLM"},
}  # fmt: skip


def make(
    kind_key: str,
    program: Program,
    programs: Programs,
    values: Fields | None = None,
    picks: tuple[tuple[Slots, ...], ...] = (),
    target: str = "",
) -> Form:
    """The form of one event type as ``program`` causes it; ``values`` replace or complete the usual field texts.

    Raises ``KeyError`` when a field of the type has no value (an error in the tables).
    """
    kind: Kind = KINDS[kind_key]
    known = _DEFAULTS[kind.provider](program, programs) | _SPECIAL.get(kind_key, {}) | (values or {})
    fields = {name: known[name] for name in kind.fields}
    lag = 1.0 if "UtcTime" in fields else 0.0
    return Form(kind, program, fields, _sysmon(program, programs), picks, target, lag)


def network(connection: Connection, image: str) -> Fields:
    """The fields of Sysmon's event 3 for a connection; the far end is the slots ``peer`` and ``peername``."""
    here = {"Ip": "«ip»", "Hostname": "«host».corp.example", "Port": "«sport»", "PortName": "-"}
    port = str(connection.port)
    there = {"Ip": "«peer»", "Hostname": "«peername»", "Port": port, "PortName": PORT_NAMES.get(connection.port, "-")}
    if connection.protocol == "udp" and image == "System":
        here["Port"] = port
    if not connection.initiated:
        # The far end is the source, but the well-known port is still the destination's: ours.
        here, there = there | {"Port": "«sport»", "PortName": "-"}, here | {"Port": port, "PortName": there["PortName"]}
    v6 = str(connection.peers == "link_local").lower()
    if v6 == "true":
        here["Ip"] = "fe80:0:0:0:40c1:77ab:3d09:5e12"
    ends = {
        f"{side}{name}": text for side, end in (("Source", here), ("Destination", there)) for name, text in end.items()
    }
    flags = {"Protocol": connection.protocol, "Initiated": str(connection.initiated).lower()}
    return ends | flags | {"SourceIsIpv6": v6, "DestinationIsIpv6": v6}


def filtering(connection: Connection) -> Fields:
    """The fields of Security's event 5156 for a connection; the far end is the slot ``peer``."""
    direction = "%%14593" if connection.initiated else "%%14592"
    ends = {"SourceAddress": "«ip»", "SourcePort": "«sport»", "DestAddress": "«peer»", "DestPort": str(connection.port)}
    if not connection.initiated:
        # Event 5156 tells the local end first, whoever began.
        ends = {
            "SourceAddress": "«ip»",
            "SourcePort": str(connection.port),
            "DestAddress": "«peer»",
            "DestPort": "«sport»",
        }
    return ends | {"Direction": direction, "Protocol": "17" if connection.protocol == "udp" else "6"}
