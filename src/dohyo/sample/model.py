"""What the generator speaks: event types, forms (an event with holes) and events (a form with its holes filled).

Speed decides the design. Nearly all of a Windows record is the same text again and again; what differs from record to
record is a handful of short values: times, ids, ports, names of hosts and people. A :class:`Form` therefore holds the
fields as text with ``«slot»`` holes, is turned once into the text of an export (``shapes.py``), and every event costs
one ``%``. Slot values hold only characters that need no escape in JSON, JSON inside JSON, XML or CSV.
"""

from __future__ import annotations

import re

from msgspec import Struct, field

Slots = dict[str, str]

HOLE = re.compile(r"«(\w+)»")
_NUMBER_HOLE = re.compile(r'"«#(\w+)»"')


class Kind(Struct, frozen=True):
    """One event type as a Windows provider logs it.

    ``fields``: the names of its event data, in the provider's order. ``message``: the rendered text with ``$Field``
    where a value stands; empty: the provider writes its title and then one ``Field: value`` a line, as Sysmon does.
    ``process``: which process writes the event: the id of the logging service, as a slot or a number.
    ``qualifiers``: set for the old-style providers, whose event id carries an attribute.
    """

    id: int
    channel: str
    provider: str
    guid: str
    title: str
    fields: tuple[str, ...]
    message: str = ""
    task: int = 0
    version: int = 0
    level: int = 4
    keywords: str = "0x8000000000000000"
    process: str = "2804"
    qualifiers: int | None = None

    @property
    def key(self) -> str:
        """``provider's short name:event id``, the name of this type in the tables: ``Sysmon:3``."""
        return f"{self.provider.removeprefix('Microsoft-Windows-')}:{self.id}"


class Account(Struct, frozen=True):
    """Whose process it is. ``logon`` is the hexadecimal logon id, ``logon_guid`` the tail of Sysmon's LogonGuid."""

    name: str
    domain: str
    sid: str
    logon: str
    session: str
    integrity: str

    @property
    def full(self) -> str:
        """``DOMAIN\\name``."""
        return f"{self.domain}\\{self.name}"


class Program(Struct, frozen=True):
    """A program as it runs on a host: where it lies, how and by whom it is started, which program started it."""

    key: str
    image: str
    command: str
    parent: str
    account: str = "user"
    description: str = "-"
    product: str = "Microsoft® Windows® Operating System"
    company: str = "Microsoft Corporation"
    roles: tuple[str, ...] = ("workstation", "server")
    starts: int = 0  # weight among the programs that are started during the day; 0: runs since boot

    @property
    def file(self) -> str:
        """The part of the image after the last separator."""
        return self.image.rpartition("\\")[2]


class Form(Struct, eq=False):
    """An event of one kind with holes: ``values`` are its fields, ``context`` what richer exports know besides.

    ``picks``: for each group one of its slot sets is drawn at random. ``target``: the program that is accessed.
    ``lag``: how long after it happened it is logged, in parts of the second's rest; 0 for a kind that has one time
    only.
    ``texts``: the form in an export's spelling, made when first asked for.
    """

    kind: Kind
    program: Program
    values: dict[str, str]
    context: dict[str, str]
    picks: tuple[tuple[Slots, ...], ...] = ()
    target: str = ""
    lag: float = 1.0
    texts: dict[str, str] = field(default_factory=dict)


class Label(Struct, frozen=True):
    """The truth about a record of an attack. ``fires``: T1043's rule should report this record."""

    attack: str
    technique: str
    fires: bool


class Event(Struct, eq=False):
    """One event: when it happened (``time``, epoch milliseconds UTC), its form, its values, an attack's label."""

    time: int
    form: Form
    slots: Slots
    label: Label | None = None

    @property
    def computer(self) -> str:
        """The full name of the host."""
        return fill(COMPUTER, self.slots)

    @property
    def fields(self) -> dict[str, str]:
        """The event under its canonical names, all values as text."""
        kind = self.form.kind
        system = {
            "EventID": str(kind.id),
            "Channel": kind.channel,
            "Provider": kind.provider,
            "Computer": self.computer,
        }
        return system | {name: fill(text, self.slots) for name, text in self.form.values.items()}


COMPUTER = "«host».corp.example"
UTC_TIME = "«date» «clock».«ms»"  # when it happened, as Sysmon writes it
LOGGED_ISO = "«date»T«clock».«ms2»Z"  # when the event was written: later, within the same second


def fill(text: str, slots: Slots) -> str:
    """``text`` with its holes filled from ``slots``; raises ``KeyError`` for a slot that is not there."""
    return HOLE.sub(lambda hole: slots[hole[1]], text)


def template(text: str) -> str:
    """``text`` as a ``%`` template over a mapping; a hole ``"«#slot»"`` becomes a bare JSON number."""
    escaped = text.replace("%", "%%")
    return HOLE.sub(r"%(\1)s", _NUMBER_HOLE.sub(r"%(\1)s", escaped))
