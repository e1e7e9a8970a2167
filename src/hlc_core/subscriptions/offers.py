"""What a product of today's catalog would be agreed under: read once, when something is bought or switched to."""

from __future__ import annotations

from hlc_core.catalog.api import Product, Reduction
from hlc_core.subscriptions.errors import NotOffered
from hlc_core.subscriptions.terms import Discount, Terms


def terms_of(product: Product, quantity: int, tax_basis_points: int, reduction: Reduction | None = None) -> Terms:
    """The terms to freeze. `reduction` is the coupon's share of this one line.

    Refuses: NotOffered (withdrawn, or no subscription), Invalid (quantity).
    """
    if not product.active:
        raise NotOffered("That product is not offered as a subscription.")
    return terms_for(product, quantity, tax_basis_points, reduction)


def terms_for(product: Product, quantity: int, tax_basis_points: int, reduction: Reduction | None = None) -> Terms:
    """The same, for a product that may be withdrawn: agreements about it were made elsewhere, and stand.

    Refuses: NotOffered (no subscription), Invalid (quantity).
    """
    interval = product.offer.interval
    if not product.recurring or interval is None:
        raise NotOffered("That product is not offered as a subscription.")
    return Terms(
        product=product.id,
        name=product.name,
        unit_price=product.price,
        interval=interval,
        quantity=quantity,
        cycles=product.offer.cycles,
        prepaid_months=product.offer.prepaid_months,
        trial_days=product.offer.trial_days,
        needs_prescription=product.offer.needs_prescription,
        discount=None if reduction is None else _discount(reduction),
        rebate_basis_points=product.offer.payoff_rebate,
        tax_basis_points=tax_basis_points,
    )


def _discount(reduction: Reduction) -> Discount:
    if reduction.amount is not None:
        return Discount(amount=reduction.amount, cycles=reduction.cycles)
    return Discount(basis_points=reduction.percent or 0, cycles=reduction.cycles)


def same_treatment(now: Product | None, to: Product) -> bool:
    """Whether patients may go from one to the other by themselves: the same medicines, on other terms.

    Another medicine is a clinician's decision, whatever it costs; so is one that the catalog does not name.
    """
    if now is None or now.offer.category != to.offer.category:
        return False
    if any(one.offer.needs_prescription and not one.offer.drugs for one in (now, to)):
        return False
    medicines = [{drug.compound for drug in one.offer.drugs} for one in (now, to)]
    asks_more = to.offer.needs_prescription and not now.offer.needs_prescription
    return medicines[0] == medicines[1] and not asks_more
