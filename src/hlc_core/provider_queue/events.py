"""What happened in the provider queue: ids only, nothing of what is prescribed and no reasons."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import InvoiceId, OrderId, PatientId, QueueItemId, RefillId
from hlc_core.provider_queue.machine import ItemState, ItemTrigger
from hlc_core.provider_queue.model import ItemSource, QueueItem


@frozen(kw_only=True)
class QueueEvent(Event):
    """What all of them say."""

    item: QueueItemId
    source: ItemSource
    patient: PatientId
    invoice: InvoiceId | None
    order: OrderId | None
    refill: RefillId | None
    state: ItemState

    @property
    def subject(self) -> str:
        """The item."""
        return self.item


@frozen(kw_only=True)
class ItemQueued(QueueEvent):
    """It waits for a prescriber."""

    name: ClassVar[str] = "queue.item_queued"


@frozen(kw_only=True)
class ItemWithheld(QueueEvent):
    """A person has to settle something before a prescriber sees it: a task. `holds` are the kinds."""

    name: ClassVar[str] = "queue.item_withheld"
    holds: tuple[str, ...]


@frozen(kw_only=True)
class ItemReleased(QueueEvent):
    """It was settled; the prescriber sees it."""

    name: ClassVar[str] = "queue.item_released"


@frozen(kw_only=True)
class ItemLeft(QueueEvent):
    """It left the queue, by that trigger."""

    name: ClassVar[str] = "queue.item_left"
    trigger: ItemTrigger


def queued(item: QueueItem) -> ItemQueued | ItemWithheld:
    """The event of an item that has just come."""
    if item.open_holds:
        return withheld(item)
    return ItemQueued(
        item=item.id,
        source=item.source,
        patient=item.patient,
        invoice=item.invoice,
        order=item.order,
        refill=item.refill,
        state=item.state,
    )


def withheld(item: QueueItem) -> ItemWithheld:
    """The event of an item that a person has to look at."""
    return ItemWithheld(
        item=item.id,
        source=item.source,
        patient=item.patient,
        invoice=item.invoice,
        order=item.order,
        refill=item.refill,
        state=item.state,
        holds=tuple(hold.kind for hold in item.open_holds),
    )


def released(item: QueueItem) -> ItemReleased:
    """The event of an item that nothing withholds any more."""
    return ItemReleased(
        item=item.id,
        source=item.source,
        patient=item.patient,
        invoice=item.invoice,
        order=item.order,
        refill=item.refill,
        state=item.state,
    )


def left(item: QueueItem, trigger: ItemTrigger) -> ItemLeft:
    """The event of an item that has just left."""
    return ItemLeft(
        item=item.id,
        source=item.source,
        patient=item.patient,
        invoice=item.invoice,
        order=item.order,
        refill=item.refill,
        state=item.state,
        trigger=trigger,
    )
