"""Stripe: the gateway on its SDK, and its webhooks."""
