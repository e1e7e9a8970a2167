"""Whether the quote that the buyer saw is still the price."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hlc_core.cart.api import Cart, Quote
from hlc_core.checkout.errors import StaleQuote
from hlc_core.kernel.errors import Fault


def refuse_if_stale(cart: Cart, seen: str, fresh: Quote, now: datetime) -> Quote:
    """The quote to be paid: the one that was seen, if it is today's price.

    Refuses: StaleQuote, naming what changed and why. Source: spec/commerce, Checkout 1.
    """
    kept = cart.quote
    if kept is None or kept.hash != seen:
        raise StaleQuote(
            "This is not the cart's last quote.", Fault("quoteHash", "ask for the quote again and show it to the buyer")
        )
    if kept.hash != fresh.hash:
        raise StaleQuote("Prices changed since the quote.", *_changes(kept, fresh))
    if kept.expired(now):
        raise StaleQuote("The quote expired.", Fault("quoteHash", "ask for the quote again; the prices are the same"))
    return kept


def _changes(kept: Quote, fresh: Quote) -> Iterator[Fault]:
    before = {line.product: line for line in kept.lines}
    for place, line in enumerate(fresh.lines):
        old = before.get(line.product)
        if old is None:
            yield Fault(f"lines[{place}]", f"{line.name} was added")
        elif old.price != line.price:
            yield Fault(f"lines[{place}].price", f"was {old.price}, is {line.price}: the product's price changed")
        elif old.terms != line.terms:
            yield Fault(f"lines[{place}].terms", f"were {old.terms!r}, are {line.terms!r}")
    if kept.discount != fresh.discount:
        yield Fault("discount", f"was {kept.discount}, is {fresh.discount}: the coupon changed")
    if kept.tax != fresh.tax:
        yield Fault("tax", f"was {kept.tax}, is {fresh.tax}")
    if kept.total != fresh.total:
        yield Fault("total", f"was {kept.total}, is {fresh.total}")
    else:
        yield Fault("quoteHash", "ask for the quote again")
