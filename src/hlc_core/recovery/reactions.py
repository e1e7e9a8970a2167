"""What recovery does, in the same transaction, when payments, invoices and subscriptions tell something."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.invoicing.api import InvoiceGivenUp, InvoicePaid, InvoiceVoided
from hlc_core.kernel.ids import InvoiceId
from hlc_core.payments.api import (
    DeclineClass,
    MethodSaved,
    PaymentClosed,
    PaymentDeclined,
    PaymentDisputed,
    PaymentEvent,
    PaymentQuarantined,
    PaymentUnknown,
    Purpose,
)
from hlc_core.recovery import events as told
from hlc_core.recovery.consequences import keep
from hlc_core.recovery.desk import desk_of
from hlc_core.recovery.ladder import Ending, Stop
from hlc_core.recovery.model import Hold, RecoveryCase, case_id
from hlc_core.recovery.ports import Env
from hlc_core.recovery.steps import Refused, advance, settle, take_due

LOST = "The payment could not be completed."
CHECKING = "The payment is being checked."


def renewals_declined(events: Sequence[PaymentDeclined], env: Env) -> None:
    """A refused renewal opens its case or moves it on."""
    mine = [event for event in events if event.purpose is Purpose.RENEWAL]
    if mine:
        advance([_refused(event, event.decline, message(event)) for event in mine], env)


def renewals_closed(events: Sequence[PaymentClosed], env: Env) -> None:
    """A try that ended without a definite refusal is lost, as in an outage; a refused one is only fenced now."""
    mine = [event for event in events if event.purpose is Purpose.RENEWAL]
    if not mine:
        return
    cases = {case.invoice: case for case in _cases(mine, env)}
    lost = []
    for event in mine:
        case = cases.get(InvoiceId(event.owner))
        if case is None or not case.knows(event.attempt):
            lost.append(_refused(event, DeclineClass.OUTAGE, message(event) if event.text else LOST))
        elif case.hold is not None:
            env.recoveries.save(case.released())
    if lost:
        advance(lost, env)


def invoices_paid(events: Sequence[InvoicePaid], env: Env) -> None:
    """Paid, by whatever way the money came: the case is resolved."""
    paid = [event.invoice for event in events if event.cycle is not None]
    if paid:
        settle(paid, Ending.PAID, env)


def renewals_unknown(events: Sequence[PaymentUnknown], env: Env) -> None:
    """No definite answer: nothing more is tried until there is one."""
    for case in _open_cases(events, env):
        env.recoveries.save(case.held(Hold.IN_DOUBT, CHECKING))


def renewals_quarantined(events: Sequence[PaymentQuarantined], env: Env) -> None:
    """A person has to rule: recovery of that debt pauses, and staff are told. Source: design/charge-protocol, 9."""
    for case in _open_cases(events, env):
        held = case.held(Hold.QUARANTINED, CHECKING)
        env.recoveries.save(held)
        env.outbox.put(told.held(held, "A payment attempt is in quarantine; somebody has to rule on it."))


def renewals_disputed(events: Sequence[PaymentDisputed], env: Env) -> None:
    """A disputed debt is frozen: no more tries, and no final failure policy."""
    cases = _open_cases(events, env)
    if cases:
        desk = desk_of(cases, env)
        keep([(case, case.follow(Stop(Ending.DISPUTED), desk.today, desk.zone)) for case in cases], env)


def invoices_voided(events: Sequence[InvoiceVoided], env: Env) -> None:
    """Nothing is owed any more."""
    settle([event.invoice for event in events], Ending.VOID, env)


def invoices_given_up(events: Sequence[InvoiceGivenUp], env: Env) -> None:
    """The debt is written off; nothing more is tried."""
    settle([event.invoice for event in events], Ending.FORGIVEN, env)


def methods_saved(events: Sequence[MethodSaved], env: Env) -> None:
    """A new method retries the patient's open debts at once. Source: spec/billing, Recovery."""
    cases = [case for case in env.recoveries.of_patients({event.patient for event in events}) if case.open]
    if cases:
        take_due(cases, env)


def message(event: PaymentEvent) -> str:
    """What the gateway said, as it is shown: `Insufficient funds (code: 51).`"""
    text = event.text.rstrip(".") or "The payment was not accepted"
    return f"{text} (code: {event.code})." if event.code else f"{text}."


def _refused(event: PaymentEvent, decline: DeclineClass, text: str) -> Refused:
    return Refused(
        attempt=event.attempt,
        invoice=InvoiceId(event.owner),
        patient=event.patient,
        method=event.method if isinstance(event, PaymentDeclined) else None,
        decline=decline,
        message=text,
    )


def _cases(events: Sequence[PaymentEvent], env: Env) -> Sequence[RecoveryCase]:
    return env.recoveries.many(case_id(InvoiceId(event.owner)) for event in events)


def _open_cases(events: Sequence[PaymentEvent], env: Env) -> Sequence[RecoveryCase]:
    mine = [event for event in events if event.purpose is Purpose.RENEWAL]
    return [case for case in _cases(mine, env) if case.open] if mine else ()
