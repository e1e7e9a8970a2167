"""Placing orders, in batches, inside the transaction of a checkout or a renewal."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from hlc_core.kernel.ids import InvoiceId, OrderId, PatientId, SubscriptionId
from hlc_core.orders import events
from hlc_core.orders.errors import NotAnOrder
from hlc_core.orders.lines import faults_of
from hlc_core.orders.machine import OrderTrigger
from hlc_core.orders.model import Amounts, Billing, Needs, Order, OrderLine, Source
from hlc_core.orders.ports import Env
from hlc_core.patients.api import Address, Contact


@frozen(kw_only=True)
class Placement:
    """An order to be placed. `paid`: the money is here (or nothing is owed), else it will await payment.

    `id` is given where an invoice had to name the order before. `external_id` (a checkout, a subscription and cycle)
    makes a repetition answer the order that stands. Billing per line; the order's own is filled from a single one.
    """

    patient: PatientId
    contact: Contact
    lines: tuple[OrderLine, ...]
    amounts: Amounts
    source: Source
    needs: Needs
    paid: bool
    id: OrderId | None = None
    shipping_address: Address | None = None
    coupon: str = ""
    invoice: InvoiceId | None = None
    external_id: str | None = None


def place_orders(placements: Sequence[Placement], env: Env) -> tuple[Order, ...]:
    """The placed orders, routed to where their facts lead, in the order asked; one statement for the whole batch.

    Refuses: NotAnOrder (lines and amounts that do not fit), with every field at fault.
    """
    keys = [placement.external_id for placement in placements if placement.external_id is not None]
    found = env.orders.with_external_ids(keys) if keys else ()
    standing = {order.external_id: order for order in found}
    return tuple(_standing_or_placed(placement, standing, env) for placement in placements)


def _standing_or_placed(placement: Placement, standing: dict[str | None, Order], env: Env) -> Order:
    if placement.external_id is not None and placement.external_id in standing:
        return standing[placement.external_id]
    order = _placed(placement, env)
    standing[placement.external_id] = order
    return order


def _placed(placement: Placement, env: Env) -> Order:
    faults = [*faults_of(placement.lines, placement.amounts, env.organization.currency)]
    if faults:
        raise NotAnOrder("This order cannot be placed.", *faults)
    now, by = env.clock.now(), env.actor.id
    order = drafted(placement, env).move(OrderTrigger.PLACE, now, by).move(OrderTrigger.ROUTE, now, by)
    env.orders.add(order)
    env.outbox.put(created(order))
    return order


def take_over_orders(placements: Sequence[Placement], env: Env) -> tuple[Order, ...]:
    """Orders that another system paid and delivered: placed, and walked to COMPLETED at once.

    Refuses: NotAnOrder, GuardRefused (one that is not paid, or needs answers, a review or a prescription).
    """
    return tuple(_taken_over(placement, env) for placement in placements)


def _taken_over(placement: Placement, env: Env) -> Order:
    faults = [*faults_of(placement.lines, placement.amounts, env.organization.currency)]
    if faults:
        raise NotAnOrder("This order cannot be taken over.", *faults)
    now, by = env.clock.now(), env.actor.id
    order = drafted(placement, env)
    ways = (OrderTrigger.PACK, OrderTrigger.SHIP_UNTRACKED, OrderTrigger.DELIVER)
    last = ways if placement.needs.shipment else (OrderTrigger.FINISH,)
    for trigger in (OrderTrigger.PLACE, OrderTrigger.ROUTE, *last):
        order = order.move(trigger, now, by, "Delivered by the system that it was taken over from.")
    env.orders.add(order)
    env.outbox.put(created(order))
    return order


def drafted(placement: Placement, env: Env) -> Order:
    """The order as a draft, not stored."""
    now = env.clock.now()
    return Order(
        id=placement.id or OrderId(env.ids.new("ord")),
        organization=env.organization.id,
        number=env.ids.number("R"),
        patient=placement.patient,
        contact=placement.contact,
        lines=placement.lines,
        amounts=placement.amounts,
        source=placement.source,
        needs=placement.needs,
        placed_at=now,
        entered_at=now,
        shipping_address=placement.shipping_address,
        coupon=placement.coupon,
        billing=_single_billing(placement.lines),
        subscriptions=_subscriptions(placement.lines),
        invoice=placement.invoice,
        paid=placement.paid,
        external_id=placement.external_id,
    )


def created(order: Order) -> events.OrderCreated:
    """What is told of a placed order."""
    return events.OrderCreated(
        order=order.id,
        number=order.number,
        patient=order.patient,
        state=order.state,
        source_context=order.source.context,
        total=order.amounts.total,
        subscriptions=order.subscriptions,
        invoice=order.invoice,
        at=order.placed_at,
    )


def _subscriptions(lines: Sequence[OrderLine]) -> tuple[SubscriptionId, ...]:
    return tuple(dict.fromkeys(line.subscription for line in lines if line.subscription is not None))


def _single_billing(lines: Sequence[OrderLine]) -> Billing | None:
    known = {line.subscription: line.billing for line in lines if line.billing is not None}
    return next(iter(known.values())) if len(known) == 1 else None
