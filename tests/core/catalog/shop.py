"""A shop for tests: the memory store, a clock that is set by hand, ids in sequence, and one organization."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from attrs import define, field

from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.storage.repositories.catalog import (
    StoredCheckoutTemplates,
    StoredCouponRedemptions,
    StoredCoupons,
    StoredProducts,
)
from hlc_adapters.storage.repositories.orders import StoredInvoices, StoredOrders
from hlc_adapters.storage.repositories.patients import StoredPatients
from hlc_adapters.storage.repositories.payments import StoredAttempts
from hlc_adapters.storage.unit_of_work import UnitOfWork
from hlc_core.catalog.api import AddProduct, Offer, Product, ProductKind, add_product
from hlc_core.kernel.commands import Actor, ActorKind
from hlc_core.kernel.errors import AlreadyExists, Stale
from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import ActorId, OrganizationId, PatientId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval, Unit
from hlc_core.organizations.api import Organization
from hlc_core.patients.api import Address, Contact, Patient, Standing

A = TypeVar("A")
E = TypeVar("E", bound=Event)

CLINIC = Organization(
    id=OrganizationId("org_1"),
    organization=OrganizationId("org_1"),
    slug="clinic",
    name="Riverside Clinic",
    zone="America/New_York",
    currency="USD",
)
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
SYSTEM = Actor(kind=ActorKind.SYSTEM, id=ActorId("system"), organization=CLINIC.id)


def usd(cents: int) -> Money:
    """So many cents."""
    return Money(cents, "USD")


def staff(*permissions: str) -> Actor:
    """Somebody who holds these keys."""
    return Actor(kind=ActorKind.STAFF, id=ActorId("nora"), organization=CLINIC.id, permissions=frozenset(permissions))


def one_time(name: str = "Sunscreen", cents: int = 2400, **more: Any) -> Offer:
    """An offer of a thing."""
    return Offer(name=name, price=usd(cents), kind=ProductKind.ONE_TIME, **more)


def monthly(name: str = "Tablets, monthly", cents: int = 3900, **more: Any) -> Offer:
    """An offer of a monthly subscription."""
    return Offer(name=name, price=usd(cents), kind=ProductKind.SUBSCRIPTION, interval=Interval(Unit.MONTH), **more)


@define
class Hand:
    """A clock set by hand."""

    at: datetime = NOON

    def now(self) -> datetime:
        """The set instant."""
        return self.at

    def pass_days(self, days: int) -> None:
        """Time goes by."""
        self.at += timedelta(days=days)


@define
class Counting:
    """Ids in sequence; `clashes` makes the first numbers repeat."""

    count: int = 0

    def new(self, prefix: str) -> str:
        """`prefix_000001` and so on."""
        self.count += 1
        return f"{prefix}_{self.count:06d}"

    def number(self, prefix: str) -> str:
        """`R-000001` and so on."""
        self.count += 1
        return f"{prefix}-{self.count:06d}"


@define
class Kept:
    """An outbox that keeps."""

    events: list[Event] = field(factory=list)

    def put(self, event: Event) -> None:
        """Keep it."""
        self.events.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """Those of one type."""
        return [event for event in self.events if isinstance(event, kind)]


class ShopEnv:
    """One transaction's environment."""

    def __init__(self, shop: Shop, unit: UnitOfWork, outbox: Kept) -> None:
        self.unit, self.outbox = unit, outbox
        self.actor, self.clock, self.ids, self.organization = shop.actor, shop.clock, shop.ids, shop.organization

    @cached_property
    def products(self) -> StoredProducts:
        return StoredProducts(self.unit)

    @cached_property
    def coupons(self) -> StoredCoupons:
        return StoredCoupons(self.unit)

    @cached_property
    def coupon_redemptions(self) -> StoredCouponRedemptions:
        return StoredCouponRedemptions(self.unit)

    @cached_property
    def checkout_templates(self) -> StoredCheckoutTemplates:
        return StoredCheckoutTemplates(self.unit)

    @cached_property
    def attempts(self) -> StoredAttempts:
        return StoredAttempts(self.unit)

    @cached_property
    def invoices(self) -> StoredInvoices:
        return StoredInvoices(self.unit)

    @cached_property
    def orders(self) -> StoredOrders:
        return StoredOrders(self.unit)

    @cached_property
    def patients(self) -> StoredPatients:
        return StoredPatients(self.unit)


@define
class Shop:
    """What tests act on. `act` runs a function in a transaction and commits; a refusal keeps nothing."""

    organization: Organization = CLINIC
    actor: Actor = SYSTEM
    backend: MemoryBackend = field(factory=MemoryBackend)
    clock: Hand = field(factory=Hand)
    ids: Counting = field(factory=Counting)
    outbox: Kept = field(factory=Kept)

    @contextmanager
    def open(self) -> Iterator[ShopEnv]:
        """A transaction, committed when the block ends well."""
        session = self.backend.begin(write=True)
        unit = UnitOfWork(session, self.organization.id, self.actor, self.clock)
        ended, told = False, Kept()
        try:
            yield ShopEnv(self, unit, told)
            unit.flush()
            ended = True
            session.commit()
            self.outbox.events += told.events
        finally:
            if not ended:
                session.rollback()

    def act(self, run: Callable[..., A], *arguments: Any) -> A:
        """The function's answer, after a commit; run again when somebody else won, as the application does."""
        for _ in range(3):
            try:
                with self.open() as env:
                    return run(*arguments, env)
            except (AlreadyExists, Stale):
                continue
        with self.open() as env:
            return run(*arguments, env)

    def as_staff(self, *permissions: str) -> Shop:
        """The same shop, entered by somebody with these keys."""
        return Shop(self.organization, staff(*permissions), self.backend, self.clock, self.ids, self.outbox)

    def stock(self, *offers: Offer) -> Sequence[Product]:
        """Products on sale."""
        return [self.act(add_product, AddProduct(offer=offer)) for offer in offers]

    def patient(self, name: str = "Ada Marsh") -> PatientId:
        """Somebody who buys."""
        patient = Patient(
            id=PatientId(self.ids.new("pat")),
            organization=self.organization.id,
            standing=Standing.ACCOUNT,
            contact=Contact(email="ada@example.com", name=name, phone="+12025550101"),
            email_key=self.ids.new("key"),
            created_at=self.clock.now(),
            address=Address(address1="1 Elm Row", city="Albany", province_code="NY", postal_code="12207"),
        )
        with self.open() as env:
            env.patients.add(patient)
        return patient.id
