"""A PostgreSQL server that is stopped at once while people buy: the service heals by itself."""

from __future__ import annotations

from proof.killing import stopped

from support.postgres import server
from support.worlds import prepare


def test_a_database_that_is_stopped_while_people_buy_loses_no_paid_order() -> None:
    """Three immediate stops: the pool heals within two seconds, every buyer has one order and one charge."""
    with server() as own:
        prepare(own.url)
        done = stopped(own, own.url, 3, seed=7)

    assert () == done.failures
    assert 0 < done.longest
