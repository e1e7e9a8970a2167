"""The road of a purchase, from cart to order, on every backend."""

from __future__ import annotations

from hlc_core.cart.api import CartState, GetCart
from hlc_core.checkout.api import CheckoutState
from hlc_core.payments.api import AttemptState
from support.worlds import PUBLIC, World, usd


def test_a_purchase_becomes_a_paid_order(world: World) -> None:
    """Paying a cart captures once and places the order, the subscription and the saved card."""
    view = world.buy(world.plan(19900))

    held = world.subscription(view.checkout.subscriptions[0])
    assert (CheckoutState.SUCCEEDED, AttemptState.PAID) == (view.checkout.state, view.attempt.state)
    assert view.checkout.order_number
    assert held.method is not None
    assert CartState.COMPLETED is world.ask(GetCart(cart=view.checkout.cart), PUBLIC).state
    assert [usd(19900)] == world.captured()


def test_a_trial_stores_the_card_without_a_charge(world: World) -> None:
    """A trial costs nothing; its card is kept and put on the subscription."""
    view = world.buy(world.plan(19900, trial_days=14))

    held = world.subscription(view.checkout.subscriptions[0])
    assert (CheckoutState.SUCCEEDED, None, "") == (view.checkout.state, view.attempt, view.notice)
    assert held.method is not None
    assert [] == world.captured()


def test_a_year_of_billing_breaks_nothing(world: World) -> None:
    """Renewals that work, fail for a while and fail for good leave sound books."""
    plan = world.plan(19900)
    for token in ("tok_success", "tok_renewal_soft_2~a", "tok_renewal_dead", "tok_lost_answer"):
        world.buy(plan, token=token)
    world.settle()
    for _ in range(6):
        world.advance(days=16)
        world.settle()
        world.bill()

    assert 0 == world.double_charges()
