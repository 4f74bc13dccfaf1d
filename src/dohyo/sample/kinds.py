"""The event types of the generator: ids, channels, providers, field names and rendered messages, as data.

Names and labels are Windows' own, since parsers ask for them; the explaining paragraphs that Windows appends to some
Security messages are shortened and in our own words, of about the same length.
"""

from __future__ import annotations

from msgspec import Struct

from .model import Kind

SYSMON = "Microsoft-Windows-Sysmon"
SECURITY = "Microsoft-Windows-Security-Auditing"
SERVICES = "Service Control Manager"
POWERSHELL = "Microsoft-Windows-PowerShell"
DNS_CLIENT = "Microsoft-Windows-DNS-Client"
BITS = "Microsoft-Windows-Bits-Client"
SCHEDULER = "Microsoft-Windows-TaskScheduler"


class _Provider(Struct, frozen=True):
    channel: str
    guid: str
    keywords: str = "0x8000000000000000"
    level: int = 4
    process: str = "2804"
    qualifiers: int | None = None


_PROVIDERS = {
    SYSMON: _Provider(f"{SYSMON}/Operational", "5770385f-c22a-43e0-bf4c-06f5698ffbd9"),
    SECURITY: _Provider("Security", "54849625-5478-4994-a5ba-3e3b0328c30d", keywords="0x8020000000000000", level=0, process="4"),
    SERVICES: _Provider(
        "System",
        "555908d1-a6d7-4695-8e1e-26931d2012f4",
        keywords="0x8080000000000000",
        process="644",
        qualifiers=16384,
    ),
    POWERSHELL: _Provider(f"{POWERSHELL}/Operational", "a0c1853b-5c40-4b15-8766-3cf1c58f985a", keywords="0x0", process="«pid»"),
    DNS_CLIENT: _Provider(f"{DNS_CLIENT}/Operational", "1c95126e-7eea-49a9-a3fe-a378b03ddb4d", process="«pid»"),
    BITS: _Provider(f"{BITS}/Operational", "ef1cc15b-46c1-414e-bb95-e76b077bd51e", keywords="0x4000000000000000", process="1184"),
    SCHEDULER: _Provider(f"{SCHEDULER}/Operational", "de7b24ea-73c8-4a09-985d-5bdadcfa9017", process="1532"),
}

# Provider, event id, version, task, title, the fields in the provider's order.
_ROWS: tuple[tuple[str, int, int, int, str, str], ...] = (
    (SYSMON, 1, 5, 1, "Process Create",
     ("RuleName UtcTime ProcessGuid ProcessId Image FileVersion Description Product Company OriginalFileName "
      "CommandLine CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes "
      "ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser")),
    (SYSMON, 3, 5, 3, "Network connection detected",
     ("RuleName UtcTime ProcessGuid ProcessId Image User Protocol Initiated SourceIsIpv6 SourceIp SourceHostname "
      "SourcePort SourcePortName DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort "
      "DestinationPortName")),
    (SYSMON, 5, 3, 5, "Process terminated", "RuleName UtcTime ProcessGuid ProcessId Image User"),
    (SYSMON, 7, 3, 7, "Image loaded",
     ("RuleName UtcTime ProcessGuid ProcessId Image ImageLoaded FileVersion Description Product Company "
      "OriginalFileName Hashes Signed Signature SignatureStatus User")),
    (SYSMON, 8, 2, 8, "CreateRemoteThread detected",
     ("RuleName UtcTime SourceProcessGuid SourceProcessId SourceImage TargetProcessGuid TargetProcessId TargetImage "
      "NewThreadId StartAddress StartModule StartFunction SourceUser TargetUser")),
    (SYSMON, 10, 3, 10, "Process accessed",
     ("RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID "
      "TargetProcessId TargetImage GrantedAccess CallTrace SourceUser TargetUser")),
    (SYSMON, 11, 2, 11, "File created",
     "RuleName UtcTime ProcessGuid ProcessId Image TargetFilename CreationUtcTime User"),
    (SYSMON, 12, 2, 12, "Registry object added or deleted",
     "RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject User"),
    (SYSMON, 13, 2, 13, "Registry value set",
     "RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject Details User"),
    (SYSMON, 17, 1, 17, "Pipe Created", "RuleName EventType UtcTime ProcessGuid ProcessId PipeName Image User"),
    (SYSMON, 22, 5, 22, "Dns query",
     "RuleName UtcTime ProcessGuid ProcessId QueryName QueryStatus QueryResults Image User"),
    (SYSMON, 23, 5, 23, "File Delete archived",
     "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes IsExecutable Archived"),
    (SECURITY, 4624, 2, 12544, "An account was successfully logged on.",
     ("SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId TargetUserSid TargetUserName "
      "TargetDomainName TargetLogonId LogonType LogonProcessName AuthenticationPackageName WorkstationName "
      "LogonGuid TransmittedServices LmPackageName KeyLength ProcessId ProcessName IpAddress IpPort "
      "ImpersonationLevel RestrictedAdminMode TargetOutboundUserName TargetOutboundDomainName VirtualAccount "
      "TargetLinkedLogonId ElevatedToken")),
    (SECURITY, 4625, 0, 12544, "An account failed to log on.",
     ("SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId TargetUserSid TargetUserName "
      "TargetDomainName Status FailureReason SubStatus LogonType LogonProcessName AuthenticationPackageName "
      "WorkstationName TransmittedServices LmPackageName KeyLength ProcessId ProcessName IpAddress IpPort")),
    (SECURITY, 4634, 0, 12545, "An account was logged off.",
     "TargetUserSid TargetUserName TargetDomainName TargetLogonId LogonType"),
    (SECURITY, 4648, 0, 12544, "A logon was attempted using explicit credentials.",
     ("SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId LogonGuid TargetUserName TargetDomainName "
      "TargetLogonGuid TargetServerName TargetInfo ProcessId ProcessName IpAddress IpPort")),
    (SECURITY, 4663, 1, 12801, "An attempt was made to access an object.",
     ("SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectServer ObjectType ObjectName HandleId "
      "AccessList AccessMask ProcessId ProcessName ResourceAttributes")),
    (SECURITY, 4672, 0, 12548, "Special privileges assigned to new logon.",
     "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId PrivilegeList"),
    (SECURITY, 4688, 2, 13312, "A new process has been created.",
     ("SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId NewProcessId NewProcessName "
      "TokenElevationType ProcessId CommandLine TargetUserSid TargetUserName TargetDomainName TargetLogonId "
      "ParentProcessName MandatoryLabel")),
    (SECURITY, 5156, 1, 12810, "The Windows Filtering Platform has permitted a connection.",
     ("ProcessID Application Direction SourceAddress SourcePort DestAddress DestPort Protocol FilterRTID LayerName "
      "LayerRTID RemoteUserID RemoteMachineID")),
    (SERVICES, 7036, 0, 0, "A service changed its state.", "param1 param2"),
    (SERVICES, 7045, 0, 0, "A service was installed in the system.",
     "ServiceName ImagePath ServiceType StartType AccountName"),
    (POWERSHELL, 4103, 1, 106, "Executing Pipeline", "ContextInfo UserData Payload"),
    (POWERSHELL, 4104, 1, 2, "Execute a Remote Command",
     "MessageNumber MessageTotal ScriptBlockText ScriptBlockId Path"),
    (DNS_CLIENT, 3008, 0, 0, "DNS query is completed", "QueryName QueryType QueryOptions QueryStatus QueryResults"),
    (DNS_CLIENT, 3020, 0, 0, "Query response",
     "QueryName QueryType NetworkIndex InterfaceIndex QueryStatus QueryResults"),
    (BITS, 3, 3, 0, "The BITS service created a new job.",
     "jobTitle jobId jobOwner processPath processId ClientProcessStartKey"),
    (BITS, 59, 1, 0, "BITS started a transfer job.",
     "transferId name Id url peer fileTime fileLength bytesTotal bytesTransferred bytesTransferredFromPeer"),
    (BITS, 60, 1, 0, "BITS stopped transferring a job.",
     ("transferId name Id url peer hr fileTime fileLength bytesTotal bytesTransferred proxy "
      "bytesTransferredFromPeer")),
    (SCHEDULER, 106, 0, 106, "Task registered", "TaskName UserContext"),
    (SCHEDULER, 200, 1, 200, "Action started", "TaskName ActionName TaskInstanceId EnginePID"),
)  # fmt: skip

_SUBJECT = (
    "Subject:\n\tSecurity ID:\t\t$SubjectUserSid\n\tAccount Name:\t\t$SubjectUserName\n"
    "\tAccount Domain:\t\t$SubjectDomainName\n\tLogon ID:\t\t$SubjectLogonId\n\n"
)
_ABOUT_LOGON = (
    "\n\nThe record is written on the computer that was reached, when a session begins there.\n\nThe subject is the "
    "local account that asked for the session. Most often that is a service, or a local process such as "
    "Winlogon.exe or Services.exe.\n\nThe logon type tells the way in: 2 is at the keyboard, 3 comes over the "
    "network, 5 is a service, 7 an unlocked screen, 10 a remote desktop, 11 a cached password.\n\nNew Logon is the "
    "account that the session was made for, that is to say the account that logged on.\n\nThe network part says "
    "where a remote request came from. The name of the workstation is not always known and may be empty.\n\nThe "
    "impersonation level says how far a process of the session may act as the account.\n\nThe authentication part "
    "gives more of this request:\n\t- The logon GUID ties this record to a record of the key distribution "
    "centre.\n\t- Transited services are the services in between.\n\t- The package name says which of the NTLM "
    "protocols was used.\n\t- The key length is that of the session key, 0 when none was asked for."
)
_ABOUT_TOKENS = (
    "\n\nThe elevation type says which kind of token the new process was given under User Account Control.\n\nType "
    "1 is a complete token: no privilege was taken away and no group was disabled. It is given when User Account "
    "Control is off, to the built-in Administrator and to service accounts.\n\nType 2 is a raised token. It is "
    "given when User Account Control is on and the person chose to run the program as administrator, or when the "
    "program always asks for more privilege and the person belongs to the administrators.\n\nType 3 is a restricted "
    "token: administrative privileges are taken away and administrative groups disabled. It is given when User "
    "Account Control is on, the program asks for nothing more and the person did not choose to run it as "
    "administrator."
)
_LOGON_PROCESS = "\n\nProcess Information:\n\tProcess ID:\t\t$ProcessId\n\tProcess Name:\t\t$ProcessName\n\n"
_DETAILED = (
    "Detailed Authentication Information:\n\tLogon Process:\t\t$LogonProcessName\n"
    "\tAuthentication Package:\t$AuthenticationPackageName\n\tTransited Services:\t$TransmittedServices\n"
    "\tPackage Name (NTLM only):\t$LmPackageName\n\tKey Length:\t\t$KeyLength"
)

# What follows the title in the rendered message, where it is not one ``Field: value`` a line.
_MESSAGES: dict[tuple[str, int], str] = {
    (SECURITY, 4624): _SUBJECT + "Logon Information:\n\tLogon Type:\t\t$LogonType\n\tRestricted Admin Mode:\t$RestrictedAdminMode\n"
    "\tVirtual Account:\t\tNo\n\tElevated Token:\t\tYes\n\nImpersonation Level:\t\tImpersonation\n\n"
    "New Logon:\n\tSecurity ID:\t\t$TargetUserSid\n\tAccount Name:\t\t$TargetUserName\n"
    "\tAccount Domain:\t\t$TargetDomainName\n\tLogon ID:\t\t$TargetLogonId\n"
    "\tLinked Logon ID:\t\t$TargetLinkedLogonId\n"
    "\tNetwork Account Name:\t-\n\tNetwork Account Domain:\t-\n\tLogon GUID:\t\t$LogonGuid"
    + _LOGON_PROCESS
    + "Network Information:\n\tWorkstation Name:\t$WorkstationName\n\tSource Network Address:\t$IpAddress\n"
    "\tSource Port:\t\t$IpPort\n\n" + _DETAILED + _ABOUT_LOGON,
    (SECURITY, 4625): _SUBJECT + "Logon Type:\t\t\t$LogonType\n\nAccount For Which Logon Failed:\n\tSecurity ID:\t\t$TargetUserSid\n"
    "\tAccount Name:\t\t$TargetUserName\n\tAccount Domain:\t\t$TargetDomainName\n\nFailure Information:\n"
    "\tFailure Reason:\t\tUnknown user name or bad password.\n\tStatus:\t\t\t$Status\n\tSub Status:\t\t$SubStatus\n\n"
    "Process Information:\n\tCaller Process ID:\t$ProcessId\n\tCaller Process Name:\t$ProcessName\n\n"
    "Network Information:\n\tWorkstation Name:\t$WorkstationName\n\tSource Network Address:\t$IpAddress\n"
    "\tSource Port:\t\t$IpPort\n\n" + _DETAILED + _ABOUT_LOGON,
    (SECURITY, 4634): "Subject:\n\tSecurity ID:\t\t$TargetUserSid\n\tAccount Name:\t\t$TargetUserName\n"
    "\tAccount Domain:\t\t$TargetDomainName\n\tLogon ID:\t\t$TargetLogonId\n\nLogon Type:\t\t\t$LogonType\n\n"
    "The record is written when a session ends. Its logon ID ties it to the record of the session's beginning; "
    "such ids are unique only from one start of a computer to the next.",
    (SECURITY, 4648): _SUBJECT
    + "\tLogon GUID:\t\t$LogonGuid\n\nAccount Whose Credentials Were Used:\n\tAccount Name:\t\t$TargetUserName\n"
    "\tAccount Domain:\t\t$TargetDomainName\n\tLogon GUID:\t\t$TargetLogonGuid\n\nTarget Server:\n"
    "\tTarget Server Name:\t$TargetServerName\n\tAdditional Information:\t$TargetInfo"
    + _LOGON_PROCESS
    + "Network Information:\n\tNetwork Address:\t$IpAddress\n\tPort:\t\t\t$IpPort\n\nThe record is written when a "
    "process logs an account on by giving its name and password, most often in a scheduled job or with RUNAS.",
    (SECURITY, 4663): _SUBJECT
    + "Object:\n\tObject Server:\t\t$ObjectServer\n\tObject Type:\t\t$ObjectType\n\tObject Name:\t\t$ObjectName\n"
    "\tHandle ID:\t\t$HandleId\n\tResource Attributes:\t$ResourceAttributes"
    + _LOGON_PROCESS
    + "Access Request Information:\n\tAccesses:\t\tQuery key value\n\t\t\t\t\n\tAccess Mask:\t\t$AccessMask",
    (SECURITY, 4672): _SUBJECT + "Privileges:\t\t$PrivilegeList",
    (SECURITY, 4688): "Creator " + _SUBJECT + "Target Subject:\n\tSecurity ID:\t\t$TargetUserSid\n\tAccount Name:\t\t$TargetUserName\n"
    "\tAccount Domain:\t\t$TargetDomainName\n\tLogon ID:\t\t$TargetLogonId\n\nProcess Information:\n"
    "\tNew Process ID:\t\t$NewProcessId\n\tNew Process Name:\t$NewProcessName\n"
    "\tToken Elevation Type:\t$TokenElevationType\n\tMandatory Label:\t\t$MandatoryLabel\n"
    "\tCreator Process ID:\t$ProcessId\n\tCreator Process Name:\t$ParentProcessName\n"
    "\tProcess Command Line:\t$CommandLine" + _ABOUT_TOKENS,
    (SECURITY, 5156): "Application Information:\n\tProcess ID:\t\t$ProcessID\n\tApplication Name:\t$Application\n\n"
    "Network Information:\n\tDirection:\t\t$Direction\n\tSource Address:\t\t$SourceAddress\n"
    "\tSource Port:\t\t$SourcePort\n\tDestination Address:\t$DestAddress\n\tDestination Port:\t\t$DestPort\n"
    "\tProtocol:\t\t$Protocol\n\nFilter Information:\n\tFilter Run-Time ID:\t$FilterRTID\n\tLayer Name:\t\t$LayerName\n"
    "\tLayer Run-Time ID:\t$LayerRTID",
    (SERVICES, 7036): "The $param1 service entered the $param2 state.",
    (SERVICES, 7045): "Service Name:  $ServiceName\nService File Name:  $ImagePath\nService Type:  $ServiceType\n"
    "Service Start Type:  $StartType\nService Account:  $AccountName",
    (POWERSHELL, 4103): "$Payload\n\n\nContext:\n$ContextInfo\n\n\nUser Data:\n\n",
    (POWERSHELL, 4104): "Creating Scriptblock text ($MessageNumber of $MessageTotal):\n$ScriptBlockText\n\n"
    "ScriptBlock ID: $ScriptBlockId\nPath: $Path",
    (DNS_CLIENT, 3008): "DNS query is completed for the name $QueryName, type $QueryType, query options $QueryOptions "
    "with status $QueryStatus Results $QueryResults ",
    (DNS_CLIENT, 3020): "Query response for name $QueryName, type $QueryType, interface index $InterfaceIndex and "
    "network index $NetworkIndex returned $QueryStatus with results $QueryResults ",
    (BITS, 3): "Transfer job: $jobTitle\nJob ID: $jobId\nOwner: $jobOwner\nProcess Path: $processPath\nProcess ID: $processId",
    (BITS, 59): "BITS started the $name transfer job that is associated with the $url URL.",
    (BITS, 60): "BITS stopped transferring the $name transfer job that is associated with the $url URL. The status code is $hr.",
    (SCHEDULER, 106): 'User "$UserContext"  registered Task Scheduler task "$TaskName"',
    (SCHEDULER, 200): 'Task Scheduler launched action "$ActionName" in instance "$TaskInstanceId" of task "$TaskName".',
}


def _kind(provider: str, id: int, version: int, task: int, title: str, fields: str) -> Kind:
    facts = _PROVIDERS[provider]
    body = _MESSAGES.get((provider, id), "")
    message = f"{title}\n\n{body}" if body and provider == SECURITY else body
    return Kind(
        id=id, channel=facts.channel, provider=provider, guid=facts.guid, title=title, fields=tuple(fields.split()),
        message=message, task=task, version=version, level=facts.level, keywords=facts.keywords,
        process=facts.process, qualifiers=facts.qualifiers,
    )  # fmt: skip


KINDS: dict[str, Kind] = {kind.key: kind for kind in (_kind(*row) for row in _ROWS)}
"""The event types by their key: ``Sysmon:3``, ``Security-Auditing:4688``, ``Service Control Manager:7045``."""

# The types that EVTX stores as numbers and truth values; everything else is text, even ports of event 5156.
INTEGERS = frozenset({
    "Sysmon.ProcessId", "Sysmon.ParentProcessId", "Sysmon.SourceProcessId", "Sysmon.TargetProcessId",
    "Sysmon.SourceThreadId", "Sysmon.NewThreadId", "Sysmon.TerminalSessionId", "Sysmon.SourcePort",
    "Sysmon.DestinationPort", "Security-Auditing.ProcessID", "Security-Auditing.Protocol",
    "Security-Auditing.FilterRTID", "Security-Auditing.LayerRTID", "Security-Auditing.LogonType",
    "Security-Auditing.KeyLength", "PowerShell.MessageNumber", "PowerShell.MessageTotal", "DNS-Client.QueryType",
    "DNS-Client.QueryOptions", "DNS-Client.QueryStatus", "DNS-Client.NetworkIndex", "DNS-Client.InterfaceIndex",
    "Bits-Client.processId", "Bits-Client.fileLength", "Bits-Client.bytesTotal", "Bits-Client.bytesTransferred",
    "Bits-Client.bytesTransferredFromPeer", "Bits-Client.hr", "TaskScheduler.EnginePID",
})  # fmt: skip
BOOLEANS = frozenset({
    "Sysmon.Initiated", "Sysmon.SourceIsIpv6", "Sysmon.DestinationIsIpv6", "Sysmon.IsExecutable",
})  # fmt: skip
