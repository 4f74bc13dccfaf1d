"""Where a rendered message has a field: most providers write ``Name: value``, Windows' own write labels for people.

Security events repeat labels in several sections (``Account Name`` of the subject, of the new logon), so a label may be one
of a section. Sysmon's and most other messages need no entry here: their labels are the names.
"""

from __future__ import annotations

import functools
import re

from .names import OF_SYSMON, canonical

_SUBJECT = "Subject|Creator Subject"
_TARGET = (
    "New Logon|Account For Which Logon Failed|Target Subject|Target Account|Account Whose Credentials Were Used|"
    "Account Information|New Account|Account That Was Locked Out|New Computer Account|Group|New Group|Deleted Group|Target Computer"
)
_MEMBER = "Member"

#: Canonical name -> labels; ``section/label`` where only the label of that section is meant.
LABELS: dict[str, tuple[str, ...]] = {
    "SubjectUserSid": (f"{_SUBJECT}/Security ID",),
    "SubjectUserName": (f"{_SUBJECT}/Account Name",),
    "SubjectDomainName": (f"{_SUBJECT}/Account Domain", f"{_SUBJECT}/Domain Name"),
    "SubjectLogonId": (f"{_SUBJECT}/Logon ID",),
    "TargetUserSid": (f"{_TARGET}/Security ID", f"{_TARGET}/User ID"),
    "TargetUserName": (f"{_TARGET}/Account Name", f"{_TARGET}/Group Name", "Logon Account"),
    "TargetDomainName": (f"{_TARGET}/Account Domain", f"{_TARGET}/Group Domain", f"{_TARGET}/Supplied Realm Name"),
    "TargetLogonId": (f"{_TARGET}/Logon ID",),
    "MemberName": (f"{_MEMBER}/Account Name",),
    "MemberSid": (f"{_MEMBER}/Security ID",),
    "LogonType": ("Logon Type",),
    "LogonProcessName": ("Logon Process", "Logon Process Name"),
    "AuthenticationPackageName": ("Authentication Package", "Authentication Package Name"),
    "LmPackageName": (r"Package Name \(NTLM only\)",),
    "TransmittedServices": ("Transited Services",),
    "KeyLength": ("Key Length",),
    "WorkstationName": ("Workstation Name",),
    "Workstation": ("Source Workstation",),
    "LogonGuid": (f"{_TARGET}/Logon GUID",),
    "ElevatedToken": ("Elevated Token",),
    "ImpersonationLevel": ("Impersonation Level",),
    "IpAddress": ("Source Network Address", "Client Address", "Network Information/Network Address"),
    "IpPort": ("Source Port", "Client Port", "Network Information/Port"),
    "Status": ("Result Code", "Error Code", "Failure Code"),
    "SubStatus": ("Sub Status",),
    "FailureReason": ("Failure Reason",),
    "NewProcessId": ("New Process ID",),
    "NewProcessName": ("New Process Name",),
    "ProcessId": ("Creator Process ID", "Process ID", "Caller Process ID"),
    "ProcessName": ("Process Name", "Caller Process Name"),
    "ParentProcessName": ("Creator Process Name",),
    "CommandLine": ("Process Command Line",),
    "TokenElevationType": ("Token Elevation Type",),
    "MandatoryLabel": ("Mandatory Label",),
    "PrivilegeList": ("Privileges",),
    "Application": ("Application Name",),
    "SourceAddress": ("Source Address",),
    "SourcePort": ("Source Port",),
    "DestAddress": ("Destination Address",),
    "DestPort": ("Destination Port",),
    "FilterRTID": ("Filter Run-Time ID",),
    "LayerName": ("Layer Name",),
    "LayerRTID": ("Layer Run-Time ID",),
    "TaskName": ("Task Name",),
    "TaskContent": ("Task Content",),
    "ObjectServer": ("Object Server",),
    "ObjectType": ("Object Type",),
    "ObjectName": ("Object Name",),
    "ObjectValueName": ("Object Value Name",),
    "HandleId": ("Handle ID",),
    "AccessList": ("Accesses",),
    "AccessMask": ("Access Mask",),
    "OperationType": ("Operation Type",),
    "OldValue": ("Old Value",),
    "NewValue": ("New Value",),
    "ShareName": ("Share Name",),
    "ShareLocalPath": ("Share Path",),
    "RelativeTargetName": ("Relative Target Name",),
    "ServiceName": ("Service Name",),
    "ServiceFileName": ("Service File Name",),
    "ServiceType": ("Service Type",),
    "ServiceStartType": ("Service Start Type",),
    "ServiceAccount": ("Service Account",),
    "ServiceSid": ("Service ID",),
    "ImagePath": ("Service File Name",),
    "StartType": ("Service Start Type",),
    "AccountName": ("Service Account",),
    "TicketOptions": ("Ticket Options",),
    "TicketEncryptionType": ("Ticket Encryption Type",),
    "PreAuthType": ("Pre-Authentication Type",),
    "SamAccountName": ("SAM Account Name",),
    "UserAccountControl": ("User Account Control",),
    "TargetServerName": ("Target Server Name",),
    "SubcategoryGuid": ("Subcategory GUID",),
    "AuditPolicyChanges": ("Changes",),
    "SessionID": ("Session ID",),
    "Address": ("Source Network Address",),
    "ScriptBlockId": ("ScriptBlock ID",),
    "HostApplication": ("Host Application",),
    "CommandName": ("Command Name",),
    "ThreatName": ("Name",),
}

#: What has no label but stands in a sentence, or goes over lines.
_WHOLE = {
    "scriptblocktext": r"(?s)(?:^|Message=)Creating Scriptblock text \(\d+ of \d+\):(?:\r?\n| )(.*?)\s{0,4}ScriptBlock ID:",
    "taskname": r'(?:Task Scheduler task|of task|for task) "([^"]*)"',
    "url": r"that is associated with the (\S+) URL",
    "queryname": r"for the name ([^,\s]+), type",
    "namespace": r"(?:^|Message=)Namespace = ([^;]*);",
    "consumer": r"\bConsumer = ([^;]*);",
}
_BY_LOWER = {name.lower(): labels for name, labels in LABELS.items()}


@functools.cache
def message_patterns(name: str, value: str = r"(.*)", mark: str = ":") -> tuple[str, ...]:
    """The regexes, in RE2's and Python's syntax alike, whose first group is the value of the field ``name`` in a message, with
    blanks around it unless ``value``, the regex of what follows a label in its line, leaves them out; ``mark`` ends a label."""
    if mark != ":":
        return (f"{_pattern(re.escape(name))}{mark}{value}$",)
    lower = name.lower()
    whole = (_WHOLE[lower],) if lower in _WHOLE else ()
    labels = (re.escape(name), *_BY_LOWER.get(lower, ()))
    return (*(f"{_pattern(label)}:{value}$" for label in labels), *whole)


def _pattern(label: str) -> str:
    section, _, label = label.rpartition("/")
    if not section:
        return rf"(?im)^[ \t]*{label}"
    return rf"(?im)^[ \t]*(?:{section}):[ \t\r]*\n(?:[ \t][^\n]*\n)*?[ \t]+{label}"


# Labels and sections that no field is read from, but that end the value before them.
_OTHERS = (
    "Linked Logon ID|Logon Information|Restricted Admin Mode|Remote Credential Guard|Virtual Account|Process Information|"
    "Network Information|Detailed Authentication Information|Failure Information|Application Information|Filter Information|"
    "Task Information|Object|Access Request Information|Share Information|Service Information|Additional Information"
)


@functools.cache
def _breaks() -> re.Pattern[str]:
    known = {part for labels in ((_OTHERS,), *LABELS.values()) for label in labels for part in re.split(r"[|/]", label)}
    labels = sorted({*known, *OF_SYSMON}, key=lambda label: (-len(label), label))
    return re.compile(rf"(?<!\s)\s++((?:{'|'.join(labels)}):)(?=\s|$)")


# What follows a last value: Windows' explanations, and the label that is only one behind a script block.
_AFTER = re.compile(
    r"\s(?=(?:Token Elevation Type indicates|This event is generated|The subject fields indicate)\s)"
    r"|(?<=\S)\s(?=Path:\s*\S*$)"
)


def broken_up(message: str) -> str:
    """A message whose lines were put into one, as lines again: a label begins one."""
    return _AFTER.sub("\n", _breaks().sub(r"\n\t\1", message))


def names_in_message(message: str) -> list[str]:
    """The names that are a label for people in ``message``."""
    named = (*LABELS, *(canonical(name) for name in _WHOLE))
    return [name for name in named if any(re.search(p, message) for p in message_patterns(name)[1:])]
