"""A small world for the use cases of subscriptions: rows in memory, a clock that is set, ids that count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import evolve

from hlc_adapters import wire
from hlc_core.catalog.api import Offer, Product, ProductKind
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import Missing
from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import MethodId, OrderId, OrganizationId, PatientId, ProductId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval, Unit, start_of_day
from hlc_core.organizations.api import Organization
from hlc_core.subscriptions.api import (
    NextCycle,
    PaidCycle,
    Purchase,
    StartSubscriptions,
    State,
    Subscription,
    Terms,
    fall_past_due,
    open_bills,
    renewed,
    start_subscriptions,
    turn_over,
)

NOON = timedelta(hours=12)


class Clock:
    """Shows what it was set to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class Ids:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def new(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count:06d}"

    def number(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count:06d}"


class Outbox:
    """Keeps what was put."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def put(self, event: Event) -> None:
        assert event.subject
        assert wire.decode(type(event), wire.encode(event)) == event
        self.events.append(event)


class Rows:
    """Subscriptions; every row is written and read again as the storage would."""

    def __init__(self) -> None:
        self.rows: dict[SubscriptionId, Subscription] = {}
        self.statements = 0

    def find(self, id: SubscriptionId) -> Subscription | None:
        return self.rows.get(id)

    def get(self, id: SubscriptionId) -> Subscription:
        if id not in self.rows:
            raise Missing("There is no such subscription.")
        return self.rows[id]

    def many(self, ids: Iterable[SubscriptionId]) -> Sequence[Subscription]:
        self.statements += 1
        return [self.rows[id] for id in dict.fromkeys(ids) if id in self.rows]

    def add(self, aggregate: Subscription) -> None:
        self._write(aggregate, 1)

    def save(self, aggregate: Subscription) -> None:
        if self.rows[aggregate.id] != aggregate:
            self._write(aggregate, self.rows[aggregate.id].version + 1)

    def _write(self, aggregate: Subscription, version: int) -> None:
        written = evolve(aggregate, version=version)
        assert wire.decode(Subscription, wire.encode(written)) == written
        object.__setattr__(aggregate, "version", version)
        self.rows[aggregate.id] = written

    def due(self, on: date, after: SubscriptionId | None, limit: int) -> Sequence[Subscription]:
        found = [s for s in self._by_id(after) if s.next_due is not None and s.next_due <= on]
        return found[:limit]

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Subscription]:
        wanted = set(orders)
        return [s for s in self._by_id(None) if s.order in wanted]

    def of_patients(self, patients: Iterable[PatientId]) -> Sequence[Subscription]:
        wanted = set(patients)
        return [s for s in self._by_id(None) if s.patient in wanted]

    def numbered(self, number: str) -> Subscription | None:
        return next((s for s in self.rows.values() if s.number == number), None)

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Subscription]:
        wanted = set(external_ids)
        return [held for held in self._by_id(None) if held.external_id in wanted]

    def page(self, states: Sequence[State], after: SubscriptionId | None, limit: int) -> Sequence[Subscription]:
        return [s for s in self._by_id(after) if not states or s.state in states][:limit]

    def _by_id(self, after: SubscriptionId | None) -> list[Subscription]:
        return sorted((s for s in self.rows.values() if after is None or s.id > after), key=lambda s: s.id)


class Catalog:
    """Products by id; subscriptions only ever get one."""

    def __init__(self) -> None:
        self.rows: dict[ProductId, Product] = {}

    def get(self, id: ProductId) -> Product:
        if id not in self.rows:
            raise Missing("There is no such product.")
        return self.rows[id]

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"subscriptions must not ask the catalog for {name}")


class World:
    """The environment, and short ways to do what tests do all the time."""

    def __init__(self, today: date = date(2026, 1, 31), zone: str = "America/New_York", tax: int = 0) -> None:
        organization = Organization(
            id=OrganizationId("org_1"),
            organization=OrganizationId("org_1"),
            slug="clinic",
            name="Clinic",
            zone=zone,
            currency="USD",
        )
        carts = evolve(organization.carts, tax_basis_points=tax)
        self.organization = evolve(organization, carts=carts)
        self.actor = system(organization.id).actor
        self.clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
        self.ids = Ids()
        self.outbox = Outbox()
        self.subscriptions = Rows()
        self.products = Catalog()
        self.day(today)

    def day(self, day: date) -> None:
        """Noon of the local day."""
        self.clock.at = start_of_day(day, self.organization.zone) + NOON

    @property
    def events(self) -> list[str]:
        """The names of all events since the last `forget`."""
        return [event.name for event in self.outbox.events]

    def forget(self) -> None:
        """Begin a new list of events."""
        self.outbox.events = []

    def product(self, id: str, amount: int, unit: Unit = Unit.MONTH, count: int = 1, **more: Any) -> ProductId:
        """Put a subscription product into today's catalog."""
        offer = Offer(
            name=id.title(),
            price=more.pop("price", usd(amount)),
            kind=ProductKind.SUBSCRIPTION,
            interval=Interval(unit, count),
            **more,
        )
        self.products.rows[ProductId(id)] = Product(
            id=ProductId(id), organization=self.organization.id, offer=offer, active=True
        )
        return ProductId(id)

    def start(self, agreed: Terms, **more: Any) -> Subscription:
        """Buy it today."""
        billed = usd(0) if agreed.trial_days else agreed.price_of_cycle(1)
        purchase = Purchase(
            order=OrderId(more.pop("order", "ord_1")),
            line=more.pop("line", 0),
            patient=PatientId("pat_1"),
            terms=agreed,
            billed=more.pop("billed", billed),
            method=MethodId("pm_1"),
            gateway="simulator",
        )
        return self.now(start_subscriptions(StartSubscriptions(purchases=(purchase,)), self)[0])

    def now(self, held: Subscription) -> Subscription:
        """The row as it is stored."""
        return self.subscriptions.get(held.id)

    def open_next(self, held: Subscription) -> Subscription:
        """Bill the next cycle."""
        held = self.now(held)
        open_bills([NextCycle(subscription=held.id, cycle=held.next_cycle)], self)
        return self.now(held)

    def renew(self, held: Subscription) -> Subscription:
        """Bill the next cycle and pay it."""
        bill = self.open_next(held).bill
        assert bill is not None
        renewed([PaidCycle(subscription=held.id, cycle=bill.cycle, amount=bill.due)], self)
        return self.now(held)

    def pay(self, held: Subscription) -> Subscription:
        """Pay the open bill."""
        bill = self.now(held).bill
        assert bill is not None
        renewed([PaidCycle(subscription=held.id, cycle=bill.cycle, amount=bill.due)], self)
        return self.now(held)

    def fail(self, held: Subscription) -> Subscription:
        """Bill the next cycle and have its charge declined."""
        self.open_next(held)
        fall_past_due([held.id], self)
        return self.now(held)

    def turn(self, held: Subscription, on: date) -> Subscription:
        """Let the day do what it asks for without money."""
        self.day(on)
        turn_over([held.id], on, self)
        return self.now(held)


def usd(amount: int) -> Money:
    """Cents."""
    return Money(amount, "USD")


def terms(amount: int = 3000, unit: Unit = Unit.MONTH, count: int = 1, **more: Any) -> Terms:
    """Terms of a plan, 30.00 a month unless told otherwise."""
    product = ProductId(more.pop("product", "prod_a"))
    return Terms(product=product, name=product, unit_price=usd(amount), interval=Interval(unit, count), **more)
