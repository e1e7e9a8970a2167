"""What the billing run and settled renewals do to subscriptions, in batches: two statements, however many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.kernel.text import line
from hlc_core.subscriptions import events
from hlc_core.subscriptions.cycles import bill_of, billed, paid_for, skipped, turn_of
from hlc_core.subscriptions.errors import AmountDiffers, CycleOutOfTurn
from hlc_core.subscriptions.machine import State, Trigger
from hlc_core.subscriptions.model import Bill, OpenDebt, Subscription, Turn
from hlc_core.subscriptions.moves import cancel, forgive_open_bill, pause, resume, tell_takeover
from hlc_core.subscriptions.ports import Env

RUNNING = frozenset({State.TRIALING, State.ACTIVE})
"""States in which cycles are billed."""


@frozen(kw_only=True)
class NextCycle:
    """A cycle to bill (or the last one to forgive). Those between it and what came last are forgiven."""

    subscription: SubscriptionId
    cycle: int


@frozen(kw_only=True)
class PaidCycle:
    """A cycle whose bill was paid in full; `amount` is the money (zero, where credit covered it)."""

    subscription: SubscriptionId
    cycle: int
    amount: Money


def open_bills(wanted: Sequence[NextCycle], env: Env) -> tuple[Bill, ...]:
    """Bill these cycles, at the price in force: from now on the amount is fixed and nothing else can be billed.

    A cycle that is billed already answers its bill. Refuses: Missing, CycleOutOfTurn (nothing can be billed there).
    """
    held = _held((one.subscription for one in wanted), env)
    bills = []
    for one in wanted:
        before = _get(held, one.subscription, env)
        bill = before.bill
        if bill is None or bill.cycle != one.cycle:
            _in_turn(before, one)
            bill = bill_of(before, one.cycle)
            held[before.id] = billed(before, bill)
            _tell_skipped(before, held[before.id], env)
        bills.append(bill)
    _save(held, env)
    return tuple(bills)


def forgive_cycles(through: Sequence[NextCycle], env: Env) -> tuple[Subscription, ...]:
    """Skip missed cycles, up to and with the named ones, without billing them. Twice is once.

    Refuses: Missing, CycleOutOfTurn (a bill is open, or nothing is billed there).
    """
    held = _held((one.subscription for one in through), env)
    for one in through:
        before = _get(held, one.subscription, env)
        if one.cycle >= before.next_cycle:
            _in_turn(before, one)
            held[before.id] = skipped(before, one.cycle + 1)
            _tell_skipped(before, held[before.id], env)
    return _save(held, env)


def renewed(paid: Sequence[PaidCycle], env: Env) -> tuple[Subscription, ...]:
    """Advance what was paid: number, period, due date; a failed renewal is recovered, a trial is active.

    A cycle that is paid or dealt with already changes nothing. Money for a bill that was forgiven stands as credit,
    and what is paid after the end is noted. Refuses: Missing, CycleOutOfTurn, AmountDiffers.
    """
    held = _held((one.subscription for one in paid), env)
    for one in paid:
        before = _get(held, one.subscription, env)
        held[before.id] = _take(before, one, env)
    return _save(held, env)


def fall_past_due(subscriptions: Iterable[SubscriptionId], env: Env) -> tuple[Subscription, ...]:
    """The charge of their open bill was declined: PAST_DUE; those that were to end with the period end now.

    Those that are past due, paused or ended, and those without a bill, stay as they are.
    """
    held = _held(subscriptions, env)
    for before in list(held.values()):
        if before.bill is not None and before.state in RUNNING:
            held[before.id] = _fail(before, before.bill, env)
    return _save(held, env)


def forgive_bills(subscriptions: Iterable[SubscriptionId], reason: str, env: Env) -> tuple[Subscription, ...]:
    """Drop their open bills: the cycles are skipped, what was past due is active. Without a bill nothing changes."""
    held = _held(subscriptions, env)
    for before in list(held.values()):
        held[before.id] = forgive_open_bill(before, reason, env)
    return _save(held, env)


@frozen(kw_only=True)
class ForgiveBill(Command[Subscription]):
    """Staff drop the open bill of one subscription and keep it going."""

    subscription: SubscriptionId
    reason: str

    def __attrs_post_init__(self) -> None:
        line(self.reason, "reason", 500, 1)


def forgive_bill(command: ForgiveBill, env: Env) -> Subscription:
    """The subscription without the bill. Refuses: Missing."""
    env.subscriptions.get(command.subscription)
    return forgive_bills([command.subscription], command.reason.strip(), env)[0]


def turn_over(subscriptions: Iterable[SubscriptionId], on: date, env: Env) -> tuple[Subscription, ...]:
    """Do what the day asks for without money: complete, cancel, pause, resume. The others stay as they are."""
    held = _held(subscriptions, env)
    now = env.clock.now()
    for before in list(held.values()):
        match turn_of(before, on):
            case Turn.COMPLETE:
                ended = evolve(before.moved(Trigger.COMPLETE), next_due=None, ended_at=now)
                env.outbox.put(events.SubscriptionCompleted(**events.about(ended), paid_off=False))
                held[before.id] = ended
            case Turn.CANCEL:
                debt = before.open_debt or OpenDebt.COLLECT
                held[before.id] = cancel(before, before.cancel_reason, debt, now, env)
            case Turn.PAUSE:
                held[before.id] = pause(before, now, env)
            case Turn.RESUME:
                held[before.id] = resume(before, before.next_due or on, before.resume_as, env)
            case _:
                pass
    return _save(held, env)


def _in_turn(held: Subscription, wanted: NextCycle) -> None:
    plain = held.all_paid and held.next_terms is None
    free = held.state in RUNNING and held.bill is None and held.change is None and not plain
    if not free or wanted.cycle < held.next_cycle:
        raise CycleOutOfTurn(f"Cycle {wanted.cycle} cannot be billed while {held.number} is {held.state}.")


def _take(held: Subscription, paid: PaidCycle, env: Env) -> Subscription:
    if paid.cycle in held.forgiven_bills:
        return _take_anyway(held, paid, env)
    bill = held.bill
    if bill is None or bill.cycle != paid.cycle:
        if paid.cycle < held.next_cycle:
            return held
        _in_turn(held, NextCycle(subscription=held.id, cycle=paid.cycle))
        bill = bill_of(held, paid.cycle)
    if paid.amount != bill.due:
        raise AmountDiffers(f"{paid.amount} was paid for cycle {bill.cycle}, {bill.due} was billed.")
    if held.ended:
        settled = evolve(paid_for(held, bill), next_due=None)
        env.outbox.put(events.DebtPaid(**events.about(settled), paid_cycle=bill.cycle, amount=paid.amount))
        return settled
    return _advance(held, bill, env)


_PAID = {
    State.TRIALING: Trigger.ACTIVATE,
    State.ACTIVE: Trigger.RENEW,
    State.PAST_DUE: Trigger.RECOVER,
    State.PAUSED: Trigger.RECOVER,
}


def _advance(held: Subscription, bill: Bill, env: Env) -> Subscription:
    trigger = _PAID[held.state]
    settled = paid_for(held.moved(trigger), bill)
    if settled.state is State.PAUSED:
        settled = evolve(settled, next_due=settled.resume_on)
    if trigger is Trigger.RECOVER:
        env.outbox.put(events.SubscriptionRecovered(**events.about(settled), amount=bill.due))
    if held.cycle == 0:
        env.outbox.put(events.SubscriptionActivated(**events.about(settled)))
    _tell_skipped(held, settled, env, last=bill.cycle - 1)
    env.outbox.put(events.SubscriptionRenewed(**events.about(settled), amount=bill.due, credit=bill.credit))
    return settled


def _take_anyway(held: Subscription, paid: PaidCycle, env: Env) -> Subscription:
    others = tuple(cycle for cycle in held.forgiven_bills if cycle != paid.cycle)
    kept = evolve(held, forgiven_bills=others, charged=held.charged + paid.amount, credit=held.credit + paid.amount)
    env.outbox.put(events.PaidOutOfTurn(**events.about(kept), amount=paid.amount, paid_for=f"cycle {paid.cycle}"))
    return kept


def _fail(held: Subscription, bill: Bill, env: Env) -> Subscription:
    if held.cancel_at_period_end:
        return cancel(held, held.cancel_reason, held.open_debt or OpenDebt.COLLECT, env.clock.now(), env)
    failed = held.moved(Trigger.FAIL)
    env.outbox.put(events.SubscriptionPastDue(**events.about(failed), failed_cycle=bill.cycle, amount=bill.due))
    return failed


def _tell_skipped(before: Subscription, after: Subscription, env: Env, last: int | None = None) -> None:
    tell_takeover(before, after, env)
    final = after.next_cycle - 1 if last is None else last
    if final >= before.next_cycle:
        env.outbox.put(events.CyclesForgiven(**events.about(after), first=before.next_cycle, last=final))


def _held(ids: Iterable[SubscriptionId], env: Env) -> dict[SubscriptionId, Subscription]:
    return {held.id: held for held in env.subscriptions.many(ids)}


def _get(held: dict[SubscriptionId, Subscription], id: SubscriptionId, env: Env) -> Subscription:
    return held.get(id) or env.subscriptions.get(id)


def _save(held: dict[SubscriptionId, Subscription], env: Env) -> tuple[Subscription, ...]:
    for subscription in held.values():
        env.subscriptions.save(subscription)
    return tuple(held.values())
