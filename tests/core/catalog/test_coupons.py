"""Coupons: claims that no limit is exceeded by. Named after the pain: coupon races (design, failure 18)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.catalog.shop import NOON, Kept, Shop, ShopEnv, usd
from hlc_adapters.storage.unit_of_work import UnitOfWork
from hlc_core.catalog.api import (
    AddCoupon,
    ChangeCoupon,
    CheckCoupon,
    CodeTaken,
    Coupon,
    CouponExhausted,
    CouponNotRunning,
    CouponRedeemed,
    CouponTerms,
    CouponUsed,
    Duration,
    GetCoupon,
    LimitInUse,
    NotACoupon,
    Redeemed,
    RedemptionState,
    RestoreCoupon,
    UnknownCoupon,
    WithdrawCoupon,
    add_coupon,
    change_coupon,
    check_coupon,
    get_coupon,
    hold_coupon,
    redeem_coupons,
    release_coupon,
    restore_coupon,
    withdraw_coupon,
)
from hlc_core.kernel.errors import AlreadyExists
from hlc_core.kernel.ids import OrderId, PatientId


def coupon(shop: Shop, code: str = "TEN", **terms: Any) -> Coupon:
    """A coupon of ten percent."""
    return shop.act(add_coupon, AddCoupon(code=code, terms=CouponTerms(**{"percent": 1000, **terms})))


def hold(shop: Shop, subject: str, patient: str = "", code: str = "ten") -> Any:
    """A claim by a purchase; each by its own patient unless told."""
    return shop.act(hold_coupon, code, subject, PatientId(patient or f"pat_{subject}"))


def test_codes_are_known_in_any_case() -> None:
    """TEN and ten are one coupon; a second one is refused."""
    shop = Shop()
    coupon(shop, "Ten")

    assert "Ten" == shop.act(check_coupon, CheckCoupon(code=" tEN ")).code
    with pytest.raises(CodeTaken):
        coupon(shop, "TEN")


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        ({"percent": None}, {"percent"}),
        ({"amount": usd(5)}, {"percent"}),
        ({"percent": 10_001, "total_limit": 0, "patient_limit": 0}, {"percent", "totalLimit", "patientLimit"}),
        ({"duration": Duration.CYCLES}, {"cycles"}),
        ({"cycles": 3}, {"cycles"}),
        ({"starts_at": NOON, "ends_at": NOON}, {"endsAt"}),
        ({"starts_at": NOON.replace(tzinfo=None)}, {"startsAt"}),
    ],
)
def test_terms_that_cannot_work_name_every_field(terms: dict[str, Any], fields: set[str]) -> None:
    """All faults are told at once."""
    with pytest.raises(NotACoupon) as refusal:
        coupon(Shop(), **terms)

    assert fields == {fault.field for fault in refusal.value.faults}


def test_a_coupon_runs_from_its_start_to_its_end() -> None:
    """The start is included, the end is not; before, after and withdrawn it is refused."""
    shop = Shop()
    made = coupon(shop, starts_at=NOON, ends_at=NOON + timedelta(days=1))

    shop.act(check_coupon, CheckCoupon(code="ten"))
    shop.clock.pass_days(1)
    with pytest.raises(CouponNotRunning):
        shop.act(check_coupon, CheckCoupon(code="ten"))
    shop.clock.pass_days(-2)
    with pytest.raises(CouponNotRunning):
        shop.act(check_coupon, CheckCoupon(code="ten"))
    shop.act(withdraw_coupon, WithdrawCoupon(coupon=made.id))
    with pytest.raises(UnknownCoupon):
        shop.act(check_coupon, CheckCoupon(code="ten"))
    shop.clock.pass_days(1)
    shop.act(restore_coupon, RestoreCoupon(coupon=made.id))
    assert 1000 == shop.act(check_coupon, CheckCoupon(code="ten")).percent


@settings(max_examples=30, deadline=None)
@given(some.integers(1, 90), some.integers(0, 20))
def test_exactly_the_limit_is_claimed(limit: int, more: int) -> None:
    """However many want it, as many as the limit get it, and the rest are told that it is used up."""
    shop, got, refused = Shop(), 0, 0
    coupon(shop, total_limit=limit)
    for number in range(limit + more):
        try:
            hold(shop, f"chk_{number}")
            got += 1
        except CouponExhausted:
            refused += 1

    assert (limit, more) == (got, refused)


def test_two_at_once_never_share_a_place() -> None:
    """Two transactions that read the same free place: the storage refuses the second, and it finds the coupon used."""
    shop = Shop()
    coupon(shop, total_limit=1)
    reader = shop.backend.begin(write=True)
    unit = UnitOfWork(reader, shop.organization.id, shop.actor, shop.clock)
    late = hold_coupon("ten", "chk_late", PatientId("pat_2"), ShopEnv(shop, unit, Kept()))
    reader.rollback()
    hold(shop, "chk_quick")

    with pytest.raises(AlreadyExists), shop.open() as env:
        env.coupon_redemptions.add(late)
    with pytest.raises(CouponExhausted):
        hold(shop, "chk_late")


def test_a_patient_gets_it_as_often_as_allowed() -> None:
    """The second use by one patient is refused, another patient's is not."""
    shop = Shop()
    coupon(shop, patient_limit=1)
    hold(shop, "chk_1", "pat_ada")

    with pytest.raises(CouponUsed):
        hold(shop, "chk_2", "pat_ada")
    hold(shop, "chk_3", "pat_ben")


def test_holding_twice_is_holding_once() -> None:
    """A repeated attempt of one checkout takes no second place."""
    shop = Shop()
    made = coupon(shop, total_limit=2, patient_limit=1)

    assert hold(shop, "chk_1") == hold(shop, "chk_1")
    assert 1 == shop.act(get_coupon, GetCoupon(coupon=made.id)).held


def test_a_released_place_is_free_again() -> None:
    """A checkout that ended without money gives the coupon back; the same checkout may try again."""
    shop = Shop()
    made = coupon(shop, total_limit=1, patient_limit=1)
    hold(shop, "chk_1", "pat_ada")
    shop.act(release_coupon, made.id, "chk_1")
    hold(shop, "chk_2", "pat_ada")
    shop.act(release_coupon, made.id, "chk_2")

    assert RedemptionState.HELD is hold(shop, "chk_1", "pat_ada").state


def test_a_redemption_is_counted_once() -> None:
    """Counting again changes and tells nothing, and what was counted is not released."""
    shop = Shop()
    made = coupon(shop, total_limit=1)
    hold(shop, "chk_1")
    redeemed = (Redeemed(coupon=made.id, subject="chk_1", order=OrderId("ord_1")),)
    shop.act(redeem_coupons, redeemed)
    shop.act(redeem_coupons, redeemed)
    shop.act(release_coupon, made.id, "chk_1")

    use = shop.act(get_coupon, GetCoupon(coupon=made.id))
    assert (1, 0) == (use.redeemed, use.held)
    assert 1 == len(shop.outbox.of(CouponRedeemed))


def test_a_limit_cannot_fall_below_what_was_claimed() -> None:
    """Lowering is refused where places above are taken, adding one where claims had none; raising works."""
    shop = Shop()
    made, free = coupon(shop, total_limit=3), coupon(shop, "FREE")
    for number in range(3):
        hold(shop, f"chk_{number}")
    hold(shop, "chk_9", code="free")
    for one, limit in ((made, 2), (free, 5)):
        with pytest.raises(LimitInUse):
            shop.act(change_coupon, ChangeCoupon(coupon=one.id, terms=CouponTerms(percent=1000, total_limit=limit)))

    shop.act(change_coupon, ChangeCoupon(coupon=made.id, terms=CouponTerms(percent=1000, total_limit=4)))
    hold(shop, "chk_3")


def test_a_reduction_is_frozen_with_its_duration() -> None:
    """First cycle, three cycles, for ever."""
    shop = Shop()
    one, three = coupon(shop), coupon(shop, "THREE", duration=Duration.CYCLES, cycles=3)
    always = coupon(shop, "ALL", duration=Duration.FOREVER)

    assert (1, 3, None) == (one.reduction.cycles, three.reduction.cycles, always.reduction.cycles)
