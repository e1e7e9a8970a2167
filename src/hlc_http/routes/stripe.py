"""Stripe's webhooks: verified, kept once, answered; the relay then wakes the payment that they speak of."""

from __future__ import annotations

from functools import cache

from attrs import frozen

from hlc_adapters.gateways.stripe.inbound import StripeInbound
from hlc_adapters.gateways.stripe.inbox import StripeInbox
from hlc_adapters.services import Services
from hlc_core.kernel.errors import Fault, Unavailable
from hlc_http.call import Call
from hlc_http.table import Face, Nothing, Routes, Takes, Who


@frozen(kw_only=True)
class Received:
    """The webhook is stored; `new` says whether it was not there already."""

    received: bool
    new: bool


def stripe_routes(services: Services) -> Routes:
    """The one route, with the secrets of the settings (parted by commas while one is rotated)."""
    routes = Routes("webhooks in", who=Who.ANYONE, face=Face.MACHINE)
    settings = services.settings
    inbox = StripeInbox(inbox=services.inbox, directory=services.directory)

    @cache
    def inbound() -> StripeInbound:
        secrets = [secret for secret in settings.stripe_webhook_secret.split(",") if secret.strip()]
        if not secrets:
            raise Unavailable(
                "Stripe's webhooks are not set up here.",
                Fault("HLC_STRIPE_WEBHOOK_SECRET", "the secret of the endpoint, which begins with whsec_"),
            )
        return StripeInbound(secrets, services.clock)

    @routes.post("/api/stripe/webhook", "What Stripe tells", answers=Received, takes=Takes.BYTES)
    def stripe_webhook(call: Call[bytes, Nothing]) -> Received:
        """Signed by Stripe (`Stripe-Signature`). 200 once it is stored, however often it comes. With STRIPE_DISABLED
        it is stored and held for a replay. It carries no state: the payment is looked up at Stripe."""
        event = inbound().read(call.body, call.incoming.headers.get("stripe-signature"))
        return Received(received=True, new=inbox.keep(event, switched_off=settings.stripe_disabled))

    return routes
