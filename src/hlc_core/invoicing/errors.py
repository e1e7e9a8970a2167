"""What invoicing refuses."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Fault, Invalid
from hlc_core.kernel.money import Money


class TooMuchPaid(Conflict):
    """A payment above the balance; nothing is clipped silently."""

    def __init__(self, balance: Money, amount: Money) -> None:
        super().__init__(
            f"The balance is {balance}; a payment of {amount} does not fit it.", Fault("amount", f"at most {balance}")
        )


class RefundExceedsPayment(Conflict):
    """A refund above what was paid and not yet given back."""

    def __init__(self, kept: Money, amount: Money) -> None:
        super().__init__(
            f"{kept} can be given back; a refund of {amount} does not fit it.", Fault("amount", f"at most {kept}")
        )


class PaymentUnderWay(Conflict):
    """A card is being charged for this debt right now, or that is in doubt: wait for the outcome."""

    remedy = Fault("invoice", "wait for the outcome of the payment: `hlc explain invoice` shows it")


class NotABill(Invalid):
    """Fields of a bill are at fault; all are named at once."""


class NothingToPrescribe(Conflict):
    """The invoice pays for nothing that a prescriber has to write."""

    remedy = Fault("invoice", "name an invoice for something that is prescribed")


class NotPaidYet(Conflict):
    """There is no receipt for money that did not come."""

    remedy = Fault("invoice", "ask for the receipt when something is paid; until then there is the invoice")
