"""The clinic that is measured: its shop, its buyers, and as many subscriptions as asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from bench.tape import RecordedBackend
from hlc_adapters import composition
from hlc_adapters.clock import VirtualClock
from hlc_adapters.services import Services
from hlc_adapters.settings import Settings
from hlc_adapters.storage.session import Backend
from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.orders import ORDERS
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_adapters.storage.shapes.payments import SAVED_METHODS
from hlc_adapters.storage.shapes.subscriptions import SUBSCRIPTIONS
from hlc_core.cart.api import Cart, CreateCart
from hlc_core.catalog.api import AddCoupon, AddProduct, CouponTerms, Offer, ProductKind
from hlc_core.checkout.api import CheckoutView, SubmitCheckout
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, OrganizationId, ProductId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval, Unit
from hlc_core.organizations.api import OpenOrganization
from hlc_core.patients.api import Address, Contact
from hlc_core.payments.api import Gateway

START = datetime(2026, 1, 15, 17, tzinfo=UTC)
RENEWS = START + timedelta(days=31)
ORGANIZATION = OrganizationId("org_bench")
SYSTEM = system(ORGANIZATION)
PUBLIC = Envelope(
    actor=Actor(
        kind=ActorKind.PUBLIC,
        id=ActorId("public"),
        organization=ORGANIZATION,
        permissions=frozenset({"storefront.buy", "storefront.pay"}),
    )
)
MASTER = "be" * 32
"""The master key of measured clinics: bodies are sealed, as they are in use."""
PRODUCTS = 50
COUPON = "BENCH"
_CHUNK = 2000


@frozen(kw_only=True)
class Clinic:
    """An installation over one database, its clock, and what it sells."""

    services: Services
    clock: VirtualClock
    products: tuple[ProductId, ...]

    def cart(self, *products: ProductId) -> Cart:
        """A cart with these products, or with the first."""
        return self.services.application.execute(CreateCart(products=products or self.products[:1]), PUBLIC)

    def submission(self, cart: Cart, buyer: str) -> SubmitCheckout:
        """The wish to pay that cart, by a buyer of that name."""
        return SubmitCheckout(
            cart=cart.id,
            quote_hash="" if cart.quote is None else cart.quote.hash,
            contact=Contact(email=f"{buyer}@example.com", name="Ada Buyer"),
            address=Address(address1="1 Main St", city="Albany", postal_code="12207", province_code="NY"),
            token="tok_success",
        )

    def buy(self, buyer: str, *products: ProductId) -> CheckoutView:
        """A full checkout: cart, submission, payment. Refuses: RuntimeError (it was not paid)."""
        view = self.services.submit_checkout(self.submission(self.cart(*products), buyer), PUBLIC)
        if view.checkout.state != "succeeded":
            raise RuntimeError(f"The checkout is {view.checkout.state}: {view.checkout.text}")
        return view


@contextmanager
def opened(
    url: str,
    *,
    gateway: Gateway | None = None,
    clock: VirtualClock | None = None,
    backend: Backend | None = None,
    **settings: Any,
) -> Iterator[Clinic]:
    """The clinic over a prepared database; without a gateway, the simulator in this process, without latency."""
    clock = clock or VirtualClock(START)
    services = composition.build(
        Settings(database_url=url, organization="bench", **{"threads": 8, "encryption_key": MASTER, **settings}),
        clock=clock,
        backend=backend,
        gateways=None if gateway is None else [gateway],
    )
    if isinstance(backend, RecordedBackend):
        backend.sealed_by(services.rotation.ring)
    try:
        yield Clinic(services=services, clock=clock, products=_products(services))
    finally:
        services.close()


def _products(services: Services) -> tuple[ProductId, ...]:
    from hlc_adapters.storage.shapes.catalog import PRODUCTS as SHAPE  # noqa: PLC0415  # its name is taken here

    session = services.backend.begin(write=False)
    try:
        return tuple(product.id for product in session.select(SHAPE, ORGANIZATION))
    finally:
        session.rollback()


def found(url: str, backend: Backend | None = None) -> None:
    """Open the clinic in an empty database: one monthly plan, other products to fill carts with, a coupon."""
    with opened(url, backend=backend) as clinic:
        execute = clinic.services.application.execute
        execute(OpenOrganization(slug="bench", name="Bench Clinic", zone="America/New_York", currency="USD"), SYSTEM)
        plan = Offer(
            name="Weight management, monthly",
            price=Money(19900, "USD"),
            kind=ProductKind.SUBSCRIPTION,
            interval=Interval(Unit.MONTH, 1),
            needs_prescription=True,
        )
        execute(AddProduct(offer=plan), SYSTEM)
        for number in range(1, PRODUCTS):
            single = Offer(name=f"Product {number}", price=Money(1000 + number, "USD"), kind=ProductKind.ONE_TIME)
            execute(AddProduct(offer=single), SYSTEM)
        execute(AddCoupon(code=COUPON, terms=CouponTerms(percent=1000)), SYSTEM)


def subscribed(url: str, count: int, backend: Backend | None = None) -> None:
    """Open the clinic with so many monthly subscriptions, all due on the local date of `RENEWS`.

    The first is bought; the others are the same rows under other names, stored in bulk: patient, method, order and
    subscription each.
    """
    found(url, backend)
    with opened(url, backend=backend) as clinic:
        view = clinic.buy("first")
        backend = clinic.services.backend
        shapes: tuple[Shape[Any], ...] = (PATIENTS, SAVED_METHODS, ORDERS, SUBSCRIPTIONS)
        session = backend.begin(write=False)
        originals = [session.select(shape, ORGANIZATION)[0] for shape in shapes]
        session.rollback()
        if view.checkout.subscriptions[0] != originals[-1].id:
            raise RuntimeError("The clinic was not empty.")
        for start in range(1, count, _CHUNK):
            session = backend.begin(write=True)
            copies = [_copies(number, *originals) for number in range(start, min(count, start + _CHUNK))]
            for shape, rows in zip(shapes, zip(*copies, strict=True), strict=True):
                session.insert(shape, rows)
            session.commit()


def _copies(number: int, patient: Any, method: Any, order: Any, held: Any) -> tuple[Any, Any, Any, Any]:
    mark = f"{number:08d}"
    patient_id, order_id, method_id, held_id = (f"{word}_bench{mark}" for word in ("pat", "ord", "pm", "sub"))
    contact = evolve(patient.contact, email=f"buyer{mark}@example.com")
    instrument = evolve(method.instrument, customer=f"cus_{mark}")
    lines = (evolve(order.lines[0], subscription=held_id), *order.lines[1:])
    return (
        evolve(patient, id=patient_id, contact=contact, email_key=f"key{mark}"),
        evolve(method, id=method_id, patient=patient_id, instrument=instrument),
        evolve(
            order,
            id=order_id,
            number=f"R-{mark}",
            patient=patient_id,
            contact=contact,
            lines=lines,
            subscriptions=(held_id,),
            invoice=None,
        ),
        evolve(held, id=held_id, number=f"S-{mark}", patient=patient_id, order=order_id, method=method_id),
    )
