"""The provider queue: for providers over all their clinics, for administrators in one, and the administrator's page."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from attrs import frozen

from hlc_adapters.projection import compare_all, mend_all
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import OrderId, PatientId, QueueItemId
from hlc_core.kernel.paging import Page as Listed
from hlc_core.provider_queue.api import (
    CountQueue,
    DeclineItem,
    Difference,
    ExplainInvoice,
    GetQueueItem,
    HoldKind,
    ItemSource,
    ItemState,
    ListQueue,
    MarkPrescribed,
    MendQueue,
    QueueCard,
    QueueCount,
    QueueDetail,
    QueueExplanation,
    QueueItem,
    QueueOrder,
    Readiness,
    ReleaseItem,
    RemoveItem,
)
from hlc_http.call import Call
from hlc_http.desk_pages import queue_shown
from hlc_http.pages import brand_of
from hlc_http.routes.paged import Paged
from hlc_http.table import Face, Nothing, Page, Routes, Who

routes = Routes("provider queue", who=Who.STAFF)

PROVIDER = "/api/provider/prescription-queue"
ADMIN = "/api/v1/rx-queue"
DESK = "/admin/rx-queue"


@frozen(kw_only=True)
class QueueQuery(Paged):
    """What waits (or was withheld, prescribed …); by source, readiness or patient."""

    state: ItemState = ItemState.WAITING
    source: ItemSource | None = None
    readiness: Readiness | None = None
    patient: PatientId | None = None

    def asked(self) -> ListQueue:
        """The question to the core."""
        return ListQueue(
            state=self.state,
            source=self.source,
            readiness=self.readiness,
            patient=self.patient,
            cursor=self.cursor,
            limit=self.limit,
        )


class QueueAction(StrEnum):
    """What a provider does with an item."""

    PROCESSED = "processed"
    DECLINE = "decline"


@frozen(kw_only=True)
class DecisionBody:
    """`processed`: prescribed and sent (`note` is the provider's own). `decline`: nothing is sent, `reason` is kept."""

    item: QueueItemId
    action: QueueAction
    note: str = ""
    reason: str = ""


@frozen(kw_only=True)
class ReasonBody:
    """Why."""

    reason: str


@frozen(kw_only=True)
class ReleaseBody:
    """What withheld it, and what was found."""

    hold: HoldKind
    answer: str


@frozen(kw_only=True)
class OrderBody:
    """The order to put before a provider, and why."""

    order: OrderId
    reason: str


@frozen(kw_only=True)
class RebuildBody:
    """`check`: only say what differs."""

    check: bool = True


@frozen(kw_only=True)
class Rebuilt:
    """What differed between the queue and its sources, and how many differences were mended."""

    differences: tuple[Difference, ...]
    mended: int


@routes.get(PROVIDER, "What waits for a prescriber", query=QueueQuery, answers=Listed[QueueCard], uses=ListQueue)
def prescription_queue(call: Call[Nothing, QueueQuery]) -> Listed[QueueCard]:
    """Over all clinics that the provider is assigned to, oldest first. The read is recorded in each of them."""
    return call.services.rounds.page(call.query.asked(), call.unkeyed)


@routes.get(f"{PROVIDER}/count", "How much waits", answers=QueueCount, uses=CountQueue)
def count_prescription_queue(call: Call[Nothing, Nothing]) -> QueueCount:
    """For a badge."""
    return call.services.rounds.count(call.unkeyed)


@routes.get(
    f"{PROVIDER}/explain/{{invoice}}",
    "Why is this invoice not queued?",
    answers=QueueExplanation,
    uses=ExplainInvoice,
)
def explain_prescription_queue(call: Call[Nothing, Nothing]) -> QueueExplanation:
    """By id or number: unpaid, processed, nothing to prescribe, patient missing, withheld, other clinic."""
    return call.services.rounds.explain(call.part("invoice"), call.unkeyed)


@routes.get(f"{PROVIDER}/{{item_id}}", "Show an item", answers=QueueDetail, uses=GetQueueItem)
def show_prescription_item(call: Call[Nothing, Nothing]) -> QueueDetail:
    """With invoice, patient, treatment, GLP-1 history, intake documents and SOAP note."""
    return call.services.rounds.detail(_item(call), call.unkeyed)


@routes.post(
    PROVIDER,
    "Mark an item as processed, or decline it",
    body=DecisionBody,
    answers=QueueItem,
    uses=MarkPrescribed,
    idempotent=True,
)
def decide_prescription_item(call: Call[DecisionBody, Nothing]) -> QueueItem:
    """The same decision twice is once; another one after it is refused."""
    return _decided(call)


@routes.patch(
    PROVIDER,
    "Mark an item as processed, or decline it",
    body=DecisionBody,
    answers=QueueItem,
    uses=DeclineItem,
    idempotent=True,
)
def change_prescription_item(call: Call[DecisionBody, Nothing]) -> QueueItem:
    """As POST."""
    return _decided(call)


def _decided(call: Call[DecisionBody, Nothing]) -> QueueItem:
    body = call.body
    if body.action is QueueAction.DECLINE:
        return call.services.rounds.decide(body.item, DeclineItem(item=body.item, reason=body.reason), call.envelope)
    if body.reason:
        raise Invalid("A reason goes with a decline.", Fault("reason", "leave it out, or write a note"))
    return call.services.rounds.decide(body.item, MarkPrescribed(item=body.item, note=body.note), call.envelope)


@routes.get(
    ADMIN, "The queue of the clinic, across providers", query=QueueQuery, answers=Listed[QueueCard], uses=ListQueue
)
def list_rx_queue(call: Call[Nothing, QueueQuery]) -> Listed[QueueCard]:
    """Oldest first."""
    return call.ask(call.query.asked())


@routes.get(f"{ADMIN}/count", "How much waits in the clinic", answers=QueueCount, uses=CountQueue)
def count_rx_queue(call: Call[Nothing, Nothing]) -> QueueCount:
    return call.ask(CountQueue())


@routes.get(
    f"{ADMIN}/explain/{{invoice}}",
    "Why is this invoice of the clinic not queued?",
    answers=QueueExplanation,
    uses=ExplainInvoice,
)
def explain_rx_queue(call: Call[Nothing, Nothing]) -> QueueExplanation:
    """By id or number."""
    return call.ask(ExplainInvoice(invoice=call.part("invoice")))


@routes.get(f"{ADMIN}/{{item_id}}", "Show an item of the clinic", answers=QueueDetail, uses=GetQueueItem)
def show_rx_item(call: Call[Nothing, Nothing]) -> QueueDetail:
    return call.ask(GetQueueItem(item=_item(call)))


@routes.post(
    f"{ADMIN}/orders",
    "Put an order that awaits its prescription before a provider",
    body=OrderBody,
    answers=QueueItem,
    status=201,
    uses=QueueOrder,
    idempotent=True,
)
def queue_order(call: Call[OrderBody, Nothing]) -> QueueItem:
    """`queued_for_provider`, with its reason."""
    return call.execute(QueueOrder(order=call.body.order, reason=call.body.reason))


@routes.post(
    f"{ADMIN}/rebuild",
    "Compare the queue with its sources, and mend it",
    body=RebuildBody,
    answers=Rebuilt,
    uses=MendQueue,
)
def rebuild_rx_queue(call: Call[RebuildBody, Nothing]) -> Rebuilt:
    """With `check` (the default) nothing is changed."""
    ask, execute = call.services.application.ask, call.services.application.execute
    found = compare_all(lambda query: ask(query, call.unkeyed))
    mended = 0 if call.body.check else mend_all(found, lambda command: execute(command, call.unkeyed))
    return Rebuilt(differences=found, mended=mended)


@routes.post(
    f"{ADMIN}/{{item_id}}/remove",
    "Take an item off the queue",
    body=ReasonBody,
    answers=QueueItem,
    uses=RemoveItem,
    idempotent=True,
)
def remove_rx_item(call: Call[ReasonBody, Nothing]) -> QueueItem:
    """Nothing is sent; the order stays where it is."""
    return call.execute(RemoveItem(item=_item(call), reason=call.body.reason))


@routes.post(
    f"{ADMIN}/{{item_id}}/release",
    "Say that what withheld an item is settled",
    body=ReleaseBody,
    answers=QueueItem,
    uses=ReleaseItem,
    idempotent=True,
)
def release_rx_item(call: Call[ReleaseBody, Nothing]) -> QueueItem:
    """It waits for the prescriber when nothing else is to be settled."""
    return call.execute(ReleaseItem(item=_item(call), hold=call.body.hold, answer=call.body.answer))


@routes.get(DESK, "The administrator's view of the queue", query=QueueQuery, uses=ListQueue, face=Face.PAGE)
def rx_queue_page(call: Call[Nothing, QueueQuery]) -> Page:
    """What waits across providers, what is withheld and why."""
    counts, page = call.ask(CountQueue()), call.ask(call.query.asked())
    shows = {
        "brand": brand_of(call.organization),
        "queue": queue_shown(page, counts, call.query.state, call.organization),
    }
    return Page(template="rx_queue.html", shows=shows)


def _item(call: Call[Any, Any]) -> QueueItemId:
    return QueueItemId(call.part("item_id"))
