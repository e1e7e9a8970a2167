"""Whole years of business on small seeds: every class of gateway, crashes, two runners; nothing may be wrong."""

from __future__ import annotations

import pytest
from attrs import evolve

from hlc_adapters.simulation.report import Report
from hlc_adapters.simulation.run import simulate
from hlc_adapters.simulation.wish import Wish, policy_of


def sound(report: Report) -> bool:
    """Whether nothing is wrong; what is stands in the failure."""
    assert () == report.findings, report.wish.command
    return report.sound


def test_two_runners_and_crashes_over_two_years() -> None:
    """200 subscriptions, two billing processes in drawn order, a crash every fortnight: exact to the cent."""
    report = simulate(Wish(seed=22645, years=2, subscriptions=200, runners=2, crashes=0.07))

    assert sound(report)
    assert 190 < report.sold <= 200
    assert report.counts["crashes"] > 20
    assert report.counts["billing runs"] > 1400
    assert 0 == report.balance.difference
    assert report.balance.captured == sum(month.captured for month in report.months)


@pytest.mark.parametrize(
    "wish",
    [
        Wish(seed=1, faults="rough", gateway_class="fencing", policy=policy_of("missed=bill_current,final=pause")),
        Wish(seed=2, faults="rough", gateway_class="keyed", policy=policy_of("missed=forgive,final=nothing,delays=2")),
        Wish(seed=3, faults="rough", gateway_class="bare", zone="Pacific/Apia", runners=2),
        Wish(seed=4, faults="calm", crashes=0.0, zone="America/Sao_Paulo", policy=policy_of("max=0")),
    ],
    ids=lambda wish: f"{wish.faults} {wish.gateway_class}",
)
def test_every_class_of_gateway_under_rough_faults(wish: Wish) -> None:
    """A year with lost answers, zombies, outages and lagging look-ups: no double charge, nothing skipped or stuck."""
    report = simulate(evolve(wish, years=1, subscriptions=60, crashes=wish.crashes and 0.1))

    assert sound(report)
    assert report.charges > 200


def test_recovery_is_measured() -> None:
    """Failed renewals are followed to their end; the curve climbs to what the months say."""
    report = simulate(Wish(seed=9, years=2, subscriptions=80, faults="rough"))
    recovery = report.recovery

    assert sound(report)
    assert recovery.failed == recovery.recovered + recovery.lost + recovery.open > 20
    assert 5_000 < recovery.rate_by_count <= 10_000
    assert list(recovery.curve) == sorted(recovery.curve)
    assert report.messages["subscription.renewed"] > 400
