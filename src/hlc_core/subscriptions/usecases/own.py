"""What patients do with their own subscriptions. What is somebody else's is absent.

They stop, go on and end as staff would have it done; what is owed stays owed, and nobody forgives themselves a debt.
"""

from __future__ import annotations

from datetime import date

from attrs import frozen

from hlc_core.catalog.api import Product
from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import ProductId, SubscriptionId
from hlc_core.kernel.text import line
from hlc_core.subscriptions.errors import NeedsClinician
from hlc_core.subscriptions.model import OpenDebt, Quote, ResumeAs, Subscription, When
from hlc_core.subscriptions.offers import same_treatment
from hlc_core.subscriptions.ports import Env
from hlc_core.subscriptions.usecases.changing import (
    PayOffSubscription,
    QuotePayoff,
    QuoteSwitch,
    SwitchSubscription,
    pay_off_subscription,
    quote_payoff,
    quote_switch,
    switch_subscription,
)
from hlc_core.subscriptions.usecases.ending import CancelSubscription, cancel_subscription
from hlc_core.subscriptions.usecases.pausing import (
    KeepSubscription,
    PauseSubscription,
    ResumeSubscription,
    keep_subscription,
    pause_subscription,
    resume_subscription,
)

MOST_OFFERS = 500
"""Products that are looked through for other plans."""


@frozen(kw_only=True)
class PauseOwn(Command[Subscription]):
    """Stop the billing of one's own, now or at the period's end."""

    subscription: SubscriptionId
    when: When
    resume_on: date | None = None


def pause_own(command: PauseOwn, env: Env) -> Subscription:
    """Refuses: Missing (none of theirs), and what `pause_subscription` refuses."""
    held, back = own_subscription(command.subscription, env), command.resume_on
    way = ResumeAs.KEEP_ANCHOR if back is not None and back < held.period.end else ResumeAs.NEW_PERIOD
    wish = PauseSubscription(subscription=held.id, when=command.when, resume_on=back, resume_as=way)
    return pause_subscription(wish, env)


@frozen(kw_only=True)
class ResumeOwn(Command[Subscription]):
    """End the pause of one's own: time that is paid is used up first, else a new period begins today."""

    subscription: SubscriptionId


def resume_own(command: ResumeOwn, env: Env) -> Subscription:
    """Refuses: Missing (none of theirs), and what `resume_subscription` refuses."""
    held = own_subscription(command.subscription, env)
    paid = held.today(env.clock.now()) < held.period.end
    way = ResumeAs.KEEP_ANCHOR if paid else ResumeAs.NEW_PERIOD
    return resume_subscription(ResumeSubscription(subscription=held.id, resume_as=way), env)


@frozen(kw_only=True)
class KeepOwn(Command[Subscription]):
    """Take back what was planned for the period's end of one's own."""

    subscription: SubscriptionId


def keep_own(command: KeepOwn, env: Env) -> Subscription:
    """Refuses: Missing (none of theirs), NothingIsPlanned."""
    return keep_subscription(KeepSubscription(subscription=_own(command.subscription, env)), env)


@frozen(kw_only=True)
class CancelOwn(Command[Subscription]):
    """End one's own, now or with its period; a debt that is open stays to be paid."""

    subscription: SubscriptionId
    when: When
    reason: str

    def __attrs_post_init__(self) -> None:
        line(self.reason, "reason", 500, 1)


def cancel_own(command: CancelOwn, env: Env) -> Subscription:
    """Refuses: Missing (none of theirs), and what `cancel_subscription` refuses."""
    return cancel_subscription(
        CancelSubscription(
            subscription=_own(command.subscription, env),
            when=command.when,
            reason=command.reason,
            open_debt=OpenDebt.COLLECT,
        ),
        env,
    )


@frozen(kw_only=True)
class SwitchOwn(Command[Subscription]):
    """Confirm the quoted switch of one's own."""

    subscription: SubscriptionId
    product: ProductId
    when: When
    quote_hash: str


def switch_own(command: SwitchOwn, env: Env) -> Subscription:
    """Refuses: Missing (none of theirs), NeedsClinician, and what `switch_subscription` refuses."""
    held = own_subscription(command.subscription, env)
    _refuse_other_treatment(held, command.product, env)
    return switch_subscription(
        SwitchSubscription(
            subscription=held.id,
            product=command.product,
            when=command.when,
            quote_hash=command.quote_hash,
        ),
        env,
    )


@frozen(kw_only=True)
class QuoteOwnSwitch(Query[Quote]):
    """What switching one's own to the product would cost."""

    subscription: SubscriptionId
    product: ProductId
    when: When


def quote_own_switch(query: QuoteOwnSwitch, env: Env) -> Quote:
    """Refuses: Missing (none of theirs), NeedsClinician, and what `quote_switch` refuses."""
    held = own_subscription(query.subscription, env)
    _refuse_other_treatment(held, query.product, env)
    return quote_switch(QuoteSwitch(subscription=held.id, product=query.product, when=query.when), env)


@frozen(kw_only=True)
class OwnSwitches(Query[tuple[Product, ...]]):
    """The plans that the patient may switch to: the same treatment on other terms, in the same currency."""

    subscription: SubscriptionId


def own_switches(query: OwnSwitches, env: Env) -> tuple[Product, ...]:
    """Refuses: Missing (none of theirs)."""
    held = own_subscription(query.subscription, env)
    now = env.products.find(held.terms.product)
    return tuple(
        one
        for one in env.products.page(True, None, MOST_OFFERS)
        if one.recurring
        and one.id != held.terms.product
        and one.price.currency == held.terms.currency
        and same_treatment(now, one)
    )


@frozen(kw_only=True)
class QuoteOwnPayoff(Query[Quote]):
    """What would settle the commitment of one's own at once."""

    subscription: SubscriptionId


def quote_own_payoff(query: QuoteOwnPayoff, env: Env) -> Quote:
    """Refuses: Missing (none of theirs), and what `quote_payoff` refuses."""
    return quote_payoff(QuotePayoff(subscription=_own(query.subscription, env)), env)


@frozen(kw_only=True)
class PayOffOwn(Command[Subscription]):
    """Confirm the quoted payoff of one's own."""

    subscription: SubscriptionId
    quote_hash: str


def pay_off_own(command: PayOffOwn, env: Env) -> Subscription:
    """Refuses: Missing (none of theirs), and what `pay_off_subscription` refuses."""
    id = _own(command.subscription, env)
    return pay_off_subscription(PayOffSubscription(subscription=id, quote_hash=command.quote_hash), env)


def own_subscription(id: SubscriptionId, env: Env) -> Subscription:
    """The subscription, if it is of the patient who asks. Refuses: Missing."""
    held = env.subscriptions.find(id)
    if held is None or held.patient not in env.actor.owned:
        raise Missing("There is no such subscription.", Fault("subscription", "one of your own", sent=id))
    return held


def _own(id: SubscriptionId, env: Env) -> SubscriptionId:
    return own_subscription(id, env).id


def _refuse_other_treatment(held: Subscription, product: ProductId, env: Env) -> None:
    to = env.products.find(product)
    if to is not None and not same_treatment(env.products.find(held.terms.product), to):
        raise NeedsClinician("That plan is another treatment: please ask the clinic, so that a clinician looks at it.")
