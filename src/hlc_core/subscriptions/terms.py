"""What was agreed: the terms frozen at purchase. Decisions read these, never today's catalog."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import ProductId
from hlc_core.kernel.money import Money, Rounding, total, zero
from hlc_core.kernel.time import Interval, Unit

WHOLE = 10_000
"""Basis points of the whole (100 %)."""


@frozen(kw_only=True)
class Discount:
    """Percentage (basis points) or amount off each of the first `cycles` paid cycles; None means for ever.

    Refuses: Invalid (neither or both of percentage and amount, or out of range).
    """

    basis_points: int = 0
    amount: Money | None = None
    cycles: int | None = None

    def __attrs_post_init__(self) -> None:
        faults = []
        if not 0 <= self.basis_points <= WHOLE:
            faults.append(Fault("basisPoints", "between 0 and 10000"))
        if (self.basis_points > 0) == (self.amount is not None):
            faults.append(Fault("amount", "give either a percentage or an amount"))
        if self.amount is not None and self.amount.amount <= 0:
            faults.append(Fault("amount", "above zero"))
        if self.cycles is not None and self.cycles < 1:
            faults.append(Fault("cycles", "at least 1, or none for ever"))
        if faults:
            raise Invalid("That is no discount.", *faults)

    def off(self, listed: Money, position: int) -> Money:
        """What is taken off the listed price of the n-th paid cycle: never more than the price."""
        if self.cycles is not None and position > self.cycles:
            return zero(listed.currency)
        if self.amount is None:
            return listed.share(self.basis_points, WHOLE, Rounding.HALF_UP)
        return self.amount if self.amount < listed else total((listed,), self.amount.currency)


@frozen(kw_only=True)
class Price:
    """One cycle's price, taken apart: listed − discount + tax = total."""

    listed: Money
    discount: Money
    tax: Money
    total: Money


@frozen(kw_only=True)
class Terms:
    """The standing agreement, as it was bought. Refuses: Invalid (all faults at once).

    `unit_price` is the price of one cycle of one unit. A cycle is one `interval`; of a prepaid plan it is the whole
    term of `prepaid_months`, billed once. `cycles` is the commitment: how many cycles are to be paid, None for
    an open end. Percentages are basis points.
    """

    product: ProductId
    name: str
    unit_price: Money
    interval: Interval
    quantity: int = 1
    cycles: int | None = None
    prepaid_months: int | None = None
    trial_days: int = 0
    needs_prescription: bool = False
    discount: Discount | None = None
    rebate_basis_points: int = 0
    tax_basis_points: int = 0

    def __attrs_post_init__(self) -> None:
        checks = (
            (self.unit_price.amount >= 0, "unitPrice", "not below zero"),
            (1 <= self.quantity <= 99, "quantity", "between 1 and 99"),
            (self.cycles is None or 1 <= self.cycles <= 1200, "cycles", "between 1 and 1200, or none"),
            (self.prepaid_months is None or 1 <= self.prepaid_months <= 120, "prepaidMonths", "between 1 and 120"),
            (0 <= self.trial_days <= 730, "trialDays", "between 0 and 730"),
            (0 <= self.rebate_basis_points <= WHOLE, "rebateBasisPoints", "between 0 and 10000"),
            (0 <= self.tax_basis_points <= WHOLE, "taxBasisPoints", "between 0 and 10000"),
            (
                self.discount is None
                or self.discount.amount is None
                or self.discount.amount.currency == self.unit_price.currency,
                "discount",
                "in the currency of the price",
            ),
        )
        faults = [Fault(field, message) for holds, field, message in checks if not holds]
        if faults:
            raise Invalid("Those terms cannot be agreed.", *faults)

    @property
    def currency(self) -> str:
        """The currency of every amount of the agreement."""
        return self.unit_price.currency

    @property
    def cycle_interval(self) -> Interval:
        """How long one cycle lasts: the prepaid term, or the product's interval."""
        return Interval(Unit.MONTH, self.prepaid_months) if self.prepaid_months else self.interval

    def breakdown(self, position: int) -> Price:
        """The price of the n-th paid cycle (from 1), taken apart. Tax is on what remains after the discount."""
        listed = self.unit_price.times(self.quantity)
        nothing = zero(self.currency)
        discount = self.discount.off(listed, position) if self.discount else nothing
        net = listed - discount if self.discount else listed
        if not self.tax_basis_points:
            return Price(listed=listed, discount=discount, tax=nothing, total=net)
        tax = net.share(self.tax_basis_points, WHOLE, Rounding.HALF_UP)
        return Price(listed=listed, discount=discount, tax=tax, total=net + tax)

    def price_of_cycle(self, position: int) -> Money:
        """What the n-th paid cycle (from 1) costs, after discount, with tax."""
        return self.breakdown(position).total
