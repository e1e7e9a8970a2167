"""What a patient sees of their own failed renewals, and paying one of them at once. Source: spec/billing, Recovery.

The patient is there: the charge is made on-session, so that the bank may ask for a confirmation, and the new card is
kept when it has paid. One obligation has one open attempt, whoever began it: a second press answers from the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from attrs import field, frozen

from hlc_core.invoicing.api import Invoice, InvoiceState
from hlc_core.kernel.commands import Actor, Command, Query
from hlc_core.kernel.errors import Denied, Fault, Missing
from hlc_core.kernel.ids import AttemptId, InvoiceId, MethodId, PatientId, RecoveryId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.payments.api import (
    AttemptState,
    DeclineClass,
    Instrument,
    MethodState,
    NoPaymentToken,
    NoUsableMethod,
    Payment,
    PaymentAttempt,
    Purpose,
)
from hlc_core.recovery.desk import Desk, desk_of
from hlc_core.recovery.errors import NothingToRetry, RetryInFlight
from hlc_core.recovery.machine import RecoveryState
from hlc_core.recovery.model import RecoveryCase, case_id
from hlc_core.recovery.ports import Env
from hlc_core.recovery.steps import launch_present


class Standing(StrEnum):
    """Where a failed renewal stands, as its patient is told."""

    OWED = "owed"
    DECLINED = "declined"
    CONFIRM = "confirm"
    CHECKING = "checking"
    PAID = "paid"
    SETTLED = "settled"
    """Nothing is owed any more, without money: forgiven or withdrawn."""


PAYABLE = frozenset({Standing.OWED, Standing.DECLINED})
"""Where another card may be tried."""


@frozen(kw_only=True)
class OwnRenewal:
    """One failed renewal of one's own. `reason` is what the gateway said of the last try, `action_url` where the bank
    asks; `attempt` is the last try, `retry_on` the day on which HLC tries by itself."""

    recovery: RecoveryId
    invoice: InvoiceId
    number: str
    subscription: SubscriptionId
    name: str
    amount: Money
    due_on: date
    status: RecoveryState
    standing: Standing
    reason: str = ""
    retry_on: date | None = None
    action_url: str | None = None
    attempt: AttemptId | None = None
    live: bool = False

    @property
    def payable(self) -> bool:
        """Whether it can be paid now."""
        return self.standing in PAYABLE and not self.live


@frozen(kw_only=True)
class OwnRenewals(Query[tuple[OwnRenewal, ...]]):
    """One's own renewals that failed and are still owed, oldest first."""


def own_renewals(query: OwnRenewals, env: Env) -> tuple[OwnRenewal, ...]:
    """Those in doubt included. Refuses: Denied (no patient)."""
    cases = [one for one in env.recoveries.of_patients(own_records(env.actor)) if one.state in _OWED]
    shown = (one for one in _shown(cases, env) if one.standing is not Standing.SETTLED)
    return tuple(sorted((one for one in shown if one.standing is not Standing.PAID), key=lambda one: one.due_on))


@frozen(kw_only=True)
class GetOwnRenewal(Query[OwnRenewal]):
    """One of one's own, by the invoice that is unpaid (or was)."""

    invoice: InvoiceId


def get_own_renewal(query: GetOwnRenewal, env: Env) -> OwnRenewal:
    """Refuses: Missing (no case, or somebody else's), Denied (no patient)."""
    return _shown([_own_case(query.invoice, env)], env)[0]


@frozen(kw_only=True)
class RetriesUnderWay(Query[tuple[AttemptId, ...]]):
    """The tries at a patient's debts that nobody has sent yet: what a new card has just caused."""

    patient: PatientId


def retries_under_way(query: RetriesUnderWay, env: Env) -> tuple[AttemptId, ...]:
    """Oldest first."""
    cases = env.recoveries.of_patients((query.patient,))
    running = [case.running.attempt for case in cases if case.running is not None]
    return tuple(sorted(one.id for one in env.attempts.many(running) if one.state is AttemptState.OPEN))


@frozen(kw_only=True)
class PayRenewal(Command[AttemptId]):
    """Pay one's own failed renewal now, with the token of a new card or with a saved method.

    `return_url` is where the bank sends the patient back to. Uses nothing of the automatic budget.
    """

    invoice: InvoiceId
    token: str = field(default="", repr=False)
    method: MethodId | None = None
    return_url: str = ""


def pay_renewal(command: PayRenewal, env: Env) -> AttemptId:
    """The attempt that has to be collected: a new one, or the one that stands (pressed twice, a retry of ours).

    Refuses: Missing (no such debt of one's own), Denied (no patient), NothingToRetry (nothing is owed any more),
    RetryInFlight (a declined try is still being closed), NoPaymentToken, NoUsableMethod.
    """
    case = _own_case(command.invoice, env)
    tries = env.attempts.of_obligations((case.obligation,))
    standing = next((one for one in tries if one.state is not AttemptState.CLOSED), None)
    if standing is not None and standing.state is AttemptState.CLOSING:
        raise RetryInFlight("Your last payment is still being closed. Try again in a minute.", retry_after=60)
    if standing is not None:
        return standing.id
    desk = desk_of([case], env)
    debt = desk.debts.get(case.invoice)
    if case.state is RecoveryState.RESOLVED or debt is None or debt.ended is not None:
        raise NothingToRetry("Nothing is owed on this renewal any more.")
    _, attempt = launch_present(case, _payment(command, case, debt.amount, desk), desk, env)
    return attempt.id


def _payment(command: PayRenewal, case: RecoveryCase, amount: Money, desk: Desk) -> Payment:
    instrument, gateway = Instrument(token=command.token), desk.gateway
    if command.method is not None:
        held = next((m for m in desk.methods.get(case.patient, ()) if m.id == command.method), None)
        if held is None or held.state is not MethodState.ACTIVE or held.gateway != desk.gateway:
            raise NoUsableMethod("This card cannot be charged. Use another one.", Fault("method", "another card"))
        instrument, gateway = held.instrument, held.gateway
    elif not command.token:
        raise NoPaymentToken(
            "Choose a card, or enter a new one.", Fault("token", "the one-time token of the card form")
        )
    return Payment(
        obligation=case.obligation,
        purpose=Purpose.RENEWAL,
        subject=case.invoice,
        patient=case.patient,
        amount=amount,
        instrument=instrument,
        gateway=gateway,
        off_session=False,
        keep_method=command.method is None,
        method=command.method,
        return_url=command.return_url,
    )


def own_patient(actor: Actor) -> PatientId:
    """Whose own things these are. Refuses: Denied (the actor is no patient)."""
    if actor.own is None:
        raise Denied("Only patients have things of their own here.", Fault("actor", "a patient"))
    return actor.own


def own_records(actor: Actor) -> tuple[PatientId, ...]:
    """The same, with the records that joined it. Refuses: Denied (the actor is no patient)."""
    own_patient(actor)
    return actor.owned


def _own_case(invoice: InvoiceId, env: Env) -> RecoveryCase:
    found = env.recoveries.find(case_id(invoice))
    if found is None or found.patient not in own_records(env.actor) or found.invoice != invoice:
        raise Missing(
            "There is no failed renewal of that name.", Fault("invoice", "one that your cards page shows", sent=invoice)
        )
    return found


_OWED = frozenset({RecoveryState.RETRY_SCHEDULED, RecoveryState.NEEDS_PAYMENT_METHOD, RecoveryState.FAILED_FINAL})


def _shown(cases: Sequence[RecoveryCase], env: Env) -> list[OwnRenewal]:
    invoices = {one.id: one for one in env.invoices.many([case.invoice for case in cases])}
    held = {one.id: one for one in env.subscriptions.many({case.subscription for case in cases})}
    tries: dict[str, PaymentAttempt] = {}
    for attempt in env.attempts.of_obligations([case.obligation for case in cases]):
        tries[attempt.payment.obligation] = attempt
    return [_one(case, invoices, held[case.subscription].terms.name, tries.get(case.obligation)) for case in cases]


def _one(
    case: RecoveryCase, invoices: Mapping[InvoiceId, Invoice], name: str, last: PaymentAttempt | None
) -> OwnRenewal:
    invoice = invoices[case.invoice]
    standing = _standing(case, invoice, last)
    return OwnRenewal(
        recovery=case.id,
        invoice=case.invoice,
        number=invoice.display_number,
        subscription=case.subscription,
        name=name,
        amount=invoice.balance if invoice.state is not InvoiceState.PAID else invoice.total,
        due_on=invoice.due_on,
        status=case.state,
        standing=standing,
        reason=_reason(last) if last is not None and standing is Standing.DECLINED else "",
        retry_on=case.next_retry_on,
        action_url=last.action_url if last is not None and standing is Standing.CONFIRM else None,
        attempt=None if last is None else last.id,
        live=last is not None and last.live,
    )


def _standing(case: RecoveryCase, invoice: Invoice, last: PaymentAttempt | None) -> Standing:
    if invoice.state is InvoiceState.PAID:
        return Standing.PAID
    if case.state is RecoveryState.RESOLVED or invoice.state in (InvoiceState.VOID, InvoiceState.UNCOLLECTIBLE):
        return Standing.SETTLED
    if last is None:
        return Standing.CHECKING if case.hold is not None else Standing.OWED
    if last.state is AttemptState.ACTION and last.action_url:
        return Standing.CONFIRM
    if last.state in (AttemptState.CLOSED, AttemptState.CLOSING):
        return Standing.OWED if last.decline is None else Standing.DECLINED
    return Standing.CHECKING


def _reason(attempt: PaymentAttempt) -> str:
    """What the gateway said, with its code; a bank that wants a confirmation is said in our words."""
    if attempt.decline is DeclineClass.NEEDS_ACTION and attempt.payment.off_session:
        return "Your bank wants you to confirm this payment yourself."
    text = attempt.text.rstrip(".") or "The payment was not accepted"
    return f"{text} (code: {attempt.code})." if attempt.code else f"{text}."
