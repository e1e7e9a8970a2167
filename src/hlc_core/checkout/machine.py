"""The lifecycle of a checkout attempt. Source: spec/commerce, Checkout."""

from __future__ import annotations

from enum import StrEnum

from hlc_core.kernel.machine import Machine, NoFacts, Note, Rule


class CheckoutState(StrEnum):
    """Where one try to pay for a cart stands: pressed, waiting for the bank, in doubt, settled, or refused."""

    PAYING = "paying"
    ACTION = "action"
    CHECKING = "checking"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


class CheckoutTrigger(StrEnum):
    """What moves a checkout attempt."""

    CHALLENGE = "challenge"
    DOUBT = "doubt"
    SUCCEED = "succeed"
    DECLINE = "decline"


_S, _T = CheckoutState, CheckoutTrigger

CHECKOUT = Machine[CheckoutState, CheckoutTrigger, NoFacts](
    name="checkout_attempt",
    initial=_S.PAYING,
    final=frozenset({_S.SUCCEEDED}),
    rules=(
        Rule(_S.PAYING, _T.CHALLENGE, _S.ACTION),
        Rule(_S.PAYING, _T.DOUBT, _S.CHECKING),
        Rule(_S.PAYING, _T.SUCCEED, _S.SUCCEEDED, causes="order, subscriptions, paid invoice"),
        Rule(_S.PAYING, _T.DECLINE, _S.DECLINED, causes="cart.failed"),
        Rule(_S.ACTION, _T.DOUBT, _S.CHECKING),
        Rule(_S.ACTION, _T.SUCCEED, _S.SUCCEEDED, causes="order, subscriptions, paid invoice"),
        Rule(_S.ACTION, _T.DECLINE, _S.DECLINED, causes="cart.failed"),
        Rule(_S.CHECKING, _T.CHALLENGE, _S.ACTION),
        Rule(_S.CHECKING, _T.SUCCEED, _S.SUCCEEDED, causes="order, subscriptions, paid invoice"),
        Rule(_S.CHECKING, _T.DECLINE, _S.DECLINED, causes="cart.failed"),
        Rule(
            _S.DECLINED,
            _T.SUCCEED,
            _S.SUCCEEDED,
            causes="the cancel came too late: paid after all",
        ),
    ),
    notes={
        _S.PAYING: Note("gateway", "Your payment is being made.", "The charge is being driven."),
        _S.ACTION: Note("buyer", "Your bank asks you to confirm the payment.", "3-D Secure or a pending debit.", 1),
        _S.CHECKING: Note("system", "Your payment is being checked. You need not do anything.", "No answer yet.", 7),
        _S.SUCCEEDED: Note("nobody", "Thank you; your order was placed.", "Paid; the order exists."),
        _S.DECLINED: Note("buyer", "Your payment was declined; you can try again.", "Declined; nothing was placed."),
    },
)
