"""Where a bank sends patients back to after they confirmed a payment or a card."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from hlc_core.kernel.ids import InvoiceId
from hlc_http.call import Call

CONFIRMED = "/patient/cards/confirmed"


@frozen(kw_only=True)
class Returned:
    """What a gateway adds to the address; only the path counts."""

    payment_intent: str | None = None
    payment_intent_client_secret: str | None = field(default=None, repr=False)
    setup_intent: str | None = None
    setup_intent_client_secret: str | None = field(default=None, repr=False)
    redirect_status: str | None = None
    source_type: str | None = None


def payment_page(invoice: InvoiceId) -> str:
    """The page that says how the payment of a failed renewal went."""
    return f"/patient/invoices/{invoice}/payment"


def outside(path: str, call: Call[Any, Any]) -> str:
    """The whole address of a page of the portal, on the clinic's own domain if it has one."""
    domain = call.organization.domains.portal
    return f"{f'https://{domain}' if domain else call.services.settings.base_url}{path}"
