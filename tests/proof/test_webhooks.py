"""Webhooks in disorder; the commit tier."""

from __future__ import annotations

import pytest
from proof.charging import SYSTEM, Counter

from hlc_core.payments.api import MarkDisputed
from proof import webhooks


@pytest.mark.parametrize("first", range(0, 1000, 250))
def test_no_disorder_of_webhooks_changes_the_end(first: int) -> None:
    """Permuted, repeated, dropped, early and late: the same rows and the same books as in order."""
    tally = webhooks.run(range(first, first + 250))

    assert () == tally.failures
    assert tally.webhooks > 1000


def test_a_webhook_that_changes_something_is_noticed() -> None:
    """Two worlds of which one was told of a dispute do not look alike."""
    ends = []
    for disputed in (False, True):
        telling = webhooks.Telling([webhooks.Payer(token="tok_success", agrees=True, acts_after=20.0, disputes=False)])
        telling.told([])
        counter: Counter = telling.counter
        if disputed:
            attempt = counter.attempts()[0]
            counter.application.execute(
                MarkDisputed(gateway="simulator", object_id=attempt.object_id or attempt.id), SYSTEM
            )
        ends.append(telling.end())

    assert ends[0] != ends[1]
