"""Where Sigma's log sources are: source categories, event ids, channels and event types."""

from __future__ import annotations

from msgspec import Struct

SYSMON, SECURITY, POWERSHELL, ENDPOINT = "windows/sysmon", "windows/security", "windows/powershell", "endpoint/events"
LINUX_SYSMON = "linux/sysmon"


class Place(Struct, frozen=True):
    """Events of a source category: with one of these ids (none: all), of this event type, in this channel."""

    category: str
    ids: tuple[str, ...] = ()
    event_type: str = ""
    channel: str = ""


def _sysmon(*ids: int, event_type: str = "", more: tuple[Place, ...] = ()) -> tuple[Place, ...]:
    own = Place(SYSMON, tuple(map(str, ids)))
    return (own, *more, *((Place(ENDPOINT, event_type=event_type),) if event_type else ()))


_OPERATIONAL = "Microsoft-Windows-PowerShell/Operational"
_CLASSIC = "Windows PowerShell"

#: Sigma's generic categories.
CATEGORIES: dict[str, tuple[Place, ...]] = {
    "process_creation": _sysmon(1, event_type="process_creation", more=(Place(SECURITY, ("4688",)),)),
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
    "file_access": (Place("windows/other", channel="Microsoft-Windows-Kernel-File/Analytic"), Place(SECURITY, ("4663",))),
    "file_rename": (
        Place(ENDPOINT, event_type="file_rename"),
        Place("windows/other", channel="Microsoft-Windows-Kernel-File/Analytic"),
    ),
    "ps_script": (Place(POWERSHELL, ("4104",), channel=_OPERATIONAL),),
    "ps_module": (Place(POWERSHELL, ("4103",), channel=_OPERATIONAL),),
    "ps_classic_start": (Place(POWERSHELL, ("400",), channel=_CLASSIC),),
    "ps_classic_provider_start": (Place(POWERSHELL, ("600",), channel=_CLASSIC),),
    "ps_classic_script": (Place(POWERSHELL, ("800",), channel=_CLASSIC),),
}

#: Sigma's Windows services: the channels they are.
SERVICES: dict[str, tuple[Place, ...]] = {
    "sysmon": (Place(SYSMON),),
    "security": (Place(SECURITY),),
    "system": (Place("windows/system"),),
    "application": (Place("windows/application"),),
    "powershell": (Place(POWERSHELL, channel=_OPERATIONAL), Place(POWERSHELL, channel="PowerShellCore/Operational")),
    "powershell-classic": (Place(POWERSHELL, channel=_CLASSIC),),
    "windefend": (Place("windows/defender"),),
    "taskscheduler": (Place("windows/taskscheduler"),),
    "bits-client": (Place("windows/bits-client"),),
    "dns-client": (Place("windows/dns-client"),),
    "dns-server": (Place("windows/dns-server", channel="DNS Server"),),
    "dns-server-audit": (Place("windows/dns-server", channel="Microsoft-Windows-DNS-Server/Audit"),),
    "dns-server-analytic": (Place("windows/dns-server", channel="Microsoft-Windows-DNS-Server/Analytical"),),
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
    "dhcp": (Place("windows/other", channel="Microsoft-Windows-DHCP-Server/Operational"),),
    "sense": (Place("windows/other", channel="Microsoft-Windows-SENSE/Operational"),),
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
    "hyper-v-worker": (Place("windows/hyper-v"),),
    "kernel-shimengine": (Place("windows/other", channel="Microsoft-Windows-Kernel-ShimEngine/Operational"),),
    "kernel-event-tracing": (Place("windows/other", channel="Microsoft-Windows-Kernel-EventTracing"),),
    "vhdmp": (Place("windows/other", channel="Microsoft-Windows-VHDMP/Operational"),),
    "bitlocker": (Place("windows/other", channel="Microsoft-Windows-BitLocker/BitLocker Management"),),
    "iis-configuration": (Place("windows/other", channel="Microsoft-IIS-Configuration/Operational"),),
    "microsoft-servicebus-client": (Place("windows/other", channel="Microsoft-ServiceBus-Client"),),
}


def places(product: str | None, category: str | None, service: str | None) -> tuple[Place, ...] | None:
    """Where the events of a log source are; empty: anywhere on Windows; ``None``: a log source that is not known.

    Other systems' logs have no source categories that everybody uses: theirs are named as Sigma names them, the product
    before the service or category (``linux/auditd``, ``aws/cloudtrail``), or the category alone (``proxy``).
    """
    category, service = (category or "").lower(), (service or "").lower()
    if product not in (None, "windows"):
        return _elsewhere(product.lower(), category, service)
    if category:
        own = CATEGORIES.get(category)
        return own if own or product else (Place(f"{category}*"),)
    if service:
        return SERVICES.get(service)
    return () if product else None


def _elsewhere(product: str, category: str, service: str) -> tuple[Place, ...]:
    """Sysmon for Linux has the event ids of Sysmon for Windows."""
    ids = [p.ids for p in CATEGORIES.get(category, ()) if p.category == SYSMON]
    if product == "linux" and ids:
        return (Place(LINUX_SYSMON, ids[0]),)
    part = service or category
    return (Place(f"{product}/{part}*" if part else f"{product}/*"),)
