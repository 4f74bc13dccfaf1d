"""The hosts of the generated office and the processes that run on them: what the slots of an event are filled from."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .model import Program, Slots
from .office import PROGRAMS, USERS

SERVER_EVERY = 10  # of ten hosts the last is a server


class Dice:
    """Random numbers that are the same on every machine and Python: only ``Random.random`` is promised to be."""

    def __init__(self, seed: int) -> None:
        self.random: Callable[[], float] = Random(seed).random

    def below(self, limit: int) -> int:
        """A whole number from 0 to ``limit - 1``."""
        return int(self.random() * limit)

    def guid(self, first: str) -> Slots:
        """A GUID that begins with eight digits of its own: lower case as ``lower`` and upper case as ``upper``."""
        high, low = self.below(1 << 32), self.below(1 << 32)
        text = f"{first}-{high >> 16:04x}-{high & 0xFFFF:04x}-{low >> 20:04x}-{low:012x}"
        return {"lower": text, "upper": text.upper()}


class Process:
    """A running program. ``slots`` are those of every event it causes, ``as_target`` those of being accessed."""

    __slots__ = ("as_target", "slots")

    def __init__(self, dice: Dice, host: Slots, parent: Slots) -> None:
        pid = 4 * (250 + dice.below(4000))
        guid = dice.guid(host["machine"])
        self.slots: Slots = host | {
            "pid": str(pid), "hexpid": f"{pid:x}", "guid": guid["lower"], "GUID": guid["upper"],
            "ppid": parent.get("pid", "4"), "hexppid": parent.get("hexpid", "4"),
            "pguid": parent.get("guid", guid["lower"]), "PGUID": parent.get("GUID", guid["upper"]),
        }  # fmt: skip
        self.as_target: Slots = {"tpid": str(pid), "tguid": guid["lower"], "TGUID": guid["upper"]}


class Host:
    """A computer with one person and the programs of its role, each running since before the first event."""

    def __init__(self, dice: Dice, number: int) -> None:
        self._dice = dice
        self.role = "server" if number % SERVER_EVERY == SERVER_EVERY - 1 else "workstation"
        turn, person = divmod(number, len(USERS))
        machine = f"{0x5F000000 + dice.below(1 << 24):08x}"
        session = dice.guid(machine)
        self.slots: Slots = {
            "host": f"{'SRV' if self.role == 'server' else 'WS'}-{number + 1:04}",
            "ip": f"10.20.{5 + number // 200}.{10 + number % 200}",
            "user": f"{USERS[person]}{turn + 1 if turn else ''}", "rid": str(1100 + number),
            "logon": f"{0x20000 + dice.below(1 << 22):x}", "lguid": session["lower"], "LGUID": session["upper"],
            "machine": machine, "device": "".join(f"{dice.below(1 << 40):010x}" for _ in range(4)),
        }  # fmt: skip
        self._processes: dict[str, Process] = {}

    def process(self, key: str) -> Process:
        """The process of a program of the office that is running now."""
        running = self._processes.get(key)
        return running or self.start(PROGRAMS[key])

    def start(self, program: Program) -> Process:
        """A new process of ``program``, which takes the place of the one before."""
        self._processes[program.key] = process = self.launch(program)
        return process

    def launch(self, program: Program) -> Process:
        """A new process of ``program`` beside those that run."""
        first = program.parent == program.key
        return Process(self._dice, self.slots, {} if first else self.process(program.parent).slots)


class Clock:
    """The time slots of an event; times come in order, so a day's and a second's text is made once."""

    def __init__(self, local_offset_hours: int) -> None:
        self._offset = local_offset_hours * 3600
        self._second: int | None = None
        self._texts: Slots = {}

    def slots(self, time: int, delay: float) -> Slots:
        """For a time in epoch milliseconds, logged when ``delay`` (0 to 1) of the second's rest has passed."""
        second, ms = divmod(time, 1000)
        if second != self._second:
            self._second = second
            date, clock = _date_and_clock(second)
            local_date, local_clock = _date_and_clock(second + self._offset)
            self._texts = {"date": date, "clock": clock, "ldate": local_date, "lclock": local_clock}
        logged = int((1000 - ms) * delay * 10000)
        return self._texts | {
            "epochms": str(time), "ms": f"{ms:03}", "ms2": f"{ms + logged // 10000:03}", "frac": f"{logged % 10000:04}"
        }  # fmt: skip


def _date_and_clock(second: int) -> tuple[str, str]:
    """``YYYY-MM-DD`` and ``HH:MM:SS`` of an epoch second, without a time zone's or a platform's help."""
    days, rest = divmod(second, 86400)
    era, of_era = divmod(days + 719468, 146097)
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    day_of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    civil = year + era * 400 + (month <= 2)
    return f"{civil:04}-{month:02}-{day:02}", f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
