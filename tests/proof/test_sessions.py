"""The proof of sign-ins, in small; and that it can fail."""

from __future__ import annotations

from datetime import timedelta

from proof import sessions


def test_refresh_storms_in_small() -> None:
    """No two successors, no copy that works."""
    told = sessions.refresh_storms(range(4), steps=40)

    assert () == told.failures
    assert 160 == told.acts
    assert told.noted["thefts"] > 0


def test_a_guessing_campaign() -> None:
    """Thirty days; the owner gets in each time."""
    told = sessions.guessing_campaigns(range(1))

    assert () == told.failures
    assert 20 < told.noted["most in one campaign"] <= 100
    assert told.noted["sign-ins of owners"] > 20


def test_forged_tokens_in_small() -> None:
    """None is believed, none is a fault."""
    told = sessions.forged_tokens(range(3), each=120)

    assert () == told.failures
    assert 360 == told.acts


def test_code_guessing_ends() -> None:
    """After a hundred."""
    assert () == sessions.code_guessing(range(1)).failures


def test_the_storm_would_notice_another_grace() -> None:
    """Where none were due, those ten seconds would be a failure."""
    assert sessions.refresh_storms(range(6), steps=40, grace=timedelta(seconds=-1)).failures
