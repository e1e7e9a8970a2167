"""A second clinic in the installation, full of strings that must never be seen by the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from hlc_adapters.storage.shapes.all import ALL
from hlc_core.access.permissions import PAY, STOREFRONT
from hlc_core.cart.api import ApplyCoupon, CreateCart
from hlc_core.catalog.api import AddCoupon, AddProduct, CouponTerms, Offer, ProductKind
from hlc_core.checkout.api import SubmitCheckout
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.ids import ActorId, OrganizationId
from hlc_core.organizations.api import ChangeSettings, Domains, OpenOrganization
from hlc_core.patients.api import Contact
from hlc_http.limits import Rates
from support.service import PATIENT, Client, serving
from support.worlds import HOME, MONTH, World, usd

CANARY = "zanzibarcanary"
"""In every text that the second clinic has: names, addresses, codes, domains."""

STRANGER = OrganizationId("org_zanzibarcanary")
STRANGERS_SYSTEM = system(STRANGER)
STRANGERS_PUBLIC = Envelope(
    actor=Actor(
        kind=ActorKind.PUBLIC,
        id=ActorId("public"),
        organization=STRANGER,
        permissions=frozenset({STOREFRONT, PAY}),
    )
)
STRANGERS_KEY = f"key-of-{CANARY}-key-of-{CANARY}"


def open_stranger(world: World) -> None:
    """Open the second clinic."""
    opening = OpenOrganization(slug=CANARY, name=f"Clinic {CANARY}", zone="Africa/Nairobi", currency="USD")
    world.execute(opening, STRANGERS_SYSTEM)
    world.execute(ChangeSettings(domains=Domains(checkout=f"{CANARY}.example")), STRANGERS_SYSTEM)


def trade(world: World, token: str = "tok_success", number: int = 1) -> None:
    """What makes rows of nearly every kind in the second clinic: a subscription bought with a coupon."""
    name = f"{CANARY} {number}"
    terms: dict[str, Any] = {"name": name, "price": usd(19900), "kind": ProductKind.SUBSCRIPTION, "interval": MONTH}
    product = world.execute(AddProduct(offer=Offer(**terms)), STRANGERS_SYSTEM)
    code = f"{CANARY}{number}".upper()
    world.execute(AddCoupon(code=code, terms=CouponTerms(percent=1000)), STRANGERS_SYSTEM)
    cart = world.execute(CreateCart(products=(product.id,)), STRANGERS_PUBLIC)
    cart = world.execute(ApplyCoupon(cart=cart.id, code=code), STRANGERS_PUBLIC)
    assert cart.quote is not None
    contact = Contact(email=f"{CANARY}{number}@example.com", name=name, phone="+255 7 000")
    wish = SubmitCheckout(cart=cart.id, quote_hash=cart.quote.hash, contact=contact, address=HOME, token=token)
    world.services.submit_checkout(wish, STRANGERS_PUBLIC)


@frozen
class Known:
    """Ids of the second clinic's rows, by the name of their table."""

    ids: Mapping[str, str]

    def of(self, parameter: str) -> Iterator[str]:
        """The ids that may stand for a part of a path of that name: of its own kind, else of all kinds."""
        stem = parameter.removesuffix("_id")
        words = {shape.name: shape.kind.split() for shape in ALL if shape.kind}
        named = [self.ids[name] for name, kind in words.items() if stem in kind and name in self.ids]
        yield from named or self.ids.values()


_COUNTED = frozenset({"encryption_keys"})
"""Rows whose ids are counted in each clinic, so that the other's are ours as well."""


def known(world: World) -> Known:
    """One id of each kind of row that the second clinic has."""
    session = world.services.backend.begin(write=False)
    try:
        found = {shape.name: session.select(shape, STRANGER, limit=1) for shape in ALL if shape.name not in _COUNTED}
    finally:
        session.rollback()
    return Known({name: rows[0].id for name, rows in found.items() if rows})


def everything_of(world: World, organization: OrganizationId) -> dict[str, list[Any]]:
    """All rows of one organization."""
    session = world.services.backend.begin(write=False)
    try:
        return {shape.name: session.select(shape, organization) for shape in ALL}
    finally:
        session.rollback()


@frozen
class Clinics:
    """Ours and the other, served; `own` are ids of rows of ours, by the parts' names in paths."""

    world: World
    client: Client
    own: Mapping[str, str]


@contextmanager
def served(world: World) -> Iterator[Clinics]:
    """Both clinics, after both have traded, with keys of a patient of ours and of the other's staff."""
    held = world.subscribe()
    open_stranger(world)
    trade(world)
    own = {"subscription": held.id, "order": held.order, "patient": held.patient, "cart": world.cart(held.product).id}
    keys = (f"patient:clinic:{PATIENT}:{held.patient}", f"staff:{CANARY}:{STRANGERS_KEY}:bob")
    with serving(world.services, *keys, rates=Rates(account=0)) as client:
        yield Clinics(world, Client(port=client.port, headers={"X-HLC-Organization": "clinic"}), own)
