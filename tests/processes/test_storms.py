"""Buyers who press fifty times at once, in two tabs of one browser, over HTTP."""

from __future__ import annotations

from proof.killing import stormed

from support.postgres import Postgres
from support.worlds import prepare


def test_twenty_storms_are_twenty_orders(postgres: Postgres) -> None:
    """Each round is one order, one charge and fifty equal answers, on SQLite and on PostgreSQL."""
    with postgres.fresh(prepare) as url:
        on_postgres = stormed(url, 10, seed=7)
    on_a_file = stormed("", 10, seed=7)

    assert ((), ()) == (on_postgres.failures, on_a_file.failures)
