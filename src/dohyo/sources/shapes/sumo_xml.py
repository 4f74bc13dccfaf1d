"""Windows event XML as text in a field: Sumo Logic's XML sources and exports, ``_raw`` of others, ``message``."""

from __future__ import annotations

from ..model import Shape, Time, XmlData, XmlSystem
from .categories import category_of
from .parts import XML_SYSTEM, at, builtins, exported, exported_builtins, first, from_xml

_PLACES = ("_raw", "EventXml", "xml", "Xml", "Message", "message")
_TEXT = first(*(at(place) for place in _PLACES))
_FIELDS = from_xml(_TEXT, XML_SYSTEM)
_FIELDS |= builtins("sumo-xml", _FIELDS["Computer"], _FIELDS["Channel"])

SHAPE = Shape(
    name="sumo-xml",
    title="Sumo Logic Windows source, XML",
    rank=80,
    marks=(),
    not_marks=(
        ("EventID",),
        ("event_id",),
        ("winlog", "channel"),
        ("Event", "System"),
        ("SyslogMessage",),
        ("EventCode",),
        ("winlog.channel",),
        ("process", "executable"),
        ("event", "code"),
    ),
    starts=tuple(((place,), opening) for place in _PLACES for opening in ("<Event ", "<Event>", "<?xml ")),
    fields=_FIELDS | exported_builtins(_FIELDS),
    time=(
        Time(exported("_messageTime")),
        Time(XmlData(_TEXT, "UtcTime")),
        Time(XmlSystem(_TEXT, "TimeCreated@SystemTime")),
    ),
    bags=(),
    xml_bags=(_TEXT,),
    category=first(exported("_sourceCategory"), category_of(_FIELDS["Channel"], _FIELDS["Provider"])),
    doc=(
        "A record that holds a whole event as XML text in ``_raw``, ``EventXml``, ``xml``, ``Message`` or ``message``. "
        "Where it is a row of an exported search, its ``_messagetime`` and ``_sourcecategory`` win."
    ),
    example=(
        r"""{"_messagetime": 1709630130123, "_sourcecategory": "windows/sysmon", "_sourcehost": "desk07", """
        r""""_source": "win-events", "_collector": "desk07-collector", "_sourcename": "Sysmon", """
        r""""_raw": "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name"""
        r"""='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/><EventID>3</EventID><Vers"""
        r"""ion>5</Version><Level>4</Level><Task>3</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keyword"""
        r"""s><TimeCreated SystemTime='2024-03-05T09:15:31.5000000Z'/><EventRecordID>41207</EventRecordID><Corre"""
        r"""lation/><Execution ProcessID='2388' ThreadID='3120'/><Channel>Microsoft-Windows-Sysmon/Operational</"""
        r"""Channel><Computer>DESK07.corp.example</Computer><Security UserID='S-1-5-18'/></System><EventData><Da"""
        r"""ta Name='UtcTime'>2024-03-05 09:15:30.123</Data><Data Name='ProcessId'>5124</Data><Data Name='Image'"""
        r""">C:\\Windows\\System32\\mshta.exe</Data><Data Name='CommandLine'>mshta.exe &quot;http://192.0.2.10/?"""
        r"""a=1&amp;b=2&quot;</Data><Data Name='User'>CORP\\mira</Data><Data Name='Initiated'>true</Data><Data N"""
        r"""ame='SourceIp'>10.20.0.7</Data><Data Name='DestinationIp'>198.51.100.7</Data><Data Name='Destination"""
        r"""Port'>443</Data></EventData></Event>" """
        r"""} """
    ),
)
