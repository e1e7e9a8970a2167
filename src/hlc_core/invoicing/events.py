"""What happened to invoices. The patient is named by id; names and addresses stay on the rows."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, TypedDict

from attrs import frozen

from hlc_core.invoicing.model import ScriptOutcome
from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import AttemptId, InvoiceId, ObligationId, OrderId, PatientId, SubscriptionId
from hlc_core.kernel.money import Money


class Common(TypedDict):
    """The fields that all events of an invoice share."""

    invoice: InvoiceId
    patient: PatientId
    obligation: ObligationId
    order: OrderId | None
    subscription: SubscriptionId | None
    cycle: int | None
    total: Money


@frozen(kw_only=True)
class InvoiceEvent(Event):
    """What all of them say."""

    invoice: InvoiceId
    patient: PatientId
    obligation: ObligationId
    order: OrderId | None
    subscription: SubscriptionId | None
    cycle: int | None
    total: Money

    @property
    def subject(self) -> str:
        """The invoice."""
        return self.invoice


@frozen(kw_only=True)
class InvoiceOpened(InvoiceEvent):
    """It is owed."""

    name: ClassVar[str] = "invoice.opened"
    due_on: date


@frozen(kw_only=True)
class InvoicePartlyPaid(InvoiceEvent):
    """Some of it was paid."""

    name: ClassVar[str] = "invoice.partly_paid"
    amount: Money
    balance: Money


@frozen(kw_only=True)
class InvoicePaid(InvoiceEvent):
    """Nothing is left to pay. `amount` is what the last payment brought."""

    name: ClassVar[str] = "invoice.paid"
    amount: Money


@frozen(kw_only=True)
class InvoiceVoided(InvoiceEvent):
    """It is no longer owed."""

    name: ClassVar[str] = "invoice.voided"
    reason: str


@frozen(kw_only=True)
class InvoiceGivenUp(InvoiceEvent):
    """It is not expected to be paid."""

    name: ClassVar[str] = "invoice.uncollectible"
    reason: str


@frozen(kw_only=True)
class InvoiceRefunded(InvoiceEvent):
    """Money went back. `fully`: none of what was paid is kept."""

    name: ClassVar[str] = "invoice.refunded"
    amount: Money
    refunded: Money
    fully: bool


@frozen(kw_only=True)
class PaymentUnapplied(InvoiceEvent):
    """Captured money that the invoice cannot take (paid otherwise, withdrawn): kept in sight for a refund by staff."""

    name: ClassVar[str] = "invoice.payment_unapplied"
    attempt: AttemptId
    amount: Money


@frozen(kw_only=True)
class PrescriptionProcessed(InvoiceEvent):
    """Its prescription was dealt with: sent, declined, or taken off the queue."""

    name: ClassVar[str] = "invoice.prescription_processed"
    outcome: ScriptOutcome
