"""The clinical gate of a renewal: may this subscription be charged for its next cycle today?

Source: design/pains, subscription billing (a renewal has gates); spec/care, Prescriptions. Whose renewals are asked
about is a setting: `off` nobody's; `known` (the default) those for which something was prescribed here, so that
agreements that were taken over, or whose first prescription is still to come, are never held; `strict` all whose terms
need a prescription.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from hlc_core.kernel.ids import OrderId, SubscriptionId
from hlc_core.organizations.api import RenewalGate
from hlc_core.prescriptions.machine import PrescriptionState
from hlc_core.prescriptions.model import BlockKind, Prescription
from hlc_core.prescriptions.ports import Env
from hlc_core.review.api import ReviewState
from hlc_core.subscriptions.api import Subscription


class HeldBack(StrEnum):
    """Why a renewal is not charged."""

    NOT_PRESCRIBED = "not_prescribed"
    ENDED = "prescription_ended"
    ON_HOLD = "prescription_on_hold"
    OUT_OF_STOCK = "out_of_stock"
    UNDER_REVIEW = "under_review"

    @property
    def for_staff(self) -> str:
        """A sentence for operators."""
        return _SENTENCES[self][0]

    @property
    def for_patient(self) -> str:
        """A sentence for the patient."""
        return _SENTENCES[self][1]


_SENTENCES = {
    HeldBack.NOT_PRESCRIBED: ("Nothing was prescribed yet.", "Your prescription has to be written first."),
    HeldBack.ENDED: (
        "Its prescription has expired or was cancelled; a new one is needed.",
        "Your prescription has ended. A clinician has to renew it before you are charged again.",
    ),
    HeldBack.ON_HOLD: (
        "Its prescription is on hold.",
        "Your prescription is on hold. You are not charged until a clinician has released it.",
    ),
    HeldBack.OUT_OF_STOCK: (
        "The pharmacy has it out of stock.",
        "The pharmacy is waiting for your medication. You are not charged until it can be sent.",
    ),
    HeldBack.UNDER_REVIEW: (
        "The answers of its patient are under review.",
        "A clinician is looking at your answers. You are not charged until that is done.",
    ),
}
_FILLABLE = frozenset({PrescriptionState.ACTIVE, PrescriptionState.DEPLETED})
_OPEN_REVIEWS = frozenset({ReviewState.WAITING, ReviewState.CLAIMED, ReviewState.WITH_PATIENT, ReviewState.WITH_LAB})


def renewals_held(held: Sequence[Subscription], on: date, env: Env) -> Mapping[SubscriptionId, HeldBack]:
    """Those of the subscriptions that may not be charged on that date, with the reason.

    Agreements whose terms need no prescription cost nothing: if there are no others, nothing is read. Else one
    statement for all prescriptions, and one for the reviews of those that have any.
    """
    gate = env.organization.prescriptions.renewal_gate
    asked = [one for one in held if one.terms.needs_prescription]
    if not asked or gate is RenewalGate.OFF:
        return {}
    written: dict[SubscriptionId, list[Prescription]] = {}
    for one in env.prescriptions.of_subscriptions([each.id for each in asked]):
        if one.subscription is not None:
            written.setdefault(one.subscription, []).append(one)
    reviewed = _under_review([one.order for one in asked if one.id in written], env)
    found: dict[SubscriptionId, HeldBack] = {}
    for each in asked:
        known = written.get(each.id, [])
        why = _why_not(known, on, each.order in reviewed) if known else _without(gate)
        if why is not None:
            found[each.id] = why
    return found


def _without(gate: RenewalGate) -> HeldBack | None:
    return HeldBack.NOT_PRESCRIBED if gate is RenewalGate.STRICT else None


def _under_review(orders: Sequence[OrderId], env: Env) -> frozenset[OrderId]:
    if not orders:
        return frozenset()
    return frozenset(one.order for one in env.reviews.of_orders(orders) if one.state in _OPEN_REVIEWS)


def _why_not(known: Sequence[Prescription], on: date, reviewed: bool) -> HeldBack | None:
    """None when some prescription carries it: drafts that nobody signed yet count for nothing."""
    if reviewed:
        return HeldBack.UNDER_REVIEW
    signed = [one for one in known if one.signed_at is not None]
    if not signed:
        return None
    valid = [one for one in signed if not one.ended and on <= one.expires_on]
    if not valid:
        return HeldBack.ENDED
    fillable = [one for one in valid if one.state in _FILLABLE]
    if not fillable:
        return HeldBack.ON_HOLD
    if all(any(b.open and b.kind is BlockKind.OUT_OF_STOCK for b in one.blocks) for one in fillable):
        return HeldBack.OUT_OF_STOCK
    return None
