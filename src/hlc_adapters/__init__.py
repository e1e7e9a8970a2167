"""Adapters: storage, gateways, mail and the composition root behind the ports of the core."""
