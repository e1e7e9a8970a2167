"""What settles a commitment at once: the remaining instalments less the agreed rebate."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.money import Money, Rounding, total
from hlc_core.subscriptions.terms import WHOLE, Terms


@frozen(kw_only=True)
class Payoff:
    """`instalments` are left, costing `listed`; `listed` − `rebate` = `total`."""

    instalments: int
    listed: Money
    rebate: Money
    total: Money


def payoff(terms: Terms, paid: int) -> Payoff:
    """What is left of the commitment once `paid` cycles are paid (nothing, without a commitment)."""
    last = paid if terms.cycles is None else max(paid, terms.cycles)
    listed = total((terms.price_of_cycle(n) for n in range(paid + 1, last + 1)), terms.currency)
    rebate = listed.share(terms.rebate_basis_points, WHOLE, Rounding.HALF_UP)
    return Payoff(instalments=last - paid, listed=listed, rebate=rebate, total=listed - rebate)
