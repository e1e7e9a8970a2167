"""The lifecycle of a cart. Source: spec/commerce, Cart."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule


class CartState(StrEnum):
    """Where a cart stands."""

    OPEN = "OPEN"
    FAILED = "FAILED"
    COMPLETED = "COMPLETED"
    ABANDONED = "ABANDONED"


class CartTrigger(StrEnum):
    """What moves a cart."""

    TRY_AGAIN = "try_again"
    FAIL = "fail"
    COMPLETE = "complete"
    ABANDON = "abandon"
    REOPEN = "reopen"


@frozen
class CartFacts:
    """What the guards read."""

    money_in_doubt: bool = False


def no_money_in_doubt(facts: CartFacts) -> bool:
    """A cart whose payment may still succeed is never abandoned."""
    return not facts.money_in_doubt


_S, _T = CartState, CartTrigger

CART = Machine[CartState, CartTrigger, CartFacts](
    name="cart",
    initial=_S.OPEN,
    final=frozenset({_S.COMPLETED}),
    rules=(
        Rule(_S.OPEN, _T.FAIL, _S.FAILED, causes="cart.failed"),
        Rule(_S.OPEN, _T.COMPLETE, _S.COMPLETED, causes="order, subscriptions, paid invoice"),
        Rule(_S.OPEN, _T.ABANDON, _S.ABANDONED, no_money_in_doubt, causes="cart.abandoned, once"),
        Rule(_S.FAILED, _T.TRY_AGAIN, _S.OPEN),
        Rule(_S.FAILED, _T.COMPLETE, _S.COMPLETED, causes="order, subscriptions, paid invoice"),
        Rule(_S.FAILED, _T.ABANDON, _S.ABANDONED, no_money_in_doubt, causes="cart.abandoned, once"),
        Rule(_S.ABANDONED, _T.REOPEN, _S.OPEN),
        Rule(_S.ABANDONED, _T.COMPLETE, _S.COMPLETED, causes="order, subscriptions, paid invoice"),
    ),
    notes={
        _S.OPEN: Note("buyer", "Your cart is waiting for you.", "Being filled, or being paid."),
        _S.FAILED: Note("buyer", "Your payment was declined; you can try again.", "Last payment declined."),
        _S.COMPLETED: Note("nobody", "Thank you; your order was placed.", "Paid and finalised."),
        _S.ABANDONED: Note("buyer", "Your cart is still here.", "Idle beyond the organization's timeout."),
    },
)
