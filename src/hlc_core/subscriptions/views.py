"""Questions about subscriptions: the rows, what happens next, and what may be done now."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from attrs import frozen

from hlc_core.access.api import SUBSCRIPTIONS
from hlc_core.kernel.commands import Query
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import PatientId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.kernel.paging import Page, limited
from hlc_core.subscriptions.cycles import bill_of, turn_of
from hlc_core.subscriptions.machine import MACHINE, State, Trigger
from hlc_core.subscriptions.model import Bill, Subscription, Turn
from hlc_core.subscriptions.ports import Env


class Action(StrEnum):
    """What a person may do with a subscription."""

    PAUSE = "pause"
    RESUME = "resume"
    SWITCH = "switch"
    PAY_OFF = "pay_off"
    CANCEL = "cancel"
    KEEP = "keep"
    FORGIVE = "forgive"
    CHANGE_METHOD = "change_method"


@frozen(kw_only=True)
class GetSubscription(Query[Subscription]):
    """One subscription."""

    subscription: SubscriptionId


def get_subscription(query: GetSubscription, env: Env) -> Subscription:
    """It. Refuses: Missing."""
    return env.subscriptions.get(query.subscription)


@frozen(kw_only=True)
class SubscriptionNumbered(Query[Subscription]):
    """The subscription with a customer-facing number."""

    number: str


def subscription_numbered(query: SubscriptionNumbered, env: Env) -> Subscription:
    """It. Refuses: Missing."""
    found = env.subscriptions.numbered(query.number.strip().upper())
    if found is None:
        raise Missing(
            "There is no subscription with that number.",
            Fault("subscription", "its id or number; see `hlc subscriptions list`", sent=query.number),
        )
    return found


@frozen(kw_only=True)
class SubscriptionsOfPatient(Query[tuple[Subscription, ...]]):
    """All subscriptions of a patient."""

    patient: PatientId
    joined: tuple[PatientId, ...] = ()
    """Records of the same person that joined that one: theirs, too."""


def subscriptions_of_patient(query: SubscriptionsOfPatient, env: Env) -> tuple[Subscription, ...]:
    """They, oldest first."""
    return tuple(env.subscriptions.of_patients((query.patient, *query.joined)))


@frozen(kw_only=True)
class ListSubscriptions(Query[Page[Subscription]]):
    """A page of them, in the named states (none named means all)."""

    states: tuple[State, ...] = ()
    after: SubscriptionId | None = None
    limit: int = 50


def list_subscriptions(query: ListSubscriptions, env: Env) -> Page[Subscription]:
    """The page, by id. Refuses: Invalid (limit)."""
    limit = limited(query.limit)
    found = env.subscriptions.page(query.states, query.after, limit + 1)
    items = tuple(found[:limit])
    return Page(items, items[-1].id if len(found) > limit else None)


@frozen(kw_only=True)
class Explanation:
    """Why it is as it is. `next_event` comes next, from `waits_for` (system, patient, gateway, nobody), by `by`."""

    subscription: SubscriptionId
    state: State
    patient_sentence: str
    staff_sentence: str
    next_event: str
    waits_for: str
    by: date | None
    amount: Money | None
    actions: tuple[Action, ...]


@frozen(kw_only=True)
class ExplainSubscription(Query[Explanation]):
    """What is expected next, from whom, by when."""

    subscription: SubscriptionId


def explain_subscription(query: ExplainSubscription, env: Env) -> Explanation:
    """In plain words. Refuses: Missing."""
    held = env.subscriptions.get(query.subscription)
    note = MACHINE.notes[held.state]
    expected = _next(held)
    return Explanation(
        subscription=held.id,
        state=held.state,
        patient_sentence=note.patient,
        staff_sentence=note.staff,
        next_event=expected.words,
        waits_for=expected.waits_for,
        by=expected.by,
        amount=expected.amount,
        actions=actions(held, held.today(env.clock.now())) if env.actor.may(SUBSCRIPTIONS) else (),
    )


_BY_HAND = (
    (Trigger.PAUSE, Action.PAUSE),
    (Trigger.RESUME, Action.RESUME),
    (Trigger.SWITCH, Action.SWITCH),
    (Trigger.PAY_OFF, Action.PAY_OFF),
    (Trigger.CANCEL, Action.CANCEL),
)


def actions(held: Subscription, on: date) -> tuple[Action, ...]:
    """What a person may do now; the lifecycle says it, and the paid period."""
    allowed = MACHINE.allowed(held.state, held.facts)
    within = on < held.period.end
    found = [action for trigger, action in _BY_HAND if trigger in allowed]
    if not within:
        found = [action for action in found if action not in (Action.SWITCH, Action.PAY_OFF)]
    if held.ended:
        return tuple(found)
    if held.cancel_at_period_end or held.pause_at_period_end or held.next_terms is not None:
        found.append(Action.KEEP)
    if held.bill is not None:
        found.append(Action.FORGIVE)
    return (*found, Action.CHANGE_METHOD)


@frozen
class _Next:
    words: str
    waits_for: str
    by: date | None = None
    amount: Money | None = None


def _next(held: Subscription) -> _Next:
    if held.bill is not None:
        return _with_bill(held, held.bill)
    if held.change is not None:
        return _Next(
            f"The confirmed {held.change.kind} is paid, then carried out.", "gateway", None, held.change.charge
        )
    if held.ended:
        return _Next("Nothing more happens.", "nobody")
    due = held.next_due
    if due is None:
        return _Next("Somebody resumes it.", "patient")
    match turn_of(held, due):
        case Turn.COMPLETE:
            return _Next("The last paid cycle ends and the commitment is complete.", "system", due)
        case Turn.CANCEL:
            return _Next("It ends with the period that is paid.", "system", due)
        case Turn.PAUSE:
            return _Next("It pauses when the period that is paid ends.", "system", due)
        case Turn.RESUME:
            return _Next("The pause ends and billing goes on.", "system", due)
        case _:
            bill = bill_of(held, held.next_cycle)
            return _Next(f"Cycle {bill.cycle} is charged.", "system", due, bill.due)


def _with_bill(held: Subscription, bill: Bill) -> _Next:
    if held.state in (State.TRIALING, State.ACTIVE):
        return _Next(f"The charge for cycle {bill.cycle} is settled.", "gateway", bill.period.start, bill.due)
    if held.state is State.PAST_DUE:
        return _Next(f"Cycle {bill.cycle} is paid, by a retry or by the patient.", "patient", None, bill.due)
    return _Next(f"The open debt for cycle {bill.cycle} is paid.", "patient", held.next_due, bill.due)
