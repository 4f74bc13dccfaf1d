"""The source category of a local Windows event: what Sumo Logic users call these logs, by channel, else by provider."""

from __future__ import annotations

from ..model import Const, First, Key, Lookup, Shape, ShapeExpr

OTHER = "windows/other"
ENDPOINT = "endpoint/events"
LINUX_SYSMON = "linux/sysmon"
OTHER_JSON = "other/json"

#: Category -> channels. A channel is written as Windows writes it; the look-up is without case.
CHANNELS: dict[str, tuple[str, ...]] = {
    "windows/sysmon": ("Microsoft-Windows-Sysmon/Operational", "Sysmon"),
    "windows/security": ("Security",),
    "windows/system": ("System",),
    "windows/application": ("Application",),
    "windows/setup": ("Setup",),
    "windows/powershell": (
        "Windows PowerShell",
        "Microsoft-Windows-PowerShell/Operational",
        "Microsoft-Windows-PowerShell/Admin",
        "PowerShellCore/Operational",
    ),
    "windows/dns-client": (
        "Microsoft-Windows-DNS-Client/Operational",
        "Microsoft-Windows-DNS Client Events/Operational",
    ),
    "windows/dns-server": (
        "DNS Server",
        "Microsoft-Windows-DNSServer/Audit",
        "Microsoft-Windows-DNSServer/Analytical",
        "Microsoft-Windows-DNS-Server/Audit",
        "Microsoft-Windows-DNS-Server/Analytical",
    ),
    "windows/bits-client": ("Microsoft-Windows-Bits-Client/Operational", "Microsoft-Windows-Bits-Client/Analytic"),
    "windows/taskscheduler": (
        "Microsoft-Windows-TaskScheduler/Operational",
        "Microsoft-Windows-TaskScheduler/Maintenance",
    ),
    "windows/wmi-activity": ("Microsoft-Windows-WMI-Activity/Operational", "Microsoft-Windows-WMI-Activity/Trace"),
    "windows/defender": ("Microsoft-Windows-Windows Defender/Operational", "Microsoft-Windows-Windows Defender/WHC"),
    "windows/firewall": (
        "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",
        "Microsoft-Windows-Windows Firewall With Advanced Security/FirewallDiagnostics",
    ),
    "windows/terminalservices": (
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
        "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
        "Microsoft-Windows-TerminalServices-RDPClient/Operational",
        "Microsoft-Windows-TerminalServices-Gateway/Operational",
        "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational",
    ),
    "windows/winrm": ("Microsoft-Windows-WinRM/Operational",),
    "windows/smb-client": (
        "Microsoft-Windows-SmbClient/Security",
        "Microsoft-Windows-SmbClient/Connectivity",
        "Microsoft-Windows-SmbClient/Operational",
    ),
    "windows/smb-server": (
        "Microsoft-Windows-SMBServer/Security",
        "Microsoft-Windows-SMBServer/Operational",
        "Microsoft-Windows-SMBServer/Connectivity",
        "Microsoft-Windows-SMBServer/Audit",
    ),
    "windows/applocker": (
        "Microsoft-Windows-AppLocker/EXE and DLL",
        "Microsoft-Windows-AppLocker/MSI and Script",
        "Microsoft-Windows-AppLocker/Packaged app-Deployment",
        "Microsoft-Windows-AppLocker/Packaged app-Execution",
    ),
    "windows/codeintegrity": ("Microsoft-Windows-CodeIntegrity/Operational",),
    "windows/appxdeployment": (
        "Microsoft-Windows-AppXDeploymentServer/Operational",
        "Microsoft-Windows-AppxPackaging/Operational",
    ),
    "windows/appmodel-runtime": ("Microsoft-Windows-AppModel-Runtime/Admin",),
    "windows/application-experience": (
        "Microsoft-Windows-Application-Experience/Program-Telemetry",
        "Microsoft-Windows-Application-Experience/Program-Inventory",
    ),
    "windows/ntlm": ("Microsoft-Windows-NTLM/Operational",),
    "windows/lsa": ("Microsoft-Windows-LSA/Operational",),
    "windows/kerberos": ("Microsoft-Windows-Kerberos/Operational",),
    "windows/ldap-client": ("Microsoft-Windows-LDAP-Client/Debug",),
    "windows/directory-service": ("Directory Service",),
    "windows/dfs-replication": ("DFS Replication",),
    "windows/group-policy": ("Microsoft-Windows-GroupPolicy/Operational",),
    "windows/print-service": ("Microsoft-Windows-PrintService/Operational", "Microsoft-Windows-PrintService/Admin"),
    "windows/driver-framework": ("Microsoft-Windows-DriverFrameworks-UserMode/Operational",),
    "windows/security-mitigations": (
        "Microsoft-Windows-Security-Mitigations/KernelMode",
        "Microsoft-Windows-Security-Mitigations/UserMode",
        "Microsoft-Windows-Security-Mitigations/Kernel Mode",
        "Microsoft-Windows-Security-Mitigations/User Mode",
    ),
    "windows/certificate-services-client": (
        "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
        "Microsoft-Windows-CertificateServicesClient-Lifecycle-User/Operational",
    ),
    "windows/capi2": ("Microsoft-Windows-CAPI2/Operational",),
    "windows/shell-core": ("Microsoft-Windows-Shell-Core/Operational",),
    "windows/diagnosis-scripted": ("Microsoft-Windows-Diagnosis-Scripted/Operational",),
    "windows/openssh": ("OpenSSH/Operational", "OpenSSH/Admin"),
    "windows/hyper-v": (
        "Microsoft-Windows-Hyper-V-VMMS-Admin",
        "Microsoft-Windows-Hyper-V-Worker-Admin",
        "Microsoft-Windows-Hyper-V-Worker-Operational",
    ),
    "windows/exchange": ("MSExchange Management",),
    LINUX_SYSMON: ("Linux-Sysmon/Operational",),
}

# Category -> providers, for records that name no channel.
_PROVIDERS: dict[str, tuple[str, ...]] = {
    "windows/sysmon": ("Microsoft-Windows-Sysmon",),
    "windows/security": ("Microsoft-Windows-Security-Auditing", "Microsoft-Windows-Eventlog"),
    "windows/system": ("Service Control Manager", "Microsoft-Windows-Kernel-General"),
    "windows/powershell": ("Microsoft-Windows-PowerShell", "PowerShell", "PowerShellCore"),
    "windows/dns-client": ("Microsoft-Windows-DNS-Client",),
    "windows/dns-server": ("Microsoft-Windows-DNSServer", "Microsoft-Windows-DNS-Server-Service"),
    "windows/bits-client": ("Microsoft-Windows-Bits-Client",),
    "windows/taskscheduler": ("Microsoft-Windows-TaskScheduler",),
    "windows/wmi-activity": ("Microsoft-Windows-WMI-Activity",),
    "windows/defender": ("Microsoft-Windows-Windows Defender",),
    "windows/firewall": ("Microsoft-Windows-Windows Firewall With Advanced Security",),
    "windows/terminalservices": (
        "Microsoft-Windows-TerminalServices-LocalSessionManager",
        "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
    ),
    "windows/applocker": ("Microsoft-Windows-AppLocker",),
    "windows/ntlm": ("Microsoft-Windows-NTLM",),
    LINUX_SYSMON: ("Linux-Sysmon",),
}


def _inverted(table: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {name.lower(): category for category, names in table.items() for name in names}


CATEGORIES: dict[str, str] = _inverted(CHANNELS)
"""Windows channel, lower-cased -> source category."""

PROVIDERS: dict[str, str] = _inverted(_PROVIDERS)
"""Provider name, lower-cased -> source category, for records without a channel (or with one not in ``CATEGORIES``)."""


# Where an export names only the provider.
_CHANNEL_OF = {
    "Microsoft-Windows-Sysmon": "Microsoft-Windows-Sysmon/Operational",
    "Microsoft-Windows-Security-Auditing": "Security",
    "Microsoft Windows security auditing.": "Security",
    "Microsoft-Windows-Eventlog": "Security",
    "Service Control Manager": "System",
    "Microsoft-Windows-PowerShell": "Microsoft-Windows-PowerShell/Operational",
    "PowerShell": "Windows PowerShell",
    "Microsoft-Windows-TaskScheduler": "Microsoft-Windows-TaskScheduler/Operational",
    "Microsoft-Windows-Windows Defender": "Microsoft-Windows-Windows Defender/Operational",
    "Microsoft-Windows-Bits-Client": "Microsoft-Windows-Bits-Client/Operational",
    "Microsoft-Windows-WMI-Activity": "Microsoft-Windows-WMI-Activity/Operational",
}


def channel_of(provider: ShapeExpr) -> ShapeExpr:
    """The channel that a provider writes to as a rule, for exports that do not name it."""
    return Lookup(provider, tuple((name.lower(), channel) for name, channel in _CHANNEL_OF.items()))


def category_of(channel: ShapeExpr, provider: ShapeExpr, default: str | None = OTHER) -> ShapeExpr:
    """The source category of an event whose channel and provider are these expressions; null only without a default."""
    by_channel = Lookup(channel, tuple(CATEGORIES.items()))
    by_provider = Lookup(provider, tuple(PROVIDERS.items()))
    return First((by_channel, by_provider) if default is None else (by_channel, by_provider, Const(default)))


def category(shape: Shape) -> ShapeExpr:
    """What gives ``_sourceCategory`` in ``shape``: its own rule, else by its ``Channel`` and ``Provider``."""
    if shape.category is not None:
        return shape.category
    return category_of(_of(shape, "Channel"), _of(shape, "Provider"))


def kind(shape: Shape) -> ShapeExpr:
    """What the summary counts a record of ``shape`` as: its own rule, else the ``EventID``."""
    return shape.kind if shape.kind is not None else _of(shape, "EventID")


def _of(shape: Shape, name: str) -> ShapeExpr:
    """Where a canonical name is in ``shape``; one that the table does not place stands at the top of the record, or nowhere."""
    return shape.fields.get(name, Key((name,)))
