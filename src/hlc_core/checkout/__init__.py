"""Checkout: from a quote to a paid order."""
