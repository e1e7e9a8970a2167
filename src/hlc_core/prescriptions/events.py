"""What happened to prescriptions and dispatches: ids and states only, nothing of what is prescribed."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import DispatchId, OrderId, PatientId, PrescriptionId, SubscriptionId
from hlc_core.prescriptions.machine import DispatchState, PrescriptionState
from hlc_core.prescriptions.model import BlockKind, Dispatch, Prescription, Progress


@frozen(kw_only=True)
class PrescriptionEvent(Event):
    """What all of them carry."""

    prescription: PrescriptionId
    number: str
    patient: PatientId
    order: OrderId
    subscription: SubscriptionId | None
    state: PrescriptionState

    @property
    def subject(self) -> str:
        """The prescription."""
        return self.prescription


@frozen(kw_only=True)
class PrescriptionCreated(PrescriptionEvent):
    """It was signed: from now on it may be filled. In the CarePortals shape at the edge (`careportals.py`)."""

    name: ClassVar[str] = "prescription.created"


@frozen(kw_only=True)
class PrescriptionMoved(PrescriptionEvent):
    """It moved after that: held, released, depleted, expired, cancelled, free again."""

    name: ClassVar[str] = "prescription.status_updated"
    source: PrescriptionState


@frozen(kw_only=True)
class BlockOpened(PrescriptionEvent):
    """Something has to be settled before it goes on."""

    name: ClassVar[str] = "prescription.blocked"
    kind: BlockKind


@frozen(kw_only=True)
class BlockClosed(PrescriptionEvent):
    """One thing was settled."""

    name: ClassVar[str] = "prescription.unblocked"
    kind: BlockKind


@frozen(kw_only=True)
class DispatchEvent(Event):
    """What all of them carry."""

    dispatch: DispatchId
    prescription: PrescriptionId
    fill: int
    patient: PatientId
    order: OrderId
    state: DispatchState

    @property
    def subject(self) -> str:
        """The dispatch."""
        return self.dispatch


@frozen(kw_only=True)
class DispatchQueued(DispatchEvent):
    """It waits to be sent; a worker does so after the commit."""

    name: ClassVar[str] = "dispatch.queued"


@frozen(kw_only=True)
class DispatchArrived(DispatchEvent):
    """The pharmacy has it: told once for each dispatch that gets there."""

    name: ClassVar[str] = "dispatch.arrived"


@frozen(kw_only=True)
class DispatchFailed(DispatchEvent):
    """The pharmacy did not take it, or nobody knows whether it did: staff have to act."""

    name: ClassVar[str] = "dispatch.failed"
    code: str


@frozen(kw_only=True)
class DispatchCancelled(DispatchEvent):
    """It stands for nothing any more."""

    name: ClassVar[str] = "dispatch.cancelled"


@frozen(kw_only=True)
class FillProgressed(DispatchEvent):
    """The pharmacy came further with it."""

    name: ClassVar[str] = "dispatch.progressed"
    progress: Progress


def created(one: Prescription) -> PrescriptionCreated:
    """The event of a prescription that was just signed."""
    return PrescriptionCreated(
        prescription=one.id,
        number=one.number,
        patient=one.patient,
        order=one.order,
        subscription=one.subscription,
        state=one.state,
    )


def moved(before: Prescription, after: Prescription) -> PrescriptionMoved:
    """The event of a prescription that has just moved."""
    return PrescriptionMoved(
        prescription=after.id,
        number=after.number,
        patient=after.patient,
        order=after.order,
        subscription=after.subscription,
        state=after.state,
        source=before.state,
    )


def blocked(one: Prescription, kind: BlockKind) -> BlockOpened:
    """The event of a block that was just opened."""
    return BlockOpened(
        prescription=one.id,
        number=one.number,
        patient=one.patient,
        order=one.order,
        subscription=one.subscription,
        state=one.state,
        kind=kind,
    )


def unblocked(one: Prescription, kind: BlockKind) -> BlockClosed:
    """The event of a block that was just closed."""
    return BlockClosed(
        prescription=one.id,
        number=one.number,
        patient=one.patient,
        order=one.order,
        subscription=one.subscription,
        state=one.state,
        kind=kind,
    )


def queued(one: Dispatch) -> DispatchQueued:
    """The event of a dispatch that has just begun to wait."""
    return DispatchQueued(
        dispatch=one.id,
        prescription=one.prescription,
        fill=one.fill,
        patient=one.patient,
        order=one.order,
        state=one.state,
    )


def arrived(one: Dispatch) -> DispatchArrived:
    """The event of a dispatch that the pharmacy has."""
    return DispatchArrived(
        dispatch=one.id,
        prescription=one.prescription,
        fill=one.fill,
        patient=one.patient,
        order=one.order,
        state=one.state,
    )


def failed(one: Dispatch) -> DispatchFailed:
    """The event of a dispatch that the pharmacy did not take."""
    return DispatchFailed(
        dispatch=one.id,
        prescription=one.prescription,
        fill=one.fill,
        patient=one.patient,
        order=one.order,
        state=one.state,
        code=one.code,
    )


def cancelled(one: Dispatch) -> DispatchCancelled:
    """The event of a dispatch that stands for nothing any more."""
    return DispatchCancelled(
        dispatch=one.id,
        prescription=one.prescription,
        fill=one.fill,
        patient=one.patient,
        order=one.order,
        state=one.state,
    )


def progressed(one: Dispatch) -> FillProgressed:
    """The event of a fill that has just come further."""
    return FillProgressed(
        dispatch=one.id,
        prescription=one.prescription,
        fill=one.fill,
        patient=one.patient,
        order=one.order,
        state=one.state,
        progress=one.progress,
    )
