"""What staff and HLC do with single orders."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import frozen

from hlc_core.catalog.api import (
    PriceLine,
    Product,
    Reduction,
    price,
    usable_coupon,
)
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrderId, PatientId, ProductId
from hlc_core.kernel.text import line
from hlc_core.orders import events
from hlc_core.orders.errors import MovedMeanwhile, NotAnOrder, NotATracking, ProductsNotSold, TrackingNotPossible
from hlc_core.orders.lines import amounts_of, bought, needs_of
from hlc_core.orders.machine import OrderState, OrderTrigger
from hlc_core.orders.model import Order, OrderLine, Source, SourceContext, Tracking
from hlc_core.orders.moving import moved, permit
from hlc_core.orders.placing import Placement, drafted
from hlc_core.orders.ports import Env
from hlc_core.patients.api import Address

TRACKED = frozenset({OrderState.AWAITING_SHIPMENT, OrderState.SHIPPED, OrderState.COMPLETED, OrderState.RETURNED})
"""States in which the tracking can be edited. Source: spec/commerce, Orders."""

_WEB = re.compile(r"https?://[^\s<>\"']{3,490}")


@frozen(kw_only=True)
class MoveOrder(Command[Order]):
    """Pull one edge by hand. `expected` refuses the move when the order stands elsewhere by now."""

    order: OrderId
    trigger: OrderTrigger
    reason: str = ""
    expected: OrderState | None = None


def move_order(command: MoveOrder, env: Env) -> Order:
    """Refuses: Missing, MovedMeanwhile, IllegalTransition, GuardRefused, NotYourStep, ReasonNeeded, Invalid,
    PaymentUnderWay."""
    order = env.orders.get(command.order)
    if command.expected is not None and order.state is not command.expected:
        raise MovedMeanwhile(f"The order is {order.state} by now.", Fault("expected", f"{order.state}"))
    return moved(order, command.trigger, env, permit(order, command.trigger, command.reason, env))


@frozen(kw_only=True)
class SetTracking(Command[Order]):
    """Say how the parcel can be followed; the status stays."""

    order: OrderId
    carrier: str
    tracking_number: str
    tracking_url: str = ""


def set_tracking(command: SetTracking, env: Env) -> Order:
    """`shippedAt` stays what it is. Refuses: Missing, TrackingNotPossible, NotATracking."""
    order = env.orders.get(command.order)
    if order.state not in TRACKED:
        raise TrackingNotPossible(f"There is no parcel to follow while the order is {order.state}.")
    shipped_at = None if order.tracking is None else order.tracking.shipped_at
    tracking = evolve(_sound_tracking(command), shipped_at=shipped_at)
    if order.tracking == tracking:
        return order
    tracked = evolve(order, tracking=tracking)
    env.orders.save(tracked)
    env.outbox.put(events.OrderTracked(order=order.id, number=order.number, state=order.state, tracking=tracking))
    return tracked


def _sound_tracking(command: SetTracking) -> Tracking:
    faults: list[Fault] = []
    read: dict[str, str] = {}
    for where, text, least in (("carrier", command.carrier, 1), ("trackingNumber", command.tracking_number, 1)):
        try:
            read[where] = line(text, where, 80, least)
        except HlcError as refusal:
            faults += refusal.faults
    if command.tracking_url and not _WEB.fullmatch(command.tracking_url.strip()):
        faults.append(Fault("trackingUrl", "an http(s) address"))
    if faults:
        raise NotATracking("The parcel cannot be followed like that.", *faults)
    return Tracking(carrier=read["carrier"], number=read["trackingNumber"], url=command.tracking_url.strip())


@frozen(kw_only=True)
class StaffItem:
    """A product that staff put on an order."""

    product: ProductId
    quantity: int = 1


@frozen(kw_only=True)
class CreateStaffOrder(Command[Order]):
    """Write a draft for a patient, at today's prices; `SubmitStaffOrder` asks for the money.

    Subscriptions are not made by it: those begin with a checkout.
    """

    patient: PatientId
    items: tuple[StaffItem, ...]
    coupon: str = ""
    shipping_address: Address | None = None


def create_staff_order(command: CreateStaffOrder, env: Env) -> Order:
    """Refuses: Missing (patient), ProductsNotSold, NotAnOrder, what `usable_coupon` refuses."""
    patient = env.patients.get(command.patient)
    products = _sold(command.items, env)
    reduction = usable_coupon(command.coupon, patient.id, env).reduction if command.coupon else None
    if not command.items:
        raise NotAnOrder("This order cannot be made.", Fault("items", "at least one product"))
    lines = _priced_lines(command.items, products, reduction, env)
    placement = Placement(
        patient=patient.id,
        contact=patient.contact,
        lines=lines,
        amounts=amounts_of(lines),
        source=Source(context=SourceContext.STAFF, channel="staff"),
        needs=needs_of(tuple(products.values()), SourceContext.STAFF),
        paid=False,
        shipping_address=command.shipping_address or patient.address,
        coupon=reduction.code if reduction else "",
    )
    order = drafted(placement, env)
    env.orders.add(order)
    return order


def _sold(items: Sequence[StaffItem], env: Env) -> dict[ProductId, Product]:
    found = {product.id: product for product in env.products.many([item.product for item in items])}
    faults = []
    for place, item in enumerate(items):
        product = found.get(item.product)
        if product is None or not product.active:
            faults.append(Fault(f"items[{place}].product", "does not exist, or is not sold any more"))
        elif product.recurring:
            faults.append(Fault(f"items[{place}].product", "is a subscription: send the patient its buy link"))
        if not 1 <= item.quantity <= 99:
            faults.append(Fault(f"items[{place}].quantity", "between 1 and 99"))
    if len(found) < len(items) and not faults:
        faults.append(Fault("items", "each product only once"))
    if faults:
        raise ProductsNotSold("Not all of that can be ordered.", *faults)
    return found


def _priced_lines(
    items: Sequence[StaffItem], products: dict[ProductId, Product], reduction: Reduction | None, env: Env
) -> tuple[OrderLine, ...]:
    asked = [PriceLine(key=item.product, unit=products[item.product].price, quantity=item.quantity) for item in items]
    priced = price(asked, reduction, env.organization.carts.tax_basis_points, env.organization.currency)
    return tuple(bought(products[ProductId(one.key)], one, reduction) for one in priced.lines)


@frozen(kw_only=True)
class SubmitStaffOrder(Command[Order]):
    """Place a draft: an invoice is written and the patient is asked to pay; what costs nothing goes on at once."""

    order: OrderId


def submit_staff_order(command: SubmitStaffOrder, env: Env) -> Order:
    """Refuses: Missing, IllegalTransition (no draft), what `hold_coupon` refuses."""
    return moved(env.orders.get(command.order), OrderTrigger.SUBMIT, env)
