"""A service that is killed while people buy, and a billing run that is killed half way: both end right."""

from __future__ import annotations

from proof.killing import killed_runs, killed_services


def test_a_service_that_is_killed_while_people_buy_charges_nobody_twice() -> None:
    """SIGKILL at 50 random moments; after it comes back every buyer has one order, one charge, one invoice."""
    assert () == killed_services(50, seed=7).failures


def test_a_billing_run_that_is_killed_and_run_again_bills_each_period_once() -> None:
    """Two real runs at once, one of them killed, then a third: one charge a subscription, nothing left to do."""
    assert () == killed_runs(3, seed=7).failures
