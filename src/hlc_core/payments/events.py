"""What happened to payments. `payment` says whose obligation it is; reactions filter by its purpose."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import AttemptId, MethodId, ObligationId, PatientId, RefundId
from hlc_core.kernel.money import Money
from hlc_core.payments.model import DeclineClass, Purpose


@frozen(kw_only=True)
class PaymentEvent(Event):
    """Base: one attempt at one obligation. `owner` is the checkout or invoice that asked for the money."""

    attempt: AttemptId
    obligation: ObligationId
    purpose: Purpose
    owner: str
    patient: PatientId
    amount: Money
    gateway: str
    number: int
    code: str = ""
    text: str = ""

    @property
    def subject(self) -> str:
        """Events of one obligation's owner are delivered in order."""
        return self.owner


@frozen(kw_only=True)
class PaymentPaid(PaymentEvent):
    """Captured, amount and currency match: the obligation is settled. `method` is the saved one, if any.

    `again`: it was told before, and only what still waits for it is to follow.
    """

    name: ClassVar[str] = "payment.paid"
    method: MethodId | None = None
    again: bool = False


@frozen(kw_only=True)
class PaymentDeclined(PaymentEvent):
    """Definitely refused; the attempt is being closed at the gateway."""

    name: ClassVar[str] = "payment.declined"
    decline: DeclineClass
    method: MethodId | None = None


@frozen(kw_only=True)
class PaymentActionNeeded(PaymentEvent):
    """The buyer must act at the bank. The address itself stays on the attempt."""

    name: ClassVar[str] = "payment.action_needed"


@frozen(kw_only=True)
class PaymentUnknown(PaymentEvent):
    """No definite answer; it is being checked."""

    name: ClassVar[str] = "payment.unknown"


@frozen(kw_only=True)
class PaymentClosed(PaymentEvent):
    """The attempt is dead; another may open."""

    name: ClassVar[str] = "payment.closed"


@frozen(kw_only=True)
class PaymentQuarantined(PaymentEvent):
    """Facts disagree or the deadline passed: a person decides."""

    name: ClassVar[str] = "payment.quarantined"


@frozen(kw_only=True)
class PaymentDisputed(PaymentEvent):
    """The payer disputes a captured payment at the bank: the obligation is frozen."""

    name: ClassVar[str] = "payment.disputed"


@frozen(kw_only=True)
class PaymentRefunded(Event):
    """Money went back. `refunded` is the sum of all refunds of that attempt, this one included."""

    name: ClassVar[str] = "payment.refunded"
    refund: RefundId
    attempt: AttemptId
    obligation: ObligationId
    purpose: Purpose
    owner: str
    patient: PatientId
    amount: Money
    refunded: Money
    captured: Money

    @property
    def subject(self) -> str:
        """Events of one obligation's owner are delivered in order."""
        return self.owner


@frozen(kw_only=True)
class MethodSaved(Event):
    """A patient has a new method that can be charged."""

    name: ClassVar[str] = "payment_method.saved"
    method: MethodId
    patient: PatientId

    @property
    def subject(self) -> str:
        """Per patient."""
        return self.patient
