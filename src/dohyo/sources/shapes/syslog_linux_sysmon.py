"""Sysmon for Linux: event XML in a ``Syslog`` row. Not Windows: its own source category keeps detections apart."""

from __future__ import annotations

from ..model import Const, Shape, Time, XmlData, XmlSystem
from .categories import LINUX_SYSMON
from .parts import XML_SYSTEM, at, builtins, first, from_xml

_TEXT = at("SyslogMessage")
_SYSTEM = from_xml(_TEXT, XML_SYSTEM)
_COMPUTER = first(_SYSTEM["Computer"], at("Computer"), at("HostName"))

SHAPE = Shape(
    name="syslog-linux-sysmon",
    title="Sysmon for Linux, XML in syslog",
    rank=100,
    marks=(),
    # Sysmon for Linux writes exactly this; a Windows event in a SyslogMessage is not one of its events.
    starts=((("SyslogMessage",), '<Event><System><Provider Name="Linux-Sysmon"'),),
    fields=_SYSTEM
    | {
        "Computer": _COMPUTER,
        "UserID": XmlSystem(_TEXT, "Security@UserId"),
        "Message": _TEXT,
        **builtins("syslog-linux-sysmon", _COMPUTER, _SYSTEM["Channel"]),
    },
    time=(
        Time(XmlData(_TEXT, "UtcTime")),
        Time(XmlSystem(_TEXT, "TimeCreated@SystemTime")),
        Time(at("EventTime")),
        Time(at("TimeGenerated")),
    ),
    bags=(),
    xml_bags=(_TEXT,),
    category=Const(LINUX_SYSMON),
    doc=(
        "Rows of the table Syslog with an event of Sysmon for Linux. The event ids are Sysmon's, so every query for "
        "Windows has to name its source category; those of Dohyo do."
    ),
    example=(
        r"""{"TenantId": "redacted", "SourceSystem": "Linux", "TimeGenerated": "2024-03-05T09:15:31.600Z", """
        r""""Computer": "web02", "EventTime": "2024-03-05T09:15:31Z", "Facility": "user", "HostName": "web02", """
        r""""SyslogMessage": "<Event><System><Provider Name=\"Linux-Sysmon\" Guid=\"{ff032593-a8d3-4f13-b0d6-01f"""
        r"""c615a0f97}\"/><EventID>3</EventID><Version>5</Version><Level>4</Level><Task>3</Task><Opcode>0</Opcod"""
        r"""e><Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime=\"2024-03-05T09:15:31.500000000Z\"/"""
        r"""><EventRecordID>9120</EventRecordID><Correlation/><Execution ProcessID=\"700\" ThreadID=\"700\"/><Ch"""
        r"""annel>Linux-Sysmon/Operational</Channel><Computer>web02</Computer><Security UserId=\"0\"/></System><"""
        r"""EventData><Data Name=\"UtcTime\">2024-03-05 09:15:30.123</Data><Data Name=\"ProcessId\">5124</Data><"""
        r"""Data Name=\"Image\">/usr/bin/curl</Data><Data Name=\"User\">www-data</Data><Data Name=\"Initiated\">"""
        r"""true</Data><Data Name=\"DestinationIp\">198.51.100.7</Data><Data Name=\"DestinationPort\">443</Data>"""
        r"""</EventData></Event>", """
        r""""HostIP": "10.20.0.40", "ProcessName": "sysmon", "Type": "Syslog"} """
    ),
)
