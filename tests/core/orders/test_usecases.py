"""Orders in use: placed, moved, followed, refunded, explained."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve

from core.catalog.shop import CLINIC, NOON, Shop, monthly, one_time, usd
from core.invoicing.test_invoices import paying, refunding, under_way
from hlc_core.catalog.api import (
    AddCoupon,
    ChangeProduct,
    CouponTerms,
    Drug,
    GetCoupon,
    Product,
    Reduction,
    add_coupon,
    change_product,
    get_coupon,
    price,
)
from hlc_core.catalog.pricing import PriceLine
from hlc_core.invoicing.api import (
    GetInvoice,
    InvoiceOpened,
    InvoicePaid,
    InvoiceRefunded,
    InvoiceState,
    PaymentUnderWay,
    get_invoice,
    pay_invoices,
    refund_invoices,
)
from hlc_core.kernel.errors import Missing
from hlc_core.kernel.ids import OrderId, ProductId, SubscriptionId
from hlc_core.kernel.machine import GuardRefused, IllegalTransition
from hlc_core.kernel.time import Unit
from hlc_core.orders.api import (
    Amounts,
    Billing,
    CreateStaffOrder,
    ExplainOrder,
    GetOrder,
    LateOrders,
    ListOrders,
    MovedMeanwhile,
    MoveOrder,
    NotAnOrder,
    NotATracking,
    NotYourStep,
    Order,
    OrderCreated,
    OrderRejected,
    OrdersOfSubscription,
    OrderState,
    OrderStatusUpdated,
    OrderTracked,
    OrderTrigger,
    PaymentRecovery,
    Placement,
    ProductsNotSold,
    ReasonNeeded,
    RecoveryNote,
    ReductionType,
    SetTracking,
    Source,
    SourceContext,
    StaffItem,
    SubmitStaffOrder,
    TrackingNotPossible,
    amounts_of,
    bought,
    create_staff_order,
    explain_order,
    get_order,
    late_orders,
    list_orders,
    move_order,
    move_orders,
    needs_of,
    note_recovery,
    on_invoices_paid,
    on_invoices_refunded,
    orders_of_subscription,
    place_orders,
    set_tracking,
    submit_staff_order,
)

S, T = OrderState, OrderTrigger
RX: dict[str, Any] = {
    "questionnaires": ("intake",),
    "drugs": (Drug(name="Pill", compound="finasteride 1 mg tablet"),),
    "needs_prescription": True,
}
ALL = ("orders.review.decide", "orders.labs.handle", "orders.prescription.handle", "orders.fulfillment.handle",
       "orders.order.cancel", "orders.order.correct", "orders.order.submit")  # fmt: skip


def placement(shop: Shop, *products: Product, **more: Any) -> Placement:
    """A paid checkout of these products."""
    context = more.pop("context", SourceContext.CHECKOUT)
    reduction: Reduction | None = more.pop("reduction", None)
    asked = [PriceLine(key=product.id, unit=product.price) for product in products]
    priced = price(asked, reduction, 0, "USD")
    lines = tuple(bought(one, line, reduction) for one, line in zip(products, priced.lines, strict=True))
    with shop.open() as env:
        patient = env.patients.get(shop.patient())
    rest: dict[str, Any] = {
        "patient": patient.id,
        "contact": patient.contact,
        "lines": lines,
        "amounts": amounts_of(lines),
        "source": Source(context=context, channel="web", path="/start", domain="example.com"),
        "needs": needs_of(products, context),
        "paid": True,
        **more,
    }
    return Placement(**rest)


def placed(shop: Shop, *offers: Any, **more: Any) -> Order:
    """A placed order of new products."""
    return shop.act(place_orders, (placement(shop, *shop.stock(*offers), **more),))[0]


def through(shop: Shop, order: Order, *triggers: OrderTrigger) -> Order:
    """The order after these triggers, pulled by HLC."""
    for trigger in triggers:
        order = shop.act(move_order, MoveOrder(order=order.id, trigger=trigger, reason="as planned"))
    return order


def relay(shop: Shop) -> None:
    """Let orders react to what invoices said so far."""
    paid, refunded = shop.outbox.of(InvoicePaid), shop.outbox.of(InvoiceRefunded)
    shop.act(on_invoices_paid, paid)
    shop.act(on_invoices_refunded, refunded)


@pytest.mark.parametrize(
    ("offer", "paid", "context", "state"),
    [
        (one_time(), True, SourceContext.CHECKOUT, S.AWAITING_FULFILLMENT),
        (one_time(), False, SourceContext.CHECKOUT, S.AWAITING_PAYMENT),
        (one_time(**RX), True, SourceContext.CHECKOUT, S.AWAITING_REQUIREMENTS),
        (one_time(needs_prescription=True), True, SourceContext.CHECKOUT, S.PROCESSING),
        (one_time(**RX), True, SourceContext.RENEWAL, S.AWAITING_SCRIPT),
        (one_time(questionnaires=("intake",)), True, SourceContext.REFILL, S.AWAITING_FULFILLMENT),
    ],
)
def test_a_placed_order_goes_where_its_facts_lead(
    offer: Any, paid: bool, context: SourceContext, state: OrderState
) -> None:
    """Paid or not, with questions, with a prescription, as a renewal: told once, with a deadline."""
    shop = Shop()
    order = placed(shop, offer, paid=paid, context=context)

    assert (state, [S.PENDING, state]) == (order.state, [step.state for step in order.history])
    assert order.deadline is not None
    assert [state] == [event.state for event in shop.outbox.of(OrderCreated)]
    assert [] == shop.outbox.of(OrderStatusUpdated)


def test_a_placement_repeated_answers_the_order_that_stands() -> None:
    """The same external id never makes two orders, in one batch or in two."""
    shop = Shop()
    wish = placement(shop, *shop.stock(one_time()), external_id="chk_1")
    first = shop.act(place_orders, (wish, wish))
    again = shop.act(place_orders, (wish,))

    assert 1 == len({order.id for order in (*first, *again)})
    assert 1 == len(shop.outbox.of(OrderCreated))


def test_lines_keep_the_terms_of_the_day() -> None:
    """Name, drug, list price, price and reduction stay when the catalog changes."""
    shop = Shop()
    product = shop.stock(one_time("Pills", 10_000, **RX))[0]
    order = shop.act(place_orders, (placement(shop, product, reduction=Reduction(code="T", percent=2000)),))[0]
    shop.act(change_product, ChangeProduct(product=product.id, offer=one_time("Other", 1)))
    line = shop.act(get_order, GetOrder(order=order.number)).order.lines[0]

    assert ("Pills", "finasteride 1 mg tablet", usd(10_000), usd(8000)) == (
        line.name, line.drug_name, line.list_price, line.price,
    )  # fmt: skip
    assert (2000, ReductionType.PERCENT) == (line.reduction_amount, line.reduction_type)
    assert (usd(10_000), usd(2000), usd(8000)) == (order.amounts.base, order.amounts.discount, order.amounts.total)


def test_an_amount_reduction_is_kept_in_dollars() -> None:
    """The line's share of an amount stands on it."""
    shop = Shop()
    line = placed(shop, one_time(cents=5000), reduction=Reduction(code="A", amount=usd(1500))).lines[0]

    assert (1500, ReductionType.DOLLAR) == (line.reduction_amount, line.reduction_type)


def test_amounts_that_do_not_fit_are_refused() -> None:
    """total = base - discount - credit: what does not follow from the lines is refused."""
    shop = Shop()
    wish = placement(shop, *shop.stock(one_time(cents=5000)))
    for wrong in (
        evolve(wish, amounts=Amounts(base=usd(4000), discount=usd(0), credit_used=usd(0))),
        evolve(wish, amounts=evolve(wish.amounts, credit_used=usd(5001))),
        evolve(wish, lines=()),
    ):
        with pytest.raises(NotAnOrder):
            shop.act(place_orders, (wrong,))


def test_billing_is_on_the_order_when_there_is_one_subscription() -> None:
    """One subscription fills the order's own fields; two leave them empty beside the list."""
    shop = Shop()
    billing = Billing(interval=Unit.MONTH, interval_count=1, cycle=1, start=date(2026, 3, 2), end=date(2026, 4, 2))
    wish = placement(shop, *shop.stock(monthly("A"), monthly("B")))
    one, two = (
        evolve(line, subscription=SubscriptionId(f"sub_{place}"), billing=billing)
        for place, line in enumerate(wish.lines)
    )
    single, both = shop.act(place_orders, (evolve(wish, lines=(one, wish.lines[1])), evolve(wish, lines=(one, two))))

    assert (billing, ("sub_0",)) == (single.billing, single.subscriptions)
    assert (None, ("sub_0", "sub_1")) == (both.billing, both.subscriptions)
    cards = shop.act(orders_of_subscription, OrdersOfSubscription(subscription=SubscriptionId("sub_0")))
    assert [single.id] == [card.order.id for card in cards]


def test_from_checkout_to_the_door() -> None:
    """Intake, review with labs, prescription, packing, shipping, delivery: each step told with the whole history."""
    shop = Shop()
    order = through(
        shop, placed(shop, one_time(**RX, needs_labs=True)), T.SUBMIT_INTAKE, T.ORDER_LABS, T.ISSUE_REQUISITION,
        T.RECEIVE_RESULTS, T.APPROVE, T.PRESCRIBE, T.PACK,
    )  # fmt: skip
    with pytest.raises(GuardRefused):
        through(shop, order, T.SHIP)
    tracking = SetTracking(order=order.id, carrier="UPS", tracking_number="1Z", tracking_url="https://ups.example/1Z")
    shop.act(set_tracking, tracking)
    done = through(shop, order, T.SHIP, T.DELIVER)

    told = shop.outbox.of(OrderStatusUpdated)
    assert S.COMPLETED is done.state
    assert [step.state for step in done.history] == [step.state for step in told[-1].history]
    assert {""} == {step.reason for step in told[-1].history}
    assert ["1Z", NOON] == [told[-1].tracking.number, told[-1].tracking.shipped_at] if told[-1].tracking else None


def test_results_are_awaited_before_approval() -> None:
    """A review of something that needs results cannot approve without them."""
    shop = Shop()
    order = through(shop, placed(shop, one_time(**RX, needs_labs=True)), T.SUBMIT_INTAKE)

    with pytest.raises(GuardRefused):
        through(shop, order, T.APPROVE)


def test_an_intake_sent_back_is_asked_for_again() -> None:
    """After a correction the answers have to come again before a clinician looks."""
    shop = Shop()
    order = through(shop, placed(shop, one_time(**RX)), T.SUBMIT_INTAKE, T.SEND_BACK)

    assert (S.AWAITING_REQUIREMENTS, False) == (order.state, order.intake_submitted)


def test_a_service_is_finished_without_a_parcel() -> None:
    """What does not ship cannot be packed, and is finished instead."""
    shop = Shop()
    order = placed(shop, one_time("Visit", ships=False))
    with pytest.raises(GuardRefused):
        through(shop, order, T.PACK)

    assert S.COMPLETED is through(shop, order, T.FINISH).state


def test_tracking_is_edited_only_where_there_is_a_parcel() -> None:
    """Not before packing; afterwards without changing the status, and shippedAt stays the first one."""
    shop = Shop()
    order = placed(shop, one_time())
    follow = SetTracking(order=order.id, carrier="UPS", tracking_number="1Z")
    with pytest.raises(TrackingNotPossible):
        shop.act(set_tracking, follow)
    through(shop, order, T.PACK, T.SHIP_UNTRACKED)
    shop.clock.pass_days(2)
    for _ in range(2):
        followed = shop.act(set_tracking, follow)
    back = through(shop, order, T.RETURN, T.SHIP_AGAIN, T.SHIP)

    assert (
        (S.SHIPPED, "1Z", NOON) == (back.state, back.tracking.number, back.tracking.shipped_at) if back.tracking else 0
    )
    assert S.SHIPPED is followed.state
    assert 1 == len(shop.outbox.of(OrderTracked))
    with pytest.raises(NotATracking) as refusal:
        shop.act(set_tracking, evolve(follow, carrier="", tracking_number="\n", tracking_url="javascript:x"))
    assert {"carrier", "trackingNumber", "trackingUrl"} == {fault.field for fault in refusal.value.faults}


def test_each_edge_asks_for_its_key_and_exceptions_for_a_reason() -> None:
    """Without the key the step is refused; by hand it needs words; HLC's own edges open for nobody."""
    shop = Shop()
    order = placed(shop, one_time())
    cancel = MoveOrder(order=order.id, trigger=T.CANCEL)
    with pytest.raises(NotYourStep):
        shop.as_staff("orders.fulfillment.handle").act(move_order, cancel)
    with pytest.raises(ReasonNeeded):
        shop.as_staff("orders.order.cancel").act(move_order, cancel)
    with pytest.raises(IllegalTransition):
        shop.as_staff(*ALL).act(move_order, MoveOrder(order=order.id, trigger=T.DELIVER))
    unpaid = placed(shop, one_time(), paid=False)
    with pytest.raises(NotYourStep):
        shop.as_staff(*ALL).act(move_order, MoveOrder(order=unpaid.id, trigger=T.PAY))
    with pytest.raises(MovedMeanwhile):
        shop.act(move_order, evolve(cancel, reason="twice", expected=S.SHIPPED))

    done = shop.as_staff("orders.order.cancel").act(move_order, evolve(cancel, reason="patient asked"))
    assert ("nora", "patient asked") == (done.history[-1].by, done.history[-1].reason)


@pytest.mark.parametrize("wish", [True, False])
def test_a_rejection_says_whether_subscriptions_end(wish: bool) -> None:
    """The organization's setting travels with the event; the reason does not."""
    settings = evolve(CLINIC.orders, cancel_subscriptions_on_rejection=wish)
    shop = Shop(organization=evolve(CLINIC, orders=settings))
    order = through(shop, placed(shop, one_time(**RX)), T.SUBMIT_INTAKE, T.REJECT)

    assert S.REJECTED is order.state
    assert [(order.id, wish)] == [(event.order, event.ends_subscriptions) for event in shop.outbox.of(OrderRejected)]
    assert S.PROCESSING is through(shop, order, T.REOPEN).state


def test_staff_write_submit_and_the_patient_pays() -> None:
    """A draft is silent; submitted it is invoiced once and awaits money; paid it goes on."""
    shop = Shop()
    patient, (product, _) = shop.patient(), shop.stock(one_time("Soap", 2500), one_time())
    made = shop.act(add_coupon, AddCoupon(code="TEN", terms=CouponTerms(percent=1000, total_limit=1)))
    order = shop.act(
        create_staff_order,
        CreateStaffOrder(patient=patient, items=(StaffItem(product=product.id, quantity=2),), coupon="ten"),
    )
    assert (S.INCOMPLETE, []) == (order.state, shop.outbox.of(OrderCreated))
    sent = shop.act(submit_staff_order, SubmitStaffOrder(order=order.id))
    assert sent.invoice is not None
    invoice = shop.act(get_invoice, GetInvoice(invoice=sent.invoice)).invoice
    assert (S.AWAITING_PAYMENT, usd(4500), order.id) == (sent.state, invoice.total, invoice.order)
    assert 1 == shop.act(get_coupon, GetCoupon(coupon=made.id)).redeemed

    shop.act(pay_invoices, paying(invoice, 4500))
    relay(shop)
    relay(shop)
    card = shop.act(get_order, GetOrder(order=order.id))
    assert (S.AWAITING_FULFILLMENT, True) == (card.order.state, card.order.paid)
    assert 1 == len(shop.outbox.of(OrderCreated))


def test_what_costs_nothing_goes_on_at_once() -> None:
    """A draft over zero needs no invoice."""
    shop = Shop()
    patient, (product,) = shop.patient(), shop.stock(one_time("Sample", 0))
    draft = shop.act(create_staff_order, CreateStaffOrder(patient=patient, items=(StaffItem(product=product.id),)))
    sent = shop.as_staff(*ALL).act(submit_staff_order, SubmitStaffOrder(order=draft.id))

    assert (S.AWAITING_FULFILLMENT, None, []) == (sent.state, sent.invoice, shop.outbox.of(InvoiceOpened))


def test_staff_cannot_order_what_is_not_sold() -> None:
    """Unknown, recurring, repeated, too many, nothing at all: refused with each item named."""
    shop = Shop()
    patient, (soap, plan) = shop.patient(), shop.stock(one_time(), monthly())
    for items, fields in (
        (
            (StaffItem(product=plan.id), StaffItem(product=soap.id, quantity=100)),
            ["items[0].product", "items[1].quantity"],
        ),
        ((StaffItem(product=ProductId("prod_x")),), ["items[0].product"]),
        ((StaffItem(product=soap.id), StaffItem(product=soap.id)), ["items"]),
    ):
        with pytest.raises(ProductsNotSold) as refusal:
            shop.act(create_staff_order, CreateStaffOrder(patient=patient, items=items))
        assert fields == [fault.field for fault in refusal.value.faults]
    with pytest.raises(NotAnOrder):
        shop.act(create_staff_order, CreateStaffOrder(patient=patient, items=()))


def submitted(shop: Shop) -> Order:
    """A staff order that awaits its money."""
    patient, (product,) = shop.patient(), shop.stock(one_time("Soap", 2500))
    draft = shop.act(create_staff_order, CreateStaffOrder(patient=patient, items=(StaffItem(product=product.id),)))
    return shop.act(submit_staff_order, SubmitStaffOrder(order=draft.id))


def test_cancelling_withdraws_the_unpaid_invoice() -> None:
    """Nothing is owed for a cancelled order; money that comes nevertheless is seen on it."""
    shop = Shop()
    order = submitted(shop)
    through(shop, order, T.CANCEL)

    assert order.invoice is not None
    assert InvoiceState.VOID is shop.act(get_invoice, GetInvoice(invoice=order.invoice)).invoice.state
    with pytest.raises(GuardRefused):
        through(shop, order, T.REOPEN)


def test_an_order_that_is_being_paid_is_not_cancelled() -> None:
    """While a charge is under way, cancelling waits for its outcome."""
    shop = Shop()
    order = submitted(shop)
    assert order.invoice is not None
    under_way(shop, shop.act(get_invoice, GetInvoice(invoice=order.invoice)).invoice)

    with pytest.raises(PaymentUnderWay):
        through(shop, order, T.CANCEL)
    shown = shop.act(explain_order, ExplainOrder(order=order.id))
    assert any("payment attempt 1" in line for line in shown.tried)


def test_money_all_back_makes_it_refunded_wherever_it_stands() -> None:
    """A part changes nothing; the whole leads to REFUNDED, from a cancelled order, too."""
    shop = Shop()
    order = submitted(shop)
    assert order.invoice is not None
    invoice = shop.act(get_invoice, GetInvoice(invoice=order.invoice)).invoice
    shop.act(pay_invoices, paying(invoice, 2500))
    relay(shop)
    shop.act(refund_invoices, refunding(invoice, 500, "r1"))
    relay(shop)
    assert S.AWAITING_FULFILLMENT is shop.act(get_order, GetOrder(order=order.id)).order.state
    through(shop, order, T.CANCEL)
    assert S.AWAITING_FULFILLMENT is through(shop, order, T.REOPEN).state
    through(shop, order, T.CANCEL)
    shop.act(refund_invoices, refunding(invoice, 2000, "r2"))
    relay(shop)
    relay(shop)

    assert S.REFUNDED is shop.act(get_order, GetOrder(order=order.id)).order.state
    with pytest.raises(IllegalTransition):
        through(shop, order, T.CANCEL)


def test_many_orders_move_at_once() -> None:
    """One trigger on a batch, for contexts above; an unknown one refuses all."""
    shop = Shop()
    orders = [placed(shop, one_time()).id for _ in range(3)]

    assert {S.AWAITING_SHIPMENT} == {order.state for order in shop.act(move_orders, orders, T.PACK)}
    with pytest.raises(Missing):
        shop.act(move_orders, (OrderId("ord_x"),), T.PACK)


def test_why_is_this_order_here() -> None:
    """Since when and why, what comes next, from whom, by when, what was tried, what the actor can do."""
    shop = Shop()
    order = submitted(shop)
    assert order.invoice is not None
    told = PaymentRecovery(
        status="RETRY_SCHEDULED", retry_count=1, max_retry_count=3, next_retry_at=NOON + timedelta(days=3)
    )
    shop.act(note_recovery, (RecoveryNote(invoice=order.invoice, recovery=told),))
    why = shop.as_staff("orders.order.cancel").act(explain_order, ExplainOrder(order=order.number.lower()))

    assert (S.AWAITING_PAYMENT, "patient", NOON + timedelta(days=7)) == (why.state, why.from_whom, why.by_when)
    assert "submit by system: unpaid" == why.because
    assert [T.PAY] == [action.trigger for action in why.next_events]
    assert [(T.CANCEL, True)] == [(action.trigger, action.asks_reason) for action in why.actions]
    assert "recovery RETRY_SCHEDULED: retry 1 of 3, next 2026-03-05 17:00" == why.tried[-1]
    assert not why.late
    with pytest.raises(Missing):
        shop.act(explain_order, ExplainOrder(order="R-nowhere"))


def test_late_orders_are_listed_and_lists_come_in_pages() -> None:
    """Past its deadline an order is late; lists show the newest first."""
    shop = Shop()
    made = [placed(shop, one_time()).id for _ in range(5)]
    assert () == shop.act(late_orders, LateOrders()).items
    shop.clock.pass_days(3)

    assert made == [card.order.id for card in shop.act(late_orders, LateOrders()).items]
    first = shop.act(list_orders, ListOrders(state=S.AWAITING_FULFILLMENT, limit=3))
    rest = shop.act(list_orders, ListOrders(cursor=first.next, limit=3))
    assert made[::-1] == [card.order.id for card in (*first.items, *rest.items)]
    assert {True} == {card.late for card in first.items}
