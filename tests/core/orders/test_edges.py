"""Corners of catalog, invoices and orders: stored and read again, told about the right subject, refused in words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from attrs import evolve

from core.catalog.shop import NOON, Shop, monthly, one_time, usd
from core.catalog.test_coupons import coupon, hold
from core.invoicing.test_invoices import bill, opened, paying, refunding
from core.orders.test_usecases import placed, placement, relay, submitted, through
from hlc_adapters import wire
from hlc_core.catalog.api import (
    BadRows,
    CouponExhausted,
    CouponRow,
    CouponTerms,
    Drug,
    ImportCoupons,
    ImportProducts,
    MakeTemplateDefault,
    NotACoupon,
    NotADesign,
    NotAnOffer,
    PageDesign,
    ProductRow,
    Redeemed,
    RowResult,
    change_coupon,
    import_coupons,
    import_products,
    redeem_coupons,
    usable_coupon,
)
from hlc_core.catalog.offers import sound_code, sound_design, sound_offer, sound_terms
from hlc_core.catalog.usecases import AddCheckoutTemplate, ChangeCoupon, add_checkout_template, make_template_default
from hlc_core.invoicing.api import Invoice, PrintInvoice, open_invoices, pay_invoices, print_invoice, refund_invoices
from hlc_core.kernel.ids import InvoiceId, OrderId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.orders.api import (
    ExplainOrder,
    GetOrder,
    ListOrders,
    NotAnOrder,
    Order,
    OrderState,
    OrderTrigger,
    PaymentRecovery,
    RecoveryNote,
    SetTracking,
    Source,
    SourceContext,
    amounts_of,
    explain_order,
    get_order,
    invoice_lines,
    list_orders,
    note_recovery,
    on_invoices_paid,
    place_orders,
    set_tracking,
)


def test_everything_stored_is_read_as_it_was() -> None:
    """Bodies and events survive the wire."""
    shop = Shop()
    made = coupon(shop, starts_at=NOON, total_limit=3)
    claim = hold(shop, "chk_1")
    shop.act(redeem_coupons, (Redeemed(coupon=made.id, subject="chk_1", order=OrderId("ord_1")),))
    product = shop.stock(monthly(cycles=6, drugs=(Drug(name="a", compound="b"),), questionnaires=("q",)))[0]
    order = placed(shop, one_time())
    through(shop, order, OrderTrigger.PACK)
    shop.act(set_tracking, SetTracking(order=order.id, carrier="UPS", tracking_number="1Z"))
    invoice = opened(shop, subscription=SubscriptionId("sub_1"), cycle=1, period_start=date(2026, 3, 2))
    paid = shop.act(pay_invoices, paying(invoice, 100))[0]
    tracked = shop.act(get_order, GetOrder(order=order.id)).order

    for value in (made, claim, product, tracked, paid, *shop.outbox.events):
        assert value == wire.decode(type(value), wire.encode(value))


def test_every_event_names_its_subject() -> None:
    """Events of one thing are delivered in order, so each says which thing it is about."""
    shop = Shop()
    shop.stock(one_time())
    made = coupon(shop)
    hold(shop, "chk_1")
    shop.act(redeem_coupons, (Redeemed(coupon=made.id, subject="chk_1", order=OrderId("ord_1")),))
    order = placed(shop, one_time(needs_prescription=True))
    through(shop, order, OrderTrigger.REJECT)
    invoice = opened(shop)

    subjects = {event.subject for event in shop.outbox.events}
    assert {"ord_1", order.id, invoice.id} <= subjects
    assert all(event.subject for event in shop.outbox.events)


def test_late_money_for_a_cancelled_order_is_seen() -> None:
    """Its invoice was paid in part when it was cancelled; the rest comes: the order knows that money is here."""
    shop = Shop()
    order = submitted(shop)
    assert order.invoice is not None
    with shop.open() as env:
        invoice = env.invoices.get(order.invoice)
    shop.act(pay_invoices, paying(invoice, 500, "a"))
    through(shop, order, OrderTrigger.CANCEL)
    shop.act(pay_invoices, paying(invoice, 2000, "b"))
    relay(shop)

    card = shop.act(get_order, GetOrder(order=order.id))
    assert (OrderState.CANCELLED, True) == (card.order.state, card.order.paid)


def test_an_order_is_found_by_its_invoice() -> None:
    """A renewal's invoice is older than its order: paying it moves the order that names it."""
    shop = Shop()
    invoice = opened(shop, 2400)
    order = placed(shop, one_time(), paid=False, invoice=invoice.id)
    told = PaymentRecovery(status="RETRY_SCHEDULED", next_retry_at=NOON)
    shop.act(note_recovery, (RecoveryNote(invoice=invoice.id, recovery=told),))
    shop.act(note_recovery, (RecoveryNote(invoice=InvoiceId("inv_x"), recovery=told),))
    shop.act(pay_invoices, paying(invoice, 2400))
    relay(shop)
    shop.act(on_invoices_paid, ())

    paid = shop.act(get_order, GetOrder(order=order.id)).order
    assert (OrderState.AWAITING_FULFILLMENT, None) == (paid.state, paid.recovery and paid.recovery.next_retry_at)


def test_a_refund_before_the_rest_is_paid_is_remembered() -> None:
    """All that came went back while the order still waited for the rest: it waits on, and knows."""
    shop = Shop()
    order = submitted(shop)
    assert order.invoice is not None
    with shop.open() as env:
        invoice = env.invoices.get(order.invoice)
    shop.act(pay_invoices, paying(invoice, 500))
    shop.act(refund_invoices, refunding(invoice, 500))
    relay(shop)
    relay(shop)

    card = shop.act(get_order, GetOrder(order=order.id))
    assert (OrderState.AWAITING_PAYMENT, True) == (card.order.state, card.order.fully_refunded)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda wish: evolve(wish, lines=(evolve(wish.lines[0], quantity=100),)),
        lambda wish: evolve(wish, lines=(evolve(wish.lines[0], price=Money(1, "EUR")),)),
        lambda wish: evolve(wish, lines=(evolve(wish.lines[0], price=usd(99_999)),)),
        lambda wish: evolve(wish, amounts=evolve(wish.amounts, base=Money(1, "EUR"))),
    ],
)
def test_lines_that_do_not_fit_are_refused(spoil: Any) -> None:
    """Quantity, currency, a price above the list price, amounts in another currency."""
    shop = Shop()
    with pytest.raises(NotAnOrder):
        shop.act(place_orders, (spoil(placement(shop, *shop.stock(one_time()))),))


def test_credit_used_is_a_line_of_the_invoice() -> None:
    """The invoice of an order with credit comes to the order's total."""
    shop = Shop()
    order = placed(shop, one_time(cents=5000))
    amounts = amounts_of(order.lines, usd(1200))
    lines = invoice_lines(order.lines, amounts)

    assert usd(3800) == amounts.total == evolve(bill(), lines=lines).total


def test_why_of_a_draft_and_lists_of_one_patient() -> None:
    """A draft says so; a patient's list shows theirs; an order without invoice has no payments to tell of."""
    shop = Shop()
    order = placed(shop, one_time())
    assert () == tuple(
        line for line in shop.act(explain_order, ExplainOrder(order=order.id)).tried if "payment" in line
    )
    draft = evolve(order, id=OrderId("ord_d"), number="R-D", state=OrderState.INCOMPLETE, history=())
    with shop.open() as env:
        env.orders.add(draft)

    assert "A draft: nobody has placed it." == shop.act(explain_order, ExplainOrder(order="R-d")).because
    listed = shop.act(list_orders, ListOrders(patient=order.patient)).items
    assert {order.id, draft.id} == {card.order.id for card in listed}


def test_an_import_of_coupons_follows_the_file() -> None:
    """New, changed, and a thousand rows at most."""
    shop = Shop()
    rows = [CouponRow(line=2, code="TEN", terms=CouponTerms(percent=points)) for points in (1000, 1100)]
    results = [shop.act(import_coupons, ImportCoupons(rows=(row,)))[0].result for row in rows]

    assert [RowResult.NEW, RowResult.CHANGED] == results
    many = tuple(ProductRow(line=n, external_id=f"{n}", offer=one_time()) for n in range(1001))
    with pytest.raises(BadRows):
        shop.act(import_products, ImportProducts(rows=many))


def test_a_coupon_that_is_used_up_is_refused_in_the_cart() -> None:
    """The cart is told before anything is tried."""
    shop = Shop()
    coupon(shop, total_limit=1)
    hold(shop, "chk_1")

    with pytest.raises(CouponExhausted):
        shop.act(usable_coupon, "TEN", None)


def test_a_coupon_changes_its_percentage_freely() -> None:
    """Terms without a new limit are never in the way."""
    shop = Shop()
    made = coupon(shop, total_limit=1)
    terms = CouponTerms(percent=500, total_limit=1)

    assert terms == shop.act(change_coupon, ChangeCoupon(coupon=made.id, terms=terms)).terms


def test_making_the_default_the_default_changes_nothing() -> None:
    """The default stays the only one."""
    shop = Shop()
    first = shop.act(add_checkout_template, AddCheckoutTemplate(name="A", design=PageDesign()))

    assert shop.act(make_template_default, MakeTemplateDefault(template=first.id)).default


def test_texts_that_are_too_long_are_named() -> None:
    """Descriptions, terms, codes and amounts have their bounds."""
    with pytest.raises(NotAnOffer):
        sound_offer(one_time(description="x" * 4001), "USD")
    with pytest.raises(NotADesign):
        sound_design("A", PageDesign(terms="x" * 20_001, fields=PageDesign().fields * 2))
    with pytest.raises(NotACoupon):
        sound_code("no blanks")
    with pytest.raises(NotACoupon):
        sound_terms(CouponTerms(amount=Money(0, "EUR")), "USD")


def test_a_document_names_its_period() -> None:
    """A cycle's invoice says which days it bills; once paid, when."""
    shop = Shop()
    asked = bill(
        subscription=SubscriptionId("sub_1"), cycle=1, period_start=date(2026, 3, 2), period_end=date(2026, 4, 2)
    )
    invoice: Invoice = shop.act(open_invoices, (asked,))[0]
    shop.act(pay_invoices, paying(invoice, 10_000))
    text = shop.act(print_invoice, PrintInvoice(invoice=invoice.id))

    assert "Period: 2026-03-02 to 2026-04-02" in text
    assert "Paid: 2026-03-02" in text


def test_an_order_keeps_where_the_buyer_came_from() -> None:
    """Channel, path and domain travel from the cart."""
    shop = Shop()
    order: Order = placed(shop, one_time())

    assert Source(context=SourceContext.CHECKOUT, channel="web", path="/start", domain="example.com") == order.source
