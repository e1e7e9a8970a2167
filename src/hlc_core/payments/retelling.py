"""What is done again about a payment when something that should have followed from it did not.

Whoever reacts knows a repetition: an order that is placed, a case that knows the try, money that stands on its invoice
stay as they are. Only the last attempt at a debt is told of: what an earlier one did may have been undone since.
"""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MethodId, ObligationId
from hlc_core.payments import events
from hlc_core.payments.machine import AttemptState
from hlc_core.payments.model import DeclineClass, MethodState, PaymentAttempt, Purpose
from hlc_core.payments.ports import Env
from hlc_core.payments.usecases import facts


@frozen(kw_only=True)
class RetellPayment(Command[PaymentAttempt]):
    """Tell once more how the last attempt at a debt ended."""

    obligation: ObligationId


def retell_payment(command: RetellPayment, env: Env) -> PaymentAttempt:
    """The attempt, as it stands. One that has not ended tells nothing. Refuses: Missing (no attempt)."""
    last = _last(command.obligation, env)
    if last.state is AttemptState.PAID:
        env.outbox.put(events.PaymentPaid(**facts(last), method=_kept(last, env), again=True))
    elif last.decline is not None and last.state in (AttemptState.CLOSING, AttemptState.CLOSED):
        decline: DeclineClass = last.decline
        env.outbox.put(events.PaymentDeclined(**facts(last), decline=decline, method=last.payment.method))
    if last.state is AttemptState.CLOSED:
        env.outbox.put(events.PaymentClosed(**facts(last)))
    return last


@frozen(kw_only=True)
class WakePayment(Command[PaymentAttempt]):
    """Have the last attempt at a debt looked at now, instead of when its turn comes."""

    obligation: ObligationId


def wake_payment(command: WakePayment, env: Env) -> PaymentAttempt:
    """The attempt, due at once if it is live. Refuses: Missing (no attempt)."""
    last = _last(command.obligation, env)
    if not last.live:
        return last
    woken = evolve(last, next_check_at=env.clock.now())
    env.attempts.save(woken)
    return woken


def _last(obligation: ObligationId, env: Env) -> PaymentAttempt:
    attempts = env.attempts.of_obligations((obligation,))
    if not attempts:
        raise Missing("There was no attempt at that debt.", Fault("obligation", "as `hlc doctor` names it"))
    return attempts[-1]


def _kept(paid: PaymentAttempt, env: Env) -> MethodId | None:
    """The card that a buyer left. Of renewals none is told: the subscription may have changed to another since."""
    if paid.payment.purpose is not Purpose.CHECKOUT:
        return None
    mine = [
        method
        for method in env.methods.of_patients((paid.payment.patient,))
        if method.state is MethodState.ACTIVE and method.gateway == paid.payment.gateway
    ]
    newest = max(mine, key=lambda method: method.saved_at, default=None)
    return paid.payment.method if newest is None else newest.id
