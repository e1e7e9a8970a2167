"""What waits for a prescriber: items, what holds them back, and the documents that are shown with them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DocumentId, InvoiceId, OrderId, OrganizationId, PatientId, QueueItemId, RefillId
from hlc_core.patients.api import Address
from hlc_core.provider_queue.machine import ITEM, ItemFacts, ItemState, ItemTrigger


class ItemSource(StrEnum):
    """Why something waits: a paid invoice, a due refill, or an administrator's wish."""

    INVOICE = "invoice"
    REFILL = "refill"
    ORDER = "order"


LABELS = {
    ItemSource.INVOICE: "New Patient",
    ItemSource.REFILL: "Refill",
    ItemSource.ORDER: "Prescription (queued by admin)",
}
"""What providers read. Source: spec/care, Provider queue."""


class Readiness(StrEnum):
    """Whether a prescriber can act on it now."""

    INTAKE_OUTSTANDING = "intake_outstanding"
    IN_REVIEW = "in_review"
    READY = "ready"


class HoldKind(StrEnum):
    """Why an item is kept from the prescriber."""

    FOREIGN_PATIENT = "foreign_patient"
    PATIENT_UNCONFIRMED = "patient_unconfirmed"
    DUPLICATE_SUSPECTED = "duplicate_suspected"
    ORDER_ENDED = "order_ended"


TASKS = {
    HoldKind.FOREIGN_PATIENT: "Invoice and patient are not of one clinic: find out whose it is, then remove it.",
    HoldKind.PATIENT_UNCONFIRMED: "Found by name only, or by a shared phone: confirm that it is this person.",
    HoldKind.DUPLICATE_SUSPECTED: "The same was paid shortly before in another way: is it one purchase?",
    HoldKind.ORDER_ENDED: "It was paid after its order had ended: refund it, or reopen the order.",
}
"""What a person has to do about each."""


@frozen(kw_only=True)
class Hold:
    """One thing to settle; `other` names what it was compared with, such as an earlier invoice."""

    kind: HoldKind
    opened_at: datetime
    other: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""
    answer: str = field(default="", repr=False)

    @property
    def open(self) -> bool:
        """Whether it is still to be settled."""
        return self.closed_at is None

    @property
    def task(self) -> str:
        """What a person has to do about it."""
        return TASKS[self.kind]


class Flag(StrEnum):
    """What a prescriber should know; it moves nothing."""

    REFUNDED = "refunded"


@frozen(kw_only=True)
class Treatment:
    """What is to be prescribed, as far as it is known; `taken_from` says where. Clinical, all of it.

    `glp1_last_30` is what the patient said of GLP-1 medicines in the last thirty days, `glp1_type` which.
    """

    product: str = field(default="", repr=False)
    medication: str = field(default="", repr=False)
    plan: str = field(default="", repr=False)
    taken_from: str = ""
    glp1_last_30: str = field(default="", repr=False)
    glp1_type: str = field(default="", repr=False)


@frozen(kw_only=True)
class Ending:
    """How an item left: who, when, and why (clinical for what was declined)."""

    at: datetime
    by: str
    reason: str = field(default="", repr=False)


@frozen(kw_only=True, slots=False)
class QueueItem:
    """One thing that waits for a prescriber. `subject` is the invoice, refill or order that it stands for: at most one
    open item each. `place` sorts the queue: the instant from which it counts, then the id; a refill's is its due day.
    """

    id: QueueItemId
    organization: OrganizationId
    source: ItemSource
    subject: str
    patient: PatientId
    place: str
    due_at: datetime
    queued_at: datetime
    queued_by: str
    state: ItemState = ItemState.WAITING
    readiness: Readiness = Readiness.READY
    treatment: Treatment = Treatment()
    invoice: InvoiceId | None = None
    order: OrderId | None = None
    refill: RefillId | None = None
    reason: str = field(default="", repr=False)
    ship_to: Address | None = None
    holds: tuple[Hold, ...] = ()
    flags: tuple[Flag, ...] = ()
    ending: Ending | None = None
    version: int = 0

    @property
    def label(self) -> str:
        """What providers read."""
        return LABELS[self.source]

    @property
    def open(self) -> bool:
        """Whether it still waits, withheld or not."""
        return self.state not in ITEM.final

    @property
    def open_holds(self) -> tuple[Hold, ...]:
        """What is still to be settled."""
        return tuple(hold for hold in self.holds if hold.open)

    @property
    def facts(self) -> ItemFacts:
        """What the guards read."""
        return ItemFacts(held=bool(self.open_holds), refill=self.source is ItemSource.REFILL)

    def move(self, trigger: ItemTrigger) -> QueueItem:
        """The item after the trigger. Refuses: IllegalTransition, GuardRefused."""
        return evolve(self, state=ITEM.step(self.state, trigger, self.facts))

    def ended(self, trigger: ItemTrigger, ending: Ending) -> QueueItem:
        """The item as it leaves. Refuses: IllegalTransition, GuardRefused."""
        return evolve(self.move(trigger), ending=ending)

    def withheld(self, *holds: Hold) -> QueueItem:
        """With these things to settle; a kind that is open, or was settled, is not opened again."""
        known = {hold.kind for hold in self.holds}
        new = tuple(hold for hold in holds if hold.kind not in known)
        if not new:
            return self
        more = evolve(self, holds=(*self.holds, *new))
        return more.move(ItemTrigger.WITHHOLD) if more.state is ItemState.WAITING else more

    def settled(self, kinds: frozenset[HoldKind], at: datetime, by: str, answer: str) -> QueueItem:
        """With these things settled; it waits for the prescriber when nothing is left."""
        holds = tuple(
            evolve(hold, closed_at=at, closed_by=by, answer=answer) if hold.open and hold.kind in kinds else hold
            for hold in self.holds
        )
        settled = evolve(self, holds=holds)
        return settled if settled.open_holds else settled.move(ItemTrigger.RELEASE)

    def allowed(self) -> tuple[ItemTrigger, ...]:
        """What may be done by hand now."""
        told = {rule.trigger for rule in ITEM.rules if rule.permission is not None}
        facts = evolve(self.facts, held=False) if self.state is ItemState.WITHHELD else self.facts
        return tuple(trigger for trigger in ITEM.allowed(self.state, facts) if trigger in told)


def place_of(due_at: datetime, id: QueueItemId) -> str:
    """Where an item stands in the queue: sortable text, of the instant first."""
    return f"{due_at:%Y%m%dT%H%M%S.%f}Z-{id}"


def places_until(now: datetime) -> str:
    """The last place that counts at that instant."""
    return f"{now:%Y%m%dT%H%M%S.%f}Z-~"


class DocumentKind(StrEnum):
    """What a document is."""

    INTAKE = "intake"
    SOAP_NOTE = "soap_note"


@frozen(kw_only=True)
class Answered:
    """One answer of an intake that was filled in elsewhere: the question's key, and what was said."""

    key: str
    value: str = field(repr=False)


@frozen(kw_only=True)
class PatientDocument:
    """What came with a patient from elsewhere, or was written from it: at most one of a kind and partner each.

    `stamp` orders its versions: a later one takes its place, an earlier one that comes late changes nothing.
    """

    id: DocumentId
    organization: OrganizationId
    patient: PatientId
    kind: DocumentKind
    partner: str
    stamp: str
    complete: bool
    made_at: datetime
    answers: tuple[Answered, ...] = field(default=(), repr=False)
    text: str = field(default="", repr=False)
    version: int = 0
