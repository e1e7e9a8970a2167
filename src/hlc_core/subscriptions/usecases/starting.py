"""Starting what was bought. Checkout sends it in its own transaction."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MethodId, OrderId, PatientId, SubscriptionId
from hlc_core.kernel.money import Money, zero
from hlc_core.kernel.time import Period, local_date
from hlc_core.subscriptions import events
from hlc_core.subscriptions.calendar import Grid
from hlc_core.subscriptions.machine import State, Trigger
from hlc_core.subscriptions.model import Span, Subscription
from hlc_core.subscriptions.ports import Env
from hlc_core.subscriptions.terms import Terms


@frozen(kw_only=True)
class Purchase:
    """One line of a paid order. `billed` is what was charged for it at once (in a trial: nothing)."""

    order: OrderId
    line: int
    patient: PatientId
    terms: Terms
    billed: Money
    method: MethodId | None
    gateway: str


@frozen(kw_only=True)
class StartSubscriptions(Command[tuple[Subscription, ...]]):
    """Everything that an order (or a batch of orders) makes a standing agreement of."""

    purchases: tuple[Purchase, ...]

    def __attrs_post_init__(self) -> None:
        faults = []
        for place, purchase in enumerate(self.purchases):
            where = f"purchases[{place}].billed"
            if purchase.billed.currency != purchase.terms.currency:
                faults.append(Fault(where, "in the currency of the terms"))
            if purchase.billed.amount < 0 or (purchase.terms.trial_days and not purchase.billed.is_zero):
                faults.append(Fault(where, "not below zero, and nothing while a trial runs"))
        if faults:
            raise Invalid("Those purchases cannot start.", *faults)


def start_subscriptions(command: StartSubscriptions, env: Env) -> tuple[Subscription, ...]:
    """The subscriptions, in the order of the purchases: paid for one cycle, or in their trial.

    Refuses at commit: AlreadyExists (that line of that order has one; the number is taken: run again).
    """
    started = []
    for purchase in command.purchases:
        trial = _in_trial(purchase, env)
        env.outbox.put(
            events.SubscriptionCreated(
                **events.about(trial), amount=purchase.billed, trial=purchase.terms.trial_days > 0
            )
        )
        held = trial if purchase.terms.trial_days else _paid_at_once(trial, purchase)
        if held is not trial:
            env.outbox.put(events.SubscriptionActivated(**events.about(held)))
        env.subscriptions.add(held)
        started.append(held)
    return tuple(started)


def _in_trial(purchase: Purchase, env: Env) -> Subscription:
    now, terms, organization = env.clock.now(), purchase.terms, env.organization
    zone = organization.zone
    today = local_date(now, zone)
    first = today + timedelta(days=terms.trial_days)
    return Subscription(
        id=SubscriptionId(env.ids.new("sub")),
        organization=organization.id,
        number=env.ids.number("S"),
        patient=purchase.patient,
        order=purchase.order,
        line=purchase.line,
        state=State.TRIALING,
        terms=terms,
        zone=zone,
        grid=Grid(anchor=first, interval=terms.cycle_interval),
        cycle=0,
        paid=0,
        next_cycle=1,
        period=Period(today, first),
        next_due=first,
        charged=zero(terms.currency),
        credit=zero(terms.currency),
        method=purchase.method,
        gateway=purchase.gateway,
        created_at=now,
        trial_end=first if terms.trial_days else None,
    )


def _paid_at_once(trial: Subscription, purchase: Purchase) -> Subscription:
    period = trial.grid.period(1)
    return evolve(
        trial.moved(Trigger.ACTIVATE),
        cycle=1,
        paid=1,
        next_cycle=2,
        period=period,
        next_due=period.end,
        charged=purchase.billed,
        spans=(Span(start=period.start, end=period.end, price=purchase.billed, whole=period),),
    )
