"""``Get-WinEvent | ConvertTo-Json`` (or ``Export-Csv``): the System part as .NET names it, the rest in the message."""

from __future__ import annotations

from ..model import Const, Given, MessageLine, Shape, Time, When
from .categories import channel_of
from .parts import at, builtins, first, only_said

_COMPUTER = at("MachineName")
_MESSAGE = at("Message")
_POWERSHELL = ("4103", "4104", "4105", "4106")
#: Events of the Security log whose numbers no other log has, as far as detections look for them.
_SECURITY = (
    "1102", "4608", "4616", "4624", "4625", "4634", "4647", "4648", "4649", "4656", "4657", "4658", "4660", "4661", "4662", "4663",
    "4670", "4672", "4673", "4674", "4688", "4689", "4697", "4698", "4699", "4700", "4701", "4702", "4704", "4706", "4719", "4720",
    "4722", "4723", "4724", "4725", "4726", "4728", "4731", "4732", "4738", "4740", "4741", "4742", "4743", "4756", "4765", "4766",
    "4768", "4769", "4770", "4771", "4776", "4778", "4779", "4781", "4794", "4798", "4799", "4825", "4886", "4887", "4898", "4899",
    "4904", "4905", "4964", "5136", "5137", "5140", "5142", "5145", "5156", "5157", "5379", "5447", "6281",
)  # fmt: skip
#: ``Select-Object TimeCreated, Id, Message`` leaves neither log nor provider: then the message, or the number, tells.
_TOLD = first(
    Given(MessageLine(_MESSAGE, "UtcTime"), Const("Microsoft-Windows-Sysmon/Operational")),
    When(at("Id"), _SECURITY, Const("Security")),
    When(at("Id"), _POWERSHELL, Const("Microsoft-Windows-PowerShell/Operational")),
)
_CHANNEL = first(at("LogName"), channel_of(at("ProviderName")), When(first(at("ProviderName"), Const("-")), ("-",), _TOLD))

SHAPE = Shape(
    name="powershell",
    title="PowerShell's Get-WinEvent",
    rank=72,
    marks=(("Id",),),
    any_marks=(("ProviderName",), ("LevelDisplayName",), ("TimeCreated",)),
    not_marks=(("EventID",), ("EventData",), ("event_id",), ("EventCode",)),
    fields={
        "EventID": at("Id"),
        "Channel": _CHANNEL,
        "Provider": at("ProviderName"),
        "ProviderGuid": at("ProviderId"),
        "Computer": _COMPUTER,
        "EventRecordID": at("RecordId"),
        "Level": at("Level"),
        "Keywords": at("Keywords"),
        "Task": at("Task"),
        "Opcode": at("Opcode"),
        "ExecutionProcessID": at("ProcessId"),
        "ExecutionThreadID": at("ThreadId"),
        "ActivityID": at("ActivityId"),
        "UserID": first(at("UserId", "Value"), at("UserId")),
        "Message": _MESSAGE,
        "Data": only_said(_CHANNEL, _MESSAGE),
        # ProcessId at the top is the logging process.
        "ProcessId": MessageLine(_MESSAGE, "ProcessId"),
        **builtins("powershell", _COMPUTER, _CHANNEL),
    },
    time=(Time(MessageLine(_MESSAGE, "UtcTime")), Time(at("TimeCreated", "value")), Time(at("TimeCreated"))),
    bags=(),
    message_bags=(_MESSAGE,),
    doc="Event records as PowerShell writes them: the event's fields are only in the rendered message.",
    example=(
        r"""{"Message": "Network connection detected:\r\nRuleName: -\r\nUtcTime: 2024-03-05 09:15:30.123\r\nProc"""
        r"""essId: 5124\r\nImage: C:\\Windows\\System32\\mshta.exe\r\nUser: CORP\\mira\r\nInitiated: true\r\nSou"""
        r"""rceIp: 10.20.0.7\r\nDestinationIp: 198.51.100.7\r\nDestinationPort: 443", """
        r""""Id": 3, "Version": 5, "Level": 4, "Task": 3, "Opcode": 0, "Keywords": -9223372036854775808, "Record"""
        r"""Id": 41207, """
        r""""ProviderName": "Microsoft-Windows-Sysmon", "LogName": "Microsoft-Windows-Sysmon/Operational", """
        r""""ProcessId": 2388, "ThreadId": 3120, "MachineName": "DESK07.corp.example", "UserId": {"Value": "S-1-"""
        r"""5-18"}, """
        r""""TimeCreated": "/Date(1709630131500)/", "LevelDisplayName": "Information"} """
    ),
)
