"""Logs that are text for people, or records with a header before each: how each form begins, and what a record of it says.

A record becomes the JSON of a form that the shapes know: a header of syslog is left out, and blocks of ``key = value`` lines get
the names of Sumo Logic's older Windows source (``EventCode``, ``Message``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice

from msgspec import Struct

#: What stands before a record in a line: a syslog header, a time and a tag. It is short and has no brace.
_HEADER = re.compile(r"[^{\n]{1,400}(?=\{\s*\")")
_ANY_LINE = re.compile(r"^(?=[^\n]*\S)", re.MULTILINE)
_LOOKED_AT = 20
_STAMP = r"(?:\d{1,2}/\d{1,2}/\d{4} +\d{1,2}:\d\d:\d\d(?:\.\d+)?(?: [AP]M)?\r?\n)?"
_PAIR = re.compile(r"([A-Za-z]\w*)=(.*)")
_PROPERTY = re.compile(r"([A-Za-z]\w*) *: ?(.*)")
_WMI = re.compile(r"""^[ \t]*+(\w++)[ \t]*+=[ \t]*+(?:"((?:[^"\\]|\\.)*+)"|(\{[^{}]*+\})|([^";\n]*+));""", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"\A(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.(\d{6})([+-])(\d{3})\Z")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_PROVIDERS = {"Microsoft Windows security auditing.": "Microsoft-Windows-Security-Auditing"}  # its name for people
_WEVTUTIL = {
    "Log Name": "LogName", "Source": "SourceName", "Date": "TimeGenerated", "Event ID": "EventCode", "Level": "Level",
    "Task": "TaskCategory", "Opcode": "OpCode", "Keyword": "Keywords", "User": "Sid", "User Name": "User",
    "Computer": "ComputerName",
}  # fmt: skip
_SNARE = ("LogName", "SnareCounter", "TimeGenerated", "EventCode", "SourceName", "User", "SidType", "EventType", "ComputerName",
          "TaskCategory", "Data", "Message")  # fmt: skip
_WINCOLLECT = {"AgentLogFile": "Logfile", "EventID": "EventCode", "EventIDCode": "EventIdentifier", "Source": "SourceName",
               "Computer": "ComputerName"}  # fmt: skip
_NEXT_KEY = re.compile(r"(?<!\s)\s++(?=[\w.\[\]]++=)")  # a run of blanks is looked at once, however long it is
_UNESCAPED_PIPE = re.compile(r"(?<!\\)\|")


class TextForm(Struct, frozen=True):
    """``begins``: where a record begins; ``parse``: its JSON, or ``None`` where it is something else after all."""

    name: str
    begins: re.Pattern[str]
    parse: Callable[[str], str | None]


def form_of(text: str) -> TextForm | None:
    """The form of a log that starts with ``text``, told by its first records; ``None``: it is in none of these forms."""
    return next((form for form in FORMS if _fits(form, text)), None)


def _fits(form: TextForm, text: str) -> bool:
    """Whether one of the first pieces is a record: a line of syslog before it may be something else."""
    pieces = islice(pieces_of(form, text), _LOOKED_AT if form.begins is _ANY_LINE else 1)
    return any(form.begins.match(piece) and form.parse(piece) is not None for piece in pieces)


def pieces_of(form: TextForm, text: str) -> Iterator[str]:
    """The text cut where records begin."""
    at = 0
    for found in form.begins.finditer(text):
        if found.start() > at:
            yield text[at : found.start()]
            at = found.start()
    if at < len(text):
        yield text[at:]


def _written(record: dict[str, str]) -> str | None:
    return json.dumps({key: value for key, value in record.items() if value}, ensure_ascii=False) if record else None


def _behind_header(line: str) -> str | None:
    """The JSON object that a line ends with."""
    header = _HEADER.match(line)
    text = line[header.end() :].strip() if header else ""
    try:
        return text if text.endswith("}") and isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError):
        return None


def _event_log_block(text: str) -> str | None:
    """Splunk's rendered Windows events: a time, ``key=value`` lines, and the message as the last of them."""
    if text.startswith("<Event"):  # two inputs of a forwarder in one file
        return _written({"message": text.strip()}) if text.rstrip().endswith("</Event>") else None
    lines = text.splitlines()
    record: dict[str, str] = {}
    for number, line in enumerate(lines):
        pair = _PAIR.fullmatch(line)
        if pair is None:
            record |= {} if number else {"_time": line.strip()}
        elif pair[1] == "Message":
            source = record.get("SourceName", "")
            record |= {"SourceName": _PROVIDERS.get(source, source), "Message": "\n".join([pair[2], *lines[number + 1 :]]).rstrip()}
            return _written(record)
        else:
            record[pair[1]] = pair[2].strip()
    return _written(record) if "EventCode" in record else None


def _wmi_instance(text: str) -> str | None:
    """``instance of Win32_NTLogEvent``: statements, texts among them in quotation marks with backslashes as in C."""
    found = {m[1]: next((g for g in m.groups()[1:] if g is not None), "") for m in _WMI.finditer(text)}
    found |= {name: _TIME.sub(_iso, found[name]) for name in ("TimeGenerated", "TimeWritten") if name in found}
    return _written({name: _ESCAPE.sub(lambda e: _ESCAPED.get(e[1], e[1]), value.strip()) for name, value in found.items()})


def _iso(time: re.Match[str]) -> str:
    """WMI's time (fourteen digits, decimals, the offset in minutes) as others write it."""
    year, month, day, hour, minute, second, decimals, sign, offset = time.groups()
    zone = f"{sign}{int(offset) // 60:02}:{int(offset) % 60:02}"
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}.{decimals}{zone}"


def _wevtutil_block(text: str) -> str | None:
    """``wevtutil qe /f:text``: labels with values, and the message behind ``Description``."""
    head, _, message = text.partition("Description:")
    record = {"Message": message.strip()}
    for line in head.splitlines():
        label, _, value = line.strip().partition(": ")
        if label in _WEVTUTIL:
            record[_WEVTUTIL[label]] = value.strip()
    return _written(record) if "EventCode" in record else None


def _format_list(text: str) -> str | None:
    """``Get-WinEvent | Format-List``: a property a line, what goes over lines is indented to where its first one begins."""
    record: dict[str, str] = {}
    name, indent = "", 0
    for line in text.splitlines():
        if found := _PROPERTY.fullmatch(line):
            name, indent = found[1], found.start(2)
            record[name] = found[2]
        elif name:
            record[name] += "\n" + (line if line[:indent].strip() else line[indent:]).rstrip()
    return _written({key: value.strip() for key, value in record.items()}) if "Id" in record and "Message" in record else None


def _snare(line: str) -> str | None:
    cells = line.rstrip("\r\n").split("\t") if "MSWinEventLog\t" in line else []
    record = dict(zip(_SNARE, cells[2:], strict=False))
    return _written(record | {"Message": _lines_of(record["Message"])}) if len(cells) > len(_SNARE) else None


def _wincollect(line: str) -> str | None:
    """QRadar's WinCollect: ``key=value`` between tabs."""
    if "\tAgentLogFile=" not in line:
        return None
    _, mark, rest = line.partition("AgentDevice=")
    pairs = [cell.partition("=") for cell in (mark + rest).rstrip("\r\n").split("\t")]
    record = {_WINCOLLECT.get(key, key): value for key, _, value in pairs}
    return _written(record | {"Message": _lines_of(record.get("Message", ""))})


def _lines_of(message: str) -> str:
    from dohyo.sources.shapes.messages import broken_up  # few logs need it

    return broken_up(message)


def _cef(line: str) -> str | None:
    """ArcSight's CEF: seven parts between pipes, then ``key=value``."""
    parts = _UNESCAPED_PIPE.split(line[line.find("CEF:") :].rstrip("\r\n"), 7)
    if len(parts) < 8 or not re.fullmatch(r"CEF:\s*\d", parts[0]):
        return None
    names = ("cefVersion", "deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "severity")
    pairs = [pair.partition("=") for pair in _NEXT_KEY.split(parts[7].strip())]
    own = {key: value.replace("\\=", "=").replace("\\n", "\n") for key, mark, value in pairs if mark}
    return _written(dict(zip(names, parts, strict=False)) | own)


def _leef(line: str) -> str | None:
    """QRadar's LEEF: five parts between pipes, in its second version a sixth that names the delimiter, then ``key=value``."""
    version, *parts = line[line.find("LEEF:") :].rstrip("\r\n").split("|")
    names = ("deviceVendor", "deviceProduct", "deviceVersion", "eventId")
    if len(parts) <= len(names) or not version.startswith("LEEF:"):
        return None
    marked = version == "LEEF:2.0" and len(parts) > len(names) + 1
    mark = parts[4] if marked and len(parts[4]) == 1 else "\t"
    pairs = [cell.partition("=") for cell in "|".join(parts[5 if marked else 4 :]).split(mark)]
    return _written(dict(zip(names, parts, strict=False)) | {key.strip(): value for key, _, value in pairs})


def _lines(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)


#: The forms, in the order in which they are tried.
FORMS: tuple[TextForm, ...] = (
    TextForm("WinEventLog text", _lines(rf"^(?:{_STAMP}LogName=[^\n]*\r?\n(?=\w+=)|<Event[ >])"), _event_log_block),
    TextForm("WMI text", _lines(r"^instance of Win32_NTLogEvent\b"), _wmi_instance),
    TextForm("wevtutil text", _lines(r"^Event\[\d+\]:?\s*$"), _wevtutil_block),
    TextForm("Get-WinEvent list", _lines(r"(?:\A|(?<=\n\n)|(?<=\n\r\n))(?:TimeCreated|Message) +: "), _format_list),
    TextForm("Snare", _ANY_LINE, _snare),
    TextForm("WinCollect", _ANY_LINE, _wincollect),
    TextForm("CEF", _ANY_LINE, _cef),
    TextForm("LEEF", _ANY_LINE, _leef),
    TextForm("JSON behind a header", _ANY_LINE, _behind_header),
)
