"""Makes the events: normal traffic drawn from the wheels, attacks mixed in at the asked rate, in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .attacks import ATTACKS, Scene, scene
from .model import Event, Form, Label, Slots
from .normal import WHEEL, Step, wheel
from .office import PROGRAMS
from .world import Clock, Dice, Host

START = datetime(2026, 1, 12, 7, 30, tzinfo=UTC)
SPAN = timedelta(hours=10)
HOSTS = 40
ATTACK_RATE = 0.005
MAX_HOSTS = 5_000
MAX_ATTACK_RATE = 0.5
LOCAL_OFFSET_HOURS = -5  # the office's clocks, for exports that write local time
_FIRST_RECORD = 100_001
_LAST = datetime(9999, 1, 1, tzinfo=UTC)  # years of four digits
_MAX_PENDING = 20_000  # records of attacks under way: bounds memory when the span is absurdly short

_Pending = tuple[int, int, Event]
_SIZES = tuple(attack.size for attack in ATTACKS)


def check(events: int, attack_rate: float, start: datetime, span: timedelta, hosts: int) -> None:
    """Raises ``ValueError``, with the range that is allowed, for an argument of :func:`generate` that is out of it."""
    if events < 0:
        raise ValueError(f"events must not be negative, got {events}")
    if not 0 <= attack_rate <= MAX_ATTACK_RATE:
        raise ValueError(f"attack rate must be between 0 and {MAX_ATTACK_RATE}, got {attack_rate}")
    if not 1 <= hosts <= MAX_HOSTS:
        raise ValueError(f"hosts must be between 1 and {MAX_HOSTS}, got {hosts}")
    if span <= timedelta(0):
        raise ValueError(f"span must be longer than nothing, got {span}")
    if span >= _LAST - _zoned(start):
        raise ValueError(f"start and span must end before {_LAST:%Y-%m-%d}, got {start} and {span}")


def _zoned(start: datetime) -> datetime:
    return start if start.tzinfo else start.replace(tzinfo=UTC)


def generate(
    events: int,
    seed: int = 0,
    attack_rate: float = ATTACK_RATE,
    start: datetime = START,
    span: timedelta = SPAN,
    hosts: int = HOSTS,
) -> Iterator[Event]:
    """``events`` events of an office, in the order of time; the same for the same arguments everywhere.

    ``attack_rate``: the share of the events that belong to attacks (0 to 0.5); attacks are whole, so the share is met
    to
    within one attack. ``start``: time of the first event (without a zone: UTC); ``span``: time until the last; what an
    attack does late may fall a few seconds after it. Raises ``ValueError`` for an argument out of range.
    """
    check(events, attack_rate, start, span, hosts)
    first = (_zoned(start) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return _Generator(events, seed, attack_rate, first, span // timedelta(milliseconds=1), hosts).run()


def one_attack(name: str, seed: int = 0, start: datetime = START) -> Iterator[Event]:
    """The events of one attack, by its name, on one host, in order. Raises ``ValueError`` for a name that there is not."""
    numbers = [i for i, attack in enumerate(ATTACKS) if attack.name == name]
    if not numbers:
        raise ValueError(f"no attack is called {name!r}; there are: {', '.join(a.name for a in ATTACKS)}")
    first = (_zoned(start) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return _Generator(0, seed, 0.0, first, 1, HOSTS).alone(numbers[0])


class _Generator:
    def __init__(self, events: int, seed: int, attack_rate: float, first: int, span: int, hosts: int) -> None:
        self._events, self._rate, self._first, self._span = events, attack_rate, first, span
        self._dice = Dice(seed)
        self._clock = Clock(LOCAL_OFFSET_HOURS)
        self._hosts = [Host(self._dice, number) for number in range(hosts)]
        self._pending: list[_Pending] = []
        self._made = 0  # numbers every event: keeps those of the same millisecond in the order in which they were made
        self._attacks = 0
        self._attack_records = 0

    def run(self) -> Iterator[Event]:
        """The events, in order; their record ids rise with them."""
        for record, event in enumerate(self._ordered(), _FIRST_RECORD):
            event.slots["record"] = str(record)
            yield event

    def alone(self, number: int) -> Iterator[Event]:
        """One attack and nothing else."""
        self._play(self._first, scene(number))
        for record, (_, _, event) in enumerate(sorted(self._pending), _FIRST_RECORD):
            event.slots["record"] = str(record)
            yield event

    def _ordered(self) -> Iterator[Event]:
        given, pending, random = 0, self._pending, self._dice.random
        step = self._span / max(self._events, 1)
        while given + len(pending) < self._events:
            time = self._first + int(step * (given + random()))
            self._attack(time, given)
            while pending and pending[0][0] <= time:
                yield heapq.heappop(pending)[2]
                given += 1
            if given + len(pending) < self._events:
                yield self._normal(time, self._events - given - len(pending) - 1)
                given += 1
        while pending:
            yield heapq.heappop(pending)[2]

    def _event(self, time: int, form: Form, slots: Slots, label: Label | None = None) -> Event:
        """An event with all its slots but the record id; ``slots`` are its process'."""
        random = self._dice.random
        self._made += 1
        mine = slots | self._clock.slots(time, random() * form.lag)
        for pick in form.picks:
            mine.update(pick[int(random() * len(pick))])
        mine["sport"] = str(49152 + int(random() * 16000))
        mine["tid"] = str(1000 + 4 * int(random() * 2000))
        return Event(time, form, mine, label)

    def _normal(self, time: int, room: int) -> Event:
        """A step of normal traffic; at most ``room`` records that go with it are left to come."""
        random, hosts = self._dice.random, self._hosts
        host = hosts[int(random() * len(hosts))]
        step = wheel(host.role)[int(random() * WHEEL)]
        process = host.process(step.form.program.key)
        slots = process.slots
        if step.form.target:
            slots = slots | host.process(step.form.target).as_target
        if not step.then or len(step.then) > room:
            return self._event(time, step.form, slots)
        return self._together(time, host, step, slots)

    def _together(self, time: int, host: Host, step: Step, slots: Slots) -> Event:
        """The step's own event now, the others within milliseconds; a program that starts replaces its forerunner."""
        new = host.start(step.form.program).slots if step.starts else slots
        event = self._event(time, step.form, new)
        for form in step.then:
            ended = form.kind.key == "Sysmon:5"
            self._push(self._event(time + self._dice.below(12), form, slots if ended else event.slots))
        return event

    def _push(self, event: Event) -> None:
        heapq.heappush(self._pending, (event.time, self._made, event))

    def _attack(self, time: int, given: int) -> None:
        """Begins the next attack when its turn has come and all its records will fit."""
        number = self._attacks % len(ATTACKS)
        size = _SIZES[number]
        fits = given + len(self._pending) + size <= self._events and len(self._pending) < _MAX_PENDING
        if fits and self._rate * (given + 1) >= self._attack_records + size / 2:
            self._attacks += 1
            self._attack_records += size
            self._play(time, scene(number))

    def _play(self, time: int, played: Scene) -> None:
        host = self._hosts[self._dice.below(len(self._hosts))]
        program = played.attack.program
        if host.role not in PROGRAMS[program.parent].roles:
            host = self._hosts[0]  # a workstation runs every parent
        own = host.launch(program)
        for after, form, label, by in played.records:
            process = host.process(by) if by else own
            self._push(self._event(time + after, form, process.slots, label))
