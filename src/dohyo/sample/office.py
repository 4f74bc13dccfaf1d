"""An office's normal traffic as data: who works there, what runs, where it connects, how often which event is logged.

The shares follow what recorded Windows networks show (``SHARES``); programs, parents and command lines are those of a
plain Windows 10 office. Addresses are from RFC 1918 and RFC 5737 and names from ``example`` domains, so that no
generated record points at anybody.
"""

from __future__ import annotations

from msgspec import Struct

from .model import Account, Program, Slots

# Records of each type in a thousand. In recorded networks image loads, registry and process accesses make up three
# quarters, and network connections three in a hundred. Types that always come together (a process' creation in Sysmon
# and in Security, its forerunner's end) have the same share.
SHARES: dict[str, float] = {
    "Sysmon:1": 14,
    "Sysmon:3": 34,
    "Sysmon:5": 14,
    "Sysmon:7": 243,
    "Sysmon:8": 0.6,
    "Sysmon:10": 210,
    "Sysmon:11": 21,
    "Sysmon:12": 217,
    "Sysmon:13": 56,
    "Sysmon:17": 4,
    "Sysmon:22": 12,
    "Sysmon:23": 3,
    "Security-Auditing:4624": 11,
    "Security-Auditing:4625": 1.4,
    "Security-Auditing:4634": 9,
    "Security-Auditing:4648": 2,
    "Security-Auditing:4663": 24,
    "Security-Auditing:4672": 8,
    "Security-Auditing:4688": 14,
    "Security-Auditing:5156": 58,
    "Service Control Manager:7036": 3,
    "Service Control Manager:7045": 0.4,
    "PowerShell:4103": 18,
    "PowerShell:4104": 3,
    "DNS-Client:3008": 8,
    "DNS-Client:3020": 5,
    "Bits-Client:3": 1.6,
    "Bits-Client:59": 1.2,
    "Bits-Client:60": 1.2,
    "TaskScheduler:106": 0.6,
    "TaskScheduler:200": 2,
}

# A step of normal traffic begins with the first type and also writes the others: they are not drawn by themselves.
TOGETHER: dict[str, tuple[str, ...]] = {
    "Sysmon:1": ("Security-Auditing:4688", "Sysmon:5"),
    "Bits-Client:59": ("Bits-Client:60",),
}

DOMAIN_SID = "S-1-5-21-1004336348-1177238915-682003330"
NULL_SID = "S-1-0-0"

ACCOUNTS: dict[str, Account] = {
    "user": Account("«user»", "CORP", f"{DOMAIN_SID}-«rid»", "«logon»", "1", "Medium"),
    "admin": Account("«user»", "CORP", f"{DOMAIN_SID}-«rid»", "«logon»", "1", "High"),
    "system": Account("SYSTEM", "NT AUTHORITY", "S-1-5-18", "3e7", "0", "System"),
    "network": Account("NETWORK SERVICE", "NT AUTHORITY", "S-1-5-20", "3e4", "0", "System"),
    "local": Account("LOCAL SERVICE", "NT AUTHORITY", "S-1-5-19", "3e5", "0", "System"),
}

USERS = (
    "a.ferrari", "b.okafor", "c.lindqvist", "d.moreau", "e.tanaka", "f.silva", "g.novak", "h.becker", "i.haddad",
    "j.kowalski",
    "k.jensen", "l.rossi", "m.ivanova", "n.oconnor", "o.garcia", "p.nguyen", "q.dubois", "r.schmidt", "s.khan",
    "t.virtanen",
    "u.costa", "v.popescu", "w.visser", "x.chen", "y.sato", "z.horvat",
)  # fmt: skip

_SYS32 = "C:\\Windows\\System32"
_HOME = "C:\\Users\\«user»"
_PF = "C:\\Program Files"
_PF86 = "C:\\Program Files (x86)"
_WS, _SRV = ("workstation",), ("server",)


def _svchost(key: str, group: str, service: str, account: str) -> Program:
    command = f"{_SYS32}\\svchost.exe -k {group} -p -s {service}"
    return Program(key, f"{_SYS32}\\svchost.exe", command, "services", account, "Host Process for Windows Services")


def _browser(key: str, image: str, what: str, company: str, starts: int) -> Program:
    command = f'"{image}" --type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-US'
    return Program(key, image, command, "explorer", "user", what, what, company, _WS, starts)


_TABLE = (
    Program("system", "System", "", "system", "system"),
    Program("wininit", f"{_SYS32}\\wininit.exe", "wininit.exe", "system", "system", "Windows Start-Up Application"),
    Program("services", f"{_SYS32}\\services.exe", f"{_SYS32}\\services.exe", "wininit", "system",
            "Services and Controller app"),
    Program("lsass", f"{_SYS32}\\lsass.exe", f"{_SYS32}\\lsass.exe", "wininit", "system",
    "Local Security Authority Process"),
    Program("winlogon", f"{_SYS32}\\winlogon.exe", "winlogon.exe", "wininit", "system", "Windows Logon Application"),
    Program("csrss", f"{_SYS32}\\csrss.exe", f"{_SYS32}\\csrss.exe ObjectDirectory=\\Windows", "wininit", "system",
            "Client Server Runtime Process"),
    _svchost("svc_bits", "netsvcs", "BITS", "system"),
    _svchost("svc_update", "netsvcs", "wuauserv", "system"),
    _svchost("svc_schedule", "netsvcs", "Schedule", "system"),
    _svchost("svc_dns", "NetworkService", "Dnscache", "network"),
    _svchost("svc_winrm", "NetworkService", "WinRM", "network"),
    _svchost("svc_rpc", "RPCSS", "RpcEptMapper", "network"),
    _svchost("svc_terminal", "termsvcs", "TermService", "network"),
    _svchost("svc_time", "LocalService", "W32Time", "local"),
    Program("spoolsv", f"{_SYS32}\\spoolsv.exe", f"{_SYS32}\\spoolsv.exe", "services", "system",
    "Spooler SubSystem App"),
    Program("defender", "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.2010.7-0\\MsMpEng.exe",
            '"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.2010.7-0\\MsMpEng.exe"', "services",
            "system",
            "Antimalware Service Executable"),
    Program("wmiprvse", f"{_SYS32}\\wbem\\WmiPrvSE.exe", f"{_SYS32}\\wbem\\wmiprvse.exe -secured -Embedding", "svc_rpc",
            "network", "WMI Provider Host", starts=10),
    Program("taskhostw", f"{_SYS32}\\taskhostw.exe", "taskhostw.exe", "svc_schedule", "user",
            "Host Process for Windows Tasks", starts=8),
    Program("conhost", f"{_SYS32}\\conhost.exe", f"\\??\\{_SYS32}\\conhost.exe 0xffffffff -ForceV1", "cmd", "user",
            "Console Window Host", starts=10),
    Program("backgroundtask", f"{_SYS32}\\backgroundTaskHost.exe",
            f'"{_SYS32}\\backgroundTaskHost.exe" -ServerName:App.AppXmtcan0h2tfbfy7k9kn8hbxb6dmzz1zh0.mca', "svc_rpc",
            "user",
            "Background Task Host", roles=_WS, starts=9),
    Program("runtimebroker", f"{_SYS32}\\RuntimeBroker.exe", f"{_SYS32}\\RuntimeBroker.exe -Embedding", "svc_rpc",
    "user",
            "Runtime Broker", roles=_WS, starts=6),
    Program("searchindexer", f"{_SYS32}\\SearchIndexer.exe", f"{_SYS32}\\SearchIndexer.exe /Embedding", "services",
    "system",
            "Microsoft Windows Search Indexer"),
    Program("explorer", "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE", "winlogon", "user",
    "Windows Explorer"),
    Program("cmd", f"{_SYS32}\\cmd.exe", f'"{_SYS32}\\cmd.exe"', "explorer", "user", "Windows Command Processor",
    starts=3),
    Program("powershell", f"{_SYS32}\\WindowsPowerShell\\v1.0\\powershell.exe",
            f'"{_SYS32}\\WindowsPowerShell\\v1.0\\powershell.exe" -NoProfile -File \\\\srv-010\\it$\\inventory.ps1',
            "svc_schedule", "system", "Windows PowerShell", starts=3),
    Program("ise", f"{_SYS32}\\WindowsPowerShell\\v1.0\\powershell_ise.exe",
            f'"{_SYS32}\\WindowsPowerShell\\v1.0\\powershell_ise.exe"', "explorer", "user", "Windows PowerShell ISE"),
    Program("notepad", f"{_SYS32}\\notepad.exe", f'"{_SYS32}\\notepad.exe" {_HOME}\\Desktop\\notes.txt', "explorer",
    "user",
            "Notepad", roles=_WS, starts=3),
    Program("mstsc", f"{_SYS32}\\mstsc.exe", f'"{_SYS32}\\mstsc.exe" /v:srv-010', "explorer", "user",
            "Remote Desktop Connection", starts=1),
    Program("ssh", f"{_SYS32}\\OpenSSH\\ssh.exe", "ssh backup@10.20.0.40", "cmd", "user", "OpenSSH for Windows",
    "OpenSSH",
            "-", starts=1),
    Program("dsregcmd", f"{_SYS32}\\dsregcmd.exe", f"{_SYS32}\\dsregcmd.exe $(Arg0) $(Arg1) $(Arg2)", "svc_schedule",
    "system",
            "DSREG commandline tool", starts=2),
    _browser("chrome", f"{_PF}\\Google\\Chrome\\Application\\chrome.exe", "Google Chrome", "Google LLC", 12),
    _browser("firefox", f"{_PF}\\Mozilla Firefox\\firefox.exe", "Firefox", "Mozilla Corporation", 3),
    _browser("msedge", f"{_PF86}\\Microsoft\\Edge\\Application\\msedge.exe", "Microsoft Edge",
    "Microsoft Corporation", 6),
    Program("teams", f"{_HOME}\\AppData\\Local\\Microsoft\\Teams\\current\\Teams.exe",
            f'"{_HOME}\\AppData\\Local\\Microsoft\\Teams\\current\\Teams.exe" --type=renderer', "explorer", "user",
            "Microsoft Teams", "Microsoft Teams", roles=_WS, starts=3),
    Program("onedrive", f"{_HOME}\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe",
            f'"{_HOME}\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe" /background', "explorer", "user",
            "Microsoft OneDrive", "Microsoft OneDrive", roles=_WS),
    Program("outlook", f"{_PF}\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
            f'"{_PF}\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE"', "explorer", "user", "Microsoft Outlook",
            "Microsoft Office", roles=_WS, starts=1),
    Program("excel", f"{_PF}\\Microsoft Office\\root\\Office16\\EXCEL.EXE",
            f'"{_PF}\\Microsoft Office\\root\\Office16\\EXCEL.EXE" "{_HOME}\\Documents\\budget.xlsx"', "explorer",
            "user",
            "Microsoft Excel", "Microsoft Office", roles=_WS, starts=3),
    Program("notepadpp", f"{_PF}\\Notepad++\\notepad++.exe", f'"{_PF}\\Notepad++\\notepad++.exe"', "explorer", "user",
            "Notepad++", "Notepad++", "Don HO", _WS, 1),
    # A folder that is called like a program: no match for a rule that looks at the last part of the path.
    Program("in_notepad_folder", f"{_PF}\\notepad.exe\\updater.exe", f'"{_PF}\\notepad.exe\\updater.exe" /quiet',
    "explorer",
            "user", "Notes Updater", "Notes", "Example Software", _WS, 1),
    Program("unknown", "<unknown process>", "", "system", "system"),
    Program("sqlservr", f"{_PF}\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\Binn\\sqlservr.exe",
            f'"{_PF}\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\Binn\\sqlservr.exe" -sMSSQLSERVER', "services",
            "network", "SQL Server Windows NT - 64 Bit", "Microsoft SQL Server", roles=_SRV),
    Program("dns", f"{_SYS32}\\dns.exe", f"{_SYS32}\\dns.exe", "services", "system", "Domain Name System (DNS) Server",
            roles=_SRV),
)  # fmt: skip

PROGRAMS: dict[str, Program] = {program.key: program for program in _TABLE}
"""The programs by their key."""


def _addresses(network: str, count: int, name: str) -> tuple[Slots, ...]:
    return tuple({"peer": f"{network}.{10 + i}", "peername": name.format(i + 1)} for i in range(count))


_NET_A = _addresses("192.0.2", 80, "cdn-{}.example.com")
_NET_B = _addresses("198.51.100", 80, "edge-{}.example.net")
_NET_C = _addresses("203.0.113", 80, "host-{}.example.org")
PEERS: dict[str, tuple[Slots, ...]] = {
    "internet": _NET_A + _NET_B + _NET_C,
    "cloud": _NET_B,
    "controller": ({"peer": "10.20.0.10", "peername": "dc-001.corp.example"},),
    "server": _addresses("10.20.0", 40, "srv-{:03}.corp.example"),
    "printer": _addresses("192.168.40", 12, "prn-{:03}.corp.example"),
    "workstation": _addresses("10.20.5", 100, "ws-{:04}.corp.example"),
    "broadcast": ({"peer": "10.20.255.255", "peername": "-"},),
    "link_local": ({"peer": "fe80:0:0:0:8d2f:1c40:9b7e:2a61", "peername": "-"},),
}


class Connection(Struct, frozen=True):
    """A habit of a program: it connects to (or, not ``initiated``, is reached from) a kind of peer on a port."""

    program: str
    peers: str
    port: int
    weight: int
    protocol: str = "tcp"
    initiated: bool = True


CONNECTIONS = (
    Connection("chrome", "internet", 443, 150),
    Connection("chrome", "internet", 80, 12),
    Connection("msedge", "internet", 443, 60),
    Connection("firefox", "internet", 443, 30),
    Connection("teams", "cloud", 443, 50),
    Connection("onedrive", "cloud", 443, 50),
    Connection("outlook", "cloud", 443, 40),
    Connection("excel", "cloud", 443, 6),
    Connection("outlook", "server", 25, 2),
    Connection("svc_update", "cloud", 443, 25),
    Connection("svc_bits", "cloud", 443, 8),
    Connection("svc_bits", "cloud", 80, 14),
    Connection("defender", "cloud", 443, 20),
    Connection("searchindexer", "cloud", 443, 3),
    Connection("svc_dns", "controller", 53, 70, "udp"),
    Connection("svc_winrm", "server", 5985, 140),
    Connection("svc_time", "controller", 123, 14, "udp"),
    Connection("lsass", "controller", 88, 30),
    Connection("lsass", "controller", 389, 60),
    Connection("svc_rpc", "server", 135, 14),
    Connection("svc_rpc", "workstation", 135, 8, initiated=False),
    Connection("svc_terminal", "workstation", 3389, 6, initiated=False),
    Connection("system", "server", 445, 70),
    Connection("system", "workstation", 445, 20, initiated=False),
    Connection("system", "broadcast", 138, 16, "udp"),
    Connection("system", "link_local", 5355, 10, "udp"),
    Connection("spoolsv", "printer", 9100, 8),
    Connection("mstsc", "server", 3389, 5),
    Connection("ssh", "server", 22, 4),
    Connection("dns", "internet", 53, 40, "udp"),
    Connection("sqlservr", "workstation", 1433, 40, initiated=False),
    Connection("powershell", "server", 5985, 10),  # administration over WinRM: not one of the rule's ports
    Connection("ise", "cloud", 443, 2),  # powershell_ise.exe is not powershell.exe
    Connection("notepadpp", "internet", 443, 2),
    Connection("dsregcmd", "cloud", 443, 6),  # ends in cmd.exe
    Connection("in_notepad_folder", "internet", 443, 3),
    Connection("unknown", "internet", 443, 4),
    Connection("unknown", "internet", 80, 2),
)

PORT_NAMES = {80: "http", 443: "https", 53: "domain", 25: "smtp", 22: "ssh", 3389: "ms-wbt-server", 135: "epmap",
              88: "kerberos", 389: "ldap", 445: "microsoft-ds", 138: "netbios-dgm", 123: "ntp",
              1433: "ms-sql-s"}  # fmt: skip

# Which process opens which, with what rights: what Sysmon's event 10 is full of.
ACCESSES = (
    ("svc_rpc", "runtimebroker", "0x1000", 20), ("csrss", "chrome", "0x1fffff", 14), ("defender", "explorer",
    "0x101411", 10),
    ("defender", "lsass", "0x1000", 6), ("lsass", "svc_update", "0x1478", 12), ("explorer", "chrome", "0x1410", 12),
    ("wmiprvse", "services", "0x1410", 10), ("svc_schedule", "taskhostw", "0x1000", 8), ("chrome", "chrome",
    "0x1fffff", 10),
    ("svc_rpc", "backgroundtask", "0x1000", 16), ("csrss", "conhost", "0x1fffff", 6), ("services", "svc_bits",
    "0x1400", 4),
    ("wmiprvse", "sqlservr", "0x1410", 8), ("csrss", "powershell", "0x1fffff", 3),
)  # fmt: skip

# Who loads libraries and touches the registry: program and weight.
BUSY = (
    ("svc_update", 18), ("svc_schedule", 14), ("svc_rpc", 10), ("explorer", 16), ("chrome", 14), ("msedge", 8),
    ("teams", 6),
    ("onedrive", 8), ("outlook", 6), ("excel", 5), ("wmiprvse", 10), ("taskhostw", 8), ("backgroundtask", 8),
    ("services", 8),
    ("lsass", 3), ("searchindexer", 6), ("powershell", 5), ("cmd", 2), ("sqlservr", 6), ("dns", 2), ("defender", 6),
    ("dsregcmd", 1), ("notepad", 2), ("conhost", 3),
)  # fmt: skip

LIBRARIES = (
    "ntdll Nt_Layer", "kernel32 Windows_NT_BASE_API_Client", "KernelBase Windows_NT_BASE_API_Client",
    "user32 USER_API_Client",
    "advapi32 Advanced_Windows_32_Base_API", "msvcrt Windows_NT_CRT", "sechost Host_for_SCM/SDDL/LSA_Lookup_APIs",
    "rpcrt4 Remote_Procedure_Call_Runtime", "gdi32 GDI_Client", "combase Microsoft_COM_for_Windows",
    "ole32 OLE_for_Windows",
    "ws2_32 Windows_Socket_2.0", "crypt32 Crypto_API32", "bcrypt Windows_Cryptographic_Primitives",
    "winhttp HTTP_Services",
    "dnsapi DNS_Client_API", "iphlpapi IP_Helper_API", "netutils Net_Win32_API_Helpers", "samlib SAM_Library",
    "shell32 Windows_Shell_Common", "shlwapi Shell_Light-weight_Utility", "taskschd Task_Scheduler_COM_API",
    "propsys Microsoft_Property_System", "uxtheme Microsoft_UxTheme_Library", "version Version_Checking",
    "wbemcomn WMI", "amsi Anti-Malware_Scan_Interface", "clbcatq COM+_Configuration_Catalog",
    "mswsock Sockets_2.0_Service",
    "profapi User_Profile_Basic_API",
)  # fmt: skip

REGISTRY = (
    "HKLM\\System\\CurrentControlSet\\Services\\Tcpip\\Parameters",
    "HKLM\\System\\CurrentControlSet\\Services\\W32Time\\Config",
    "HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\ROOT\\Certificates",
    "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer\\AutoplayHandlers",
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree",
    "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings",
    f"HKU\\{DOMAIN_SID}-«rid»\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\UserAssist",
    f"HKU\\{DOMAIN_SID}-«rid»\\Software\\Microsoft\\Input\\Settings",
    f"HKU\\{DOMAIN_SID}-«rid»\\Software\\Microsoft\\Office\\16.0\\Common\\Roaming",
)

FILES = (
    ("chrome", f"{_HOME}\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Cache\\f_«record»", 14),
    ("msedge", f"{_HOME}\\AppData\\Local\\Microsoft\\Edge\\User Data\\Default\\Cache\\f_«record»", 8),
    ("outlook", f"{_HOME}\\AppData\\Local\\Microsoft\\Outlook\\~mail«record».tmp", 5),
    ("excel", f"{_HOME}\\Documents\\~$budget-«record».xlsx", 5),
    ("onedrive", f"{_HOME}\\AppData\\Local\\Microsoft\\OneDrive\\logs\\Business1\\SyncEngine-«record».odl", 8),
    ("svc_update", "C:\\Windows\\SoftwareDistribution\\Download\\Install\\package-«record».cab", 6),
    ("powershell", "C:\\Windows\\Temp\\__PSScriptPolicyTest_«record».ps1", 4),
    ("searchindexer", "C:\\ProgramData\\Microsoft\\Search\\Data\\Temp\\usgthrsvc-«record»", 4),
    ("sqlservr", f"{_PF}\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\Backup\\nightly-«record».bak", 5),
)

LOOKUPS = (
    ("svc_dns", 14),
    ("chrome", 16),
    ("teams", 8),
    ("outlook", 5),
    ("svc_update", 5),
    ("dsregcmd", 1),
    ("sqlservr", 2),
)
PIPES = (
    ("chrome", "\\mojo.«pid».«tid».«record»"),
    ("sqlservr", "\\sql\\query«record»"),
    ("powershell", "\\PSHost.«record»"),
)
SERVICES = ("Windows Update", "Background Intelligent Transfer Service", "Windows Modules Installer", "Print Spooler",
            "Delivery Optimization", "Software Protection")  # fmt: skip
TASKS = ("\\Microsoft\\Windows\\UpdateOrchestrator\\Schedule Scan", "\\Microsoft\\Windows\\Defrag\\ScheduledDefrag",
         "\\Microsoft\\Windows\\Workplace Join\\Automatic-Device-Join", "\\Corp\\Inventory")  # fmt: skip
JOBS = (("Font Download", "svc_bits"), ("UpdateDescriptionXml", "onedrive"), ("Component Updater", "chrome"))
COMMANDLETS = ("Get-CimInstance", "Get-ItemProperty", "Select-Object", "ConvertTo-Json", "Get-Service", "Where-Object",
               "Out-File", "Test-Path")  # fmt: skip
