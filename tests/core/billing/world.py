"""A clinic in memory with subscriptions, a simulated gateway and the billing run, on a clock that tests turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from attrs import define, evolve, field, frozen

from hlc_adapters.clock import VirtualClock
from hlc_adapters.encryption.hashes import Keyring
from hlc_adapters.encryption.master import open_keys
from hlc_adapters.encryption.ring import KeyRing
from hlc_adapters.gateways.registry import GatewayRegistry, GuardedGateway
from hlc_adapters.gateways.simulator import SimulatorGateway, card_of
from hlc_adapters.ids import SeededIds
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.parallel import Serial
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.organizations import ORGANIZATIONS
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS, SAVED_METHODS
from hlc_adapters.storage.shapes.subscriptions import RECOVERY_CASES, SET_ASIDES, SUBSCRIPTIONS
from hlc_adapters.storage.units import StoredUnits
from hlc_core.application import Application, Unit
from hlc_core.billing import api as billing
from hlc_core.invoicing import api as invoicing
from hlc_core.kernel.commands import Command, Envelope, system
from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import MethodId, OrderId, OrganizationId, PatientId, ProductId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval
from hlc_core.kernel.time import Unit as TimeUnit
from hlc_core.orders import api as orders
from hlc_core.organizations.api import BillingSettings, Organization, RecoverySettings
from hlc_core.patients.api import Contact
from hlc_core.payments import api as payments
from hlc_core.recovery import api as recovery
from hlc_core.registry import QUESTIONS, REACTIONS, USE_CASES
from hlc_core.subscriptions.api import Purchase, StartSubscriptions, Subscription, Terms

ORGANIZATION = OrganizationId("org_clinic")
START = date(2026, 1, 31)
SYSTEM = system(ORGANIZATION)


class Crash(BaseException):
    """The process died here; no handler can swallow it."""


@frozen
class WorldUnits:
    """Opens the transactions of storage, and keeps the events that were committed."""

    stored: StoredUnits
    told: list[Event]

    @contextmanager
    def open(self, envelope: Envelope, cause: str, write: bool, repeated: bool = False) -> Iterator[Unit]:
        with self.stored.open(envelope, cause, write, repeated) as unit:
            yield unit
            if unit.ended:
                self.told.extend(unit.events.stored)


@define
class World:
    """One clinic. `today` is turned by `on`; `crash_at` makes the process die at the n-th effect point."""

    recovery: RecoverySettings = field(factory=RecoverySettings)
    billing: BillingSettings = field(factory=BillingSettings)
    backend: MemoryBackend = field(factory=MemoryBackend)
    clock: VirtualClock = field(factory=lambda: VirtualClock(datetime.combine(START, time(12), UTC)))
    ids: SeededIds = field(factory=lambda: SeededIds(7))
    told: list[Event] = field(factory=list)
    probe: Callable[[str], None] = field(default=lambda _point: None)
    bank: SimulatorGateway = field(init=False)
    application: Application = field(init=False)
    driver: payments.Driver = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.bank = SimulatorGateway(clock=self.clock, sleep=lambda _seconds: None)
        self.restart()
        organization = Organization(
            id=ORGANIZATION,
            organization=ORGANIZATION,
            slug="clinic",
            name="Clinic",
            zone="America/New_York",
            currency="USD",
            recovery=self.recovery,
            billing=self.billing,
        )
        session = self.backend.begin(write=True)
        session.insert(ORGANIZATIONS, [organization])
        session.commit()

    def restart(self) -> None:
        """New objects over the same rows and the same bank, as after a crash."""
        stored: StoredUnits
        guarded = GuardedGateway(self.bank, lambda: stored.inside, self._probed)
        registry = GatewayRegistry({"simulator": guarded})
        stored = StoredUnits(
            self.backend,
            self.clock,
            self.ids,
            Keyring(KeyRing(open_keys(""), self.clock)),
            registry,
            probe=self._probed,
        )
        self.application = Application(WorldUnits(stored, self.told), USE_CASES, QUESTIONS, REACTIONS)
        self.driver = payments.Driver(
            application=self.application, gateways=registry, clock=self.clock, parallel=Serial()
        )

    def _probed(self, point: str) -> None:
        self.probe(point)

    def do(self, command: Command[Any]) -> Any:
        """Execute as the system."""
        return self.application.execute(command, SYSTEM)

    def on(self, day: date) -> None:
        """It is noon (UTC) of that day now."""
        self.clock.set(datetime.combine(day, time(17), UTC))

    def rows(self, shape: Any) -> list[Any]:
        """All rows of a shape."""
        session = self.backend.begin(write=False)
        try:
            return session.select(shape, ORGANIZATION)
        finally:
            session.rollback()

    def card(
        self, name: str, token: str = "tok_success", *, default: bool = True, expires: tuple[int, int] = (12, 2099)
    ) -> MethodId:
        """A saved card of that patient, put there without telling anybody."""
        shown = payments.Card(brand="visa", last_four="4242", expires_month=expires[0], expires_year=expires[1])
        method = payments.SavedMethod(
            id=MethodId(self.ids.new("pm")),
            organization=ORGANIZATION,
            patient=PatientId(f"pat_{name}"),
            gateway="simulator",
            instrument=payments.Instrument(token=token, customer=f"cus_{name}", card=shown),
            default=default,
            state=payments.MethodState.ACTIVE,
            saved_at=self.clock.now(),
            version=1,
        )
        session = self.backend.begin(write=True)
        session.insert(SAVED_METHODS, [method])
        session.commit()
        return method.id

    def replace_card(self, name: str, token: str) -> None:
        """The bank changes its mind about every card of the patient."""
        session = self.backend.begin(write=True)
        cards = [m for m in session.select(SAVED_METHODS, ORGANIZATION) if m.patient == f"pat_{name}"]
        changed = [evolve(m, instrument=evolve(m.instrument, token=token), version=m.version + 1) for m in cards]
        session.update(SAVED_METHODS, changed)
        session.commit()

    def subscription(self, name: str, *, method: MethodId | None = None, **terms: Any) -> Subscription:
        """A subscription of that patient, bought and paid now, with the order it came from."""
        agreed = {"interval": Interval(TimeUnit.MONTH), "unit_price": Money(9900, "USD"), **terms}
        held_terms = Terms(product=ProductId("prod_1"), name="Monthly care", **agreed)
        line = orders.OrderLine(
            product=held_terms.product,
            name=held_terms.name,
            quantity=1,
            list_price=held_terms.unit_price,
            price=held_terms.unit_price,
        )
        order = orders.Order(
            id=OrderId(self.ids.new("ord")),
            organization=ORGANIZATION,
            number=self.ids.number("R"),
            patient=PatientId(f"pat_{name}"),
            contact=Contact(email=f"{name}@example.com"),
            lines=(line,),
            amounts=orders.amounts_of((line,)),
            source=orders.Source(context=orders.SourceContext.CHECKOUT),
            needs=orders.Needs(),
            placed_at=self.clock.now(),
            entered_at=self.clock.now(),
            paid=True,
            version=1,
        )
        session = self.backend.begin(write=True)
        session.insert(ORDERS, [order])
        session.commit()
        billed = Money(0, "USD") if held_terms.trial_days else held_terms.price_of_cycle(1)
        purchase = Purchase(
            order=order.id,
            line=0,
            patient=order.patient,
            terms=held_terms,
            billed=billed,
            method=method,
            gateway="simulator",
        )
        started: Subscription = self.do(StartSubscriptions(purchases=(purchase,)))[0]
        return started

    def now(self, held: Subscription) -> Subscription:
        """The subscription as it stands."""
        found: Subscription = next(one for one in self.rows(SUBSCRIPTIONS) if one.id == held.id)
        return found

    def plan(self, day: date) -> list[billing.Line]:
        """The whole plan of that day."""
        return [line for page in billing.planned_pages(day, self.application, SYSTEM, batch=7) for line in page.lines]

    def actions(self, day: date) -> list[billing.Line]:
        """The lines of the plan that would do something."""
        return [line for line in self.plan(day) if line.kind in billing.ACTIONS]

    def ports(self, ahead: int = 0) -> billing.Ports:
        """The ports of a run with the plain driver."""
        return billing.Ports(
            road=self.application,
            start=self.start,
            resolve=self.resolve,
            progress=lambda _done, _all: None,
            ahead=ahead,
        )

    def start(self, attempts: Sequence[payments.PaymentAttempt]) -> billing.Join:
        """Collect at once."""
        collected = payments.collect(attempts, self.driver, SYSTEM)
        return lambda: collected

    def resolve(self) -> None:
        """Bring attempts that an earlier run left behind to their end."""
        due = self.application.ask(payments.DueAttempts(limit=1000), SYSTEM)
        if due:
            payments.resolve(due, self.driver, SYSTEM)

    def run(self, day: date, *, override: bool = False, batch: int = 500) -> billing.BillingRun:
        """The billing run of that day."""
        if local_noon(day) > self.clock.now():
            self.on(day)
        wish = billing.RunWish(as_of=day, override_bound=override, batch=batch)
        return billing.run_billing(wish, self.ports(), SYSTEM)

    def captured(self) -> list[tuple[str, int]]:
        """What the bank has captured: obligation and minor units."""
        attempts = {attempt.id: attempt for attempt in self.rows(PAYMENT_ATTEMPTS)}
        charges = self.bank.charges(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        return sorted((attempts[c.reference].payment.obligation, c.amount.amount) for c in charges)  # type: ignore[index]

    @property
    def invoices(self) -> list[invoicing.Invoice]:
        return self.rows(INVOICES)

    @property
    def rows_of_subscriptions(self) -> list[Subscription]:
        return self.rows(SUBSCRIPTIONS)

    @property
    def open_attempts(self) -> list[payments.PaymentAttempt]:
        """Attempts that wait to be driven."""
        return [one for one in self.rows(PAYMENT_ATTEMPTS) if one.state is payments.AttemptState.OPEN]

    @property
    def orders(self) -> list[orders.Order]:
        return self.rows(ORDERS)

    @property
    def cases(self) -> list[recovery.RecoveryCase]:
        return self.rows(RECOVERY_CASES)

    @property
    def aside(self) -> list[billing.SetAside]:
        return self.rows(SET_ASIDES)

    def events(self, kind: type[Event]) -> list[Any]:
        """What was told of that kind."""
        return [event for event in self.told if type(event) is kind]


def local_noon(day: date) -> datetime:
    """17:00 UTC of the day: noon in the clinic."""
    return datetime.combine(day, time(17), UTC)


def days(count: int) -> timedelta:
    return timedelta(days=count)


__all__ = ["ORGANIZATION", "START", "SYSTEM", "Crash", "World", "card_of", "days"]
