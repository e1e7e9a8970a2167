"""Stripe: the gateway on its SDK, and its webhooks."""

from hlc_adapters.gateways.stripe.client import CAPABILITIES, StripeGateway
from hlc_adapters.gateways.stripe.inbound import InboundEvent, NotFromStripe, StripeInbound, UnreadableEvent

__all__ = ["CAPABILITIES", "InboundEvent", "NotFromStripe", "StripeGateway", "StripeInbound", "UnreadableEvent"]
