"""The commit tier of the charge histories, and that their judge can tell a bad one."""

from __future__ import annotations

import pytest
from proof.histories import Life, run

CHUNK = 2_500


@pytest.mark.parametrize("first", range(0, 20_000, CHUNK))
def test_no_history_charges_twice_or_gets_stuck(first: int) -> None:
    """Swarm faults, crashes, second processes, four kinds of gateways: no double, no disagreement, nothing stuck."""
    tally = run(range(first, first + CHUNK))

    assert () == tally.failures
    assert tally.captures > CHUNK
    assert min(tally.crashes, tally.quarantined, tally.refunds) > 10


def ended() -> Life:
    """A history that ended well."""
    life = Life(0)
    life.live()
    life.heal()
    assert () == life.judged().wrong
    return life


def test_the_judge_sees_a_second_charge() -> None:
    """Money that moves once more behind the back of the protocol is a double charge and a disagreement."""
    life = ended()
    line = life.counter.bank.audit.charges()[0]
    with life.counter.ledger as books:
        books.book(line)

    wrong = life.judged().wrong
    assert any(text.startswith("double") for text in wrong)


def test_the_judge_sees_what_never_ends() -> None:
    """A debt whose attempt was opened and left alone is stuck, and so is one that was never paid."""
    life = Life(0)
    life.live()
    life.debts["debt_forgotten"] = ("tok_success", 100, False)

    assert any(text.startswith("stuck") for text in life.judged().wrong)
