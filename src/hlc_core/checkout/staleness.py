"""Whether the quote that the buyer saw is still the price."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hlc_core.cart.api import Cart, Quote
from hlc_core.checkout.errors import StaleQuote
from hlc_core.kernel.errors import Fault

ASK_AGAIN = Fault("quoteHash", "ask for the quote again and show it to the buyer")
"""The remedy, whatever changed."""


def refuse_if_stale(cart: Cart, seen: str, fresh: Quote, now: datetime) -> Quote:
    """The quote to be paid: the one that was seen, if it is today's price.

    Refuses: StaleQuote, naming what changed and why. Source: spec/commerce, Checkout 1.
    """
    kept = cart.quote
    if kept is None or kept.hash != seen:
        raise StaleQuote("This is not the cart's last quote.", ASK_AGAIN)
    if kept.hash != fresh.hash:
        raise StaleQuote("Prices changed since the quote.", *_changes(kept, fresh), ASK_AGAIN)
    if kept.expired(now):
        raise StaleQuote("The quote expired.", Fault("quoteHash", "ask for the quote again; the prices are the same"))
    return kept


def _changes(kept: Quote, fresh: Quote) -> Iterator[Fault]:
    before = {line.product: line for line in kept.lines}
    for line in fresh.lines:
        old = before.get(line.product)
        if old is None:
            yield _changed(f"{line.name} was added")
        elif old.price != line.price:
            yield _changed(f"{line.name} cost {old.price}, now {line.price}: the product's price changed")
        elif old.terms != line.terms:
            yield _changed(f"the terms of {line.name} were {old.terms!r}, now {line.terms!r}")
    if kept.discount != fresh.discount:
        yield _changed(f"the discount was {kept.discount}, now {fresh.discount}: the coupon changed")
    if kept.tax != fresh.tax:
        yield _changed(f"the tax was {kept.tax}, now {fresh.tax}")
    if kept.total != fresh.total:
        yield _changed(f"the total was {kept.total}, now {fresh.total}")


def _changed(what: str) -> Fault:
    return Fault(ASK_AGAIN.field, what)
