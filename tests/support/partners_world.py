"""What partners send: Wellmedr's intakes and payments, CarePortals' events, and a service that takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from hlc_core.kernel.evolve import evolve
from support.service import Client, Told, serving
from support.worlds import World

INTAKE_SECRET = "intake-secret-0123456789"
INVOICE_SECRET = "invoice-secret-0123456789"
CAREPORTALS_SECRET = "careportals-secret-0123456789"

INTAKE = "/api/webhooks/wellmedr-intake"
INVOICE = "/api/webhooks/wellmedr-invoice"
CAREPORTALS = "/api/webhooks/careportals"


def intake(**more: Any) -> dict[str, Any]:
    """An intake whose checkout is complete."""
    return {
        "submission_id": "sub-1",
        "email": "pat@example.com",
        "first_name": "Pat",
        "last_name": "Lee",
        "phone": "+1 202 555 0101",
        "updated_at": "2026-01-15T10:00:00Z",
        "checkout_completed": True,
        "weight": "212 lb",
        "glp1-last-30": "yes",
        "glp1-last-30-medication-type": "semaglutide",
        "preferred_meds": "Tirzepatide",
        **more,
    }


def payment(**more: Any) -> dict[str, Any]:
    """A payment for a plan that names no medicine."""
    return {
        "customer_email": "pat@example.com",
        "patient_name": "Pat Lee",
        "method_payment_id": "pm_1",
        "product": "1mo Injections",
        "price": 299.00,
        **more,
    }


@frozen
class Partner:
    """A partner's end of the wire."""

    world: World
    client: Client

    def send(self, path: str, body: object, secret: str, **headers: str) -> Told:
        """POST it with the secret."""
        return self.client.post(path, body, X_Webhook_Secret=secret, **headers)

    def intake(self, **more: Any) -> Told:
        """Send an intake."""
        return self.send(INTAKE, intake(**more), INTAKE_SECRET)

    def pay(self, **more: Any) -> Told:
        """Send a payment."""
        return self.send(INVOICE, payment(**more), INVOICE_SECRET)

    def tell(self, event: str, **more: Any) -> Told:
        """Send an event of CarePortals; dots are written as two underscores."""
        body = {name.replace("__", "."): value for name, value in more.items()}
        return self.send(CAREPORTALS, body, CAREPORTALS_SECRET, X_Webhook_Event=event)


@contextmanager
def partnered(world: World, **settings: Any) -> Iterator[Partner]:
    """A service over the world that takes partners' messages."""
    secrets: dict[str, Any] = {
        "wellmedr_intake_secret": INTAKE_SECRET,
        "wellmedr_invoice_secret": INVOICE_SECRET,
        "careportals_secret": CAREPORTALS_SECRET,
        **settings,
    }
    with serving(evolve(world.services, settings=evolve(world.services.settings, **secrets))) as client:
        yield Partner(world, client)
