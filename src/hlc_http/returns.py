"""Where a bank sends patients back to after they confirmed a payment or a card.

Gateways add parameters of their own to the address (`payment_intent`, `redirect_status`): the pages declare no query,
so that whatever comes is passed over. Only the path counts.
"""

from __future__ import annotations

from typing import Any

from hlc_core.kernel.ids import InvoiceId
from hlc_http.call import Call

CONFIRMED = "/patient/cards/confirmed"


def payment_page(invoice: InvoiceId) -> str:
    """The page that says how the payment of a failed renewal went."""
    return f"/patient/invoices/{invoice}/payment"


def outside(path: str, call: Call[Any, Any]) -> str:
    """The whole address of a page of the portal, on the clinic's own domain if it has one."""
    domain = call.organization.domains.portal
    return f"{f'https://{domain}' if domain else call.services.settings.base_url}{path}"
