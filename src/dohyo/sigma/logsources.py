"""Where Sigma's log sources are: source categories, event ids, channels and event types."""

from __future__ import annotations

import re

from msgspec import Struct

SYSMON, SECURITY, POWERSHELL, ENDPOINT = "windows/sysmon", "windows/security", "windows/powershell", "endpoint/events"
LINUX_SYSMON = "linux/sysmon"
_DNS, _OTHER = "windows/dns-server", "windows/other"


class Place(Struct, frozen=True):
    """Events of a source category: with one of these ids (none: all), of this event type, in this channel. ``names``: Sigma's
    names of fields that these events have under another name."""

    category: str
    ids: tuple[str, ...] = ()
    event_type: str = ""
    channel: str = ""
    names: tuple[tuple[str, str], ...] = ()


def _sysmon(*ids: int, event_type: str = "", more: tuple[Place, ...] = ()) -> tuple[Place, ...]:
    own = Place(SYSMON, tuple(map(str, ids)))
    return (own, *more, *((Place(ENDPOINT, event_type=event_type),) if event_type else ()))


#: What a started process is called in the Security log, and who opened a file.
_STARTED = (("Image", "NewProcessName"), ("ParentImage", "ParentProcessName"), ("IntegrityLevel", "MandatoryLabel"),
            ("User", "SubjectUserName"), ("User", "SubjectDomainName"))  # fmt: skip
_OPENED = (("FileName", "ObjectName"), ("Image", "ProcessName"))
_OPERATIONAL = "Microsoft-Windows-PowerShell/Operational"
_CORE = "PowerShellCore/Operational"
_CLASSIC = "Windows PowerShell"


def _channels(category: str, *channels: str, ids: tuple[str, ...] = ()) -> tuple[Place, ...]:
    return tuple(Place(category, ids, channel=c) for c in channels)


#: Sigma's generic categories.
CATEGORIES: dict[str, tuple[Place, ...]] = {
    "process_creation": _sysmon(1, event_type="process_creation", more=(Place(SECURITY, ("4688",), names=_STARTED),)),
    "file_change": _sysmon(2),
    "network_connection": _sysmon(3, event_type="network_connection"),
    "sysmon_status": _sysmon(4, 16),
    "process_termination": _sysmon(5, event_type="process_termination"),
    "driver_load": _sysmon(6, event_type="driver_load"),
    "image_load": _sysmon(7, event_type="image_load"),
    "create_remote_thread": _sysmon(8, event_type="create_remote_thread"),
    "raw_access_thread": _sysmon(9),
    "process_access": _sysmon(10, event_type="process_access"),
    "file_event": _sysmon(11, event_type="file_event"),
    "registry_add": _sysmon(12, event_type="registry_event"),
    "registry_delete": _sysmon(12, event_type="registry_event"),
    "registry_set": _sysmon(13, event_type="registry_event"),
    "registry_rename": _sysmon(14, event_type="registry_event"),
    "registry_event": _sysmon(12, 13, 14, event_type="registry_event"),
    "create_stream_hash": _sysmon(15),
    "pipe_created": _sysmon(17, 18, event_type="pipe_event"),
    "wmi_event": _sysmon(19, 20, 21),
    "dns_query": _sysmon(22, event_type="dns_query"),
    "file_delete": _sysmon(23, 26, event_type="file_delete"),
    "clipboard_capture": _sysmon(24),
    "process_tampering": _sysmon(25),
    "file_block_executable": _sysmon(27),
    "file_block_shredding": _sysmon(28),
    "file_executable_detected": _sysmon(29),
    "sysmon_error": _sysmon(255),
    "file_access": (Place(_OTHER, channel="Microsoft-Windows-Kernel-File/Analytic"), Place(SECURITY, ("4663",), names=_OPENED)),
    "file_rename": (
        Place(ENDPOINT, event_type="file_rename"),
        Place(_OTHER, channel="Microsoft-Windows-Kernel-File/Analytic"),
    ),
    "ps_script": _channels(POWERSHELL, _OPERATIONAL, _CORE, ids=("4104",)),
    "ps_module": _channels(POWERSHELL, _OPERATIONAL, _CORE, ids=("4103",)),
    "ps_classic_start": (Place(POWERSHELL, ("400",), channel=_CLASSIC),),
    "ps_classic_provider_start": (Place(POWERSHELL, ("600",), channel=_CLASSIC),),
    "ps_classic_script": (Place(POWERSHELL, ("800",), channel=_CLASSIC),),
}


#: Sigma's Windows services: the channels they are.
SERVICES: dict[str, tuple[Place, ...]] = {
    "sysmon": (Place(SYSMON),),
    "security": (Place(SECURITY),),
    "system": (Place("windows/system", names=(("ProcessId", "ExecutionProcessID"),)),),
    "application": (Place("windows/application"),),
    "powershell": _channels(POWERSHELL, _OPERATIONAL, _CORE),
    "powershell-classic": (Place(POWERSHELL, channel=_CLASSIC),),
    "windefend": (Place("windows/defender"),),
    "taskscheduler": (Place("windows/taskscheduler"),),
    "bits-client": (Place("windows/bits-client"),),
    "dns-client": (Place("windows/dns-client"),),
    "dns-server": _channels(_DNS, "DNS Server"),
    "dns-server-audit": _channels(_DNS, "Microsoft-Windows-DNSServer/Audit", "Microsoft-Windows-DNS-Server/Audit"),
    "dns-server-analytic": _channels(_DNS, "Microsoft-Windows-DNSServer/Analytical", "Microsoft-Windows-DNS-Server/Analytical"),
    "firewall-as": (Place("windows/firewall"),),
    "applocker": (Place("windows/applocker"),),
    "ntlm": (Place("windows/ntlm"),),
    "driver-framework": (Place("windows/driver-framework"),),
    "codeintegrity-operational": (Place("windows/codeintegrity"),),
    "smbclient-security": (Place("windows/smb-client", channel="Microsoft-Windows-SmbClient/Security"),),
    "smbclient-connectivity": (Place("windows/smb-client", channel="Microsoft-Windows-SmbClient/Connectivity"),),
    "smbserver-connectivity": (Place("windows/smb-server", channel="Microsoft-Windows-SMBServer/Connectivity"),),
    "terminalservices-localsessionmanager": (
        Place("windows/terminalservices", channel="Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"),
    ),
    "wmi": (Place("windows/wmi-activity"),),
    "appxdeployment-server": (Place("windows/appxdeployment", channel="Microsoft-Windows-AppXDeploymentServer/Operational"),),
    "appxpackaging-om": (Place("windows/appxdeployment", channel="Microsoft-Windows-AppxPackaging/Operational"),),
    "appmodel-runtime": (Place("windows/appmodel-runtime"),),
    "msexchange-management": (Place("windows/exchange"),),
    "lsa-server": (Place("windows/lsa"),),
    "openssh": (Place("windows/openssh"),),
    "ldap": (Place("windows/ldap-client"),),
    "ldap_debug": (Place("windows/ldap-client"),),
    "dhcp": _channels(_OTHER, "Microsoft-Windows-DHCP-Server/Operational", "DhcpAdminEvents"),
    "sense": (Place(_OTHER, channel="Microsoft-Windows-SENSE/Operational"),),
    "certificateservicesclient-lifecycle-system": (
        Place(
            "windows/certificate-services-client",
            channel="Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
        ),
    ),
    "security-mitigations": (Place("windows/security-mitigations"),),
    "capi2": (Place("windows/capi2"),),
    "shell-core": (Place("windows/shell-core"),),
    "diagnosis-scripted": (Place("windows/diagnosis-scripted"),),
    "printservice-admin": (Place("windows/print-service", channel="Microsoft-Windows-PrintService/Admin"),),
    "printservice-operational": (Place("windows/print-service", channel="Microsoft-Windows-PrintService/Operational"),),
    "hyper-v-worker": _channels("windows/hyper-v", *(f"Microsoft-Windows-Hyper-V-Worker{c}" for c in ("", "-Admin", "-Operational"))),
    "kernel-shimengine": _channels(_OTHER, *(f"Microsoft-Windows-Kernel-ShimEngine/{c}" for c in ("Operational", "Diagnostic"))),
    "kernel-event-tracing": _channels(_OTHER, *(f"Microsoft-Windows-Kernel-EventTracing{c}" for c in ("", "/Admin"))),
    "vhdmp": _channels(_OTHER, "Microsoft-Windows-VHDMP/Operational", "Microsoft-Windows-VHDMP-Operational"),
    "bitlocker": (Place(_OTHER, channel="Microsoft-Windows-BitLocker/BitLocker Management"),),
    "iis-configuration": _channels(_OTHER, *(f"Microsoft-IIS-Configuration/{c}" for c in ("Operational", "Administrative"))),
    "microsoft-servicebus-client": _channels(_OTHER, *(f"Microsoft-ServiceBus-Client{c}" for c in ("", "/Operational", "/Admin"))),
}


def places(product: str | None, category: str | None, service: str | None) -> tuple[Place, ...] | None:
    """Where the events of a log source are; empty: anywhere on Windows; ``None``: a log source that is not known.

    Other systems' logs have no source categories that everybody uses: theirs are named as Sigma names them, the product
    before the service or category (``linux/auditd``, ``aws/cloudtrail``), or the category alone (``proxy``). A Windows
    service that is not known is any channel with the words of its name in it: services are called after their channels
    (``smbserver-security``: ``Microsoft-Windows-SMBServer/Security``).
    """
    category, service = (category or "").lower(), (service or "").lower()
    if product not in (None, "windows"):
        return _elsewhere(product.lower(), category, service)
    if category:
        own = CATEGORIES.get(category)
        return own if own or product else (Place(f"{category}*"),)
    if service:
        own = SERVICES.get(service)
        words = re.sub("[-_ /]+", "*", service)
        return own if own or not product else (Place("windows/*", channel=f"*{words}*"),)
    return () if product else None


def _elsewhere(product: str, category: str, service: str) -> tuple[Place, ...]:
    """Sysmon for Linux has the event ids of Sysmon for Windows."""
    ids = [p.ids for p in CATEGORIES.get(category, ()) if p.category == SYSMON]
    if product == "linux" and ids:
        return (Place(LINUX_SYSMON, ids[0]),)
    part = service or category
    return (Place(f"{product}/{part}*" if part else f"{product}/*"),)
