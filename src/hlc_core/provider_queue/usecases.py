"""What providers and administrators do with what waits."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import OrderId, QueueItemId
from hlc_core.kernel.text import line
from hlc_core.orders.api import Order, OrderTrigger, move_orders, queue_order
from hlc_core.provider_queue import events
from hlc_core.provider_queue.errors import AlreadyWaiting, NotReady, NotSettled, Withheld
from hlc_core.provider_queue.leaving import Leaving, leave
from hlc_core.provider_queue.machine import ITEM, ItemState, ItemTrigger
from hlc_core.provider_queue.model import HoldKind, ItemSource, QueueItem, Readiness, place_of
from hlc_core.provider_queue.ports import Env
from hlc_core.provider_queue.queueing import added, answers_in, readiness_of
from hlc_core.provider_queue.treatment import treatment_of
from hlc_core.refills.api import (
    CancelRefill,
    CompleteRefill,
    DeclineRefill,
    cancel_refill,
    complete_refill,
    decline_refill,
)

_OUTSTANDING = {
    Readiness.INTAKE_OUTSTANDING: "The patient has not answered the intake yet.",
    Readiness.IN_REVIEW: "The medical review is not decided yet.",
}


@frozen(kw_only=True)
class MarkPrescribed(Command[QueueItem]):
    """The prescription was written and sent. `note` is the provider's own, such as the other system's number."""

    item: QueueItemId
    note: str = ""


def mark_prescribed(command: MarkPrescribed, env: Env) -> QueueItem:
    """The item as it left; its invoice is processed, its order goes to the pharmacy, a refill is completed. Twice is
    once.

    Refuses: Missing, Invalid (note), NotReady, Withheld, IllegalTransition (it left in another way).
    """
    item = env.queue_items.get(command.item)
    if item.state in (ItemState.PRESCRIBED, ItemState.COMPLETED):
        return item
    note = line(command.note, "note", 500)
    _refuse_withheld(item)
    ITEM.step(item.state, ItemTrigger.PRESCRIBE, item.facts)
    if item.readiness is not Readiness.READY:
        raise NotReady(_OUTSTANDING[item.readiness], Fault("item", "see `hlc queue show`"))
    if item.refill is not None:
        left = leave((Leaving(item=item, trigger=ItemTrigger.COMPLETE, reason=note),), env)[0]
        complete_refill(CompleteRefill(refill=item.refill, reason=note or "Prescribed and sent."), env)
        return left
    left = leave((Leaving(item=item, trigger=ItemTrigger.PRESCRIBE, reason=note),), env)[0]
    if item.order is not None:
        _move(item.order, OrderTrigger.PRESCRIBE, "", env)
    return left


@frozen(kw_only=True)
class DeclineItem(Command[QueueItem]):
    """A clinician does not prescribe it; nothing is sent."""

    item: QueueItemId
    reason: str


def decline_item(command: DeclineItem, env: Env) -> QueueItem:
    """The item as it left, with the reason; its order, if a review can still reject it, is rejected. Twice is once.

    Refuses: Missing, Invalid (reason), Withheld, NotReady (an order that still asks its patient), IllegalTransition.
    """
    item = env.queue_items.get(command.item)
    if item.state is ItemState.DECLINED:
        return item
    reason = line(command.reason, "reason", 500, 3)
    _refuse_withheld(item)
    ITEM.step(item.state, ItemTrigger.DECLINE, item.facts)
    order = None if item.order is None else env.orders.find(item.order)
    if order is not None and item.readiness is not Readiness.READY:
        raise NotReady(
            _OUTSTANDING[item.readiness],
            Fault("item", "reject it in its review, cancel the order, or have an administrator remove it"),
        )
    left = leave((Leaving(item=item, trigger=ItemTrigger.DECLINE, reason=reason),), env)[0]
    if item.refill is not None:
        decline_refill(DeclineRefill(refill=item.refill, reason=reason), env)
    elif order is not None:
        _move(order.id, OrderTrigger.REJECT, reason, env)
    return left


@frozen(kw_only=True)
class RemoveItem(Command[QueueItem]):
    """An administrator takes it off; nothing is sent, and the order stays where it is."""

    item: QueueItemId
    reason: str


def remove_item(command: RemoveItem, env: Env) -> QueueItem:
    """The item as it left; a refill is cancelled. Twice is once.

    Refuses: Missing, Invalid (reason), IllegalTransition, GuardRefused (a refill that is on its way).
    """
    item = env.queue_items.get(command.item)
    if item.state is ItemState.REMOVED:
        return item
    reason = line(command.reason, "reason", 500, 3)
    left = leave((Leaving(item=item, trigger=ItemTrigger.REMOVE, reason=reason),), env)[0]
    if item.refill is not None:
        cancel_refill(CancelRefill(refill=item.refill, reason=reason), env)
    return left


@frozen(kw_only=True)
class ReleaseItem(Command[QueueItem]):
    """A person settled something that withholds it; `answer` says what was found."""

    item: QueueItemId
    hold: HoldKind
    answer: str


def release_item(command: ReleaseItem, env: Env) -> QueueItem:
    """The item, waiting when nothing else is to be settled. Twice is once.

    Refuses: Missing, Invalid (answer), NotSettled (there is no such hold; the patient is still not of this clinic),
    IllegalTransition (it has left).
    """
    item = env.queue_items.get(command.item)
    answer = line(command.answer, "answer", 500, 3)
    known = [hold for hold in item.holds if hold.kind is command.hold]
    if not known:
        raise NotSettled("Nothing of that kind withholds it.", Fault("hold", "see `hlc queue show`"))
    if not any(hold.open for hold in known):
        return item
    if command.hold is HoldKind.FOREIGN_PATIENT and env.patients.find(item.patient) is None:
        raise NotSettled(
            "The patient is still not one of this clinic.", Fault("hold", "remove the item, or bring the patient here")
        )
    settled = item.settled(frozenset({command.hold}), env.clock.now(), env.actor.id, answer)
    env.queue_items.save(settled)
    if settled.state is ItemState.WAITING:
        env.outbox.put(events.released(settled))
    return settled


@frozen(kw_only=True)
class QueueOrder(Command[QueueItem]):
    """An administrator puts an order that awaits its prescription before a provider: `queued_for_provider`.

    The order is named by its id or its number.
    """

    order: OrderId
    reason: str


def queue_order_for_provider(command: QueueOrder, env: Env) -> QueueItem:
    """The waiting item; the order carries flag and reason. Twice is once.

    Refuses: Missing, Invalid (reason), NotForAProvider (state), AlreadyWaiting (through its paid invoice).
    """
    reason = line(command.reason, "reason", 500, 3)
    order = env.orders.numbered(command.order) or env.orders.get(command.order)
    subjects = [order.id, *([] if order.invoice is None else [order.invoice])]
    standing = {item.subject: item for item in env.queue_items.open_of(subjects)}
    if order.id in standing:
        return standing[order.id]
    if standing:
        raise AlreadyWaiting("Its paid invoice waits for a provider already.", Fault("order", "see `hlc queue list`"))
    return queued_item(queue_order(order.id, reason, env), env)


def queued_item(order: Order, env: Env) -> QueueItem:
    """The waiting item of an order that an administrator put before a provider, stored and told."""
    id, now = QueueItemId(env.ids.new("qi")), env.clock.now()
    since = now if order.queued_for_provider is None else order.queued_for_provider.at
    reason = "" if order.queued_for_provider is None else order.queued_for_provider.reason
    invoice = None if order.invoice is None else env.invoices.find(order.invoice)
    documents = env.patient_documents.of_patients([order.patient])
    item = QueueItem(
        id=id,
        organization=env.organization.id,
        source=ItemSource.ORDER,
        subject=order.id,
        patient=order.patient,
        place=place_of(since, id),
        due_at=since,
        queued_at=now,
        queued_by=env.actor.id,
        readiness=readiness_of(order, ()),
        treatment=treatment_of(invoice, answers_in(documents)),
        invoice=order.invoice,
        order=order.id,
        reason=reason,
        ship_to=order.shipping_address,
    )
    return added(item, env)


def _refuse_withheld(item: QueueItem) -> None:
    if item.open_holds and item.open:
        raise Withheld("It is withheld until a person has settled something.", *_tasks(item))


def _tasks(item: QueueItem) -> tuple[Fault, ...]:
    return tuple(Fault(hold.kind, hold.task) for hold in item.open_holds)


def _move(id: OrderId, trigger: OrderTrigger, reason: str, env: Env) -> None:
    """The order along, where its machine has that edge now: it may stand elsewhere for reasons of its own."""
    order = env.orders.find(id)
    if order is not None and any(rule.trigger is trigger for rule in order.allowed()):
        move_orders((order.id,), trigger, env, reason)
