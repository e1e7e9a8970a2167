"""What the processes do by themselves: billing runs (several at once, interleaved), the resolver, the relay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import define, frozen

from hlc_adapters.simulation.agenda import Action, Agenda
from hlc_adapters.simulation.baton import Baton
from hlc_adapters.simulation.clinic import ORGANIZATION, RUNNER, Clinic
from hlc_adapters.simulation.crashes import Crash
from hlc_adapters.simulation.journal import Count, Journal
from hlc_adapters.storage.shape import at_most
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS, REFUNDS
from hlc_core.application import Application
from hlc_core.billing.api import Join, Ports, RunTooLarge, RunWish, run_billing
from hlc_core.cart.api import AbandonCarts
from hlc_core.kernel.commands import Command, Envelope, Query
from hlc_core.payments.api import PaymentAttempt

A = TypeVar("A")

_STUCK_CHECKS = timedelta(hours=1)
"""How often the resolver comes back to what only waits for time to pass."""


@frozen
class _TurningRoad:
    """The application's road; after each reading another runner may go on first, so that plans can be stale."""

    application: Application
    baton: Baton

    def execute(self, command: Command[A], envelope: Envelope) -> A:
        """Run and commit; the probe of the commit takes the turn."""
        return self.application.execute(command, envelope)

    def ask(self, query: Query[A], envelope: Envelope) -> A:
        """Answer, then let another one go on."""
        answer = self.application.ask(query, envelope)
        self.baton.turn()
        return answer


@define
class Running:
    """The clinic's machines, which may die at any of their effect points and are started again."""

    clinic: Clinic
    agenda: Agenda
    journal: Journal
    _looked: datetime | None = None

    def do(self, action: Action) -> None:
        """Do it; where the process dies, start a new one and have it done again a minute later."""
        with self._surviving(0, action):
            action()

    @contextmanager
    def _surviving(self, runner: int, action: Action) -> Iterator[None]:
        try:
            yield
        except Crash:
            self._restart(runner, action)

    def _restart(self, runner: int, action: Action) -> None:
        self.journal.add(Count.CRASHES)
        self.clinic.restart(runner)
        self.agenda.put(self.clinic.later(minutes=1), action)

    # billing

    def bill(self) -> None:
        """The day's billing, by every runner."""
        runners = range(len(self.clinic.runners))
        if len(runners) == 1:
            self._bill(0)
            return
        works = [lambda runner=runner: self._bill(runner) for runner in runners]
        for runner, fault in enumerate(self.clinic.baton.run(works)):
            if isinstance(fault, Crash):
                self._restart(runner, lambda runner=runner: self._bill_again(runner))  # type: ignore[misc]  # bound per loop
            elif fault is not None:
                raise fault

    def _bill_again(self, runner: int) -> None:
        with self._surviving(runner, lambda: self._bill_again(runner)):
            self._bill(runner)

    def _bill(self, runner: int) -> None:
        wish = RunWish(as_of=self.clinic.today)
        self.journal.add(Count.RUNS)
        try:
            self._run(runner, wish)
        except RunTooLarge:
            self.journal.add(Count.OVERRIDES)
            self._run(runner, RunWish(as_of=wish.as_of, override_bound=True))

    def _run(self, runner: int, wish: RunWish) -> None:
        services = self.clinic.runners[runner]

        def start(attempts: Sequence[PaymentAttempt]) -> Join:
            ended = services.collect(attempts, RUNNER)
            return lambda: ended

        ports = Ports(
            road=_TurningRoad(services.application, self.clinic.baton),
            start=start,
            resolve=lambda: self._resolve_due(runner),
            progress=lambda _done, _planned: None,
        )
        run_billing(wish, ports, RUNNER)

    # the resolver

    def _resolve_due(self, runner: int) -> None:
        while self.clinic.runners[runner].resolve_due(RUNNER, 500) >= 500:
            pass

    def resolve_until(self, until: datetime) -> None:
        """Let the resolver work at each instant before that one at which something is due."""
        while (at := self._next_look(until)) is not None:
            self.clinic.clock.set(max(at, self.clinic.clock.now()))
            self._looked = self.clinic.clock.now()
            self.do(lambda: self._resolve_due(0))

    def _next_look(self, until: datetime) -> datetime | None:
        session = self.clinic.backend.begin(write=False)
        try:
            where = (at_most("next_check_at", until),)
            attempts = session.select(PAYMENT_ATTEMPTS, ORGANIZATION, where)
            refunds = session.select(REFUNDS, ORGANIZATION, where)
        finally:
            session.rollback()
        looks = [*(one.next_check_at for one in attempts), *(one.next_check_at for one in refunds)]
        waiting = [at for at in looks if at is not None]
        if not waiting:
            return None
        looked = self._looked
        fresh = [at for at in waiting if looked is None or at > looked]
        stuck = [] if looked is None or len(fresh) == len(waiting) else [looked + _STUCK_CHECKS]
        at = min([*fresh, *stuck])
        return at if at < until else None

    # the rest

    def relay(self) -> None:
        """Deliver everything that waits."""
        while self.clinic.services.relay(500):
            pass

    def tidy(self) -> None:
        """Close the carts of buyers who left."""
        self.clinic.services.application.execute(AbandonCarts(), RUNNER)
