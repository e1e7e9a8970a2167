"""What an oracle says when something is wrong."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Wrong(StrEnum):
    """The kinds of wrong, in the order in which a report shows them."""

    DOUBLE_CHARGE = "double charge"
    LOST_MONEY = "money lost or made"
    REPEATED_PERIOD = "repeated period"
    SKIPPED_PERIOD = "skipped period"
    CROOKED_PERIOD = "period of the wrong dates"
    STUCK = "stuck"
    MESSAGE = "message"
    INVARIANT = "broken invariant"


@frozen(kw_only=True)
class Finding:
    """One thing that is wrong: about whom, and what it means."""

    wrong: Wrong
    subject: str
    means: str
