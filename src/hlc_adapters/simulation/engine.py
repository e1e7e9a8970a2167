"""The days of a simulation: what happens when, and what is read off at the end."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from random import Random

from attrs import define, field

from hlc_adapters.simulation.agenda import Agenda
from hlc_adapters.simulation.clinic import FIRST_DAY, ORGANIZATION, Assemble, Clinic, Letterbox, assembled
from hlc_adapters.simulation.facts import Facts, facts_of
from hlc_adapters.simulation.journal import Count, Journal, Life
from hlc_adapters.simulation.people import Person, person
from hlc_adapters.simulation.running import Running
from hlc_adapters.simulation.shopping import Purchase
from hlc_adapters.simulation.staff import Desk
from hlc_adapters.simulation.wanting import Wanting
from hlc_adapters.simulation.wish import Wish
from hlc_adapters.storage.shape import one_of
from hlc_adapters.storage.shapes.subscriptions import SUBSCRIPTIONS
from hlc_core.kernel.ids import PatientId
from hlc_core.subscriptions.api import State

Tell = Callable[[int, int], None]
"""Told of days done and days in all."""

COOLING = 14
"""Days at the end in which the bank is sound and nothing new begins: after them nothing may be under way."""

_SELLING = 0.66
"""The part of the time in which buyers come."""


@define
class Simulation:
    """One run of a wish. `assemble` makes the processes: proofs hand in one with a fault in it."""

    wish: Wish
    assemble: Assemble = assembled
    agenda: Agenda = field(factory=Agenda, init=False)
    journal: Journal = field(factory=Journal, init=False)
    clinic: Clinic = field(init=False)
    running: Running = field(init=False)
    desk: Desk = field(init=False)
    _wanting: dict[PatientId, Wanting] = field(factory=dict, init=False)
    _random: Random = field(init=False)
    _down: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._random = Random(f"{self.wish.seed}|days")  # noqa: S311  # replays want repeatable numbers
        self.clinic = Clinic(self.wish, self.assemble, Letterbox(self._read))
        self.running = Running(self.clinic, self.agenda, self.journal)
        self.desk = Desk(self.clinic, self.journal)

    def run(self, tell: Tell = lambda done, planned: None) -> Facts:
        """Live through all days; answers everything that stands at the end."""
        last = date(FIRST_DAY.year + self.wish.years, FIRST_DAY.month, FIRST_DAY.day)
        days = (last - FIRST_DAY).days
        with uncollected():
            self._expect_buyers(int(days * _SELLING))
            for number in range(days):
                if number == days - COOLING:
                    self.clinic.heal()
                self._live(FIRST_DAY + timedelta(days=number))
                tell(number + 1, days)
            self.running.relay()
            facts = facts_of(self.clinic, self.journal)
        self.clinic.close()
        return facts

    def forget(self) -> None:
        """Let go of rows and books: the collector would have to look through all of them before it let them go."""
        self.clinic.forget()
        self._wanting.clear()
        self.agenda.clear()

    def _expect_buyers(self, days: int) -> None:
        for number in range(self.wish.subscriptions):
            day = FIRST_DAY + timedelta(days=self._random.randrange(max(1, days)))
            seconds = self._random.randrange(8 * 3600, 22 * 3600)
            at = self.clinic.at(day, time(seconds // 3600, seconds // 60 % 60, seconds % 60))
            self.agenda.put(at, lambda number=number: self._arrive(number))  # type: ignore[misc]  # bound per loop

    def _arrive(self, number: int) -> None:
        buyer = person(self.wish.seed, number)
        purchase = Purchase(buyer, self.clinic, self.agenda, self.journal, self._started)
        self.agenda.put(self.clinic.clock.now(), purchase.press)

    def _started(self, life: Life, buyer: Person) -> None:
        wanting = Wanting(life, buyer, self.clinic, self.agenda, self.journal)
        self._wanting[life.patient] = wanting
        wanting.begin()

    def _read(self, kind: str, patient: PatientId, recovery: str) -> None:
        if patient in self._wanting:
            self._wanting[patient].read(kind, recovery)

    # one day

    def _live(self, day: date) -> None:
        clinic, running = self.clinic, self.running
        clinic.crashes.begin_day()
        if day.day == 1:
            self.journal.active.append((day, self._running_now()))
        for at, action in (
            (time(6), self._billing_of(day)),
            (time(8, 30), running.relay),
            (time(15), self.desk.look),
            (time(19, 30), running.relay),
            (time(23), running.tidy),
        ):
            self.agenda.put(clinic.at(day, at), action)
        end = clinic.at(day + timedelta(days=1), time())
        while (due := self.agenda.due(end)) is not None:
            at_instant, action = due
            running.resolve_until(at_instant)
            clinic.clock.set(max(at_instant, clinic.clock.now()))
            running.do(action)
        running.resolve_until(end)
        clinic.clock.set(max(end, clinic.clock.now()))

    def _billing_of(self, day: date) -> Callable[[], None]:
        """The billing of the day, or (seldom, for up to twelve days) nothing: the machine is down."""
        if self._down == 0 and self._random.random() < 0.004 and not self.clinic.closing:
            self._down = self._random.randint(1, 12)
        if self._down and not self.clinic.closing:
            self._down -= 1
            self.journal.missed_days.add(day)
            return lambda: self.journal.add(Count.MISSED_RUNS)
        return self.running.bill

    def _running_now(self) -> int:
        session = self.clinic.backend.begin(write=False)
        try:
            states = (State.TRIALING, State.ACTIVE, State.PAST_DUE)
            return session.count(SUBSCRIPTIONS, ORGANIZATION, (one_of("state", states),))
        finally:
            session.rollback()


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector: a run makes millions of rows that stay, and next to no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
