"""Carts: lines being bought, priced into quotes."""
