"""What is asked of the provider queue: pages, counts, one item with everything that a prescriber needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import field, frozen

from hlc_core.invoicing.api import Invoice
from hlc_core.kernel.commands import Actor, Query
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import OrganizationId, PatientId, QueueItemId, UserId
from hlc_core.kernel.money import Money
from hlc_core.kernel.paging import Page, limited
from hlc_core.orders.api import Order
from hlc_core.patients.api import Patient
from hlc_core.people.api import actor_here
from hlc_core.provider_queue.machine import ItemState, ItemTrigger
from hlc_core.provider_queue.model import (
    Answered,
    DocumentKind,
    ItemSource,
    PatientDocument,
    QueueItem,
    Readiness,
)
from hlc_core.provider_queue.ports import Env, Wanted
from hlc_core.provider_queue.queueing import own_answers
from hlc_core.provider_queue.soap import soap_note


@frozen(kw_only=True)
class QueueCard:
    """An item as lists show it. `patient_name` is empty for a patient who is not of this clinic. Clinical."""

    item: QueueItem
    label: str
    clinic: str
    clinic_id: OrganizationId
    patient_name: str = field(repr=False)
    invoice_number: str
    order_number: str
    amount: Money | None
    paid_at: datetime | None
    tasks: tuple[str, ...]
    actions: tuple[ItemTrigger, ...]


@frozen(kw_only=True)
class ListQueue(Query[Page[QueueCard]]):
    """What waits, oldest first. `cursor` is the place of the last item of the page before."""

    state: ItemState = ItemState.WAITING
    source: ItemSource | None = None
    readiness: Readiness | None = None
    patient: PatientId | None = None
    cursor: str | None = None
    limit: int = 50


def list_queue(query: ListQueue, env: Env) -> Page[QueueCard]:
    """One look at an index for the page, and one statement each for patients, invoices and orders.

    Refuses: Invalid (limit, cursor).
    """
    room = limited(query.limit)
    if query.cursor is not None and not (20 < len(query.cursor) < 120 and query.cursor.isascii()):
        raise Invalid("That cursor is none of this list.", Fault("cursor", "the `next` of the page before"))
    found = env.queue_items.page(_wanted(query), env.clock.now(), query.cursor, room + 1)
    shown = found[:room]
    return Page(_cards(shown, env), shown[-1].place if len(found) > room else None)


@frozen(kw_only=True)
class QueueCount:
    """How much waits for a prescriber, and how much a person has to settle first."""

    waiting: int
    ready: int
    withheld: int


@frozen(kw_only=True)
class CountQueue(Query[QueueCount]):
    """For a badge."""


def count_queue(query: CountQueue, env: Env) -> QueueCount:
    """Nothing whose time has not come is counted."""
    now, items = env.clock.now(), env.queue_items
    return QueueCount(
        waiting=items.count(Wanted(), now),
        ready=items.count(Wanted(readiness=Readiness.READY), now),
        withheld=items.count(Wanted(state=ItemState.WITHHELD), now),
    )


@frozen(kw_only=True)
class ProviderHere(Query[Actor | None]):
    """Who a person is in this clinic: for a round over several."""

    user: UserId


def provider_here(query: ProviderHere, env: Env) -> Actor | None:
    """None: nothing, or not active."""
    return actor_here(query.user, env)


@frozen(kw_only=True)
class QueueDetail:
    """One item with invoice, patient, treatment, GLP-1 history, intake, SOAP note and clinic. Clinical.

    `answers` are those of our own intake, `documents` the intakes that came from elsewhere.
    """

    card: QueueCard
    patient: Patient | None
    invoice: Invoice | None
    order: Order | None
    answers: tuple[Answered, ...] = field(repr=False)
    documents: tuple[PatientDocument, ...]
    soap_note: str = field(repr=False)


@frozen(kw_only=True)
class GetQueueItem(Query[QueueDetail]):
    """One item."""

    item: QueueItemId


def get_queue_item(query: GetQueueItem, env: Env) -> QueueDetail:
    """Refuses: Missing."""
    item = env.queue_items.get(query.item)
    documents = tuple(env.patient_documents.of_patients([item.patient]))
    notes = [one.text for one in documents if one.kind is DocumentKind.SOAP_NOTE]
    answers = () if item.order is None else own_answers([item.order], env).get(item.order, ())
    if answers:
        notes.append(soap_note(answers, env.organization.name))
    return QueueDetail(
        card=_cards((item,), env)[0],
        patient=env.patients.find(item.patient),
        invoice=None if item.invoice is None else env.invoices.find(item.invoice),
        order=None if item.order is None else env.orders.find(item.order),
        answers=answers,
        documents=tuple(one for one in documents if one.kind is DocumentKind.INTAKE),
        soap_note="\n\n".join(notes),
    )


def _wanted(query: ListQueue) -> Wanted:
    return Wanted(state=query.state, source=query.source, readiness=query.readiness, patient=query.patient)


def _cards(items: Sequence[QueueItem], env: Env) -> tuple[QueueCard, ...]:
    if not items:
        return ()
    patients = {one.id: one for one in env.patients.many(dict.fromkeys(item.patient for item in items))}
    paid = [item.invoice for item in items if item.invoice is not None]
    invoices = {one.id: one for one in env.invoices.many(paid)} if paid else {}
    bought = [item.order for item in items if item.order is not None]
    orders = {one.id: one for one in env.orders.many(bought)} if bought else {}
    return tuple(
        _card(
            item,
            patients.get(item.patient),
            None if item.invoice is None else invoices.get(item.invoice),
            None if item.order is None else orders.get(item.order),
            env,
        )
        for item in items
    )


def _card(
    item: QueueItem, patient: Patient | None, invoice: Invoice | None, order: Order | None, env: Env
) -> QueueCard:
    return QueueCard(
        item=item,
        label=item.label,
        clinic=env.organization.name,
        clinic_id=env.organization.id,
        patient_name="" if patient is None else patient.contact.name,
        invoice_number="" if invoice is None else invoice.display_number,
        order_number="" if order is None else order.number,
        amount=None if invoice is None else invoice.total,
        paid_at=None if invoice is None else invoice.paid_at,
        tasks=tuple(hold.task for hold in item.open_holds),
        actions=item.allowed(),
    )


def shown_in_list(_: ListQueue, page: Page[QueueCard]) -> Iterator[str]:
    """Whose data a page shows, for the audit trail."""
    return (f"patient {card.item.patient}" for card in page.items)


def shown_in_detail(_: GetQueueItem, detail: QueueDetail) -> Iterator[str]:
    """Whose data one item shows."""
    yield f"queue item {detail.card.item.id}"
    yield f"patient {detail.card.item.patient}"
    yield from (f"document {one.id}" for one in detail.documents)
