"""Claiming a coupon so that no limit is ever exceeded, and without a row that everybody writes.

A claim takes a free place under each limit: places are numbered, and the storage refuses two claims in one place.
A purchase tries places picked by its own id, so rivals seldom meet; the coupon's row itself is only read.
Held before the charge, counted when the order is placed, given back when the checkout ends without money.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from attrs import frozen

from hlc_core.catalog.errors import CouponExhausted, CouponNotRunning, CouponUsed, UnknownCoupon
from hlc_core.catalog.events import CouponRedeemed
from hlc_core.catalog.machine import RedemptionState, RedemptionTrigger
from hlc_core.catalog.model import Coupon, CouponRedemption, RedemptionId
from hlc_core.catalog.ports import Env
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CouponId, OrderId, PatientId
from hlc_core.kernel.text import folded

PROBES = (8, 64)
"""How many places are looked at, round by round, before all of them are read."""


def running_coupon(code: str, env: Env) -> Coupon:
    """The coupon of that code, if it can be used now. Refuses: UnknownCoupon, CouponNotRunning."""
    coupon = env.coupons.with_code(folded(code))
    if coupon is None or not coupon.active:
        raise UnknownCoupon("There is no such coupon.")
    if not coupon.runs(env.clock.now()):
        raise CouponNotRunning("This coupon is not valid today.")
    return coupon


def usable_coupon(code: str, patient: PatientId | None, env: Env) -> Coupon:
    """The coupon of that code, if a purchase begun now would get it; what a cart and a quote ask.

    Refuses: UnknownCoupon, CouponNotRunning, CouponExhausted, CouponUsed (only for a known patient).
    """
    coupon = running_coupon(code, env)
    if coupon.terms.total_limit is not None:
        _refuse_exhausted(coupon, coupon.terms.total_limit, env)
    if patient is not None:
        _free_patient_slot(coupon, patient, env)
    return coupon


def hold_coupon(code: str, subject: str, patient: PatientId, env: Env) -> CouponRedemption:
    """Reserve the coupon for a purchase (`subject`, a checkout id) before its charge. Holding twice is holding once.

    Refuses: UnknownCoupon, CouponNotRunning, CouponExhausted, CouponUsed.
    """
    coupon = running_coupon(code, env)
    claim = env.coupon_redemptions.find(_claim_id(coupon.id, subject))
    if claim is not None and claim.state is not RedemptionState.RELEASED:
        return claim
    slot, patient_slot = _free_slot(coupon, subject, env), _free_patient_slot(coupon, patient, env)
    if claim is None:
        claim = CouponRedemption(
            id=_claim_id(coupon.id, subject),
            organization=env.organization.id,
            coupon=coupon.id,
            subject=subject,
            patient=patient,
            state=RedemptionState.HELD,
            at=env.clock.now(),
            slot=slot,
            patient_slot=patient_slot,
        )
        env.coupon_redemptions.add(claim)
        return claim
    again = claim.move(RedemptionTrigger.HOLD_AGAIN)
    held = evolve(again, patient=patient, at=env.clock.now(), slot=slot, patient_slot=patient_slot)
    env.coupon_redemptions.save(held)
    return held


@frozen(kw_only=True)
class Redeemed:
    """A held claim and the order that it was for."""

    coupon: CouponId
    subject: str
    order: OrderId


def redeem_coupons(redeemed: Sequence[Redeemed], env: Env) -> None:
    """Count held claims, in the transaction that places their orders. Counting twice is counting once.

    Refuses: Missing (never held), IllegalTransition (given back before).
    """
    env.coupon_redemptions.many([_claim_id(one.coupon, one.subject) for one in redeemed])
    for one in redeemed:
        claim = env.coupon_redemptions.get(_claim_id(one.coupon, one.subject))
        if claim.state is RedemptionState.REDEEMED:
            continue
        counted = evolve(claim.move(RedemptionTrigger.REDEEM), order=one.order, at=env.clock.now())
        env.coupon_redemptions.save(counted)
        env.outbox.put(CouponRedeemed(coupon=one.coupon, order=one.order))


def release_coupon(coupon: CouponId, subject: str, env: Env) -> None:
    """Give the claim back: the checkout ended, surely without money. What was counted or never held stays so."""
    claim = env.coupon_redemptions.find(_claim_id(coupon, subject))
    if claim is not None and claim.state is RedemptionState.HELD:
        env.coupon_redemptions.save(evolve(claim.move(RedemptionTrigger.RELEASE), slot=None, patient_slot=None))


def _claim_id(coupon: CouponId, subject: str) -> RedemptionId:
    return RedemptionId(f"{coupon}:{subject}")


def _free_slot(coupon: Coupon, subject: str, env: Env) -> int | None:
    limit = coupon.terms.total_limit
    if limit is None:
        return None
    for count in PROBES:
        probes = _probes(subject, limit, count)
        taken = {claim.slot for claim in env.coupon_redemptions.in_slots(coupon.id, probes)}
        free = [slot for slot in probes if slot not in taken]
        if free:
            return free[_seed(subject) % len(free)]
    _refuse_exhausted(coupon, limit, env)
    taken = {claim.slot for claim in env.coupon_redemptions.below_slot(coupon.id, limit)}
    free = [slot for slot in range(1, limit + 1) if slot not in taken]
    if not free:
        raise _exhausted()
    return free[_seed(subject) % len(free)]


def _refuse_exhausted(coupon: Coupon, limit: int, env: Env) -> None:
    claims = env.coupon_redemptions
    if claims.count(coupon.id, RedemptionState.REDEEMED) + claims.count(coupon.id, RedemptionState.HELD) >= limit:
        raise _exhausted()


def _exhausted() -> CouponExhausted:
    return CouponExhausted("This coupon was used as often as it allows.")


def _free_patient_slot(coupon: Coupon, patient: PatientId, env: Env) -> int | None:
    limit = coupon.terms.patient_limit
    if limit is None:
        return None
    taken = {claim.patient_slot for claim in env.coupon_redemptions.of_patient(coupon.id, patient)}
    free = [slot for slot in range(1, limit + 1) if slot not in taken]
    if not free:
        raise CouponUsed("You have used this coupon as often as it allows.")
    return free[0]


def _probes(subject: str, limit: int, count: int) -> list[int]:
    if limit <= count:
        return list(range(1, limit + 1))
    return sorted({_seed(f"{place}:{subject}") % limit + 1 for place in range(count)})


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
