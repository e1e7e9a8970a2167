"""A repeated or reordered message changes nothing. Source: design/pains, Failure catalogue 43, 44, 47, 48 and 52."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Barrier, Thread
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hlc_adapters.partners.payloads import event_id_of, told_of
from hlc_adapters.storage.shapes.orders import INVOICES
from hlc_adapters.storage.shapes.partners import INBOUND_MESSAGES, PARTNER_RECORDS
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_adapters.storage.shapes.prescriptions import REFILLS
from hlc_adapters.storage.shapes.provider_queue import PATIENT_DOCUMENTS, QUEUE_ITEMS
from hlc_adapters.wire import edge
from hlc_core.kernel.errors import HlcError
from hlc_core.partners.api import MessageSource, MessageState, ReceiveMessage
from support.partners_world import intake, payment
from support.worlds import SYSTEM, World

Sent = tuple[MessageSource, str, dict[str, Any]]

_A, _B = MessageSource.WELLMEDR_INTAKE, MessageSource.WELLMEDR_INVOICE
_C = MessageSource.CAREPORTALS
_CUSTOMER = {"customer._id": "c-1", "customer.email": "pat@example.com"}
_ORDER = {"_id": "o-1", "id": "R-1", "createdAt": "2026-01-15T10:00:00Z", **_CUSTOMER}

WELLMEDR: Sequence[Sent] = (
    (_A, "intake", intake(updated_at="2026-01-14T10:00:00Z", checkout_completed=False, weight="220 lb")),
    (_A, "intake", intake(updated_at="2026-01-15T10:00:00Z")),
    (_A, "intake", intake(updated_at="2026-01-16T10:00:00Z", last_name="Married", phone="+1 202 555 0199")),
    (_B, "invoice", payment(plan="6 month")),
    (_B, "invoice", payment(plan="6 month", note="sent again")),
    (_B, "invoice", payment(method_payment_id="pm_9", product="Semaglutide", price="99.00", plan="")),
)
PORTALS: Sequence[Sent] = (
    (
        _C,
        "order.created",
        {"_id": "o-1", "id": "R-1", "createdAt": "2026-01-15T10:00:00Z", "totalAmount": "1", **_CUSTOMER},
    ),
    (
        _C,
        "order.created",
        {"_id": "o-1", "id": "R-1", "createdAt": "2026-01-15T10:00:00Z", "coupon": "TEN", **_CUSTOMER},
    ),
    (_C, "order.status_updated", {"_id": "o-1", "status": "processing", "updatedAt": "2026-01-16T10:00:00Z"}),
    (_C, "order.status_updated", {"_id": "o-1", "status": "shipped", "updatedAt": "2026-01-18T10:00:00Z"}),
    (_C, "subscription.paused", {"_id": "s-1", "customer._id": "c-1"}),
    (_C, "subscription.cancelled", {"_id": "s-1", **_CUSTOMER}),
    (_C, "prescription.created", {"_id": "rx-1", "customer._id": "c-1"}),
)


def send(world: World, sent: Sent) -> None:
    """As the routes do: keep it, then try it once."""
    source, kind, payload = sent
    told = told_of(edge.write(payload))
    command = ReceiveMessage(source=source, event_id=event_id_of(told, "", kind), kind=kind, told=told)
    kept = world.services.inbox.receive(command, SYSTEM)
    try:
        world.services.inbox.work_off(kept.message.id, SYSTEM)
    except HlcError:
        return


def settle(world: World) -> None:
    """Let the relay come to an end."""
    for _ in range(20):
        world.advance(hours=2)
        if not world.services.relay():
            return


def wellmedr_ends(world: World) -> object:
    """What stands in the end, without ids and instants of ours."""
    (patient,) = world.rows(PATIENTS)
    return (
        (patient.contact.name, patient.contact.email, patient.contact.phone),
        sorted((one.kind, one.stamp, one.complete, one.answers, one.text) for one in world.rows(PATIENT_DOCUMENTS)),
        sorted((one.obligation, one.total.amount, one.state, one.outside.reading) for one in world.rows(INVOICES)),
        sorted((one.state, one.readiness, one.treatment.medication) for one in world.rows(QUEUE_ITEMS)),
        sorted((one.fill, one.due_on) for one in world.rows(REFILLS)),
        {one.state for one in world.rows(INBOUND_MESSAGES)},
    )


def records_end(world: World) -> object:
    """Every record, without ids of ours."""
    return sorted(
        (one.kind, one.their_id, one.facts, one.customer, one.patient is not None)
        for one in world.rows(PARTNER_RECORDS)
    )


def ends(messages: Sequence[Sent], registered: bool = False) -> tuple[World, Sequence[Sent]]:
    """A world that was told these messages in this order."""
    world = World()
    if registered:
        send(world, (_A, "intake", intake()))
    for message in messages:
        send(world, message)
    settle(world)
    return world, messages


def disordered(messages: Sequence[Sent]) -> st.SearchStrategy[list[Sent]]:
    """All of them, some of them more than once, in any order."""
    again = st.lists(st.sampled_from(messages), max_size=4)
    return again.flatmap(lambda more: st.permutations([*messages, *more]))


@settings(max_examples=25)
@given(messages=disordered(WELLMEDR))
def test_no_disorder_of_wellmedrs_messages_changes_the_end(messages: list[Sent]) -> None:
    """Patient, documents, invoices, queue, refills."""
    right, wrong = ends(WELLMEDR)[0], ends(messages)[0]

    assert wellmedr_ends(right) == wellmedr_ends(wrong)
    assert {MessageState.PROCESSED} == {one.state for one in wrong.rows(INBOUND_MESSAGES)}
    for one in (right, wrong):
        one.close()


@settings(max_examples=25)
@given(messages=disordered(PORTALS))
def test_no_disorder_of_careportals_messages_changes_the_end(messages: list[Sent]) -> None:
    """Records with every field, and whom they mean."""
    right, wrong = ends(PORTALS, registered=True)[0], ends(messages, registered=True)[0]

    assert records_end(right) == records_end(wrong)
    for one in (right, wrong):
        one.close()


def test_a_difference_is_noticed() -> None:
    """The comparison can fail: one message less is another end."""
    whole, less = ends(WELLMEDR)[0], ends(WELLMEDR[:-1])[0]

    assert wellmedr_ends(whole) != wellmedr_ends(less)
    for one in (whole, less):
        one.close()


def test_the_same_payment_from_many_sides_at_once_makes_one_invoice(world: World) -> None:
    """Six deliveries in six threads, three of them with another note: one invoice, one item, nothing lost."""
    send(world, (_A, "intake", intake()))
    start = Barrier(6)

    def deliver(number: int) -> None:
        start.wait()
        send(world, (_B, "invoice", payment(note=str(number % 2))))

    threads = [Thread(target=deliver, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settle(world)

    assert 1 == len(world.rows(INVOICES))
    assert 1 == len(world.rows(QUEUE_ITEMS))
    assert 3 == len(world.rows(INBOUND_MESSAGES))
    assert {MessageState.PROCESSED} == {one.state for one in world.rows(INBOUND_MESSAGES)}
