"""Switching to another product and paying off a commitment: quoted, confirmed, paid, carried out."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MethodId, ObligationId, ProductId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.subscriptions import events
from hlc_core.subscriptions.errors import StaleQuote
from hlc_core.subscriptions.model import ChangeKind, Quote, Subscription, When
from hlc_core.subscriptions.offers import terms_of
from hlc_core.subscriptions.ports import Env
from hlc_core.subscriptions.quotes import carried_out, obligation_of, payoff_quote, quoted_in, switch_quote
from hlc_core.subscriptions.terms import Terms


@frozen(kw_only=True)
class QuoteSwitch(Query[Quote]):
    """What switching to the product would cost. The quantity stays, unless another is named."""

    subscription: SubscriptionId
    product: ProductId
    when: When
    quantity: int | None = None


def quote_switch(query: QuoteSwitch, env: Env) -> Quote:
    """The quote. Refuses: Missing, NotOffered, AlreadyOnThisPlan, CurrencyDiffers, RenewalComesFirst, Conflict."""
    held = env.subscriptions.get(query.subscription)
    return switch_quote(held, _terms(held, query.product, query.quantity, env), query.when, env.clock.now())


@frozen(kw_only=True)
class SwitchSubscription(Command[Subscription]):
    """Confirm a quoted switch."""

    subscription: SubscriptionId
    product: ProductId
    when: When
    quote_hash: str
    quantity: int | None = None


def switch_subscription(command: SwitchSubscription, env: Env) -> Subscription:
    """The subscription, switched; or waiting for the quoted charge (`change`), when there is one.

    Refuses: StaleQuote, and what `quote_switch` refuses.
    """
    held = env.subscriptions.get(command.subscription)
    if _in_hand(held, command.quote_hash):
        return held
    terms = _terms(held, command.product, command.quantity, env)
    return _confirm(held, switch_quote(held, terms, command.when, env.clock.now()), command.quote_hash, env)


@frozen(kw_only=True)
class QuotePayoff(Query[Quote]):
    """What would settle the commitment at once."""

    subscription: SubscriptionId


def quote_payoff(query: QuotePayoff, env: Env) -> Quote:
    """The quote. Refuses: Missing, NothingToPayOff, RenewalComesFirst, Conflict."""
    return payoff_quote(env.subscriptions.get(query.subscription), env.clock.now())


@frozen(kw_only=True)
class PayOffSubscription(Command[Subscription]):
    """Confirm a quoted payoff."""

    subscription: SubscriptionId
    quote_hash: str


def pay_off_subscription(command: PayOffSubscription, env: Env) -> Subscription:
    """The subscription, COMPLETED; or waiting for the quoted charge (`change`), when there is one.

    Refuses: StaleQuote, and what `quote_payoff` refuses.
    """
    held = env.subscriptions.get(command.subscription)
    if _in_hand(held, command.quote_hash):
        return held
    return _confirm(held, payoff_quote(held, env.clock.now()), command.quote_hash, env)


@frozen(kw_only=True)
class ChangeMethod(Command[Subscription]):
    """Charge another saved method from now on. The sender has checked that it is the patient's."""

    subscription: SubscriptionId
    method: MethodId
    gateway: str


def change_method(command: ChangeMethod, env: Env) -> Subscription:
    """The subscription with the method. Refuses: Missing."""
    held = env.subscriptions.get(command.subscription)
    if (held.method, held.gateway) == (command.method, command.gateway):
        return held
    changed = evolve(held, method=command.method, gateway=command.gateway)
    env.subscriptions.save(changed)
    env.outbox.put(events.MethodChanged(**events.about(changed), method=command.method))
    return changed


@frozen(kw_only=True)
class PaidChange:
    """Money that came for a switch or payoff; `again`: it was told before, and is credit already if nothing waits."""

    obligation: ObligationId
    amount: Money
    again: bool = False


def change_paid(paid: Sequence[PaidChange], env: Env) -> tuple[Subscription, ...]:
    """Carry out what was waiting for the money. Money for something no longer open stands as credit.

    Refuses: Missing (the debt names no subscription of ours).
    """
    held = _held([one.obligation for one in paid], env)
    for one in paid:
        id, _ = quoted_in(one.obligation)
        held[id] = _settled(held.get(id) or env.subscriptions.get(id), one, env)
    return _saved(held, env)


def change_declined(declined: Sequence[ObligationId], env: Env) -> tuple[Subscription, ...]:
    """Give up what was waiting for the money; everything stays as it was. A stranger's debt is passed over."""
    held = _held(declined, env)
    for obligation in declined:
        id, hash = quoted_in(obligation)
        waiting = held.get(id)
        if waiting is not None and _in_hand(waiting, hash):
            held[id] = evolve(waiting, change=None)
            env.outbox.put(events.ChangeDeclined(**events.about(waiting), quote_hash=hash))
    return _saved(held, env)


def _terms(held: Subscription, product: ProductId, quantity: int | None, env: Env) -> Terms:
    found = env.products.get(product)
    return terms_of(found, quantity or held.terms.quantity, env.organization.carts.tax_basis_points)


def _in_hand(held: Subscription, quote_hash: str) -> bool:
    return held.change is not None and held.change.hash == quote_hash


def _confirm(held: Subscription, quote: Quote, quote_hash: str, env: Env) -> Subscription:
    if quote.hash != quote_hash:
        raise StaleQuote("This price is no longer valid; ask for a new quote.")
    if quote.charge.is_zero:
        return _saved({held.id: _carry_out(held, quote, env)}, env)[0]
    waiting = evolve(held, change=quote)
    due = events.SwitchPaymentDue if quote.kind is ChangeKind.SWITCH else events.PayoffPaymentDue
    env.outbox.put(
        due(
            **events.about(waiting),
            obligation=obligation_of(quote),
            amount=quote.charge,
            quote_hash=quote.hash,
            method=held.method,
            gateway=held.gateway,
        )
    )
    return _saved({held.id: waiting}, env)[0]


def _carry_out(held: Subscription, quote: Quote, env: Env) -> Subscription:
    after = carried_out(held, quote, env.clock.now())
    if quote.kind is ChangeKind.PAYOFF:
        env.outbox.put(events.SubscriptionCompleted(**events.about(after), paid_off=True))
    elif quote.when is When.NOW:
        env.outbox.put(
            events.SubscriptionSwitched(
                **events.about(after),
                from_product=held.terms.product,
                charged=quote.charge,
                credited=quote.credit_gained,
            )
        )
    else:
        env.outbox.put(events.SwitchPlanned(**events.about(after), to_product=quote.terms.product, on=held.period.end))
    return after


def _settled(held: Subscription, paid: PaidChange, env: Env) -> Subscription:
    quote = held.change
    if quote is not None and obligation_of(quote) == paid.obligation and paid.amount == quote.charge:
        return _carry_out(held, quote, env)
    if paid.again:
        return held
    kept = evolve(held, charged=held.charged + paid.amount, credit=held.credit + paid.amount)
    env.outbox.put(events.PaidOutOfTurn(**events.about(kept), amount=paid.amount, paid_for=paid.obligation))
    return kept


def _held(obligations: Sequence[ObligationId], env: Env) -> dict[SubscriptionId, Subscription]:
    return {held.id: held for held in env.subscriptions.many(quoted_in(one)[0] for one in obligations)}


def _saved(held: dict[SubscriptionId, Subscription], env: Env) -> tuple[Subscription, ...]:
    for subscription in held.values():
        env.subscriptions.save(subscription)
    return tuple(held.values())
