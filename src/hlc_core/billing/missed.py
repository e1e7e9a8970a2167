"""Which cycles of a late subscription are billed and which are forgiven. Source: spec/billing, missed periods."""

from __future__ import annotations

from attrs import frozen

from hlc_core.organizations.api import MissedPeriods


@frozen
class Split:
    """Cycles to forgive (a run of numbers, before any that is billed) and cycles to bill, in order."""

    forgiven: range
    billed: range


def split(first: int, last: int, policy: MissedPeriods, remaining: int | None) -> Split:
    """The cycles `first` to `last`, which all have begun, under the policy.

    One that has begun is simply due, however late: a missed day bills later, not never. Only where several have
    begun does the policy say something: BILL_ALL bills them all, BILL_CURRENT the last, FORGIVE none of them.
    A commitment bills no more than the `remaining` cycles; those forgiven do not count for it.
    """
    begun = range(first, last + 1)
    if len(begun) > 1 and policy is MissedPeriods.BILL_CURRENT:
        return Split(range(first, last), range(last, last + 1))
    if len(begun) > 1 and policy is MissedPeriods.FORGIVE:
        return Split(begun, range(last + 1, last + 1))
    return Split(range(first, first), begun if remaining is None else begun[: max(0, remaining)])
