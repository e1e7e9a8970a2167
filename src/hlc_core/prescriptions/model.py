"""What a clinician prescribed, how it is blocked, and how each fill of it reaches a pharmacy."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import (
    ActorId,
    DispatchId,
    DrugId,
    IntakeId,
    OrderId,
    OrganizationId,
    PatientId,
    PrescriptionId,
    SubscriptionId,
)
from hlc_core.kernel.machine import NoFacts
from hlc_core.orders.api import Tracking
from hlc_core.prescriptions.machine import (
    DISPATCH,
    PRESCRIPTION,
    DispatchState,
    DispatchTrigger,
    PrescriptionFacts,
    PrescriptionState,
    PrescriptionTrigger,
)
from hlc_core.review.api import DecisionId, LicenceEvidence

ORIGINAL_FILL = 0
"""The fill that a prescription is written for; its refills are 1, 2, …"""


class DrugSchedule(StrEnum):
    """How the law controls a drug; `NONE` is not controlled."""

    NONE = "none"
    II = "II"
    III = "III"
    IV = "IV"
    V = "V"

    @property
    def controlled(self) -> bool:
        """Whether special rules hold: no automatic refill, and only through a certified adapter."""
        return self is not DrugSchedule.NONE


@frozen(kw_only=True)
class DrugLabel:
    """What can be said about a drug: everything but its identity. Quantity, days and refills are what is proposed."""

    name: str
    compound: str
    strength: str
    form: str
    schedule: DrugSchedule = DrugSchedule.NONE
    directions: str = ""
    quantity: int = 1
    unit: str = ""
    days_supply: int = 30
    refills: int = 0
    code: str = ""


@frozen(kw_only=True)
class Drug:
    """A drug of one organization's catalog. Changing it changes no prescription: those carry what was prescribed.

    `key` (folded name, strength and form) is unique. `external_id` is the key of an import.
    """

    id: DrugId
    organization: OrganizationId
    key: str
    label: DrugLabel
    active: bool = True
    external_id: str | None = None
    version: int = 0


@frozen(kw_only=True)
class Approval:
    """The decision that a prescription rests on: by whom, on which revision of which intake, and by which licence.

    `patient_state` and `patient_country` say where the patient was when it was decided.
    """

    decision: DecisionId
    order: OrderId
    intake: IntakeId
    revision: int
    clinician: ActorId
    patient_state: str
    patient_country: str
    licence: LicenceEvidence
    decided_at: datetime

    def holds(self, today: date) -> bool:
        """Whether its licence is that of the patient's state, and valid that day."""
        licence, here = self.licence, (self.patient_country, self.patient_state)
        return bool(self.patient_state) and (licence.country, licence.state) == here and today <= licence.expires_on


class BlockKind(StrEnum):
    """Why a fill cannot go on. Source: spec/care, Prescriptions."""

    NEEDS_ADDRESS = "needs_address"
    PRIOR_AUTHORISATION = "prior_authorisation"
    OUT_OF_STOCK = "out_of_stock"
    TOO_SOON = "too_soon"
    CLARIFICATION = "clarification"
    NAME_MISMATCH = "name_mismatch"


@frozen(kw_only=True)
class Block:
    """Something that has to be settled, beside the progress; open until somebody closes it."""

    number: int
    kind: BlockKind
    opened_at: datetime
    opened_by: ActorId
    note: str = field(default="", repr=False)
    closed_at: datetime | None = None
    closed_by: ActorId | None = None
    answer: str = field(default="", repr=False)

    @property
    def open(self) -> bool:
        """Whether it still holds things up."""
        return self.closed_at is None


@frozen(kw_only=True)
class Medicine:
    """What is prescribed, as it was on that day."""

    drug: DrugId
    name: str = field(repr=False)
    compound: str = field(repr=False)
    strength: str = field(repr=False)
    form: str
    schedule: DrugSchedule
    code: str = ""


@frozen(kw_only=True, slots=False)
class Prescription:
    """One drug for one patient. `number` is the Rx number; fill 0 is the first, up to `refills_allowed` more.

    `fills` are the fill numbers that dispatches stand for, `prescriber` the name on the print. It may be filled to the
    end of `expires_on`.
    """

    id: PrescriptionId
    organization: OrganizationId
    number: str
    patient: PatientId
    order: OrderId
    medicine: Medicine
    quantity: int
    unit: str
    days_supply: int
    directions: str = field(repr=False)
    refills_allowed: int
    prescriber: str = field(repr=False)
    written_by: ActorId
    written_at: datetime
    expires_on: date
    approval: Approval
    state: PrescriptionState = PrescriptionState.DRAFT
    subscription: SubscriptionId | None = None
    signed_by: ActorId | None = None
    signed_at: datetime | None = None
    fills: tuple[int, ...] = ()
    blocks: tuple[Block, ...] = ()
    reason: str = field(default="", repr=False)
    pharmacy: str = ""
    version: int = 0

    @property
    def fills_allowed(self) -> int:
        """How many fills there may be in all."""
        return self.refills_allowed + 1

    @property
    def next_fill(self) -> int | None:
        """The lowest fill number that nothing stands for, or None."""
        return next((fill for fill in range(self.fills_allowed) if fill not in self.fills), None)

    @property
    def blocked(self) -> bool:
        """Whether something has to be settled first."""
        return any(block.open for block in self.blocks)

    @property
    def ended(self) -> bool:
        """Whether nothing leads on from here."""
        return self.state in PRESCRIPTION.final

    def facts(self, today: date) -> PrescriptionFacts:
        """What the guards read."""
        return PrescriptionFacts(
            approved=self.approval.holds(today),
            fills_left=self.next_fill is not None,
            run_out=today > self.expires_on,
        )

    def fillable(self, today: date) -> bool:
        """Whether a fill may go out that day: active, not run out, nothing to be settled."""
        return self.state is PrescriptionState.ACTIVE and today <= self.expires_on and not self.blocked

    def moved(self, trigger: PrescriptionTrigger, today: date, reason: str = "") -> Prescription:
        """The prescription after the trigger. Refuses: IllegalTransition, GuardRefused."""
        state = PRESCRIPTION.step(self.state, trigger, self.facts(today))
        return evolve(self, state=state, reason=reason)

    def allowed(self, today: date) -> tuple[PrescriptionTrigger, ...]:
        """What may be done now."""
        return PRESCRIPTION.allowed(self.state, self.facts(today))

    def using(self, fill: int) -> Prescription:
        """With that fill taken."""
        return self if fill in self.fills else evolve(self, fills=tuple(sorted((*self.fills, fill))))

    def without(self, fill: int) -> Prescription:
        """With that fill free again."""
        return evolve(self, fills=tuple(one for one in self.fills if one != fill)) if fill in self.fills else self

    def opened(self, kind: BlockKind, at: datetime, by: ActorId, note: str) -> Prescription:
        """With one more thing to settle; the same kind is open only once."""
        if any(block.open and block.kind is kind for block in self.blocks):
            return self
        block = Block(number=len(self.blocks) + 1, kind=kind, opened_at=at, opened_by=by, note=note)
        return evolve(self, blocks=(*self.blocks, block))

    def closed(self, number: int, at: datetime, by: ActorId, answer: str) -> Prescription:
        """With that one settled; one that is closed already, or is not there, changes nothing."""
        return evolve(
            self,
            blocks=tuple(
                evolve(block, closed_at=at, closed_by=by, answer=answer)
                if block.number == number and block.open
                else block
                for block in self.blocks
            ),
        )


class Progress(StrEnum):
    """How far a pharmacy has come with a fill that it has; only ever forward, save for a return."""

    NONE = "none"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"


@frozen(kw_only=True, slots=False)
class Dispatch:
    """One fill on its way to one pharmacy: never two that stand for the same fill.

    `available_at` is when a worker may take it (again); `attempts` also fences a worker whose lease ran out.
    `asked`: a request may have left us, so that the pharmacy is asked about it before anything is sent again.
    """

    id: DispatchId
    organization: OrganizationId
    prescription: PrescriptionId
    fill: int
    patient: PatientId
    order: OrderId
    pharmacy: str
    queued_at: datetime
    queued_by: ActorId
    state: DispatchState = DispatchState.QUEUED
    available_at: datetime | None = None
    attempts: int = 0
    asked: bool = False
    sent_at: datetime | None = None
    acknowledged_at: datetime | None = None
    reference: str = ""
    code: str = ""
    error: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)
    progress: Progress = Progress.NONE
    tracking: Tracking | None = None
    version: int = 0

    @property
    def stands(self) -> bool:
        """Whether it stands for its fill: all but a cancelled one, for one in ERROR may have arrived."""
        return self.state is not DispatchState.CANCELLED

    @property
    def arrived(self) -> bool:
        """Whether the pharmacy has it."""
        return self.state in (DispatchState.SENT, DispatchState.ACKNOWLEDGED)

    def moved(self, trigger: DispatchTrigger) -> Dispatch:
        """The dispatch after the trigger. Refuses: IllegalTransition."""
        return evolve(self, state=DISPATCH.step(self.state, trigger, NoFacts()))

    def allowed(self) -> tuple[DispatchTrigger, ...]:
        """What may happen now."""
        return DISPATCH.allowed(self.state, NoFacts())
