"""What checkout does when its payments move."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.cart.api import CartFailed, CartState, CartTrigger
from hlc_core.catalog.api import release_coupon
from hlc_core.checkout.completion import complete
from hlc_core.checkout.events import CheckoutDeclined
from hlc_core.checkout.machine import CheckoutState, CheckoutTrigger
from hlc_core.checkout.model import Checkout
from hlc_core.checkout.ports import Env
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CheckoutId
from hlc_core.payments.api import (
    PaymentActionNeeded,
    PaymentClosed,
    PaymentDeclined,
    PaymentEvent,
    PaymentPaid,
    PaymentQuarantined,
    PaymentUnknown,
    Purpose,
)


def _mine(events: Sequence[PaymentEvent]) -> list[CheckoutId]:
    return [CheckoutId(event.owner) for event in events if event.purpose is Purpose.CHECKOUT]


def complete_when_paid(events: Sequence[PaymentPaid], env: Env) -> None:
    """Order, subscriptions, paid invoice, completed cart: in the transaction that records the capture."""
    mine = [event for event in events if event.purpose is Purpose.CHECKOUT]
    checkouts = [c for c in env.checkouts.many(_mine(mine)) if c.state is not CheckoutState.SUCCEEDED]
    if checkouts:
        complete(checkouts, {CheckoutId(event.owner): event for event in mine}, env)


def fail_when_declined(events: Sequence[PaymentDeclined], env: Env) -> None:
    """The buyer hears why. The cart stays locked until the gateway confirmed that the attempt is dead."""
    mine = {CheckoutId(event.owner): event for event in events if event.purpose is Purpose.CHECKOUT}
    for checkout in env.checkouts.many(mine):
        if not checkout.ended:
            event = mine[checkout.id]
            _decline(checkout, event.code, decline_sentence(event.text, event.code), env)


def unlock_when_closed(events: Sequence[PaymentClosed], env: Env) -> None:
    """The attempt is dead: the cart can be edited and paid again, the coupon's place is free.

    One that was withdrawn without a decline (nobody confirmed it in time) ends its checkout here.
    """
    mine = {CheckoutId(event.owner): event for event in events if event.purpose is Purpose.CHECKOUT}
    for checkout in env.checkouts.many(mine):
        if not checkout.ended:
            _decline(checkout, "not_confirmed", decline_sentence("It was not confirmed in time", ""), env)
        if checkout.coupon is not None:
            release_coupon(checkout.coupon, checkout.id, env)
        cart = env.carts.get(checkout.cart)
        if cart.paying == checkout.id:
            env.carts.save(evolve(cart, paying=None))


def _decline(checkout: Checkout, code: str, text: str, env: Env) -> None:
    env.checkouts.save(evolve(checkout.move(CheckoutTrigger.DECLINE), text=text))
    cart = env.carts.get(checkout.cart)
    if cart.state is CartState.OPEN:
        env.carts.save(cart.move(CartTrigger.FAIL))
        env.outbox.put(CartFailed(cart=cart.id, code=code, text=text))
    env.outbox.put(
        CheckoutDeclined(
            checkout=checkout.id,
            cart=checkout.cart,
            patient=checkout.patient,
            total=checkout.quote.total,
            code=code,
            text=text,
        )
    )


def ask_for_action(events: Sequence[PaymentActionNeeded], env: Env) -> None:
    """The buyer must act at the bank."""
    for checkout in env.checkouts.many(_mine(events)):
        if checkout.state in (CheckoutState.PAYING, CheckoutState.CHECKING):
            env.checkouts.save(checkout.move(CheckoutTrigger.CHALLENGE))


def check_when_unknown(events: Sequence[PaymentUnknown | PaymentQuarantined], env: Env) -> None:
    """No definite answer, or one that a person must look at: the page says that the payment is being checked."""
    for checkout in env.checkouts.many(_mine(events)):
        if checkout.state in (CheckoutState.PAYING, CheckoutState.ACTION):
            env.checkouts.save(checkout.move(CheckoutTrigger.DOUBT))


def decline_sentence(text: str, code: str) -> str:
    """What page and API say alike. Source: spec/commerce, Checkout 6."""
    reason = text.rstrip(".") or "The card was declined"
    codes = f" (code: {code})" if code else ""
    return f"Payment failed: {reason}{codes}. You can retry from this same cart link."
