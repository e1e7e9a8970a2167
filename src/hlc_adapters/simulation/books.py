"""The oracle of money: the bank's own books against what the clinic believes, to the cent; and what was left over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from attrs import frozen

from hlc_adapters.simulation.facts import Facts
from hlc_adapters.simulation.findings import Finding, Wrong
from hlc_adapters.simulation.plans import CURRENCY
from hlc_core.checkout.api import CheckoutState
from hlc_core.invoicing.api import EntryKind, InvoiceState
from hlc_core.kernel.ids import AttemptId
from hlc_core.kernel.money import Money
from hlc_core.kernel.text import counted
from hlc_core.payments.api import AttemptState, RefundState


@frozen(kw_only=True)
class Balance:
    """Both sides of the books, in minor units. `credit`: captured, and kept for a debt that was forgiven meanwhile.

    `accepted`: what the bank captured above our record (below zero: under it), where staff ruled so.
    """

    captured: int
    refunded: int
    invoiced: int
    given_back: int
    credit: int
    accepted: int

    @property
    def difference(self) -> int:
        """What is unaccounted for: zero."""
        return self.captured - self.refunded - (self.invoiced - self.given_back + self.credit + self.accepted)


def balance(facts: Facts) -> Balance:
    """The sums of both sides."""
    known = {entry.reference for one in facts.invoices for entry in one.entries if entry.kind is EntryKind.PAYMENT}
    stray = [a for a in facts.attempts if a.state is AttemptState.PAID and a.id not in known]
    returned = {a.id: 0 for a in stray}
    for refund in facts.refunds:
        if refund.state is RefundState.REFUNDED and refund.attempt in returned:
            returned[refund.attempt] += refund.amount.amount
    return Balance(
        captured=sum(line.amount.amount for line in facts.lines if line.amount.currency == CURRENCY),
        refunded=sum(line.amount.amount for line in facts.given_back),
        invoiced=sum(one.amount_paid.amount for one in facts.invoices),
        given_back=sum(one.refunded.amount for one in facts.invoices),
        credit=sum(a.payment.amount.amount - returned[a.id] for a in stray),
        accepted=sum(facts.journal.accepted.values()),
    )


def check_books(facts: Facts) -> Iterator[Finding]:
    """Double charges, strays and lost money, by the bank's own lines."""
    attempts = {attempt.id: attempt for attempt in facts.attempts}
    by_debt: dict[str, list[Money]] = defaultdict(list)
    for line in facts.lines:
        attempt = attempts.get(AttemptId(line.reference))
        if attempt is None:
            yield _wrong(Wrong.LOST_MONEY, line.reference, f"{line.amount} were captured for nobody.")
            continue
        by_debt[attempt.payment.obligation].append(line.amount)
        if attempt.state is not AttemptState.PAID:
            yield _wrong(Wrong.LOST_MONEY, attempt.id, f"{line.amount} were captured; it is {attempt.state} here.")
        elif line.amount != attempt.payment.amount and attempt.id not in facts.journal.accepted:
            yield _wrong(Wrong.LOST_MONEY, attempt.id, f"{line.amount} were captured of {attempt.payment.amount}.")
    for debt, amounts in by_debt.items():
        if len(amounts) > 1:
            yield _wrong(Wrong.DOUBLE_CHARGE, debt, f"Captured {len(amounts)} times: {', '.join(map(str, amounts))}.")
    captured = {line.reference for line in facts.lines}
    for attempt in facts.attempts:
        if attempt.state is AttemptState.PAID and attempt.id not in captured:
            yield _wrong(Wrong.LOST_MONEY, attempt.id, "It is paid here; the bank captured nothing.")
    yield from _stray_credit(facts)
    sums = balance(facts)
    if sums.difference:
        yield _wrong(Wrong.LOST_MONEY, "books", f"{Money(sums.difference, CURRENCY)} are unaccounted for: {sums}.")


def _stray_credit(facts: Facts) -> Iterator[Finding]:
    """Money that stands on no invoice is only right where its debt was forgiven meanwhile."""
    invoices = {invoice.obligation: invoice for invoice in facts.invoices}
    known = {entry.reference for one in facts.invoices for entry in one.entries}
    for attempt in facts.attempts:
        if attempt.state is AttemptState.PAID and attempt.id not in known:
            owed = invoices.get(attempt.payment.obligation)
            if owed is None or owed.state is not InvoiceState.VOID:
                yield _wrong(Wrong.LOST_MONEY, attempt.id, "It is paid, and stands on no invoice.")


def check_ends(facts: Facts) -> Iterator[Finding]:
    """After the cooling nothing may be under way, set aside, undelivered or unfinished."""
    for attempt in facts.attempts:
        if attempt.live or attempt.state is AttemptState.QUARANTINE:
            yield _wrong(Wrong.STUCK, attempt.id, f"The attempt is still {attempt.state}.")
    for refund in facts.refunds:
        if refund.state not in (RefundState.REFUNDED, RefundState.REFUSED):
            yield _wrong(Wrong.STUCK, refund.id, f"The refund is still {refund.state}.")
    for checkout in facts.checkouts:
        if checkout.state not in (CheckoutState.SUCCEEDED, CheckoutState.DECLINED):
            yield _wrong(Wrong.STUCK, checkout.id, f"The checkout is still {checkout.state}.")
    for held in facts.subscriptions:
        if held.change is not None:
            yield _wrong(Wrong.STUCK, held.id, "A switch or payoff still waits for its payment.")
    for aside in facts.set_aside:
        yield _wrong(Wrong.STUCK, aside.id, f"It was set aside: {aside.cause}")
    if facts.undelivered or facts.parked:
        late = counted(facts.undelivered, "event was", "events were")
        means = f"{late} not delivered, {counted(facts.parked, 'was', 'were')} given up."
        yield _wrong(Wrong.MESSAGE, "outbox", means)
    for broken in facts.broken:
        yield _wrong(Wrong.INVARIANT, ", ".join(broken.subjects), f"{broken.invariant}: {broken.means}")


def _wrong(wrong: Wrong, subject: str, means: str) -> Finding:
    return Finding(wrong=wrong, subject=subject, means=means)
