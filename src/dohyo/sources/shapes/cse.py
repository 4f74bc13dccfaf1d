"""Sumo Logic Cloud SIEM: normalised records. What a mapper did not use is in ``fields`` under the parser's names."""

from __future__ import annotations

from ..model import Const, First, Key, Lookup, Shape, ShapeExpr, Time, When
from .categories import ENDPOINT, category_of
from .parts import REGISTRY_ACTIONS, at, builtins, first, hashes


def _parsed(name: str) -> Key:
    return at("fields", f"EventData.{name}")


def _mapped(name: str, *places: ShapeExpr) -> First:
    """A field of the event: the event's own value first, it was not normalised."""
    return first(_parsed(name), *places)


_ACTION = at("action")
_EVENT = at("metadata_deviceEventId")  # <channel>-<event id>
_CHANNEL = at("fields", "Channel")
_PROVIDER = first(at("fields", "Provider.Name"), at("fields", "Provider"))
_COMPUTER = first(
    at("fields", "Computer"), at("device_hostname_raw"), at("device_hostname"), at("srcDevice_hostname_raw"),
    at("srcDevice_hostname"),
)  # fmt: skip
_SYSMON = "Microsoft-Windows-Sysmon/Operational"
_SYSMON_IDS = (*range(1, 30), 255)
_SECURITY_IDS = (
    1102, 4103, 4104, 4624, 4625, 4634, 4647, 4648, 4656, 4657, 4661, 4662, 4663, 4672, 4673, 4688, 4689, 4697, 4698,
    4699, 4700, 4701, 4702, 4719, 4720, 4722, 4723, 4724, 4725, 4726, 4728, 4732, 4738, 4740, 4741, 4742, 4756, 4765,
    4768, 4769, 4770, 4771, 4776, 4781, 4794, 4798, 4799, 4904, 4905, 5136, 5140, 5142, 5145, 5152, 5154, 5156, 5157,
    5158,
)  # fmt: skip
_EVENTS = (
    *((f"{_SYSMON}-{number}".lower(), str(number)) for number in _SYSMON_IDS),
    *((f"security-{number}", str(number)) for number in _SECURITY_IDS),
)
_CHANNELS = (
    *((f"{_SYSMON}-{number}".lower(), _SYSMON) for number in _SYSMON_IDS),
    *((f"security-{number}", "Security") for number in _SECURITY_IDS),
)

# What Cloud SIEM's Sysmon mappers call the event, else what kind of record it is.
_ACTION_TYPES = (
    ("processcreate", "process_creation"), ("networkconnect", "network_connection"), ("dnsevent", "dns_query"),
    ("process termination", "process_termination"), ("imageload", "image_load"), ("filecreate", "file_event"),
    ("createremotethread", "create_remote_thread"), ("process access", "process_access"),
    *((action.lower(), "registry_event") for action in REGISTRY_ACTIONS),
)  # fmt: skip
_OBJECT_TYPES = (
    ("network", "network_connection"), ("networkflow", "network_connection"), ("networkhttp", "network_connection"),
    ("networkproxy", "network_connection"), ("networkdns", "dns_query"), ("endpointprocess", "process_creation"),
    ("endpointmoduleload", "image_load"), ("auditfile", "file_event"), ("authentication", "logon"),
)  # fmt: skip
_NAMED = first(_CHANNEL, Lookup(_EVENT, _CHANNELS))
_LOADS = ("ImageLoad",)
_THREADS = ("CreateRemoteThread",)

SHAPE = Shape(
    name="cse",
    title="Sumo Logic Cloud SIEM record",
    rank=95,
    marks=(),
    any_marks=(
        ("metadata_deviceEventId",),
        ("metadata_mapperName",),
        ("metadata_vendor",),
        ("normalizedAction",),
        ("baseImage",),
        ("dstDevice_ip",),
        ("srcDevice_ip",),
    ),
    not_marks=(("EventID",), ("_raw",), ("ActionType",), ("event_id",)),
    fields={
        "EventID": first(at("fields", "EventID"), Lookup(_EVENT, _EVENTS)),
        "Channel": _NAMED,
        "Provider": _PROVIDER,
        "Computer": _COMPUTER,
        "EventRecordID": first(at("fields", "EventRecordID"), at("sourceUid")),
        "Level": first(at("fields", "Level"), at("severity")),
        "Keywords": at("fields", "Keywords"),
        "Task": at("fields", "Task"),
        "Opcode": at("fields", "Opcode"),
        "ExecutionProcessID": at("fields", "Execution.ProcessID"),
        "ExecutionThreadID": at("fields", "Execution.ThreadID"),
        "UserID": first(at("fields", "Security.UserID"), at("user_userId")),
        "Message": first(at("fields", "Message"), at("description")),
        "User": _mapped("User", at("user_username_raw"), at("user_username")),
        # processes: of an image load, the library is ``baseImage`` and the process that loaded it the parent
        "Image": _mapped("Image", When(_ACTION, _LOADS, at("parentBaseImage"), at("baseImage"))),
        "CommandLine": _mapped("CommandLine", at("commandLine")),
        "ProcessId": _mapped("ProcessId", at("pid")),
        "ProcessGuid": _mapped("ProcessGuid", at("processUid")),
        "ParentImage": _mapped("ParentImage", When(_ACTION, _LOADS, _parsed("ParentImage"), at("parentBaseImage"))),
        "ParentCommandLine": _mapped("ParentCommandLine", at("parentCommandLine")),
        "ParentProcessId": _mapped("ParentProcessId", at("parentPid")),
        "SourceImage": _mapped("SourceImage", When(_ACTION, _THREADS, at("baseImage"))),
        "TargetImage": _mapped("TargetImage", When(_ACTION, _THREADS, at("file_path"))),
        "Hashes": _mapped(
            "Hashes", hashes(*(at(f"file_hash_{name}") for name in ("sha1", "md5", "sha256", "imphash")))
        ),
        # the network
        "Protocol": _mapped("Protocol", at("ipProtocol")),
        "SourceIp": _mapped("SourceIp", at("srcDevice_ip")),
        "SourcePort": _mapped("SourcePort", at("srcPort")),
        "SourceHostname": _mapped("SourceHostname", at("srcDevice_hostname_raw"), at("srcDevice_hostname")),
        "DestinationIp": _mapped("DestinationIp", at("dstDevice_ip")),
        "DestinationPort": _mapped("DestinationPort", at("dstPort")),
        "DestinationHostname": _mapped("DestinationHostname", at("dstDevice_hostname_raw"), at("dstDevice_hostname")),
        "dest_ip": at("dstDevice_ip"),
        "dest_port": at("dstPort"),
        "QueryName": _mapped("QueryName", at("dns_query")),
        "QueryResults": _mapped("QueryResults", at("dns_reply"), at("dns_replyIp")),
        # files, libraries, the registry
        "ImageLoaded": _mapped("ImageLoaded", When(_ACTION, _LOADS, at("baseImage"))),
        "TargetFilename": _mapped(
            "TargetFilename",
            When(_ACTION, ("FileCreate",), at("file_path")),
            When(at("objectType"), ("AuditFile",), at("file_path")),
        ),
        "TargetObject": _mapped("TargetObject", When(_ACTION, REGISTRY_ACTIONS, at("changeTarget"))),
        "Details": _mapped("Details", When(_ACTION, REGISTRY_ACTIONS, at("resource"))),
        "EventType": _mapped("EventType", at("changeType")),
        # logons
        "TargetUserName": _mapped("TargetUserName", at("targetUser_username_raw"), at("targetUser_username")),
        "LogonType": _mapped("LogonType", at("logonType")),
        "event_type": first(Lookup(_ACTION, _ACTION_TYPES), Lookup(at("objectType"), _OBJECT_TYPES)),
        **builtins("cse", _COMPUTER, first(_NAMED, at("objectType"))),
    },
    time=(Time(at("timestamp")), Time(_parsed("UtcTime")), Time(at("fields", "TimeCreated"))),
    bags=((), ("fields",)),
    prefixed_bags=((("fields",), "EventData."), (("fields",), "UserData.")),
    category=category_of(_NAMED, Const(""), ENDPOINT),
    kind=first(_EVENT, _ACTION, at("objectType")),
    doc=(
        "Records of Cloud SIEM (``_index=sec_record_*``). The source category is the channel's where the record names "
        "one, else ``endpoint/events``. ``device_hostname`` is missing in Sysmon network records: ``fields`` has it."
    ),
    example=r"""{"uid": "r-41207", "objectType": "Network", "objectClassification": "Network",
        "timestamp": 1709630130123, "metadata_vendor": "Microsoft", "metadata_product": "Windows",
        "metadata_deviceEventId": "Microsoft-Windows-Sysmon/Operational-3", "action": "NetworkConnect",
        "normalizedAction": "start", "normalizedResource": "network",
        "baseImage": "C:\\Windows\\System32\\mshta.exe", "file_path": "C:\\Windows\\System32\\mshta.exe",
        "pid": 5124, "user_username": "mira", "user_username_raw": "CORP\\mira", "user_userId": "S-1-5-18",
        "srcDevice_ip": "10.20.0.7", "srcPort": 50122, "srcDevice_hostname": "desk07",
        "dstDevice_ip": "198.51.100.7", "dstPort": 443, "listMatches": [], "fieldTags": {},
        "fields": {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "3", "EventRecordID": "41207",
            "Computer": "DESK07.corp.example", "EventData.Initiated": "true", "EventData.Protocol": "tcp"}}""",
)
