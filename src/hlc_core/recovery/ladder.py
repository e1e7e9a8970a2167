"""The retry policy: a total, pure function of facts that always comes to an end. Source: spec/billing, Recovery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

from attrs import frozen

from hlc_core.payments.api import DeclineClass

FREE_OUTAGES = 5
"""Tries lost to an outage of the gateway that use no step of the ladder; each further one does."""
PATIENCE_DAYS = 30
"""Days that a case waits for a payment method, or the length of its own schedule where that is longer."""
BUDGET_DAYS = 30
"""The window in which the tries on one instrument are counted (networks fine what exceeds their number)."""


class MethodFact(StrEnum):
    """What is known of the method that would be charged. FRESH: no try of this debt was made on it yet."""

    USABLE = "usable"
    FRESH = "fresh"
    EXPIRED = "expired"
    DEAD = "dead"
    MISSING = "missing"


class Ending(StrEnum):
    """Why recovery ended. PAID, FORGIVEN and VOID owe nothing more."""

    PAID = "paid"
    FORGIVEN = "forgiven"
    VOID = "void"
    DISPUTED = "disputed"
    EXHAUSTED = "exhausted"
    WAITED_OUT = "waited_out"


@frozen(kw_only=True)
class LadderFacts:
    """All that the policy reads.

    `retries` are automatic tries that used a step (manual tries never do), `outages` those lost to the gateway.
    `last_try_on` is the local date of the last try that was not manual, `waiting_since` that from which a method
    has been missing. `budget_used` counts tries on the instrument, over all debts, in the last `BUDGET_DAYS`.
    """

    today: date
    ended: Ending | None
    decline: DeclineClass | None
    retries: int
    max_retries: int
    outages: int
    delays: tuple[int, ...]
    last_try_on: date
    method: MethodFact
    budget_used: int
    budget: int
    waiting_since: date | None = None


@frozen
class RetryOn:
    """Try the original charge again on this local date (a date in the past means now)."""

    on: date


@frozen
class NeedsPaymentMethod:
    """Nothing can be charged; ask the patient, and give up on that date. `why` is said to staff."""

    until: date
    why: str


@frozen
class GiveUp:
    """The ladder has come to its end."""

    ending: Ending


@frozen
class Stop:
    """There is nothing to recover any more."""

    ending: Ending


Decision = RetryOn | NeedsPaymentMethod | GiveUp | Stop


def delay(delays: Sequence[int], retries: int) -> int:
    """Days before retry number `retries` (from 0): beyond the list the last repeats; never less than one day."""
    return max(1, delays[min(retries, len(delays) - 1)]) if delays else 1


def counts(decline: DeclineClass, outages: int) -> bool:
    """Whether a declined automatic try uses a step of the ladder, after `outages` that did not."""
    return decline is not DeclineClass.OUTAGE or outages >= FREE_OUTAGES


def patience(delays: Sequence[int], max_retries: int) -> int:
    """Days that a case waits for a method."""
    listed = sum(delay(delays, retry) for retry in range(min(max_retries, len(delays))))
    beyond = max(0, max_retries - len(delays)) * delay(delays, max_retries)
    return max(PATIENCE_DAYS, listed + beyond)


def reminds(retries: int, remind_from_retry: int, notifications: bool) -> bool:
    """Whether the patient is reminded after a failed retry: on or after retry N, and 0 behaves as 1."""
    return notifications and retries >= max(1, remind_from_retry)


def decide(facts: LadderFacts) -> Decision:
    """The next step. Total: every combination of facts has exactly one answer.

    Ends: every RetryOn is followed by a try that raises `retries`, or `outages` (which is free only
    `FREE_OUTAGES` times), or was made on a FRESH method (each is fresh once); a wait for a method has a last day.
    """
    if facts.ended is not None:
        return Stop(facts.ended)
    if facts.retries >= facts.max_retries:
        return GiveUp(Ending.EXHAUSTED)
    obstacle = _obstacle(facts)
    if obstacle:
        since = facts.waiting_since or facts.today
        until = since + timedelta(days=patience(facts.delays, facts.max_retries))
        return GiveUp(Ending.WAITED_OUT) if facts.today >= until else NeedsPaymentMethod(until, obstacle)
    if facts.method is MethodFact.FRESH:
        return RetryOn(facts.today)
    if facts.decline is DeclineClass.OUTAGE and facts.outages < FREE_OUTAGES:
        return RetryOn(facts.last_try_on + timedelta(days=1))
    return RetryOn(facts.last_try_on + timedelta(days=delay(facts.delays, facts.retries)))


def _obstacle(facts: LadderFacts) -> str:
    match facts.method:
        case MethodFact.MISSING:
            return "There is no saved payment method."
        case MethodFact.EXPIRED:
            return "The saved card is expired."
        case MethodFact.DEAD:
            return "The saved card cannot be charged any more."
        case MethodFact.USABLE | MethodFact.FRESH:
            pass
    if facts.budget_used >= facts.budget:
        return "This card was tried as often as the card networks allow in 30 days."
    if facts.method is MethodFact.USABLE and facts.decline is DeclineClass.HARD:
        return "The bank refused this card for good."
    if facts.method is MethodFact.USABLE and facts.decline is DeclineClass.NEEDS_ACTION:
        return "The bank wants the patient to confirm the payment."
    return ""
