"""A further fill of a prescription or of a plan: when it is due, and what it waits for."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import (
    ActorId,
    DispatchId,
    InvoiceId,
    OrderId,
    OrganizationId,
    PatientId,
    PrescriptionId,
    RefillId,
    SubscriptionId,
)
from hlc_core.refills.machine import REFILL, RefillFacts, RefillState, RefillTrigger


class Gate(StrEnum):
    """One of the two conditions of a refill, as it was seen last."""

    UNKNOWN = "unknown"
    OPEN = "open"
    CLOSED = "closed"


class Hold(StrEnum):
    """Why a refill whose day has come does not move."""

    UNPAID = "unpaid"
    PAUSED = "paused"
    PAST_DUE = "past_due"


@frozen(kw_only=True, slots=False)
class Refill:
    """One row for each (prescription or invoice, fill number): `origin` is the id of whichever it is planned for.

    `payment` and `clinical` are the two gates with what was seen of them last (`payment_note`, `clinical_note`);
    `dispatch` is what was queued for it. Fill 0 was the first delivery, so refills count from 1.
    """

    id: RefillId
    organization: OrganizationId
    origin: str
    fill: int
    patient: PatientId
    due_on: date
    planned_at: datetime
    state: RefillState = RefillState.SCHEDULED
    prescription: PrescriptionId | None = None
    invoice: InvoiceId | None = None
    subscription: SubscriptionId | None = None
    order: OrderId | None = None
    treatment: str = field(default="", repr=False)
    payment: Gate = Gate.UNKNOWN
    payment_note: str = ""
    clinical: Gate = Gate.UNKNOWN
    clinical_note: str = field(default="", repr=False)
    held: Hold | None = None
    dispatch: DispatchId | None = None
    became_due_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: ActorId | None = None
    reason: str = field(default="", repr=False)
    version: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing leads on from here."""
        return self.state in REFILL.final

    @property
    def waits_for_provider(self) -> bool:
        """Whether it is a provider's turn: due, and nothing queued for it."""
        return self.state in (RefillState.PENDING_PROVIDER, RefillState.APPROVED) and self.dispatch is None

    @property
    def facts(self) -> RefillFacts:
        """What the guards read."""
        return RefillFacts(
            paid=self.payment is Gate.OPEN,
            covered=self.clinical is Gate.OPEN,
            under_way=self.dispatch is not None,
        )

    def moved(self, trigger: RefillTrigger) -> Refill:
        """The refill after the trigger. Refuses: IllegalTransition, GuardRefused."""
        return evolve(self, state=REFILL.step(self.state, trigger, self.facts))

    def allowed(self) -> tuple[RefillTrigger, ...]:
        """What may be done now."""
        return REFILL.allowed(self.state, self.facts)
