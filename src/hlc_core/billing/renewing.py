"""What a settled or failed cycle makes: the renewal order, paid or awaiting payment."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.billing.ports import Env
from hlc_core.invoicing.api import Invoice
from hlc_core.kernel.money import Money
from hlc_core.orders.api import (
    Billing,
    Needs,
    Order,
    OrderLine,
    Placement,
    ReductionType,
    Source,
    SourceContext,
    amounts_of,
    place_orders,
)
from hlc_core.patients.api import Patient
from hlc_core.subscriptions.api import Bill, PaidCycle, Subscription, renewed

CHANNEL = "billing run"


def settle_cycles(invoices: Sequence[Invoice], env: Env) -> None:
    """Cycles are paid: the orders are placed, and the subscriptions advance.

    Money for a cycle that was forgiven meanwhile makes no order: subscriptions keep it as credit.
    """
    cycles = _cycles(invoices, env)
    place_renewals(cycles, paid=True, env=env)
    renewed(
        [
            PaidCycle(subscription=invoice.subscription, cycle=invoice.cycle, amount=invoice.total)
            for invoice in invoices
            if invoice.subscription is not None and invoice.cycle is not None
        ],
        env,
    )


def await_payment(invoices: Sequence[Invoice], env: Env) -> None:
    """Cycles have failed: their orders wait for the money. Those that have an order keep it."""
    place_renewals(_cycles(invoices, env), paid=False, env=env)


def _cycles(invoices: Sequence[Invoice], env: Env) -> list[tuple[Subscription, Bill, Invoice]]:
    ids = [invoice.subscription for invoice in invoices if invoice.subscription is not None]
    held = {one.id: one for one in env.subscriptions.many(ids)}
    found = []
    for invoice in invoices:
        one = held.get(invoice.subscription) if invoice.subscription is not None else None
        if one is not None and one.bill is not None and one.bill.cycle == invoice.cycle:
            found.append((one, one.bill, invoice))
    return found


def place_renewals(cycles: Sequence[tuple[Subscription, Bill, Invoice]], paid: bool, env: Env) -> None:
    """The orders of cycles that have none yet, placed together. Source: spec/billing, Renewal order.

    Contact, address and what was dispensed come from the order that the subscription was bought with; for one that
    came without such an order (an import), contact and address are the patient's.
    """
    named = [invoice.order for _, _, invoice in cycles if invoice.order is not None]
    known = {order.id: order for order in env.orders.many([*named, *(held.order for held, _, _ in cycles)])}
    missing = [cycle for cycle in cycles if cycle[2].order not in known]
    if not missing:
        return
    orphans = [held.patient for held, _, _ in missing if held.order not in known]
    patients = {patient.id: patient for patient in env.patients.many(orphans)} if orphans else {}
    placements = []
    for held, bill, invoice in missing:
        first = known.get(held.order)
        origin = (patients.get(held.patient) or env.patients.get(held.patient)) if first is None else first
        placements.append(_placement(held, bill, invoice, origin, paid))
    place_orders(placements, env)


def _placement(held: Subscription, bill: Bill, invoice: Invoice, origin: Order | Patient, paid: bool) -> Placement:
    first = origin if isinstance(origin, Order) else None
    line = _line(held, bill, first)
    return Placement(
        id=invoice.order,
        patient=held.patient,
        contact=origin.contact,
        lines=(line,),
        amounts=amounts_of((line,), bill.credit),
        source=Source(context=SourceContext.RENEWAL, channel=CHANNEL),
        needs=Needs(
            prescription=bill.terms.needs_prescription, shipment=first.needs.shipment if first is not None else True
        ),
        paid=paid,
        shipping_address=origin.shipping_address if isinstance(origin, Order) else origin.address,
        invoice=invoice.id,
    )


def _line(held: Subscription, bill: Bill, first: Order | None) -> OrderLine:
    terms = bill.terms
    bought = first.lines[held.line] if first is not None and held.line < len(first.lines) else None
    price = terms.breakdown(bill.position)
    discount = terms.discount if price.discount.amount and not bill.part else None
    percent = discount is not None and discount.basis_points > 0
    return OrderLine(
        product=terms.product,
        name=terms.name,
        quantity=terms.quantity,
        list_price=bill.value if bill.part else price.listed,
        price=bill.value if bill.part else price.listed - price.discount,
        drug_name=bought.drug_name if bought is not None and bought.product == terms.product else "",
        reduction_amount=discount.basis_points if discount is not None and percent else _off(bill, price.discount),
        reduction_type=ReductionType.PERCENT if percent else ReductionType.DOLLAR,
        tax=None if bill.part else price.tax,
        subscription=held.id,
        billing=Billing(
            interval=terms.interval.unit,
            interval_count=terms.interval.count,
            cycle=bill.cycle,
            start=bill.period.start,
            end=bill.period.end,
        ),
    )


def _off(bill: Bill, discount: Money) -> int:
    return 0 if bill.part else discount.amount
