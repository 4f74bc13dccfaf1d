"""The canonical names with their exact spelling: Sysmon's and Windows' own, the record's System part, the built-ins.

Names compare without case, JSON keys do not: the spellings here say which keys to ask a record for.
"""

from __future__ import annotations

_BUILTIN = """
_raw _messageTime _receiptTime _searchableTime _size _messageId _messageCount _source _sourceName _sourceHost
_sourceCategory _collector _collectorId _sourceId _blockId _format _view _index
"""

_SYSTEM = """
EventID Channel UserData.Channel Provider UserData.Provider ProviderGuid Computer EventRecordID Level Keywords Task
Opcode ExecutionProcessID ExecutionThreadID ActivityID UserID Message Version Data Binary TimeCreated Correlation
Execution Security
"""

# What shapes with names of their own say of an event, as the endpoint tables of published detections name it.
_ENDPOINT = "event_type dest_ip dest_port"

# Event types 1 to 29 and 255.
_SYSMON = """
RuleName UtcTime ProcessGuid ProcessId Image FileVersion Description Product Company OriginalFileName CommandLine
CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes ParentProcessGuid ParentProcessId
ParentImage ParentCommandLine ParentUser TargetFilename CreationUtcTime PreviousCreationUtcTime Protocol Initiated
SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName DestinationIsIpv6 DestinationIp DestinationHostname
DestinationPort DestinationPortName State SchemaVersion ImageLoaded Signed Signature SignatureStatus
SourceProcessGuid SourceProcessId SourceImage SourceUser TargetProcessGuid TargetProcessId TargetImage TargetUser
NewThreadId StartAddress StartModule StartFunction Device SourceThreadId GrantedAccess CallTrace EventType
TargetObject Details NewName Hash Contents Configuration ConfigurationFileHash PipeName EventNamespace Name Query
Operation Type Destination Consumer Filter QueryName QueryStatus QueryResults IsExecutable Archived Session
ClientInfo ID
"""

_SECURITY = """
SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId TargetUserSid TargetUserName TargetDomainName
TargetLogonId LogonType LogonProcessName AuthenticationPackageName WorkstationName Workstation TransmittedServices
LmPackageName KeyLength ProcessName IpAddress IpPort ImpersonationLevel RestrictedAdminMode RemoteCredentialGuard
TargetOutboundUserName TargetOutboundDomainName VirtualAccount TargetLinkedLogonId ElevatedToken TargetServerName
TargetInfo TargetLogonGuid Status FailureReason SubStatus NewProcessId NewProcessName TokenElevationType
ParentProcessName MandatoryLabel PrivilegeList EnabledPrivilegeList DisabledPrivilegeList Service ServiceName
ServiceSid ServiceFileName ServiceType ServiceStartType ServiceAccount ClientProcessStartKey ClientProcessId
RpcCallClientLocality FQDN TaskName TaskContent TaskContentNew ObjectServer ObjectType ObjectName ObjectValueName
ObjectClass ObjectDN ObjectGUID HandleId OperationType OldValueType OldValue NewValueType NewValue AccessList
AccessMask AccessReason RestrictedSidCount ResourceAttributes Properties AdditionalInfo AdditionalInfo2 TransactionId
ShareName ShareLocalPath RelativeTargetName SourceAddress DestAddress DestPort Application Direction FilterRTID
FilterOrigin InterfaceIndex LayerName LayerRTID RemoteUserID RemoteMachineID TicketOptions TicketEncryptionType
PreAuthType CertIssuerName CertSerialNumber CertThumbprint SessionKeyEncryptionType PackageName TargetSid TargetName
SamAccountName DisplayName UserPrincipalName HomeDirectory HomePath ScriptPath ProfilePath UserWorkstations
PasswordLastSet AccountExpires PrimaryGroupId AllowedToDelegateTo OldUacValue NewUacValue UserAccountControl
UserParameters SidHistory LogonHours DnsHostName ServicePrincipalNames ComputerAccountChange MemberName MemberSid
OldTargetUserName NewTargetUserName SourceUserName SourceSid SidList CategoryId SubcategoryId SubcategoryGuid
AuditPolicyChanges AuditSourceName EventSourceId DomainPolicyChanged DomainName DomainSid AttributeLDAPDisplayName
AttributeSyntaxOID AttributeValue OpCorrelationID AppCorrelationID DSName DSType CallerProcessId CallerProcessName
AlgorithmName ProviderName KeyName KeyType KeyFilePath ReturnCode ClientCreationTime DeviceId DeviceDescription
ClassId ClassName VendorIds CompatibleIds LocationInformation CountOfCredentialsReturned ProcessCreationTime
GroupMembership EventIdx EventCountTotal OldSd NewSd SourceHandleId TargetHandleId TargetUser Identity
TemplateInternalName TemplateContent NewTemplateContent RequestId Requester Attributes Subject Disposition
SubjectAccountName RemoteName DistinguishedName NewTime PreviousTime StagingReason Reason
"""

_OTHER_CHANNELS = """
param1 param2 param3 param4 param5 param6 param7 param8 ImagePath StartType AccountName DeviceName DeviceTime
DriverName UpdateTitle UpdateGuid Group ServiceShutdown BootType Caption HiveName KeysUpdated DirtyPages SupportInfo1
SupportInfo2 ProcessingMode ProcessingTimeInMilliseconds DCName ErrorCode ErrorDescription
ScriptBlockText ScriptBlockId MessageNumber MessageTotal Path Payload ContextInfo RunspaceId HostName HostVersion
HostId HostApplication EngineVersion PipelineId CommandName CommandType ScriptName CommandPath NewEngineState
PreviousEngineState NewProviderState SequenceNumber
QueryType QueryOptions ServerList Address AddressLength Interface DNSServerAddress QNAME QTYPE RDATA Zone Source
TCP InterfaceIP XID
jobTitle jobId jobOwner jobName fileCount transferId url peer fileTime fileLength bytesTotal bytesTransferred
bytesTransferredFromPeer proxy peerProtocolFlags bandwidthLimit ignoreBandwidthLimitsOnLan processPath hr
PeerContextInfo AdditionalInfoHr RemoteName LocalName
ActionName TaskInstanceId ResultCode EnginePID InstanceId Priority UserContext UserName TriggerName QueuedTaskInstanceId
Code HostProcess ProviderPath PossibleCause Namespace ESS CONSUMER ClientMachine ClientProcessCreationTime Component
CorrelationId GroupOperationId IsLocal OperationId ResultType NamespaceName
ThreatName ThreatID SeverityID SeverityName CategoryID CategoryName FWLink StatusCode StatusDescription
DetectionID DetectionTime DetectionUser OriginName OriginID ExecutionName ExecutionID SourceName SourceID ActionID
ErrorDescription AdditionalActionsString SignatureVersion SecurityintelligenceVersion ProductName ProductVersion
Value InvolvedFile Target FeatureName ProcessID RuleType
SessionID ListenerName Class ConnectionName ClientIP ServerName Param1 Param2 Param3 EventXML Reason ConnType
RuleId ApplicationPath ModifyingUser ModifyingApplication Active Action Profiles LocalPorts RemotePorts LocalAddresses
RemoteAddresses Origin EmbeddedContext RuleStatus SecurityOptions EdgeTraversal
FilePath FileHash PolicyName RuleSddl TargetProcessId Fqbn FullFilePath
FileName FileNameBuffer FileNameLength ProcessNameBuffer ProcessNameLength RequestedPolicy ValidatedPolicy
RequestedSigningLevel ValidatedSigningLevel PolicyGUID PolicyID
PackageFullName PackageFamilyName PackagePath Packages MainPackageFamilyName DeploymentOperation PackageSourceUri
CallingProcess AppId
SChannelName SChannelType ClientDomain ClientUserName MechanismOID NtlmUsage TargetHost
SearchFilter ScopeOfSearch AttributeList
ProcessPath ProcessCommandLine CallingProcessId CallingProcessCreateTime ChildCommandLine ChildImagePathName
DevicePath InstancePath LifetimeId Status UMDFDeviceInstallBegin
ObjectId Template CertificateTemplate FriendlyName
FilterName ProviderContextName PrinterName DocumentName JobID PluginDllName
ShellRunAction PackageId PackageInstallAction SourceCommandLine SourceParentImage TargetParentProcessId
ExceptionCode FaultingModulePath AppName AppPath ModuleName ModulePath AppVersion ProcessingError
process payload connection
MD5 SHA1 SHA256 IMPHASH Imphash
"""

#: Names that providers (Defender, Code Integrity) write with blanks, and rules without.
_WITH_BLANKS = (
    "Action ID", "Action Name", "Additional Actions ID", "Additional Actions String", "Category ID", "Category Name", "Changed Type",
    "Detection ID", "Detection Origin", "Detection Source", "Detection Time", "Detection Type", "Detection User", "Engine Version",
    "Error Code", "Error Description", "Execution ID", "Execution Name", "Feature Name", "Feature ID", "File Name", "Fidelity Label",
    "Fidelity Value", "Inhertiance Flags", "Involved File", "New Value", "Old Value", "Origin ID", "Origin Name",
    "Parent Commandline", "Platform Version", "Policy GUID", "Post Clean Status", "Pre Execution Status", "Previous Engine Version",
    "Previous Signature Version", "Process Name", "Product Name", "Product Version", "Remediation User", "Removal Reason Value",
    "Requested Signing Level", "Restored File", "SHA1 Hash", "SHA256 Hash", "SI Signing Scenario", "Scan ID", "Scan Parameters",
    "Scan Resources", "Scan Type", "Security intelligence ID", "Security intelligence Type", "Security intelligence Version",
    "Severity ID", "Severity Name", "Signature ID", "Signature Name", "Signature Type", "Signature Version", "Source ID",
    "Source Name", "Source Path", "Status Code", "Status Description", "Target Commandline", "Threat ID", "Threat Name", "Type ID",
    "Type Name", "Update Source", "Update State", "Update Type", "User Name", "Validated Signing Level",
)  # fmt: skip

_DIFFERENT_CASE: dict[str, tuple[str, ...]] = {
    "ProcessId": ("ProcessID", "processId", "processid"),
    "ProcessGuid": ("ProcessGUID",),
    "SourceProcessGuid": ("SourceProcessGUID",),
    "TargetProcessGuid": ("TargetProcessGUID",),
    "ProcessPath": ("processPath",),
    "CommandLine": ("Commandline", "commandLine"),
    "Hash": ("hash",),
    "Name": ("name",),
    "Id": ("ID", "id"),
    "EventID": ("EventId", "eventId", "eventID"),
    "EventRecordID": ("EventRecordId",),
    "UserID": ("UserId", "userId"),
    "User": ("user",),
    "Process": ("process",),
    "Payload": ("payload",),
    "Url": ("url",),
    "ThreatID": ("ThreatId",),
    "SessionID": ("SessionId",),
    "ClientIP": ("ClientIp",),
    "Address": ("address",),
    "param1": ("Param1",),
    "param2": ("Param2",),
    "param3": ("Param3",),
    "jobId": ("JobId", "JobID"),
    "Consumer": ("CONSUMER",),
    "SHA256": ("Sha256", "sha256"),
    "SHA1": ("Sha1", "sha1"),
    "MD5": ("Md5", "md5"),
    "IMPHASH": ("Imphash", "imphash"),
}
"""Canonical name -> the same name as some provider or exporter writes it."""


OF_SYSMON: tuple[str, ...] = tuple(_SYSMON.split())
"""The names of Sysmon's fields, which are the labels of its messages."""


def _spellings() -> dict[str, tuple[str, ...]]:
    written = f"{_BUILTIN} {_SYSTEM} {_ENDPOINT} {_SYSMON} {_SECURITY} {_OTHER_CHANNELS}".split() + list(_WITH_BLANKS)
    variants = list(_DIFFERENT_CASE.items())
    found: dict[str, list[str]] = {}
    for name, others in variants + [(name, ()) for name in written]:
        known = found.setdefault(name.lower(), [])
        known.extend(spelling for spelling in (name, *others) if spelling not in known)
    return {name: tuple(spellings) for name, spellings in found.items()}


SPELLINGS: dict[str, tuple[str, ...]] = _spellings()
"""Lower-cased name -> the spellings under which records have it, the canonical one first."""

CANONICAL: frozenset[str] = frozenset(spellings[0] for spellings in SPELLINGS.values())
"""Every canonical name; no two of them are the same without case."""

ALIASES: dict[str, str] = {
    **{name.replace(" ", "").lower(): name for name in _WITH_BLANKS},
    "hostname": "Computer",
    "computername": "Computer",
    "computer_name": "Computer",
    "host.name": "Computer",
    "machinename": "Computer",
    "winlog.computer_name": "Computer",
    "winlog.channel": "Channel",
    "winlog.event_id": "EventID",
    "event.code": "EventID",
    "eventcode": "EventID",
    "event_id": "EventID",
    "log_name": "Channel",
    "logname": "Channel",
    "provider_name": "Provider",
    "source_name": "Provider",
    "winlog.provider_name": "Provider",
    "process.executable": "Image",
    "process.command_line": "CommandLine",
    "process.parent.executable": "ParentImage",
    "process.parent.command_line": "ParentCommandLine",
    "source.ip": "SourceIp",
    "source.port": "SourcePort",
    "destination.ip": "DestinationIp",
    "destination.port": "DestinationPort",
}
"""Lower-cased other name -> canonical name. A record's own field of that name comes first."""


def canonical(name: str) -> str:
    """The canonical spelling of ``name``, whatever its case; ``name`` itself where it is not a known name."""
    return SPELLINGS.get(name.lower(), (name,))[0]
