"""Quotes of a switch and of a payoff, and what is left once a quote is carried out. Pure."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ObligationId, SubscriptionId
from hlc_core.kernel.money import Money, zero
from hlc_core.kernel.time import Period
from hlc_core.subscriptions.errors import AlreadyOnThisPlan, CurrencyDiffers, NothingToPayOff, RenewalComesFirst
from hlc_core.subscriptions.machine import MACHINE, Trigger
from hlc_core.subscriptions.model import ChangeKind, Quote, Span, Subscription, When
from hlc_core.subscriptions.payoff import payoff
from hlc_core.subscriptions.proration import after_switch, as_baseline, before_switches, value
from hlc_core.subscriptions.terms import Terms


def switch_quote(held: Subscription, terms: Terms, when: When, now: datetime) -> Quote:
    """What the switch costs as of now.

    Refuses: IllegalTransition, GuardRefused, AlreadyOnThisPlan, CurrencyDiffers, RenewalComesFirst.
    """
    MACHINE.step(held.state, Trigger.SWITCH, held.facts)
    if (terms.product, terms.quantity) == (held.terms.product, held.terms.quantity):
        raise AlreadyOnThisPlan("The subscription is on that plan already.")
    if terms.currency != held.terms.currency:
        raise CurrencyDiffers(f"That plan is sold in {terms.currency}, the subscription runs in {held.terms.currency}.")
    on = _within_period(held, now)
    if when is When.PERIOD_END:
        nothing = zero(held.terms.currency)
        return _quote(
            held, now, ChangeKind.SWITCH, when, terms, nothing, nothing, terms.price_of_cycle(1), held.period.end
        )
    after = after_switch(held, terms, on)
    change = value(after.spans, terms.currency) - value(held.spans, terms.currency)
    done = after.terms.cycles is not None and after.paid >= after.terms.cycles
    next_price = None if done else after.terms.price_of_cycle(after.paid + 1)
    next_on = None if done else after.period.end
    return _quote(held, now, ChangeKind.SWITCH, when, after.terms, change, zero(terms.currency), next_price, next_on)


def payoff_quote(held: Subscription, now: datetime) -> Quote:
    """What settles the commitment as of now.

    Refuses: NothingToPayOff, IllegalTransition, GuardRefused (a payment is under way), RenewalComesFirst.
    """
    if held.terms.cycles is None or held.all_paid:
        raise NothingToPayOff("There are no instalments left to pay off.")
    MACHINE.step(held.state, Trigger.PAY_OFF, held.facts)
    _within_period(held, now)
    left = payoff(held.terms, held.paid)
    return _quote(held, now, ChangeKind.PAYOFF, When.NOW, held.terms, left.total, left.rebate, None, None)


def _within_period(held: Subscription, now: datetime) -> date:
    on = held.today(now)
    if on >= held.period.end:
        raise RenewalComesFirst("The paid period is over; this waits until the renewal is settled.", retry_after=60)
    return max(on, held.period.start)


def _quote(
    held: Subscription,
    now: datetime,
    kind: ChangeKind,
    when: When,
    terms: Terms,
    change: Money,
    rebate: Money,
    next_price: Money | None,
    next_on: date | None,
) -> Quote:
    nothing = zero(held.terms.currency)
    cost = max(change, nothing)
    used = min(held.credit, cost)
    quote = Quote(
        kind=kind,
        subscription=held.id,
        subscription_version=held.version,
        as_of=now,
        on=max(held.today(now), held.period.start),
        when=when,
        terms=terms,
        change=change,
        rebate=rebate,
        credit_used=used,
        credit_gained=max(-change, nothing),
        charge=cost - used,
        next_price=next_price,
        next_on=next_on,
        hash="",
    )
    return evolve(quote, hash=_hash(quote))


def _hash(quote: Quote) -> str:
    text = "|".join(str(part) for part in (*_facts(quote), *_facts_of_terms(quote.terms)))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _facts(quote: Quote) -> tuple[object, ...]:
    amounts = (quote.change, quote.rebate, quote.credit_used, quote.charge, quote.next_price)
    return (quote.kind, quote.subscription, quote.subscription_version, quote.on, quote.when, *amounts, quote.next_on)


def _facts_of_terms(terms: Terms) -> tuple[object, ...]:
    discount = terms.discount
    off = ("", "", "") if discount is None else (discount.basis_points, discount.amount, discount.cycles)
    length = (terms.cycle_interval, terms.cycles, terms.prepaid_months)
    rates = (terms.rebate_basis_points, terms.tax_basis_points)
    return (terms.product, terms.name, terms.unit_price, terms.quantity, *length, *rates, *off)


def obligation_of(quote: Quote) -> ObligationId:
    """The one name of the debt that a confirmed quote makes."""
    return ObligationId(f"{quote.subscription}:{quote.kind}:{quote.hash}")


def quoted_in(obligation: ObligationId) -> tuple[SubscriptionId, str]:
    """The subscription and the quote's hash that the name of a debt speaks of."""
    subscription, _, tail = obligation.partition(":")
    return SubscriptionId(subscription), tail.partition(":")[2]


def carried_out(held: Subscription, quote: Quote, now: datetime) -> Subscription:
    """The subscription once the quote is paid (or costs nothing)."""
    free = evolve(held, change=None)
    if quote.kind is ChangeKind.PAYOFF:
        return _paid_off(free, quote, now)
    if quote.when is When.PERIOD_END:
        return evolve(free, next_terms=quote.terms)
    before = before_switches(free, quote.on)
    after = after_switch(free, quote.terms, quote.on)
    return evolve(
        free.moved(Trigger.SWITCH),
        terms=after.terms,
        grid=after.grid,
        paid=after.paid,
        period=after.period,
        spans=after.spans,
        next_due=after.period.end,
        next_terms=None,
        charged=free.charged + quote.charge,
        credit=free.credit - quote.credit_used + quote.credit_gained,
        baseline=as_baseline(before, quote.on),
    )


def _paid_off(held: Subscription, quote: Quote, now: datetime) -> Subscription:
    left = payoff(held.terms, held.paid)
    last = held.cycle + left.instalments
    ahead = Period(held.period.end, held.grid.start(held.next_cycle + left.instalments))
    return evolve(
        held.moved(Trigger.PAY_OFF),
        cycle=last,
        next_cycle=last + 1,
        paid=held.paid + left.instalments,
        period=Period(held.period.start, ahead.end),
        next_due=None,
        next_terms=None,
        spans=(*held.spans, Span(start=ahead.start, end=ahead.end, price=quote.change, whole=ahead)),
        charged=held.charged + quote.charge,
        credit=held.credit - quote.credit_used,
        ended_at=now,
    )
