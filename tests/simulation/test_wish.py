"""How a simulation is asked for: presets, rates, policies, and every fault of a wish at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_adapters.simulation.calendars import rhythm
from hlc_adapters.simulation.wish import PRESETS, Policy, Wish, faults_of, policy_of, read
from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.time import Interval, Unit, boundary
from hlc_core.organizations.api import FinalFailure, MissedPeriods


def test_faults_are_a_preset_single_rates_or_both() -> None:
    """`rough,outage=0.5` is rough with another rate; nothing at all is a sound bank."""
    mixed = faults_of("rough,outage=0.5", 9)

    assert (0.5, PRESETS["rough"].zombie, 9) == (mixed.outage, mixed.zombie, mixed.seed)
    assert 0.01 == faults_of("lost_answer=0.01", 1).lost_answer
    assert faults_of("", 1).none


def test_a_policy_is_read_and_written() -> None:
    """What is left out stays as it is; its text gives the same policy again."""
    policy = policy_of("missed=forgive,delays=2,4,final=pause,max=5")

    assert Policy(missed=MissedPeriods.FORGIVE, final=FinalFailure.PAUSE, delays=(2, 4), most=5) == policy
    assert policy == policy_of(str(policy))
    assert Policy() == policy_of("")


@pytest.mark.parametrize("text", ["nonsense", "outage=2", "outage=x", "calm=1", "seed=3"])
def test_unknown_faults_are_refused(text: str) -> None:
    """With what is expected."""
    with pytest.raises(Invalid) as refusal:
        faults_of(text, 1)

    assert ["gateway-faults"] == [fault.field for fault in refusal.value.faults]


@pytest.mark.parametrize("text", ["missed=maybe", "max=31", "max=x", "delays=0", "delays=1,x", "other=1", "7"])
def test_unknown_policies_are_refused(text: str) -> None:
    """With what is expected."""
    with pytest.raises(Invalid) as refusal:
        policy_of(text)

    assert ["policy"] == [fault.field for fault in refusal.value.faults]


def test_all_faults_of_a_wish_come_at_once() -> None:
    """Nobody has to mend them one by one."""
    with pytest.raises(Invalid) as refusal:
        Wish(
            seed=-1, years=0, subscriptions=0, faults="x", gateway_class="y", zone="Nowhere/Land", runners=9, crashes=2
        )

    named = {fault.field for fault in refusal.value.faults}
    assert {
        "seed",
        "years",
        "subscriptions",
        "gateway-faults",
        "gateway-class",
        "zone",
        "runners",
        "crashes",
    } == named


def test_a_wish_is_written_and_read() -> None:
    """What a report holds of it makes the same wish."""
    wish = Wish(seed=5, policy=policy_of("max=2"), faults="rough", zone="Asia/Kolkata", runners=2)

    assert wish == read(wish.written())


@given(
    anchor=st.dates(date(2000, 1, 1), date(2060, 12, 31)),
    interval=st.builds(Interval, st.sampled_from(Unit), st.integers(1, 10)),
    number=st.integers(1, 60),
    into=st.integers(0, 400),
)
def test_the_oracles_calendar_agrees_with_the_clinics(anchor: date, interval: Interval, number: int, into: int) -> None:
    """Two ways to count periods, one result, on every anchor: the end of the period that holds a day."""
    begins, ends = boundary(anchor, interval, number - 1), boundary(anchor, interval, number)
    day = min(begins + timedelta(days=into), ends - timedelta(days=1))

    assert ends == rhythm(anchor, interval).end_of(day)
