"""Counting what came of lines, in constant memory."""

from __future__ import annotations

from attrs import define, field

from hlc_core.billing.model import Line, LineKind, Outcome, Tally
from hlc_core.kernel.money import Money


@define
class Tallies:
    """Counts and sums per kind, outcome and currency; it grows with the kinds, not with the lines."""

    currency: str
    _found: dict[tuple[LineKind, Outcome, str], list[int]] = field(factory=dict)

    def add(self, line: Line, outcome: Outcome) -> None:
        """Count the line."""
        money = line.amount
        key = (line.kind, outcome, self.currency if money is None else money.currency)
        held = self._found.get(key)
        if held is None:
            held = self._found[key] = [0, 0]
        held[0] += 1
        held[1] += 0 if money is None else money.amount

    def of(self, kind: LineKind) -> tuple[int, Money]:
        """How many lines of the kind there were, and the money in them, in the organization's currency.

        Lines that another run took first do not count.
        """
        found = [
            held
            for (k, outcome, currency), held in self._found.items()
            if k is kind and outcome is not Outcome.CHANGED and currency == self.currency
        ]
        return sum(held[0] for held in found), Money(sum(held[1] for held in found), self.currency)

    def lines(self) -> tuple[Tally, ...]:
        """All counts, by kind and outcome."""
        return tuple(
            Tally(kind=kind, outcome=outcome, count=held[0], amount=Money(held[1], currency))
            for (kind, outcome, currency), held in sorted(self._found.items())
        )
