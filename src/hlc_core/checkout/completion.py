"""What a paid checkout becomes, in one transaction: subscriptions, a paid invoice, an order, a completed cart.

Made from what the checkout froze, never from today's catalog. Source: spec/commerce, Checkout 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hlc_core.cart.api import CartCompleted, CartTrigger, QuotedLine
from hlc_core.catalog.api import PricedLine, Product, Redeemed, Reduction, redeem_coupons
from hlc_core.checkout.events import CheckoutSucceeded
from hlc_core.checkout.machine import CheckoutTrigger
from hlc_core.checkout.model import Checkout
from hlc_core.checkout.ports import Env
from hlc_core.invoicing.api import Bill, Invoice, Paying, issue_invoices, pay_invoices
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CheckoutId, MethodId, OrderId
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import (
    Billing,
    Order,
    OrderLine,
    Placement,
    Source,
    SourceContext,
    amounts_of,
    bought,
    invoice_lines,
    needs_of,
    place_orders,
)
from hlc_core.payments.api import PaymentPaid
from hlc_core.subscriptions.api import (
    Purchase,
    StartSubscriptions,
    Subscription,
    Terms,
    start_subscriptions,
    terms_of,
)

Paid = Mapping[CheckoutId, PaymentPaid]
"""The payment of each checkout; one that had nothing to pay has none."""


def complete(checkouts: Sequence[Checkout], paid: Paid, env: Env) -> tuple[Checkout, ...]:
    """The checkouts, SUCCEEDED, with everything placed that was bought. One batch, whatever its size."""
    orders = {checkout.id: OrderId(env.ids.new("ord")) for checkout in checkouts}
    started = _start(checkouts, orders, paid, env)
    lines = {checkout.id: _lines(checkout, started[checkout.id]) for checkout in checkouts}
    invoices = _invoice(checkouts, orders, lines, paid, env)
    placed = place_orders(
        [_placement(c, orders[c.id], lines[c.id], invoice) for c, invoice in zip(checkouts, invoices, strict=True)],
        env,
    )
    redeem_coupons(
        [Redeemed(coupon=c.coupon, subject=c.id, order=orders[c.id]) for c in checkouts if c.coupon is not None], env
    )
    carts = {cart.id: cart for cart in env.carts.many([checkout.cart for checkout in checkouts])}
    ended = []
    for checkout, order, invoice in zip(checkouts, placed, invoices, strict=True):
        env.carts.save(evolve(carts[checkout.cart].move(CartTrigger.COMPLETE), paying=None))
        env.outbox.put(CartCompleted(cart=checkout.cart, total=checkout.quote.total))
        ended.append(_succeed(checkout, order, invoice, env))
    return tuple(ended)


def _start(
    checkouts: Sequence[Checkout], orders: Mapping[CheckoutId, OrderId], paid: Paid, env: Env
) -> Mapping[CheckoutId, Mapping[int, Subscription]]:
    wanted = [
        (checkout.id, place, _purchase(checkout, place, product, orders[checkout.id], paid, env))
        for checkout in checkouts
        for place, product in enumerate(checkout.products)
        if product.recurring
    ]
    started: dict[CheckoutId, dict[int, Subscription]] = {checkout.id: {} for checkout in checkouts}
    if wanted:
        command = StartSubscriptions(purchases=tuple(purchase for _, _, purchase in wanted))
        for (checkout, place, _), held in zip(wanted, start_subscriptions(command, env), strict=True):
            started[checkout][place] = held
    return started


def _purchase(checkout: Checkout, place: int, product: Product, order: OrderId, paid: Paid, env: Env) -> Purchase:
    line, event = checkout.quote.lines[place], paid.get(checkout.id)
    return Purchase(
        order=order,
        line=place,
        patient=checkout.patient,
        terms=_terms(checkout, line, product, env),
        billed=line.total,
        method=_method(checkout, event),
        gateway=checkout.gateway,
    )


def _method(checkout: Checkout, event: PaymentPaid | None) -> MethodId | None:
    return checkout.method if event is None else event.method


def _terms(checkout: Checkout, line: QuotedLine, product: Product, env: Env) -> Terms:
    reduction: Reduction | None = checkout.reduction
    if reduction is not None and reduction.amount is not None:
        reduction = None if line.discount.is_zero else evolve(reduction, amount=line.discount)
    return terms_of(product, line.quantity, env.organization.carts.tax_basis_points, reduction)


def _lines(checkout: Checkout, started: Mapping[int, Subscription]) -> tuple[OrderLine, ...]:
    return tuple(_line(checkout, place, product, started.get(place)) for place, product in enumerate(checkout.products))


def _line(checkout: Checkout, place: int, product: Product, held: Subscription | None) -> OrderLine:
    quoted = checkout.quote.lines[place]
    priced = PricedLine(
        key=quoted.product,
        unit=quoted.price,
        quantity=quoted.quantity,
        subtotal=quoted.subtotal,
        discount=quoted.discount,
        tax=quoted.tax,
        total=quoted.total,
    )
    if held is None:
        return bought(product, priced, checkout.reduction)
    interval = held.terms.cycle_interval
    billing = Billing(
        interval=interval.unit,
        interval_count=interval.count,
        cycle=held.cycle,
        start=held.period.start,
        end=held.period.end,
    )
    return bought(product, priced, checkout.reduction, subscription=held.id, billing=billing)


def _invoice(
    checkouts: Sequence[Checkout],
    orders: Mapping[CheckoutId, OrderId],
    lines: Mapping[CheckoutId, tuple[OrderLine, ...]],
    paid: Paid,
    env: Env,
) -> tuple[Invoice, ...]:
    today = local_date(env.clock.now(), env.organization.zone)
    opened = issue_invoices(
        [
            Bill(
                patient=checkout.patient,
                obligation=checkout.obligation,
                lines=invoice_lines(lines[checkout.id], amounts_of(lines[checkout.id])),
                due_on=today,
                order=orders[checkout.id],
                prescribes=any(product.offer.needs_prescription for product in checkout.products),
            )
            for checkout in checkouts
        ],
        env,
    )
    payments = [
        Paying(invoice=invoice.id, amount=invoice.balance, reference=paid[checkout.id].attempt)
        for checkout, invoice in zip(checkouts, opened, strict=True)
        if checkout.id in paid
    ]
    settled = {invoice.id: invoice for invoice in pay_invoices(payments, env)}
    return tuple(settled.get(invoice.id, invoice) for invoice in opened)


def _placement(checkout: Checkout, order: OrderId, lines: tuple[OrderLine, ...], invoice: Invoice) -> Placement:
    return Placement(
        id=order,
        patient=checkout.patient,
        contact=checkout.contact,
        lines=lines,
        amounts=amounts_of(lines),
        source=Source(
            context=SourceContext.CHECKOUT,
            channel="checkout",
            path=checkout.source_path,
            domain=checkout.source_domain,
            cart=checkout.cart,
        ),
        needs=needs_of(checkout.products, SourceContext.CHECKOUT),
        paid=True,
        shipping_address=checkout.address,
        coupon=checkout.quote.coupon,
        invoice=invoice.id,
    )


def _succeed(checkout: Checkout, order: Order, invoice: Invoice, env: Env) -> Checkout:
    done = evolve(
        checkout.move(CheckoutTrigger.SUCCEED),
        order=order.id,
        order_number=order.number,
        subscriptions=order.subscriptions,
        text="",
    )
    env.checkouts.save(done)
    env.outbox.put(
        CheckoutSucceeded(
            checkout=done.id,
            cart=done.cart,
            patient=done.patient,
            order=order.id,
            order_number=order.number,
            invoice=invoice.id,
            subscriptions=order.subscriptions,
            total=done.quote.total,
        )
    )
    return done
