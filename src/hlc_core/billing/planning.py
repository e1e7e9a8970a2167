"""The plan: what is due on a date, line by line, with a reason in words. Pure over facts; planning changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum

from attrs import frozen

from hlc_core.billing.errors import cause_of
from hlc_core.billing.expiry import last_day, months, reminder_day
from hlc_core.billing.missed import split
from hlc_core.billing.model import Line, LineKind, reminder_id
from hlc_core.billing.ports import Env
from hlc_core.kernel.commands import Query
from hlc_core.kernel.ids import MethodId, RecoveryId, SubscriptionId
from hlc_core.organizations.api import MissedPeriods
from hlc_core.payments.api import MethodState, SavedMethod
from hlc_core.prescriptions.api import renewals_held
from hlc_core.recovery.api import (
    Decision,
    GiveUp,
    NeedsPaymentMethod,
    RecoveryCase,
    RetryOn,
    Stop,
    due_steps,
)
from hlc_core.subscriptions.api import (
    Bill,
    Subscription,
    Turn,
    bills_of,
    due_cycles,
    instalments_left,
    turn_of,
)


class Stage(StrEnum):
    """The parts of a run, in their order: a debt that a retry settles lets the missed cycles behind it follow."""

    RECOVERIES = "recoveries"
    SUBSCRIPTIONS = "subscriptions"
    REMINDERS = "reminders"


@frozen(kw_only=True)
class PlanPage:
    """Some lines of the plan, and from where the next page goes on (None: this stage is planned)."""

    lines: tuple[Line, ...]
    next: str | None


@frozen(kw_only=True)
class PlanBilling(Query[PlanPage]):
    """What is due on the date (`<=`, never `=`), for up to `limit` subjects of one stage, behind `after`."""

    as_of: date
    stage: Stage
    after: str = ""
    limit: int = 500


def plan_billing(query: PlanBilling, env: Env) -> PlanPage:
    """A page of the plan."""
    match query.stage:
        case Stage.RECOVERIES:
            return _recoveries(query, env)
        case Stage.SUBSCRIPTIONS:
            return _subscriptions(query, env)
        case Stage.REMINDERS:
            return _reminders(query, env)


def _subscriptions(query: PlanBilling, env: Env) -> PlanPage:
    held = env.subscriptions.due(query.as_of, SubscriptionId(query.after) or None, query.limit)
    aside = _aside((one.id for one in held), env)
    lines: list[Line] = []
    planned = {
        one.id: _planned_or_stuck(one, query.as_of, env.organization.billing.missed_periods)
        for one in held
        if one.id not in aside
    }
    waiting = _held_back([one for one in held if _charges(planned.get(one.id, ()))], query.as_of, env)
    for one in held:
        if one.id in aside:
            lines.append(_left_out(one, aside[one.id]))
        elif one.id in waiting:
            lines.append(waiting[one.id])
        else:
            lines += planned[one.id]
    return PlanPage(lines=tuple(lines), next=held[-1].id if len(held) == query.limit else None)


def _charges(lines: Iterable[Line]) -> bool:
    return any(line.kind is LineKind.CHARGE for line in lines)


def _planned_or_stuck(held: Subscription, on: date, policy: MissedPeriods) -> tuple[Line, ...]:
    try:
        return plan_subscription(held, on, policy)
    except Exception as error:  # one that cannot be planned must not stop the others; it is shown
        return (_without_steps(held, LineKind.STUCK, cause_of(error)),)


def plan_subscription(held: Subscription, on: date, policy: MissedPeriods) -> tuple[Line, ...]:
    """The lines of one subscription on that date: what is due, in the order in which it is done."""
    due = held.next_due
    if due is None or due > on:
        return ()
    turn = turn_of(held, on)
    if turn is Turn.BILL:
        return tuple(_bills(held, on, policy))
    kind, why = _TURNS[turn]
    return (
        Line(
            kind=kind,
            identity=f"{held.id}:{due.isoformat()}:{turn}",
            subject=held.id,
            subscription=held.id,
            version=held.version,
            patient=held.patient,
            due_on=due,
            why=why,
        ),
    )


_TURNS = {
    Turn.COMPLETE: (LineKind.COMPLETE, "All cycles of the commitment are paid and the last period is over."),
    Turn.CANCEL: (LineKind.CANCEL, "It was to be cancelled at the end of its period."),
    Turn.PAUSE: (LineKind.PAUSE, "It was to be paused at the end of its period."),
    Turn.RESUME: (LineKind.RESUME, "The agreed end of the pause is reached."),
    Turn.WAIT: (LineKind.SKIP, "An earlier bill or change is not settled yet; nothing new is opened until it is."),
    Turn.NOTHING: (LineKind.SKIP, "Nothing is due."),
}


def _bills(held: Subscription, on: date, policy: MissedPeriods) -> Iterator[Line]:
    due = due_cycles(held, on)
    missed = split(due[0], due[-1], policy, instalments_left(held))
    if missed.forgiven:
        yield _forgiven(held, missed.forgiven, policy)
    for place, bill in enumerate(bills_of(held, missed.billed)):
        yield _charged(held, bill, place, len(due) > 1, f"{place + 1} of {len(missed.billed)} that {policy} bills")


def _forgiven(held: Subscription, cycles: range, policy: MissedPeriods) -> Line:
    first, last = cycles[0], cycles[-1]
    return Line(
        kind=LineKind.FORGIVE,
        identity=f"{held.id}:{first}-{last}:forgive",
        subject=held.id,
        subscription=held.id,
        version=held.version,
        patient=held.patient,
        due_on=held.next_due or held.period.end,
        amount=held.terms.price_of_cycle(held.paid + 1).times(len(cycles)),
        cycle=first,
        last_cycle=last,
        why=f"{_span(first, last)} missed; the policy {policy} does not bill {'it' if first == last else 'them'}.",
    )


def _charged(held: Subscription, bill: Bill, place: int, late: bool, policy: str) -> Line:
    why = f"Cycle {bill.cycle} ({bill.period.start} to {bill.period.end}) is due"
    why += f", one of several missed: {policy}." if late else "."
    if place:
        why += " It follows once the cycle before it is paid."
    if bill.credit.amount:
        why += f" Credit pays {bill.credit} of it."
    return Line(
        kind=LineKind.CHARGE,
        identity=f"{held.id}:{bill.cycle}",
        subject=held.id,
        subscription=held.id,
        version=held.version,
        patient=held.patient,
        due_on=bill.period.start,
        amount=bill.due,
        cycle=bill.cycle,
        why=why,
        waits=place > 0,
    )


def _span(first: int, last: int) -> str:
    return f"Cycle {first} was" if first == last else f"Cycles {first} to {last} were"


def _aside(subscriptions: Iterable[SubscriptionId], env: Env) -> dict[SubscriptionId, str]:
    return {one.id: one.cause for one in env.set_aside.many(subscriptions) if one.released_at is None}


def _left_out(held: Subscription, cause: str) -> Line:
    return _without_steps(held, LineKind.SKIP, f"Set aside until somebody releases it: {cause}")


def _without_steps(held: Subscription, kind: LineKind, why: str) -> Line:
    return Line(
        kind=kind,
        identity=f"{held.id}:{kind.lower()}",
        subject=held.id,
        subscription=held.id,
        version=held.version,
        patient=held.patient,
        due_on=held.next_due or held.period.end,
        why=why,
    )


def _recoveries(query: PlanBilling, env: Env) -> PlanPage:
    cases = env.recoveries.due(query.as_of, RecoveryId(query.after) or None, query.limit)
    aside = _aside((case.subscription for case in cases), env)
    billable = [case for case in cases if case.subscription not in aside]
    planned = [plan_recovery(case, decision, query.as_of) for case, decision in due_steps(billable, env, query.as_of)]
    retried = [line.subscription for line in planned if line.kind is LineKind.RETRY and line.subscription is not None]
    waiting = _held_back(env.subscriptions.many(retried), query.as_of, env) if retried else {}
    lines = tuple(
        waiting[line.subscription]
        if line.kind is LineKind.RETRY and line.subscription is not None and line.subscription in waiting
        else line
        for line in planned
    )
    return PlanPage(lines=lines, next=cases[-1].id if len(cases) == query.limit else None)


def _held_back(held: Sequence[Subscription], on: date, env: Env) -> Mapping[SubscriptionId, Line]:
    """The lines of those that care does not let be charged: noted first, passed over from then on. A retry is a charge,
    too."""
    gated = renewals_held(held, on, env)
    noted = {row.id: row.why for row in env.held_renewals.many(gated) if row.ended_at is None} if gated else {}
    return {
        one.id: _without_steps(
            one,
            LineKind.SKIP if noted.get(one.id) is gated[one.id] else LineKind.HOLD,
            f"Held, not charged: {gated[one.id].for_staff}",
        )
        for one in held
        if one.id in gated
    }


def plan_recovery(case: RecoveryCase, decision: Decision, on: date) -> Line:
    """The line of one case whose date has come, from what the ladder says of it."""
    match decision:
        case RetryOn(day) if day <= on:
            kind, why = LineKind.RETRY, f"Retry {case.retry_count + 1} of {case.max_retry_count} is due."
        case RetryOn(day):
            kind, why = LineKind.RESCHEDULE, f"The settings have changed: the next retry is on {day}."
        case NeedsPaymentMethod(until, reason):
            kind, why = LineKind.ASK_METHOD, f"{reason} The patient is asked; recovery ends on {until} without one."
        case GiveUp(ending):
            kind, why = LineKind.GIVE_UP, f"Recovery ends ({ending.replace('_', ' ')}); the final failure policy acts."
        case Stop(ending):
            kind, why = LineKind.STOP, f"Nothing is to be recovered any more ({ending})."
    return Line(
        kind=kind,
        identity=f"{case.id}:{case.retry_count + 1}:{len(case.tries)}",
        subject=case.id,
        subscription=case.subscription,
        version=case.version,
        patient=case.patient,
        due_on=case.next_on or on,
        amount=case.amount,
        cycle=case.cycle,
        why=why,
    )


def _reminders(query: PlanBilling, env: Env) -> PlanPage:
    settings = env.organization.recovery
    if not settings.card_expiry_reminders:
        return PlanPage(lines=(), next=None)
    spans = months(query.as_of, settings.card_expiry_days)
    place, _, after = query.after.partition("/")
    methods: list[SavedMethod] = []
    further: str | None = None
    for number in range(int(place or 0), len(spans)):
        methods += env.methods.expiring(spans[number], MethodId(after) or None, query.limit - len(methods))
        if len(methods) == query.limit:
            further = f"{number}/{methods[-1].id}"
            break
        after = ""
    mine = [one for one in methods if one.default and one.state is MethodState.ACTIVE]
    lines = plan_reminders(mine, query.as_of, settings.card_expiry_days)
    told = {one.id for one in env.expiry_reminders.many(line.identity for line in lines)}
    fresh = [line for line in lines if line.identity not in told]
    return PlanPage(lines=_to_the_charged(fresh, env), next=further)


def _to_the_charged(lines: Sequence[Line], env: Env) -> tuple[Line, ...]:
    """Those of patients who have a subscription that goes on."""
    held = env.subscriptions.of_patients({line.patient for line in lines})
    alive = {one.patient for one in held if not one.ended}
    return tuple(line for line in lines if line.patient in alive)


def plan_reminders(methods: Sequence[SavedMethod], on: date, days: Sequence[int]) -> tuple[Line, ...]:
    """A line for each card that has reached one of the named days before its expiry."""
    lines = []
    for method in methods:
        card = method.instrument.card
        day = None if card is None else reminder_day(card, on, days)
        if card is None or day is None:
            continue
        expires = last_day(card)
        lines.append(
            Line(
                kind=LineKind.REMIND,
                identity=reminder_id(method.id, expires, day),
                subject=method.id,
                version=method.version,
                patient=method.patient,
                due_on=on,
                why=f"The card ends on {expires}: the reminder of {day} days before is due.",
            )
        )
    return tuple(lines)
