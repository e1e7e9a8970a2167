"""Passwords, tokens, codes and app codes: the only place that knows their libraries."""
