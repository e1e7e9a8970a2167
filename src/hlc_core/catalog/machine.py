"""The lifecycle of one claim on a limited coupon: held while a checkout pays, then counted or given back."""

from __future__ import annotations

from enum import StrEnum

from hlc_core.kernel.machine import Machine, NoFacts, Note, Rule


class RedemptionState(StrEnum):
    """Where a claim stands."""

    HELD = "held"
    REDEEMED = "redeemed"
    RELEASED = "released"


class RedemptionTrigger(StrEnum):
    """What moves a claim."""

    REDEEM = "redeem"
    RELEASE = "release"
    HOLD_AGAIN = "hold_again"


_S, _T = RedemptionState, RedemptionTrigger

REDEMPTION = Machine[RedemptionState, RedemptionTrigger, NoFacts](
    name="coupon_redemption",
    initial=_S.HELD,
    final=frozenset({_S.REDEEMED}),
    rules=(
        Rule(_S.HELD, _T.REDEEM, _S.REDEEMED, causes="the coupon was used once more"),
        Rule(_S.HELD, _T.RELEASE, _S.RELEASED, causes="its place under the limits is free again"),
        Rule(_S.RELEASED, _T.HOLD_AGAIN, _S.HELD, causes="the same checkout tries again"),
    ),
    notes={
        _S.HELD: Note("system", "Your coupon is reserved.", "Reserved while a checkout pays.", 1),
        _S.REDEEMED: Note("nobody", "Your coupon was used.", "Counted: the order was placed."),
        _S.RELEASED: Note("nobody", "Your coupon was not used.", "Given back: the checkout did not pay."),
    },
)
