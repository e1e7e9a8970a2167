"""What happened to questionnaires and intakes. No answers, no questionnaire keys: those tell of a condition."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import IntakeId, OrderId, PatientId


@frozen(kw_only=True)
class IntakeEvent(Event):
    """What all of them carry."""

    intake: IntakeId
    order: OrderId
    order_number: str
    patient: PatientId
    revision: int
    at: datetime

    @property
    def subject(self) -> str:
        """The intake."""
        return self.intake


@frozen(kw_only=True)
class IntakeOpened(IntakeEvent):
    """An order asks its patient for answers."""

    name: ClassVar[str] = "intake.opened"


@frozen(kw_only=True)
class IntakeCompleted(IntakeEvent):
    """The patient submitted the answers, for the first time or again; `revision` is their number."""

    name: ClassVar[str] = "intake.completed"


@frozen(kw_only=True)
class IntakeNeedsCorrection(IntakeEvent):
    """A clinician asks the patient to look at some answers again."""

    name: ClassVar[str] = "intake.needs_correction"


@frozen(kw_only=True)
class IntakeApproved(IntakeEvent):
    """A clinician approved that revision."""

    name: ClassVar[str] = "intake.approved"


@frozen(kw_only=True)
class IntakeRejected(IntakeEvent):
    """A clinician rejected that revision."""

    name: ClassVar[str] = "intake.rejected"
