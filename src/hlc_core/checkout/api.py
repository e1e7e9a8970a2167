"""The face of the context."""

from hlc_core.checkout.errors import AddressNeeded, PaymentStillClosing, StaleQuote
from hlc_core.checkout.events import CheckoutDeclined, CheckoutSucceeded
from hlc_core.checkout.machine import CHECKOUT, CheckoutState, CheckoutTrigger
from hlc_core.checkout.model import Checkout, obligation_of
from hlc_core.checkout.ports import Checkouts, Env
from hlc_core.checkout.reactions import (
    ask_for_action,
    check_when_unknown,
    complete_when_paid,
    decline_sentence,
    fail_when_declined,
    unlock_when_closed,
)
from hlc_core.checkout.staleness import ASK_AGAIN
from hlc_core.checkout.usecases import SubmitCheckout, submit_checkout
from hlc_core.checkout.views import CheckoutView, GetCheckout, LastCheckout, get_checkout, last_checkout

__all__ = [
    "ASK_AGAIN",
    "CHECKOUT",
    "AddressNeeded",
    "Checkout",
    "CheckoutDeclined",
    "CheckoutState",
    "CheckoutSucceeded",
    "CheckoutTrigger",
    "CheckoutView",
    "Checkouts",
    "Env",
    "GetCheckout",
    "LastCheckout",
    "PaymentStillClosing",
    "StaleQuote",
    "SubmitCheckout",
    "ask_for_action",
    "check_when_unknown",
    "complete_when_paid",
    "decline_sentence",
    "fail_when_declined",
    "get_checkout",
    "last_checkout",
    "obligation_of",
    "submit_checkout",
    "unlock_when_closed",
]
