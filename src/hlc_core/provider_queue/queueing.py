"""How something comes to wait for a prescriber: items for paid invoices, in batches, with what holds them back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import frozen

from hlc_core.intake.api import IntakeRevision, revision_id
from hlc_core.invoicing.api import Invoice
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import InvoiceId, OrderId, PatientId, QueueItemId
from hlc_core.kernel.time import start_of_day
from hlc_core.orders.api import Order, OrderState
from hlc_core.provider_queue import events
from hlc_core.provider_queue.model import (
    Answered,
    DocumentKind,
    Hold,
    HoldKind,
    ItemSource,
    PatientDocument,
    QueueItem,
    Readiness,
    place_of,
)
from hlc_core.provider_queue.ports import Env
from hlc_core.provider_queue.treatment import treatment_of
from hlc_core.refills.api import Refill, RefillState

EARLIER = 50
"""How many of a patient's last invoices are looked at for a purchase that was paid twice."""

_BEFORE_REVIEW = frozenset(
    {OrderState.INCOMPLETE, OrderState.PENDING, OrderState.AWAITING_PAYMENT, OrderState.AWAITING_REQUIREMENTS}
)
_IN_REVIEW = frozenset({OrderState.PROCESSING, OrderState.AWAITING_REQUISITION, OrderState.AWAITING_RESULTS})

REFILLS_SEEN = frozenset({RefillState.PENDING_PROVIDER, RefillState.APPROVED})
"""The states in which a refill is before a provider; it comes to them on its day at the earliest."""

_ENDED = frozenset({OrderState.REJECTED, OrderState.CANCELLED, OrderState.REFUNDED})


def readiness_of(order: Order | None, documents: Sequence[PatientDocument]) -> Readiness:
    """What the order says; without one, whether the partner's intake is complete."""
    if order is None:
        told = any(one.kind is DocumentKind.INTAKE and one.complete for one in documents)
        return Readiness.READY if told else Readiness.INTAKE_OUTSTANDING
    if order.state in _BEFORE_REVIEW:
        return Readiness.INTAKE_OUTSTANDING
    return Readiness.IN_REVIEW if order.state in _IN_REVIEW else Readiness.READY


def answers_in(documents: Sequence[PatientDocument]) -> tuple[Answered, ...]:
    """What was answered elsewhere, the newest document last."""
    intakes = sorted((one for one in documents if one.kind is DocumentKind.INTAKE), key=lambda one: one.stamp)
    return tuple(answer for one in intakes for answer in one.answers)


def own_answers(orders: Sequence[OrderId], env: Env) -> dict[OrderId, tuple[Answered, ...]]:
    """What patients answered here for these orders: the last revision that they submitted."""
    asked = [one for one in env.intakes.of_orders(orders) if one.revision] if orders else []
    found = env.intake_revisions.many([revision_id(one.id, one.revision) for one in asked]) if asked else ()
    owners = {revision_id(one.id, one.revision): one.order for one in asked}
    return {owners[one.id]: tuple(_answered(one)) for one in found}


def _answered(revision: IntakeRevision) -> Iterator[Answered]:
    for form in revision.answers:
        for answer in form.answers:
            if answer.values:
                yield Answered(key=answer.item, value=", ".join(answer.values))
    for judged in revision.judged:
        yield from (Answered(key=one.title or one.id, value=one.value) for one in judged.values)


@frozen(kw_only=True)
class Around:
    """What is known around some invoices, read in one statement each."""

    patients: frozenset[PatientId]
    orders: Mapping[OrderId, Order]
    documents: Mapping[PatientId, Sequence[PatientDocument]]

    def order_of(self, invoice: Invoice) -> Order | None:
        """The order that it pays for."""
        return None if invoice.order is None else self.orders.get(invoice.order)

    def documents_of(self, invoice: Invoice) -> Sequence[PatientDocument]:
        """What came with its patient from elsewhere."""
        return self.documents.get(invoice.patient, ())


def around(invoices: Sequence[Invoice], env: Env) -> Around:
    """Orders and, for invoices without one, patients and documents. Whoever has an order here is a patient here."""
    outside = {invoice.patient: None for invoice in invoices if invoice.order is None}
    documents: dict[PatientId, list[PatientDocument]] = {}
    for one in env.patient_documents.of_patients(outside) if outside else ():
        documents.setdefault(one.patient, []).append(one)
    orders = [invoice.order for invoice in invoices if invoice.order is not None]
    return Around(
        patients=frozenset(one.id for one in env.patients.many(outside)) if outside else frozenset(),
        orders={order.id: order for order in env.orders.many(orders)} if orders else {},
        documents=documents,
    )


def queue_invoices(invoices: Sequence[Invoice], env: Env) -> tuple[QueueItem, ...]:
    """Open items for those that await their prescription and have none yet: the new ones."""
    wanted = [invoice for invoice in invoices if invoice.awaits_script]
    if not wanted:
        return ()
    standing = {item.subject for item in env.queue_items.open_of([invoice.id for invoice in wanted])}
    fresh = [invoice for invoice in wanted if invoice.id not in standing]
    known = around(fresh, env) if fresh else Around(patients=frozenset(), orders={}, documents={})
    return tuple(_queued(invoice, known, env) for invoice in fresh)


def _queued(invoice: Invoice, known: Around, env: Env) -> QueueItem:
    id, now = QueueItemId(env.ids.new("qi")), env.clock.now()
    since = invoice.paid_at or now
    order, documents = known.order_of(invoice), known.documents_of(invoice)
    ship_to = None if invoice.outside is None else invoice.outside.ship_to
    item = QueueItem(
        id=id,
        organization=env.organization.id,
        source=ItemSource.INVOICE,
        subject=invoice.id,
        patient=invoice.patient,
        place=place_of(since, id),
        due_at=since,
        queued_at=now,
        queued_by=env.actor.id,
        readiness=readiness_of(order, documents),
        treatment=treatment_of(invoice, answers_in(documents)),
        invoice=invoice.id,
        order=invoice.order,
        ship_to=ship_to if order is None else order.shipping_address,
    )
    return added(item.withheld(*_holds(invoice, known, now, env)), env)


def queue_refills(refills: Sequence[Refill], env: Env) -> tuple[QueueItem, ...]:
    """Open items for those that a provider has to see and that have none yet: the new ones."""
    wanted = [refill for refill in refills if refill.state in REFILLS_SEEN]
    if not wanted:
        return ()
    standing = {item.subject for item in env.queue_items.open_of([refill.id for refill in wanted])}
    fresh = [refill for refill in wanted if refill.id not in standing]
    here = {one.id for one in env.patients.many({refill.patient for refill in fresh})}
    paid = [refill.invoice for refill in fresh if refill.invoice is not None]
    invoices = {one.id: one for one in env.invoices.many(paid)} if paid else {}
    return tuple(_due(refill, refill.patient in here, invoices, env) for refill in fresh)


def _due(refill: Refill, here: bool, invoices: Mapping[InvoiceId, Invoice], env: Env) -> QueueItem:
    id, now = QueueItemId(env.ids.new("qi")), env.clock.now()
    since = start_of_day(refill.due_on, env.organization.zone)
    invoice = None if refill.invoice is None else invoices.get(refill.invoice)
    found = treatment_of(invoice, ())
    item = QueueItem(
        id=id,
        organization=env.organization.id,
        source=ItemSource.REFILL,
        subject=refill.id,
        patient=refill.patient,
        place=place_of(since, id),
        due_at=since,
        queued_at=now,
        queued_by=env.actor.id,
        treatment=evolve(found, medication=refill.treatment or found.medication),
        invoice=refill.invoice,
        order=refill.order,
        refill=refill.id,
        ship_to=None if invoice is None or invoice.outside is None else invoice.outside.ship_to,
    )
    stranger = Hold(kind=HoldKind.FOREIGN_PATIENT, opened_at=now, other=refill.patient)
    return added(item if here else item.withheld(stranger), env)


def refresh_items(patients: Sequence[PatientId], env: Env) -> None:
    """Documents came from elsewhere: what waits for these patients without an order is looked at again."""
    items = [item for item in env.queue_items.open_of_patients(patients) if item.source is ItemSource.INVOICE]
    invoices = env.invoices.many([item.invoice for item in items if item.invoice is not None])
    known = {invoice.id: invoice for invoice in invoices if invoice.order is None}
    seen = around(tuple(known.values()), env) if known else None
    for item in items:
        invoice = None if item.invoice is None else known.get(item.invoice)
        if invoice is not None and seen is not None:
            documents = seen.documents_of(invoice)
            fresh = evolve(
                item,
                readiness=readiness_of(None, documents),
                treatment=treatment_of(invoice, answers_in(documents)),
            )
            if fresh != item:
                env.queue_items.save(fresh)


def refresh_answers(orders: Sequence[OrderId], env: Env) -> None:
    """Patients answered here: what waits for their orders shows it."""
    answers = own_answers(orders, env)
    invoiced = [order.invoice for order in env.orders.many(orders) if order.invoice is not None]
    for item in env.queue_items.open_of([*orders, *invoiced]):
        if item.order in answers:
            invoice = None if item.invoice is None else env.invoices.find(item.invoice)
            fresh = evolve(item, treatment=treatment_of(invoice, answers[item.order]))
            if fresh != item:
                env.queue_items.save(fresh)


def added(item: QueueItem, env: Env) -> QueueItem:
    """The item, stored and told."""
    env.queue_items.add(item)
    env.outbox.put(events.queued(item))
    return item


def _holds(invoice: Invoice, known: Around, now: datetime, env: Env) -> list[Hold]:
    holds = []
    if invoice.order is None and invoice.patient not in known.patients:
        holds.append(Hold(kind=HoldKind.FOREIGN_PATIENT, opened_at=now, other=invoice.patient))
    order = known.order_of(invoice)
    if order is not None and order.state in _ENDED:
        holds.append(Hold(kind=HoldKind.ORDER_ENDED, opened_at=now, other=order.id))
    if invoice.outside is not None and not invoice.outside.confirmed:
        holds.append(Hold(kind=HoldKind.PATIENT_UNCONFIRMED, opened_at=now, other=invoice.patient))
    twin = _twin(invoice, env)
    if twin is not None:
        holds.append(Hold(kind=HoldKind.DUPLICATE_SUSPECTED, opened_at=now, other=twin))
    return holds


def _twin(invoice: Invoice, env: Env) -> InvoiceId | None:
    """Another payment that looks like the same purchase: patient, product and amount, a few days apart at most.

    Source: spec/care, Further facts (two payments under different payment method ids).
    """
    if invoice.outside is None:
        return None
    window = timedelta(days=env.organization.partners.duplicate_days)
    for other in env.invoices.of_patients((invoice.patient,), None, EARLIER):
        if other.id == invoice.id or other.outside is None or other.total != invoice.total:
            continue
        if _product(other) == _product(invoice) and abs(other.created_at - invoice.created_at) <= window:
            return other.id
    return None


def _product(invoice: Invoice) -> str:
    told = invoice.outside.product if invoice.outside is not None else ""
    return (told or (invoice.lines[0].name if invoice.lines else "")).strip().casefold()
