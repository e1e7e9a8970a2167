"""What happened to refills: ids, states and dates only."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import InvoiceId, PatientId, PrescriptionId, RefillId, SubscriptionId
from hlc_core.refills.machine import RefillState
from hlc_core.refills.model import Refill


@frozen(kw_only=True)
class RefillEvent(Event):
    """What all of them carry."""

    refill: RefillId
    fill: int
    patient: PatientId
    prescription: PrescriptionId | None
    invoice: InvoiceId | None
    subscription: SubscriptionId | None
    state: RefillState
    due_on: date

    @property
    def subject(self) -> str:
        """The refill."""
        return self.refill


@frozen(kw_only=True)
class RefillScheduled(RefillEvent):
    """It is planned for a day."""

    name: ClassVar[str] = "refill.scheduled"


@frozen(kw_only=True)
class RefillDue(RefillEvent):
    """Its day has come: a provider has to decide, or it is approved."""

    name: ClassVar[str] = "refill.due"


@frozen(kw_only=True)
class RefillApproved(RefillEvent):
    """A provider approved it."""

    name: ClassVar[str] = "refill.approved"


@frozen(kw_only=True)
class RefillCompleted(RefillEvent):
    """It was sent."""

    name: ClassVar[str] = "refill.completed"


@frozen(kw_only=True)
class RefillDeclined(RefillEvent):
    """A provider declined it; nothing is sent."""

    name: ClassVar[str] = "refill.declined"


@frozen(kw_only=True)
class RefillCancelled(RefillEvent):
    """It will not come."""

    name: ClassVar[str] = "refill.cancelled"


EVENT_OF: dict[RefillState, type[RefillEvent]] = {
    RefillState.SCHEDULED: RefillScheduled,
    RefillState.PENDING_PROVIDER: RefillDue,
    RefillState.APPROVED: RefillDue,
    RefillState.COMPLETED: RefillCompleted,
    RefillState.DECLINED: RefillDeclined,
    RefillState.CANCELLED: RefillCancelled,
}
"""What is told when a refill comes to a state (of its own day; a provider's approval is told as `RefillApproved`)."""


def told(refill: Refill, kind: type[RefillEvent] | None = None) -> RefillEvent:
    """The event of a refill that has just come to its state."""
    return (kind or EVENT_OF[refill.state])(
        refill=refill.id,
        fill=refill.fill,
        patient=refill.patient,
        prescription=refill.prescription,
        invoice=refill.invoice,
        subscription=refill.subscription,
        state=refill.state,
        due_on=refill.due_on,
    )
