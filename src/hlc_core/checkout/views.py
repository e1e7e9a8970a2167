"""Questions about checkouts."""

from __future__ import annotations

from attrs import frozen

from hlc_core.checkout.model import Checkout
from hlc_core.checkout.ports import Env
from hlc_core.kernel.commands import Query
from hlc_core.kernel.ids import CartId, CheckoutId
from hlc_core.payments.api import PaymentAttempt


@frozen(kw_only=True)
class CheckoutView:
    """A checkout with its payment attempt; `action_url` is where the buyer confirms at the bank, if that is due.

    `notice` is a sentence for the buyer about a card that was to be kept for a trial and was not (yet).
    """

    checkout: Checkout
    attempt: PaymentAttempt | None
    notice: str = ""
    card_action_url: str | None = None

    @property
    def action_url(self) -> str | None:
        """Only while the attempt, or the card of a trial, waits for the buyer."""
        return self.card_action_url if self.attempt is None else self.attempt.action_url


@frozen(kw_only=True)
class GetCheckout(Query[CheckoutView]):
    """One checkout attempt."""

    checkout: CheckoutId


def get_checkout(query: GetCheckout, env: Env) -> CheckoutView:
    """Refuses: Missing."""
    return _view(env.checkouts.get(query.checkout), env)


@frozen(kw_only=True)
class LastCheckout(Query[CheckoutView | None]):
    """The newest checkout attempt of a cart, or None."""

    cart: CartId


def last_checkout(query: LastCheckout, env: Env) -> CheckoutView | None:
    """What the cart page shows of its payment."""
    found = env.checkouts.of_cart(query.cart)
    return _view(found[-1], env) if found else None


def _view(checkout: Checkout, env: Env) -> CheckoutView:
    attempt = None if checkout.attempt is None else env.attempts.find(checkout.attempt)
    return CheckoutView(checkout=checkout, attempt=attempt)
