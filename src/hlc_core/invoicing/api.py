"""The face of the context."""

from hlc_core.invoicing.errors import RefundExceedsPayment, TooMuchPaid
from hlc_core.invoicing.events import (
    InvoiceGivenUp,
    InvoiceOpened,
    InvoicePaid,
    InvoicePartlyPaid,
    InvoiceRefunded,
    InvoiceVoided,
)
from hlc_core.invoicing.machine import INVOICE, InvoiceState
from hlc_core.invoicing.model import DocumentKind, Invoice, InvoiceLine, cycle_obligation
from hlc_core.invoicing.ports import Env, Invoices

__all__ = [
    "INVOICE",
    "DocumentKind",
    "Env",
    "Invoice",
    "InvoiceGivenUp",
    "InvoiceLine",
    "InvoiceOpened",
    "InvoicePaid",
    "InvoicePartlyPaid",
    "InvoiceRefunded",
    "InvoiceState",
    "InvoiceVoided",
    "Invoices",
    "RefundExceedsPayment",
    "TooMuchPaid",
    "cycle_obligation",
]
