"""A service that is killed while people buy, and a billing run that is killed half way: both end right."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from proof.killing import killed_runs, killed_services, on_sqlite


def test_a_service_that_is_killed_while_people_buy_charges_nobody_twice() -> None:
    """SIGKILL at 50 random moments; after it comes back every buyer has one order, one charge, one invoice."""
    assert () == killed_services(50, seed=7).failures


def test_a_billing_run_that_is_killed_and_run_again_bills_each_period_once() -> None:
    """Two real runs at once, one of them killed, then a third: one charge a subscription, nothing left to do."""
    assert () == killed_runs(3, seed=7).failures


def test_the_judge_of_these_clinics_can_say_no() -> None:
    """A buyer without an order, a charge too many and an invoice that is gone are named."""
    with on_sqlite() as house:
        house.subscribe(2)
        services = house.settle()
        assert () == house.wrong(services, 2)

        missed = house.wrong(services, 3)
        with closing(sqlite3.connect(house.url.removeprefix("sqlite:///"))) as file, file:  # where no key is minded
            file.execute("DELETE FROM invoices WHERE id = (SELECT min(id) FROM invoices)")
        lost = house.wrong(services, 2)
        services.close()

    assert {"2 orders for 3 buyers", "2 paid carts for 3 buyers", "2 charges for 3 buyers"} == set(missed)
    assert any("invoices are numbered [2]" in text for text in lost)
    assert any("a_paid_checkout_has_its_order" in text for text in lost)
