"""The forms of normal traffic, made from the office's tables, and the wheels from which steps are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from msgspec import Struct

from . import office
from .forms import filtering, hashes, make, network
from .model import Form, Slots
from .office import CONNECTIONS, PEERS, PROGRAMS, SHARES, TOGETHER
from .world import Dice

WHEEL = 16384  # places on a wheel: the finest weight is one in so many


class Step(Struct, frozen=True):
    """What is drawn: the form, the forms written with it, and whether a new process of the program begins."""

    form: Form
    then: tuple[Form, ...] = ()
    starts: bool = False


Weighted = Iterator[tuple[Step, float]]


@cache
def _uuids() -> tuple[Slots, ...]:
    dice = Dice(5156)
    made = (dice.guid(f"{dice.below(1 << 32):08x}") for _ in range(64))
    return tuple({"uuid": guid["lower"], "UUID": guid["upper"]} for guid in made)


@cache
def _libraries() -> tuple[Slots, ...]:
    rows = (row.split(" ") for row in office.LIBRARIES)
    return tuple({"dll": f"{name}.dll", "dlltext": text.replace("_", " "), "hashes": hashes(f"{name}.dll")} for name, text in rows)


_NAMES: tuple[Slots, ...] = tuple({"name": peer["peername"], "answer": peer["peer"]} for peer in PEERS["internet"])
_COMMANDLETS: tuple[Slots, ...] = tuple({"cmdlet": name} for name in office.COMMANDLETS)


def _creations() -> Weighted:
    for program in PROGRAMS.values():
        if program.starts:
            form = make("Sysmon:1", program, PROGRAMS)
            then = tuple(make(key, program, PROGRAMS) for key in TOGETHER["Sysmon:1"])
            yield Step(form, then, starts=True), program.starts


def _connections(kind: str) -> Weighted:
    for row in CONNECTIONS:
        program = PROGRAMS[row.program]
        values = network(row, program.image) if kind == "Sysmon:3" else filtering(row)
        yield Step(make(kind, program, PROGRAMS, values, (PEERS[row.peers],))), row.weight


def _image_loads() -> Weighted:
    values = {
        "ImageLoaded": "C:\\Windows\\System32\\«dll»", "Description": "«dlltext» DLL", "OriginalFileName": "«dll»",
        "Product": "Microsoft® Windows® Operating System", "Company": "Microsoft Corporation", "Hashes": "«hashes»",
    }  # fmt: skip
    for key, weight in office.BUSY:
        yield Step(make("Sysmon:7", PROGRAMS[key], PROGRAMS, values, (_libraries(),))), weight


def _registry(kind: str, event_type: str, value: str) -> Weighted:
    for key, weight in office.BUSY:
        for path in office.REGISTRY:
            values = {"EventType": event_type, "TargetObject": path + value, "Details": "DWORD (0x0000«hexpid»)"}
            yield Step(make(kind, PROGRAMS[key], PROGRAMS, values)), weight


def _accesses() -> Weighted:
    trace = "|".join(
        f"C:\\Windows\\{place}+{offset}"
        for place, offset in (("SYSTEM32\\ntdll.dll", "9d1e4"), ("System32\\KERNELBASE.dll", "2c13e"),
                              ("SYSTEM32\\psmserviceexthost.dll", "222a3"), ("SYSTEM32\\psmserviceexthost.dll",
                              "37ea0"),
                              ("SYSTEM32\\psmserviceexthost.dll", "686f8"), ("System32\\rpcrt4.dll", "76953"),
                              ("SYSTEM32\\ntdll.dll", "20c31"), ("SYSTEM32\\ntdll.dll", "11ee9"),
                              ("System32\\KERNEL32.DLL", "17034"), ("SYSTEM32\\ntdll.dll", "52651"))
    )  # fmt: skip
    for source, target, rights, weight in office.ACCESSES:
        values = _target(target) | {"GrantedAccess": rights, "CallTrace": trace}
        yield Step(make("Sysmon:10", PROGRAMS[source], PROGRAMS, values, target=target)), weight


def _threads() -> Weighted:
    values = _target("explorer") | {
        "NewThreadId": "«tid»", "StartAddress": "0x00007FFB1F2«record»",
        "StartModule": "C:\\Windows\\SYSTEM32\\ntdll.dll",
        "StartFunction": "DbgUiRemoteBreakin",
    }  # fmt: skip
    yield Step(make("Sysmon:8", PROGRAMS["csrss"], PROGRAMS, values, target="explorer")), 1


def _target(key: str) -> dict[str, str]:
    program = PROGRAMS[key]
    return {"TargetImage": program.image, "TargetUser": office.ACCOUNTS[program.account].full}


def _files(kind: str) -> Weighted:
    for key, path, weight in office.FILES:
        values = {"TargetFilename": path, "Hashes": hashes(path)}
        yield Step(make(kind, PROGRAMS[key], PROGRAMS, values)), weight


def _pipes() -> Weighted:
    for key, pipe in office.PIPES:
        yield Step(make("Sysmon:17", PROGRAMS[key], PROGRAMS, {"EventType": "CreatePipe", "PipeName": pipe})), 1


def _lookups() -> Weighted:
    for key, weight in office.LOOKUPS:
        values = {"QueryName": "«name»", "QueryResults": "::ffff:«answer»;"}
        yield Step(make("Sysmon:22", PROGRAMS[key], PROGRAMS, values, (_NAMES,))), weight


def _of(kind: str, key: str, *picks: tuple[Slots, ...]) -> Weighted:
    yield Step(make(kind, PROGRAMS[key], PROGRAMS, picks=picks)), 1


def _logons(kind: str) -> Weighted:
    for logon_type, process, weight in (
        ("3", "lsass", 8),
        ("5", "services", 5),
        ("7", "winlogon", 2),
        ("2", "winlogon", 1),
    ):
        yield Step(make(kind, PROGRAMS[process], PROGRAMS, {"LogonType": logon_type})), weight


def _services() -> Weighted:
    for service in office.SERVICES:
        for state in ("running", "stopped"):
            values = {"param1": service, "param2": state}
            yield Step(make("Service Control Manager:7036", PROGRAMS["services"], PROGRAMS, values)), 1


def _tasks(kind: str) -> Weighted:
    for task in office.TASKS:
        yield Step(make(kind, PROGRAMS["svc_schedule"], PROGRAMS, {"TaskName": task}, (_uuids(),))), 1


def _jobs(kind: str) -> Weighted:
    for title, key in office.JOBS:
        values = {"jobTitle": title, "name": title}
        then = tuple(make(other, PROGRAMS[key], PROGRAMS, values, (_uuids(),)) for other in TOGETHER.get(kind, ()))
        yield Step(make(kind, PROGRAMS[key], PROGRAMS, values, (_uuids(),)), then), 1


# How the steps of each type are made; a type that is written only together with another has no row.
_STEPS: dict[str, Callable[[], Weighted]] = {
    "Sysmon:1": _creations,
    "Sysmon:3": lambda: _connections("Sysmon:3"),
    "Sysmon:7": _image_loads,
    "Sysmon:8": _threads,
    "Sysmon:10": _accesses,
    "Sysmon:11": lambda: _files("Sysmon:11"),
    "Sysmon:12": lambda: _registry("Sysmon:12", "CreateKey", ""),
    "Sysmon:13": lambda: _registry("Sysmon:13", "SetValue", "\\State"),
    "Sysmon:17": _pipes,
    "Sysmon:22": _lookups,
    "Sysmon:23": lambda: _files("Sysmon:23"),
    "Security-Auditing:4624": lambda: _logons("Security-Auditing:4624"),
    "Security-Auditing:4625": lambda: _of("Security-Auditing:4625", "lsass"),
    "Security-Auditing:4634": lambda: _logons("Security-Auditing:4634"),
    "Security-Auditing:4648": lambda: _of("Security-Auditing:4648", "svc_schedule"),
    "Security-Auditing:4663": lambda: _of("Security-Auditing:4663", "lsass"),
    "Security-Auditing:4672": lambda: _of("Security-Auditing:4672", "lsass"),
    "Security-Auditing:5156": lambda: _connections("Security-Auditing:5156"),
    "Service Control Manager:7036": _services,
    "Service Control Manager:7045": lambda: _of("Service Control Manager:7045", "services"),
    "PowerShell:4103": lambda: _of("PowerShell:4103", "powershell", _COMMANDLETS, _uuids()),
    "PowerShell:4104": lambda: _of("PowerShell:4104", "powershell", _uuids()),
    "DNS-Client:3008": lambda: _of("DNS-Client:3008", "svc_dns", _NAMES),
    "DNS-Client:3020": lambda: _of("DNS-Client:3020", "svc_dns", _NAMES),
    "Bits-Client:3": lambda: _jobs("Bits-Client:3"),
    "Bits-Client:59": lambda: _jobs("Bits-Client:59"),
    "TaskScheduler:106": lambda: _tasks("TaskScheduler:106"),
    "TaskScheduler:200": lambda: _tasks("TaskScheduler:200"),
}


@cache
def steps() -> dict[str, tuple[tuple[Step, float], ...]]:
    """Every step of normal traffic with its weight, by the key of its event type."""
    return {kind: tuple(made()) for kind, made in _STEPS.items()}


@cache
def wheel(role: str) -> tuple[Step, ...]:
    """``WHEEL`` steps for a host of ``role``, each as often as its weight says: draw one of them at random."""
    weighted = [
        (step, SHARES[kind] * weight / total)
        for kind, rows in steps().items()
        for mine in ([row for row in rows if role in row[0].form.program.roles and _reachable(row[0], role)],)
        for total in (sum(weight for _, weight in mine),)
        for step, weight in mine
    ]
    return tuple(_spread(weighted))


def _reachable(step: Step, role: str) -> bool:
    return not step.form.target or role in PROGRAMS[step.form.target].roles


def _spread(weighted: list[tuple[Step, float]]) -> Iterator[Step]:
    unit = sum(weight for _, weight in weighted) / WHEEL
    reached = 0.0
    given = 0
    for step, weight in weighted:
        reached += weight
        upto = round(reached / unit)
        yield from (step for _ in range(upto - given))
        given = upto
