"""What a patient owes and has paid, line by line."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from attrs import field, frozen

from hlc_core.invoicing.errors import NothingToPrescribe, RefundExceedsPayment, TooMuchPaid
from hlc_core.invoicing.machine import INVOICE, InvoiceFacts, InvoiceState, InvoiceTrigger
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import (
    InvoiceId,
    ObligationId,
    OrderId,
    OrganizationId,
    PatientId,
    ProductId,
    SubscriptionId,
)
from hlc_core.kernel.money import Money
from hlc_core.patients.api import Address


class DocumentKind(StrEnum):
    """Each kind has its own gap-free series of numbers per organization."""

    INVOICE = "invoice"


NUMBER_PREFIX = {DocumentKind.INVOICE: "INV-"}
"""What a printed number begins with."""


@frozen(kw_only=True)
class InvoiceLine:
    """One line. `amount` is what is owed for it, after discount and with tax; `medication_type` and `plan` are the
    words that the provider queue reads."""

    name: str
    amount: Money
    quantity: int = 1
    product: ProductId | None = None
    medication_type: str = ""
    plan: str = ""
    discount: Money | None = None
    tax: Money | None = None


class EntryKind(StrEnum):
    """Money in, money back."""

    PAYMENT = "payment"
    REFUND = "refund"


@frozen(kw_only=True)
class Entry:
    """One movement on an invoice. `reference` (attempt, refund, receipt number) makes a repetition harmless."""

    kind: EntryKind
    amount: Money
    reference: str
    at: datetime
    note: str = ""


class ScriptOutcome(StrEnum):
    """How the prescription of an invoice was dealt with; nothing was sent but for the first."""

    PRESCRIBED = "prescribed"
    DECLINED = "declined"
    REMOVED = "removed"


@frozen(kw_only=True)
class Prescribing:
    """Whether the prescription that the invoice pays for was dealt with; `processed` None: there is none to write.

    Why something was declined is clinical and stays, sealed, with the item of the provider queue.
    Source: spec/billing, Invoices.
    """

    processed: bool | None = None
    processed_at: datetime | None = None
    processed_by: str = ""
    outcome: ScriptOutcome | None = None


@frozen(kw_only=True)
class Outside:
    """A payment that a partner took, with what they said of it: the invoice's metadata.

    `reading` says how the amount was understood: field, text and unit. What is to be prescribed is clinical.
    """

    partner: str
    payment_method: str
    reading: str
    product: str = field(default="", repr=False)
    medication_type: str = field(default="", repr=False)
    plan: str = field(default="", repr=False)
    glp1_last_30: str = field(default="", repr=False)
    glp1_type: str = field(default="", repr=False)
    ship_to: Address | None = None
    confirmed: bool = True
    """Whether the patient was found by more than a name."""


@frozen(kw_only=True, slots=False)
class Invoice:
    """One debt of one patient. `obligation` is what may be collected once; `subscription` and `cycle` are unique
    together. `number` is given by the unit of work when the row is first written: None means not yet written.

    `period_start` and `period_end` are the billed local dates of a cycle.
    """

    id: InvoiceId
    organization: OrganizationId
    patient: PatientId
    obligation: ObligationId
    state: InvoiceState
    lines: tuple[InvoiceLine, ...]
    total: Money
    amount_paid: Money
    refunded: Money
    due_on: date
    created_at: datetime
    kind: DocumentKind = DocumentKind.INVOICE
    number: int | None = None
    order: OrderId | None = None
    subscription: SubscriptionId | None = None
    cycle: int | None = None
    period_start: date | None = None
    period_end: date | None = None
    issued_at: datetime | None = None
    paid_at: datetime | None = None
    entries: tuple[Entry, ...] = ()
    prescribing: Prescribing = Prescribing()
    outside: Outside | None = None
    reason: str = ""
    version: int = 0

    @property
    def balance(self) -> Money:
        """What is left to pay while it is owed."""
        return self.total - self.amount_paid

    @property
    def kept(self) -> Money:
        """What was paid and not given back."""
        return self.amount_paid - self.refunded

    @property
    def fully_refunded(self) -> bool:
        """Whether money came in and all of it went back."""
        return self.amount_paid.amount > 0 and self.kept.is_zero

    @property
    def display_number(self) -> str:
        """What is printed, such as `INV-000042`; empty before it is written."""
        return "" if self.number is None else f"{NUMBER_PREFIX[self.kind]}{self.number:06d}"

    @property
    def awaits_script(self) -> bool:
        """Whether it waits for a prescriber: PAID, and the prescription not dealt with. Source: spec/care."""
        return self.state is InvoiceState.PAID and self.prescribing.processed is False

    def process(self, outcome: ScriptOutcome, at: datetime, by: str) -> Invoice:
        """With its prescription dealt with; what was dealt with before stays as it is. Refuses: NothingToPrescribe."""
        if self.prescribing.processed is None:
            raise NothingToPrescribe("Nothing is to be prescribed for this invoice.")
        if self.prescribing.processed:
            return self
        done = Prescribing(processed=True, processed_at=at, processed_by=by, outcome=outcome)
        return evolve(self, prescribing=done)

    @property
    def facts(self) -> InvoiceFacts:
        """What the guards read."""
        return _facts(self.total, self.amount_paid)

    def move(self, trigger: InvoiceTrigger) -> Invoice:
        """The invoice after the trigger. Refuses: IllegalTransition, GuardRefused."""
        return evolve(self, state=INVOICE.step(self.state, trigger, self.facts))

    def knows(self, kind: EntryKind, reference: str) -> bool:
        """Whether that movement stands on it already."""
        return any(entry.kind is kind and entry.reference == reference for entry in self.entries)

    def pay(self, amount: Money, reference: str, at: datetime, note: str = "") -> Invoice:
        """The invoice with that payment on it; PAID when nothing is left.

        Refuses: IllegalTransition (not owed), TooMuchPaid (above the balance, which is named; never clipped; or
        below one minor unit), MixedCurrencies.
        """
        INVOICE.step(self.state, InvoiceTrigger.PAY, self.facts)
        balance = self.balance
        if balance < amount or (amount.amount < 1 and not balance.is_zero):
            raise TooMuchPaid(balance, amount)
        entry = Entry(kind=EntryKind.PAYMENT, amount=amount, reference=reference, at=at, note=note)
        paid = self.amount_paid + amount
        state = INVOICE.step(self.state, InvoiceTrigger.PAY, _facts(self.total, paid))
        return evolve(
            self,
            amount_paid=paid,
            entries=(*self.entries, entry),
            state=state,
            paid_at=at if state is InvoiceState.PAID else self.paid_at,
        )

    def give_back(self, amount: Money, reference: str, at: datetime, note: str = "") -> Invoice:
        """The invoice with that refund on it. Refuses: RefundExceedsPayment, MixedCurrencies."""
        if self.kept < amount or amount.amount < 1:
            raise RefundExceedsPayment(self.kept, amount)
        entry = Entry(kind=EntryKind.REFUND, amount=amount, reference=reference, at=at, note=note)
        return evolve(self, refunded=self.refunded + amount, entries=(*self.entries, entry))


def _facts(total: Money, paid: Money) -> InvoiceFacts:
    return InvoiceFacts(settled=total <= paid, untouched=paid.is_zero)


def cycle_obligation(subscription: SubscriptionId, cycle: int) -> ObligationId:
    """The one name of the debt for a subscription's n-th cycle."""
    return ObligationId(f"{subscription}:{cycle}")
