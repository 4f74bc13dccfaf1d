"""Elastic Common Schema: Winlogbeat 7 and later, Elastic Agent, Elastic Endpoint, with or without ``winlog``.

Winlogbeat's modules move a Sysmon value from ``winlog.event_data`` to its ECS field, so each canonical name is first
looked for in the one and then in the other.
"""

from __future__ import annotations

from ..model import Const, First, Given, Key, Lines, Lookup, Shape, ShapeExpr, Time, When
from .categories import ENDPOINT, OTHER, category_of
from .parts import account, at, builtins, first, hashes, nameless, only_said


def _data(name: str) -> Key:
    return at("winlog", "event_data", name)


def _moved(name: str, *places: ShapeExpr) -> First:
    return first(_data(name), *places)


def _described(name: str, ecs: str) -> First:
    """What the version resource of an executable or library says."""
    return _moved(name, at("process", "pe", ecs), at("dll", "pe", ecs), at("file", "pe", ecs))


_CODE = first(at("winlog", "event_id"), at("event", "code"))
_CHANNEL = at("winlog", "channel")
_PROVIDER = first(at("winlog", "provider_name"), at("event", "provider"))
_COMPUTER = first(at("winlog", "computer_name"), at("host", "name"), at("host", "hostname"))
_PROCESS = at("process", "executable")
_FILE = at("file", "path")


def _security(place: Key) -> When:
    """Where Winlogbeat's module for the Security log, and Elastic Agent, move a value to."""
    return When(_CHANNEL, ("Security",), place)


_DIRECTIONS = (("egress", "true"), ("outbound", "true"), ("ingress", "false"), ("inbound", "false"))
_SYSMON_TYPES = (
    ("1", "process_creation"), ("3", "network_connection"), ("5", "process_termination"), ("7", "image_load"),
    ("11", "file_event"), ("12", "registry_event"), ("13", "registry_event"), ("14", "registry_event"),
    ("22", "dns_query"), ("23", "file_delete"), ("26", "file_delete"),
)  # fmt: skip
_CATEGORY_TYPES = (
    ("network", "network_connection"), ("process", "process_creation"), ("file", "file_event"),
    ("registry", "registry_event"), ("library", "image_load"), ("driver", "driver_load"),
)  # fmt: skip
# A category may be a text or a list of one.
_EITHER_TYPES = _CATEGORY_TYPES + tuple((f'["{name}"]', event_type) for name, event_type in _CATEGORY_TYPES)
_NOT_A_START = (("end", "process_termination"), ('["end"]', "process_termination"))
_DATASET_TYPES = tuple((f"endpoint.events.{name}", event_type) for name, event_type in _CATEGORY_TYPES)

# A DNS look-up has the category "network" too, the end of a process the category "process".
_BY_CATEGORY = When(
    at("dns", "type"),
    ("query", "answer"),
    Const("dns_query"),
    first(
        Lookup(at("event", "type"), _NOT_A_START),
        Lookup(at("event", "dataset"), _DATASET_TYPES),
        Lookup(at("event", "category"), _EITHER_TYPES),
    ),
)

SHAPE = Shape(
    name="ecs",
    title="Elastic Common Schema (Winlogbeat 7+, Elastic Agent)",
    rank=30,
    marks=(),
    any_marks=(
        ("winlog", "channel"),
        ("winlog", "event_id"),
        ("winlog", "event_data"),
        ("process", "executable"),
        ("process", "pid"),
        ("event", "code"),
        ("event", "category"),
        ("event", "dataset"),
        ("destination", "ip"),
    ),
    # A record of another form that a shipper put ECS fields around is of that form.
    not_marks=(
        ("Event", "System"),
        ("event_id",),
        ("EventID",),
        ("EventData",),
        ("EventReceivedTime",),
        ("SyslogMessage",),
    ),
    fields={
        "EventID": _CODE,
        "Channel": _CHANNEL,
        "Provider": _PROVIDER,
        **{f"UserData.{name}": at("winlog", "user_data", name) for name in ("Channel", "Provider")},
        "ProviderGuid": at("winlog", "provider_guid"),
        "Computer": _COMPUTER,
        "EventRecordID": at("winlog", "record_id"),
        "Level": first(at("winlog", "level"), at("log", "level")),
        "Keywords": at("winlog", "keywords"),
        "Task": at("winlog", "task"),
        "Opcode": at("winlog", "opcode"),
        "ExecutionProcessID": at("winlog", "process", "pid"),
        "ExecutionThreadID": at("winlog", "process", "thread", "id"),
        "ActivityID": at("winlog", "activity_id"),
        "UserID": at("winlog", "user", "identifier"),
        "Message": first(at("message"), _data("Message")),
        "Data": first(nameless("winlog", "event_data"), only_said(_CHANNEL, at("message"))),
        "User": _moved("User", at("winlog", "user_data", "User"), account(at("user", "domain"), at("user", "name"))),
        "RuleName": _moved("RuleName", at("rule", "name")),
        # processes
        "Image": _moved("Image", _PROCESS),
        "CommandLine": _moved("CommandLine", at("process", "command_line")),
        "CurrentDirectory": _moved("CurrentDirectory", at("process", "working_directory")),
        "ProcessId": _moved("ProcessId", _data("ProcessID"), at("process", "pid")),
        "ProcessGuid": _moved("ProcessGuid", at("process", "entity_id")),
        "IntegrityLevel": _moved("IntegrityLevel", at("process", "Ext", "token", "integrity_level_name")),
        "ParentImage": _moved("ParentImage", at("process", "parent", "executable")),
        "ParentCommandLine": _moved("ParentCommandLine", at("process", "parent", "command_line")),
        "ParentProcessId": _moved("ParentProcessId", at("process", "parent", "pid")),
        "ParentProcessGuid": _moved("ParentProcessGuid", at("process", "parent", "entity_id")),
        "ParentUser": _moved("ParentUser", account(at("process", "parent", "user", "domain"), at("process", "parent", "user", "name"))),
        "OriginalFileName": _described("OriginalFileName", "original_file_name"),
        "FileVersion": _described("FileVersion", "file_version"),
        "Description": _described("Description", "description"),
        "Product": _described("Product", "product"),
        "Company": _described("Company", "company"),
        "Hashes": _moved(
            "Hashes",
            *(
                hashes(
                    *(at(what, "hash", name) for name in ("sha1", "md5", "sha256")),
                    first(at(what, "pe", "imphash"), at(what, "hash", "imphash")),
                )
                for what in ("process", "dll", "file")
            ),
        ),
        "SourceImage": _moved("SourceImage", When(_CODE, ("8", "10"), _PROCESS)),
        "SourceProcessId": _moved("SourceProcessId", When(_CODE, ("8", "10"), at("process", "pid"))),
        "SourceProcessGuid": first(
            _data("SourceProcessGuid"), _data("SourceProcessGUID"), When(_CODE, ("8", "10"), at("process", "entity_id"))
        ),
        # the network
        "Protocol": _moved("Protocol", at("network", "transport")),
        "Initiated": _moved("Initiated", Lookup(at("network", "direction"), _DIRECTIONS)),
        "SourceIp": _moved("SourceIp", at("source", "ip")),
        "SourcePort": _moved("SourcePort", at("source", "port")),
        "SourceHostname": _moved("SourceHostname", at("source", "domain")),
        "DestinationIp": _moved("DestinationIp", at("destination", "ip")),
        "DestinationPort": _moved("DestinationPort", at("destination", "port")),
        "DestinationHostname": _moved("DestinationHostname", at("destination", "domain")),
        "DestinationPortName": _moved("DestinationPortName", at("network", "protocol")),
        "QueryName": _moved("QueryName", at("dns", "question", "name")),
        "QueryResults": _moved("QueryResults", at("dns", "resolved_ip")),
        "QueryStatus": _moved("QueryStatus", at("sysmon", "dns", "status")),
        # files, libraries, the registry: Sysmon's driver and library paths arrive in ``file.path`` too
        "TargetFilename": _moved("TargetFilename", When(_CODE, ("6", "7", "9"), _data("TargetFilename"), _FILE)),
        "ImageLoaded": _moved("ImageLoaded", at("dll", "path"), When(_CODE, ("6", "7"), _FILE)),
        "Device": _moved("Device", When(_CODE, ("9",), _FILE)),
        "PipeName": _moved("PipeName", When(_CODE, ("17", "18"), at("file", "name"))),
        "Signed": _moved("Signed", at("dll", "code_signature", "signed"), at("file", "code_signature", "signed")),
        "Signature": _moved("Signature", at("dll", "code_signature", "subject_name"), at("file", "code_signature", "subject_name")),
        "SignatureStatus": _moved("SignatureStatus", at("dll", "code_signature", "status"), at("file", "code_signature", "status")),
        "TargetObject": _moved("TargetObject", at("registry", "path")),
        "Details": _moved("Details", Lines(at("registry", "data", "strings"))),
        # the Security log
        "NewProcessName": _moved("NewProcessName", When(_CODE, ("4688",), _PROCESS)),
        "NewProcessId": _moved("NewProcessId", When(_CODE, ("4688",), at("process", "pid"))),
        "ParentProcessName": _moved("ParentProcessName", When(_CODE, ("4688",), at("process", "parent", "executable"))),
        "ProcessName": _moved("ProcessName", When(_CODE, ("4688",), _data("ProcessName"), _security(_PROCESS))),
        "IpAddress": _moved("IpAddress", _security(at("source", "ip"))),
        "IpPort": _moved("IpPort", _security(at("source", "port"))),
        "WorkstationName": _moved("WorkstationName", _security(at("source", "domain"))),
        # PowerShell and services
        "ScriptBlockText": _moved("ScriptBlockText", at("powershell", "file", "script_block_text")),
        "ScriptBlockId": _moved("ScriptBlockId", at("powershell", "file", "script_block_id")),
        "ServiceName": _moved("ServiceName", at("service", "name")),
        # endpoint/events
        "event_type": When(_PROVIDER, ("Microsoft-Windows-Sysmon",), Lookup(_CODE, _SYSMON_TYPES), _BY_CATEGORY),
        "dest_ip": at("destination", "ip"),
        "dest_port": at("destination", "port"),
        **builtins("ecs", _COMPUTER, first(_CHANNEL, at("event", "dataset"))),
    },
    time=(Time(_data("UtcTime")), Time(at("@timestamp"))),
    bags=(("winlog", "event_data"), ("winlog", "user_data")),
    # An event of a channel that is not known is no endpoint's own document.
    category=first(
        category_of(_CHANNEL, _PROVIDER, None), Lookup(Given(_CHANNEL, Const(OTHER)), ((OTHER, OTHER),)), Const(ENDPOINT)
    ),
    kind=first(_CODE, at("event", "action"), at("event", "category")),
    doc=(
        "Documents in the Elastic Common Schema. With ``winlog`` the source category is the channel's; an endpoint's "
        "own documents (``process.executable``, ``destination.port``) are ``endpoint/events`` with an ``event_type``."
    ),
    example=r"""{"@timestamp": "2024-03-05T09:15:30.123Z", "ecs": {"version": "8.0.0"},
        "agent": {"type": "winlogbeat", "version": "8.12.0", "name": "DESK07"},
        "event": {"code": "3", "provider": "Microsoft-Windows-Sysmon", "category": ["network"],
            "type": ["start", "connection", "protocol"], "created": "2024-03-05T09:15:31.500Z"},
        "host": {"name": "DESK07.corp.example", "os": {"type": "windows"}}, "log": {"level": "information"},
        "message": "Network connection detected:\nUtcTime: 2024-03-05 09:15:30.123",
        "winlog": {"api": "wineventlog", "channel": "Microsoft-Windows-Sysmon/Operational",
            "computer_name": "DESK07.corp.example", "event_id": "3", "provider_name": "Microsoft-Windows-Sysmon",
            "record_id": "41207", "opcode": "Info", "task": "Network connection detected (rule: NetworkConnect)",
            "process": {"pid": 2388, "thread": {"id": 3120}}, "user": {"identifier": "S-1-5-18"},
            "event_data": {"SourceIsIpv6": "false", "DestinationIsIpv6": "false"}},
        "process": {"executable": "C:\\Windows\\System32\\mshta.exe", "name": "mshta.exe", "pid": 5124,
            "entity_id": "{8C1A0F52-61F0-65E6-9A01-000000002A00}"},
        "user": {"name": "mira", "domain": "CORP", "id": "S-1-5-18"},
        "network": {"transport": "tcp", "direction": "egress", "type": "ipv4", "protocol": "https"},
        "source": {"ip": "10.20.0.7", "port": 50122, "domain": "DESK07"},
        "destination": {"ip": "198.51.100.7", "port": 443}}""",
)
