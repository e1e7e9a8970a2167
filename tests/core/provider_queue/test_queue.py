"""What waits for a prescriber, and how it leaves. Source: spec/care, Provider queue."""

from __future__ import annotations

from typing import Any

import pytest

from core.intake.forms import HOME, claimed, clinician, fill, licensed, publish, submit
from hlc_adapters.storage.shapes.care import LICENCES
from hlc_adapters.storage.shapes.orders import INVOICES
from hlc_adapters.storage.shapes.provider_queue import QUEUE_ITEMS
from hlc_core.checkout.api import CheckoutView
from hlc_core.invoicing.api import GetInvoice, Invoice, RecordRefund, ScriptOutcome
from hlc_core.kernel.errors import Invalid, Missing
from hlc_core.kernel.ids import InvoiceId, OrderId, QueueItemId
from hlc_core.kernel.machine import IllegalTransition
from hlc_core.orders.api import GetOrder, MoveOrder, NotForAProvider, Order, OrderState, OrderTrigger
from hlc_core.payments.api import RequestRefund
from hlc_core.provider_queue.api import (
    AlreadyWaiting,
    CompareQueue,
    CountQueue,
    DeclineItem,
    ExplainInvoice,
    Flag,
    GetQueueItem,
    ItemSource,
    ItemState,
    ListQueue,
    MarkPrescribed,
    NotReady,
    QueueCard,
    QueueOrder,
    Readiness,
    Reason,
    RemoveItem,
    Side,
)
from hlc_core.review.api import ApproveReview, RejectReview
from support.refusals import refused
from support.worlds import SYSTEM, World


def prescribed(world: World, **offer: Any) -> CheckoutView:
    """A product that needs a prescription, bought."""
    return world.buy(world.product(needs_prescription=True, name="Finasteride", **offer), address=HOME)


def waiting(world: World, **asked: Any) -> list[QueueCard]:
    """The first page of the queue."""
    return list(world.ask(ListQueue(**asked)).items)


def only(world: World) -> QueueCard:
    """The one item that waits."""
    (card,) = waiting(world)
    return card


def order_of(world: World, view: CheckoutView) -> Order:
    """Its order, as it stands."""
    return world.ask(GetOrder(order=str(view.checkout.order))).order


def invoice_of(world: World, view: CheckoutView) -> Invoice:
    """The invoice of its order, as it stands."""
    found = order_of(world, view).invoice
    assert found is not None
    return world.ask(GetInvoice(invoice=found)).invoice


def move(world: World, order: Order, *triggers: OrderTrigger, reason: str = "Because of a test.") -> Order:
    """Walk the order."""
    for trigger in triggers:
        order = world.execute(MoveOrder(order=order.id, trigger=trigger, reason=reason), SYSTEM)
    return order


def approve(world: World, order: Order) -> Order:
    """A licensed clinician approves it."""
    if not world.rows(LICENCES):
        licensed(world)
    review, token = claimed(world, order)
    world.execute(ApproveReview(review=review, token=token), clinician())
    return world.ask(GetOrder(order=order.id)).order


def agreed(world: World) -> None:
    """Assert that projection and sources say the same."""
    assert [] == [found for side in Side for found in world.ask(CompareQueue(side=side)).differences]


def test_a_paid_prescription_waits_for_a_provider(world: World) -> None:
    """New Patient, in review until it is approved, with what is to be prescribed."""
    view = prescribed(world)
    card = only(world)

    assert ("New Patient", ItemSource.INVOICE, Readiness.IN_REVIEW) == (
        card.label,
        card.item.source,
        card.item.readiness,
    )
    assert ("Finasteride", "line") == (card.item.treatment.medication, card.item.treatment.taken_from)
    assert (False, None) == (invoice_of(world, view).prescribing.processed, invoice_of(world, view).prescribing.outcome)
    approve(world, order_of(world, view))
    assert Readiness.READY is only(world).item.readiness
    agreed(world)


def test_what_needs_no_prescription_never_waits(world: World) -> None:
    """Its invoice says None, and there is no item."""
    view = world.buy(world.product())

    assert [] == waiting(world)
    assert None is invoice_of(world, view).prescribing.processed
    agreed(world)


def test_prescribed_and_sent_is_processed_with_who_and_when(world: World) -> None:
    """The item leaves, the invoice keeps it, the order goes to the pharmacy; again changes nothing."""
    view = prescribed(world)
    approve(world, order_of(world, view))
    item = only(world).item
    world.advance(minutes=5)
    first = world.execute(MarkPrescribed(item=item.id, note="eRx 17"))
    again = world.execute(MarkPrescribed(item=item.id))
    done = invoice_of(world, view).prescribing

    assert (ItemState.PRESCRIBED, first) == (first.state, again)
    assert (True, ScriptOutcome.PRESCRIBED) == (done.processed, done.outcome)
    assert (world.clock.now(), "system") == (done.processed_at, done.processed_by)
    assert OrderState.AWAITING_FULFILLMENT is order_of(world, view).state
    assert [] == waiting(world)
    agreed(world)


def test_declined_keeps_the_reason_and_sends_nothing(world: World) -> None:
    """Processed, declined, the order rejected; the reason stays with the item."""
    view = prescribed(world)
    item = only(world).item
    with refused(NotReady):
        world.execute(DeclineItem(item=item.id, reason="Not safe with the other medicine."))
    approve(world, order_of(world, view))
    world.execute(DeclineItem(item=item.id, reason="Not safe with the other medicine."))
    detail = world.ask(GetQueueItem(item=item.id))

    assert ScriptOutcome.DECLINED is invoice_of(world, view).prescribing.outcome
    assert detail.card.item.ending is not None
    assert "Not safe with the other medicine." == detail.card.item.ending.reason
    assert OrderState.REJECTED is order_of(world, view).state
    agreed(world)


def test_an_administrator_removes_an_item(world: World) -> None:
    """The order stays where it is; the same can be queued again by hand."""
    view = prescribed(world)
    order = approve(world, order_of(world, view))
    world.execute(RemoveItem(item=only(world).item.id, reason="Prescribed at the desk."))

    assert ScriptOutcome.REMOVED is invoice_of(world, view).prescribing.outcome
    assert OrderState.AWAITING_SCRIPT is order_of(world, view).state
    again = world.execute(QueueOrder(order=order.id, reason="It was not prescribed after all."))
    assert ("Prescription (queued by admin)", again.id) == (only(world).label, only(world).item.id)
    world.execute(MarkPrescribed(item=again.id))
    assert None is order_of(world, view).queued_for_provider
    assert OrderState.AWAITING_FULFILLMENT is order_of(world, view).state
    agreed(world)


def test_an_order_is_queued_only_while_it_awaits_its_prescription(world: World) -> None:
    """And not beside its invoice; a reason is asked for; twice is once, by its id or its number."""
    view = prescribed(world)
    order = order_of(world, view)
    with refused(AlreadyWaiting):
        world.execute(QueueOrder(order=order.id, reason="Please look."))
    world.execute(RemoveItem(item=only(world).item.id, reason="By mistake."))
    with refused(NotForAProvider):
        world.execute(QueueOrder(order=order.id, reason="Please look."))
    approve(world, order)
    with refused(Invalid):
        world.execute(QueueOrder(order=order.id, reason=" "))
    first = world.execute(QueueOrder(order=order.id, reason="Please look."))
    again = world.execute(QueueOrder(order=OrderId(order.number), reason="Please look again."))

    assert first == again
    assert "Please look." == first.reason


@pytest.mark.parametrize(
    ("trigger", "outcome"),
    [
        (OrderTrigger.PRESCRIBE, ScriptOutcome.PRESCRIBED),
        (OrderTrigger.REJECT, ScriptOutcome.DECLINED),
        (OrderTrigger.CANCEL, ScriptOutcome.REMOVED),
    ],
)
def test_an_order_that_moves_takes_its_item_along(
    memory_world: World, trigger: OrderTrigger, outcome: ScriptOutcome
) -> None:
    """However it was moved: by hand, by a review, by a dispatch."""
    view = prescribed(memory_world)
    move(memory_world, approve(memory_world, order_of(memory_world, view)), trigger)

    assert [] == waiting(memory_world)
    assert outcome is invoice_of(memory_world, view).prescribing.outcome
    agreed(memory_world)


def test_no_payment_takes_an_item_out(world: World) -> None:
    """Money that goes back in full is flagged; the item waits until a person decides."""
    view = prescribed(world)
    assert view.attempt is not None
    refund = world.execute(RequestRefund(attempt=view.attempt.id, amount=None, reason="Asked for."))
    world.services.give_back((refund,), SYSTEM)

    assert OrderState.REFUNDED is order_of(world, view).state
    assert (Flag.REFUNDED,) == only(world).item.flags
    assert False is invoice_of(world, view).prescribing.processed
    agreed(world)


def test_what_is_not_ready_cannot_be_prescribed(memory_world: World) -> None:
    """The answer names who has to act; what left in one way does not leave in another."""
    view = prescribed(memory_world)
    item = only(memory_world).item
    with refused(NotReady) as told:
        memory_world.execute(MarkPrescribed(item=item.id))
    memory_world.execute(RemoveItem(item=item.id, reason="By mistake."))
    for command in (MarkPrescribed(item=item.id), DeclineItem(item=item.id, reason="No good.")):
        with refused(IllegalTransition):
            memory_world.execute(command)

    assert "The medical review is not decided yet." == told.detail
    assert ScriptOutcome.REMOVED is invoice_of(memory_world, view).prescribing.outcome


def test_pages_go_through_the_queue_once_and_in_order(world: World) -> None:
    """Oldest first, whatever comes and goes meanwhile; filters narrow it."""
    views = []
    for _ in range(5):
        views.append(prescribed(world))
        world.advance(minutes=1)
    approve(world, order_of(world, views[3]))
    first = world.ask(ListQueue(limit=2))
    world.execute(RemoveItem(item=first.items[1].item.id, reason="By mistake."))
    second = world.ask(ListQueue(limit=2, cursor=first.next))
    third = world.ask(ListQueue(limit=2, cursor=second.next))
    seen = [card.item.order for page in (first, second, third) for card in page.items]

    assert [view.checkout.order for view in views] == seen
    assert None is third.next
    assert [views[3].checkout.order] == [card.item.order for card in waiting(world, readiness=Readiness.READY)]
    assert [] == waiting(world, source=ItemSource.REFILL)
    assert 1 == len(waiting(world, patient=first.items[0].item.patient))
    counted = world.ask(CountQueue())
    assert (4, 1, 0) == (counted.waiting, counted.ready, counted.withheld)
    with refused(Invalid):
        world.ask(ListQueue(cursor="x"))


def test_why_an_invoice_is_not_queued_is_told(world: World) -> None:
    """Unpaid, nothing to prescribe, processed, unassigned, unknown; by id or by number."""
    plain = invoice_of(world, world.buy(world.product()))
    view = prescribed(world)
    waits = world.ask(ExplainInvoice(invoice=invoice_of(world, view).display_number.lower()))
    stranger = world.ask(ExplainInvoice(invoice=invoice_of(world, view).id, assigned=False))
    world.execute(RemoveItem(item=only(world).item.id, reason="By mistake."))
    gone = world.ask(ExplainInvoice(invoice=invoice_of(world, view).id))

    assert (True, ()) == (waits.waits, waits.obstacles)
    assert [Reason.UNASSIGNED] == [one.reason for one in stranger.obstacles]
    assert [Reason.NOTHING_TO_PRESCRIBE] == [
        one.reason for one in world.ask(ExplainInvoice(invoice=plain.id)).obstacles
    ]
    assert [Reason.PROCESSED] == [one.reason for one in gone.obstacles]
    with refused(Missing):
        world.ask(ExplainInvoice(invoice="INV-999999"))


def test_unknown_items_and_orders_are_missing(memory_world: World) -> None:
    """As everything else."""
    with refused(Missing):
        memory_world.execute(MarkPrescribed(item=QueueItemId("qi_none")))
    with refused(Missing):
        memory_world.execute(QueueOrder(order=OrderId("ord_none"), reason="Please look."))


def test_the_rows_say_the_same_as_the_machine(memory_world: World) -> None:
    """Every item's invoice is processed exactly when the item has left."""
    for _ in range(3):
        prescribed(memory_world)
    memory_world.execute(RemoveItem(item=waiting(memory_world)[0].item.id, reason="By mistake."))
    invoices = {one.id: one for one in memory_world.rows(INVOICES)}

    for item in memory_world.rows(QUEUE_ITEMS):
        assert item.open is not invoices[InvoiceId(item.subject)].prescribing.processed
    memory_world.sound()


def test_a_refund_recorded_by_hand_is_flagged_too(memory_world: World) -> None:
    """However the money went back."""
    view = prescribed(memory_world)
    invoice = invoice_of(memory_world, view)
    memory_world.execute(RecordRefund(invoice=invoice.id, amount=invoice.total, reference="cash 1"))

    assert (Flag.REFUNDED,) == only(memory_world).item.flags


def test_a_review_that_rejects_declines_the_item(world: World) -> None:
    """Nothing is sent; the clinician's reason stays with the review."""
    view = prescribed(world)
    review, token = claimed(world, order_of(world, view))
    world.execute(RejectReview(review=review, token=token, reason="Not safe."), clinician())
    (item,) = world.rows(QUEUE_ITEMS)

    assert (ItemState.DECLINED, "A clinician decided so.") == (item.state, item.ending.reason)
    assert ScriptOutcome.DECLINED is invoice_of(world, view).prescribing.outcome
    agreed(world)


def test_what_the_patient_answered_is_shown_with_the_item(world: World) -> None:
    """GLP-1 history, a note, the answers; the intake is outstanding until they are submitted."""
    publish(world)
    view = prescribed(world, questionnaires=("intake",))
    order = order_of(world, view)
    before = only(world).item
    fill(world, order, glp1=("yes",), glp1_name=("semaglutide",))
    submit(world, order)
    detail = world.ask(GetQueueItem(item=before.id))

    assert Readiness.INTAKE_OUTSTANDING is before.readiness
    assert Readiness.IN_REVIEW is detail.card.item.readiness
    assert "semaglutide" in [one.value for one in detail.answers]
    assert "weight: 98.5 kg" in detail.soap_note
