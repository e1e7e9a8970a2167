"""Taking due dispatches and recording what pharmacies answered: two short transactions around each call."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DispatchId
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import Order
from hlc_core.prescriptions import events as told
from hlc_core.prescriptions.fills import FILLED, arrive, withdraw
from hlc_core.prescriptions.machine import DispatchState, DispatchTrigger, PrescriptionState
from hlc_core.prescriptions.model import Dispatch, Prescription
from hlc_core.prescriptions.ports import Env, PharmacyAnswer, PharmacyResult, Script
from hlc_core.prescriptions.settling import settle
from hlc_core.relay import backoff

LEASE = timedelta(minutes=2)
"""A worker that was not heard of for that long is taken for dead; another one asks the pharmacy what became of it."""
MOST_ATTEMPTS = 10
"""Tries without a definite answer (about three hours), after which a person is asked."""


@frozen(kw_only=True)
class Errand:
    """One call to make. `ask_first`: an earlier request may have reached the pharmacy; without `send` nothing more is
    sent, whatever it answers. `attempt` fences: what a worker reports whose lease ran out counts only if it is certain.
    """

    dispatch: DispatchId
    pharmacy: str
    attempt: int
    ask_first: bool
    send: bool
    script: Script


@frozen(kw_only=True)
class TakeDispatches(Command[tuple[Errand, ...]]):
    """Lease due dispatches to a worker; what may not go out any more is cancelled, what is blocked is put off."""

    limit: int = 20


def take_dispatches(command: TakeDispatches, env: Env) -> tuple[Errand, ...]:
    """The calls to make. Two workers never get the same one within its lease."""
    now = env.clock.now()
    errands = []
    due = env.dispatches.due(now, command.limit)
    orders = {order.id: order for order in env.orders.many({one.order for one in due})}
    written = {one.id: one for one in env.prescriptions.many({one.prescription for one in due})}
    for one in due:
        if one.arrived:
            settle(one, env)
            continue
        order, prescription = orders[one.order], written[one.prescription]
        goes = one.state is DispatchState.SENDING or _goes(one, order, prescription, env)
        if not goes and not one.asked:
            continue
        taken = one.moved(DispatchTrigger.SEND) if one.state is DispatchState.QUEUED else one
        taken = evolve(taken, attempts=one.attempts + 1, asked=True, available_at=now + LEASE)
        env.dispatches.save(taken)
        errands.append(
            Errand(
                dispatch=one.id,
                pharmacy=one.pharmacy,
                attempt=taken.attempts,
                ask_first=one.asked,
                send=goes and _wanted(order, prescription, env) and _free(prescription),
                script=script_of(taken, prescription, order, env),
            )
        )
    return tuple(errands)


def _goes(one: Dispatch, order: Order, prescription: Prescription, env: Env) -> bool:
    """Whether it may go out at this very moment; if not, it is cancelled, or waits for what has to be settled.

    What may have reached the pharmacy earlier is left as it is: it has to be asked about first.
    """
    if not _wanted(order, prescription, env):
        if not one.asked:
            withdraw(one, f"The order is {order.state}, the prescription {prescription.state}.", env)
        return False
    if one.asked:
        return True
    if not _free(prescription):
        env.dispatches.save(evolve(one, available_at=None, code="blocked"))
        return False
    certified = env.pharmacies.certified(one.pharmacy)
    if certified is None or (prescription.medicine.schedule.controlled and not certified):
        code = "not_configured" if certified is None else "not_certified"
        env.dispatches.save(evolve(one, available_at=env.clock.now() + backoff(10), code=code))
        return False
    return True


def _free(prescription: Prescription) -> bool:
    fillable = (PrescriptionState.ACTIVE, PrescriptionState.DEPLETED)
    return not prescription.blocked and prescription.state in fillable


def _wanted(order: Order, prescription: Prescription, env: Env) -> bool:
    today = local_date(env.clock.now(), env.organization.zone)
    return order.state in FILLED and not prescription.ended and today <= prescription.expires_on


@frozen(kw_only=True)
class RecordAnswer(Command[Dispatch]):
    """What came of an errand."""

    dispatch: DispatchId
    attempt: int
    answer: PharmacyAnswer


def record_answer(command: RecordAnswer, env: Env) -> Dispatch:
    """The dispatch after the answer. That it arrived counts from whomever; all else only from who holds the lease.

    Refuses: Missing.
    """
    one, answer = env.dispatches.get(command.dispatch), command.answer
    if answer.result in _ARRIVED:
        return _arrived(one, answer, env)
    if one.state is not DispatchState.SENDING or one.attempts != command.attempt:
        return one
    match answer.result:
        case PharmacyResult.REFUSED:
            return _failed(one, DispatchTrigger.REFUSE, answer, env)
        case _ if one.attempts >= MOST_ATTEMPTS:
            return _failed(one, DispatchTrigger.GIVE_UP, answer, env)
        case PharmacyResult.NOT_SENT | PharmacyResult.NOT_FOUND:
            return _again(evolve(one.moved(DispatchTrigger.POSTPONE), asked=False), answer, env)
        case _:
            return _again(one, answer, env)


_ARRIVED = {
    PharmacyResult.SENT: DispatchTrigger.DELIVER,
    PharmacyResult.ACKNOWLEDGED: DispatchTrigger.ACKNOWLEDGE,
}


def _arrived(one: Dispatch, answer: PharmacyAnswer, env: Env) -> Dispatch:
    trigger = _ARRIVED[answer.result]
    if one.state is DispatchState.QUEUED:  # put off by another worker, while the first one's request did arrive
        one = one.moved(DispatchTrigger.SEND)
    if trigger not in one.allowed():
        return one
    return arrive(one, trigger, env, answer.reference)


def _failed(one: Dispatch, trigger: DispatchTrigger, answer: PharmacyAnswer, env: Env) -> Dispatch:
    code = answer.code or ("no_answer" if trigger is DispatchTrigger.GIVE_UP else "refused")
    after = evolve(one.moved(trigger), code=code, error=answer.text, available_at=None)
    env.dispatches.save(after)
    env.outbox.put(told.failed(after))
    return after


def _again(one: Dispatch, answer: PharmacyAnswer, env: Env) -> Dispatch:
    later = env.clock.now() + backoff(one.attempts)
    after = evolve(one, code=answer.code or answer.result, error=answer.text, available_at=later)
    env.dispatches.save(after)
    return after


def script_of(one: Dispatch, prescription: Prescription, order: Order, env: Env) -> Script:
    """Everything that the pharmacy has to know of that fill."""
    medicine, licence = prescription.medicine, prescription.approval.licence
    signed = prescription.signed_at or prescription.written_at
    return Script(
        dispatch=one.id,
        number=prescription.number,
        fill=one.fill,
        refills_left=prescription.refills_allowed - one.fill,
        written_on=local_date(signed, env.organization.zone),
        expires_on=prescription.expires_on,
        organization=env.organization.slug,
        clinic=env.organization.name,
        patient_name=order.contact.name,
        patient_email=order.contact.email,
        patient_phone=order.contact.phone,
        address=order.shipping_address,
        patient_state=prescription.approval.patient_state,
        prescriber=prescription.prescriber or prescription.approval.clinician,
        licence_number=licence.number,
        licence_state=licence.state,
        drug=medicine.name,
        compound=medicine.compound,
        strength=medicine.strength,
        form=medicine.form,
        code=medicine.code,
        controlled=medicine.schedule.controlled,
        quantity=prescription.quantity,
        unit=prescription.unit,
        days_supply=prescription.days_supply,
        directions=prescription.directions,
        order_number=order.number,
    )
