"""Fills: queueing a dispatch, what a changed dispatch means for its prescription and its order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DispatchId, OrderId, PrescriptionId
from hlc_core.kernel.text import line
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import Order, OrderState
from hlc_core.prescriptions import events as told
from hlc_core.prescriptions.errors import (
    DispatchUnderWay,
    NoFillsLeft,
    NotCertified,
    NotFillable,
    OrderNotReady,
    PharmacyNotConfigured,
    ReasonMissing,
)
from hlc_core.prescriptions.machine import DispatchState, DispatchTrigger, PrescriptionState, PrescriptionTrigger
from hlc_core.prescriptions.model import BlockKind, Dispatch, Prescription
from hlc_core.prescriptions.ports import Env
from hlc_core.prescriptions.settling import settle

FILLED = frozenset({OrderState.AWAITING_SCRIPT, OrderState.AWAITING_FULFILLMENT})
"""Orders for which something may be dispatched."""
SOON_PERCENT = 75
"""A refill before so much of the last fill's days has passed is too soon, and waits for a person."""


def queue_fill(one: Prescription, order: Order, env: Env, pharmacy: str = "") -> Dispatch:
    """The next fill of the prescription on its way for that order; the one that stands for the order, if there is one.

    Refuses: OrderNotReady, NotFillable (not active, run out), NoFillsLeft, NotCertified, PharmacyNotConfigured. What
    is blocked is queued and waits.
    """
    standing = [each for each in env.dispatches.of_prescriptions((one.id,)) if each.stands]
    known = next((each for each in standing if each.order == order.id), None)
    if known is not None:
        return known
    if order.state not in FILLED or order.patient != one.patient:
        raise OrderNotReady(
            f"Nothing is dispatched while the order is {order.state}.", Fault("order", "see what it waits for")
        )
    now = env.clock.now()
    today = local_date(now, env.organization.zone)
    if one.state is PrescriptionState.DEPLETED or (one.state is PrescriptionState.ACTIVE and one.next_fill is None):
        raise NoFillsLeft("Every fill that it allows was dispatched.", Fault("prescription", "write a new one"))
    if one.state is not PrescriptionState.ACTIVE or today > one.expires_on:
        raise NotFillable(
            f"It cannot be filled: it is {one.state}, and ends on {one.expires_on}.",
            Fault("prescription", "sign, release or renew it"),
        )
    fill = one.next_fill or 0
    chosen = chosen_pharmacy(one, env, pharmacy)
    if _too_soon(one, standing, today, env.organization.zone):
        one = _blocked(one, BlockKind.TOO_SOON, "The last fill lasts longer than that.", env)
    one = one.using(fill)
    env.prescriptions.save(one)
    made = Dispatch(
        id=DispatchId(env.ids.new("dsp")),
        organization=env.organization.id,
        prescription=one.id,
        fill=fill,
        patient=one.patient,
        order=order.id,
        pharmacy=chosen,
        queued_at=now,
        queued_by=env.actor.id,
        available_at=None if one.blocked else now,
        code="blocked" if one.blocked else "",
    )
    env.dispatches.add(made)
    env.outbox.put(told.queued(made))
    return made


def chosen_pharmacy(one: Prescription, env: Env, wanted: str = "") -> str:
    """The name of the pharmacy that takes it. Refuses: PharmacyNotConfigured, NotCertified (a controlled drug)."""
    name = wanted or one.pharmacy or env.organization.prescriptions.pharmacy or env.pharmacies.default
    certified = env.pharmacies.certified(name)
    if certified is None:
        raise PharmacyNotConfigured(
            "There is no such pharmacy here.", Fault("pharmacy", f"one of: {', '.join(env.pharmacies.names) or 'none'}")
        )
    if one.medicine.schedule.controlled and not certified:
        raise NotCertified(
            "A controlled drug goes only through a pharmacy adapter that says it is certified.",
            Fault("pharmacy", "name a certified one"),
        )
    return name


def _too_soon(one: Prescription, standing: Sequence[Dispatch], today: date, zone: str) -> bool:
    days = one.days_supply * SOON_PERCENT // 100
    return any(today < local_date(each.sent_at or each.queued_at, zone) + timedelta(days=days) for each in standing)


def _blocked(one: Prescription, kind: BlockKind, note: str, env: Env) -> Prescription:
    after = one.opened(kind, env.clock.now(), env.actor.id, note)
    if after is not one:
        env.outbox.put(told.blocked(after, kind))
    return after


@frozen(kw_only=True)
class DispatchFill(Command[Dispatch]):
    """Send the next fill of a prescription for an order that waits for it."""

    prescription: PrescriptionId
    order: OrderId | None = None
    pharmacy: str = ""


def dispatch_fill(command: DispatchFill, env: Env) -> Dispatch:
    """The dispatch; a repetition answers the one that stands. Refuses: Missing, what `queue_fill` refuses."""
    one = env.prescriptions.get(command.prescription)
    return queue_fill(one, env.orders.get(command.order or one.order), env, command.pharmacy)


@frozen(kw_only=True)
class RetryDispatch(Command[Dispatch]):
    """Send a failed dispatch again, under the same id; the pharmacy is asked first whether it has it."""

    dispatch: DispatchId


def retry_dispatch(command: RetryDispatch, env: Env) -> Dispatch:
    """Refuses: Missing, IllegalTransition (it has not failed)."""
    before = env.dispatches.get(command.dispatch)
    if before.state in (DispatchState.QUEUED, DispatchState.SENDING):
        return before
    after = evolve(before.moved(DispatchTrigger.RETRY), available_at=env.clock.now(), attempts=0, code="", error="")
    env.dispatches.save(after)
    env.outbox.put(told.queued(after))
    return after


@frozen(kw_only=True)
class AcknowledgeDispatch(Command[Dispatch]):
    """The pharmacy said, by whatever way, that it has taken it."""

    dispatch: DispatchId


def acknowledge_dispatch(command: AcknowledgeDispatch, env: Env) -> Dispatch:
    """Refuses: Missing, IllegalTransition, DispatchUnderWay."""
    before = env.dispatches.get(command.dispatch)
    if before.state is DispatchState.ACKNOWLEDGED:
        return before
    _not_under_way(before)
    return arrive(before, DispatchTrigger.ACKNOWLEDGE, env)


@frozen(kw_only=True)
class CancelDispatch(Command[Dispatch]):
    """Let it stand for nothing any more: the fill is free. What may have arrived asks a reason: tell the pharmacy."""

    dispatch: DispatchId
    reason: str = ""


def cancel_dispatch(command: CancelDispatch, env: Env) -> Dispatch:
    """Refuses: Missing, DispatchUnderWay, ReasonMissing."""
    before = env.dispatches.get(command.dispatch)
    if before.state is DispatchState.CANCELLED:
        return before
    _not_under_way(before)
    reason = line(command.reason, "reason", 500)
    if before.state is not DispatchState.QUEUED and len(reason) < 3:
        raise ReasonMissing(
            "It may be at the pharmacy: say why it is withdrawn, and tell them.", Fault("reason", "3 to 500 characters")
        )
    return withdraw(before, reason, env)


def _not_under_way(one: Dispatch) -> None:
    if one.state is DispatchState.SENDING:
        raise DispatchUnderWay("It is on its way right now, or that is being checked; wait for the outcome.")


def withdraw(before: Dispatch, reason: str, env: Env) -> Dispatch:
    """The dispatch, cancelled, and its fill free again. Refuses: IllegalTransition (on its way)."""
    trigger = DispatchTrigger.CANCEL if before.state is DispatchState.QUEUED else DispatchTrigger.WITHDRAW
    after = evolve(before.moved(trigger), reason=reason, available_at=None)
    env.dispatches.save(after)
    env.outbox.put(told.cancelled(after))
    one = env.prescriptions.get(after.prescription).without(after.fill)
    if one.state is PrescriptionState.DEPLETED:
        today = local_date(env.clock.now(), env.organization.zone)
        restored = one.moved(PrescriptionTrigger.RESTORE, today)
        env.outbox.put(told.moved(one, restored))
        one = restored
    env.prescriptions.save(one)
    return after


def arrive(before: Dispatch, trigger: DispatchTrigger, env: Env, reference: str = "") -> Dispatch:
    """The dispatch that the pharmacy has, with what follows for order and prescription. Refuses: IllegalTransition."""
    now = env.clock.now()
    after = evolve(
        before.moved(trigger),
        sent_at=before.sent_at or now,
        acknowledged_at=now if trigger is DispatchTrigger.ACKNOWLEDGE else before.acknowledged_at,
        reference=reference or before.reference,
        available_at=now,
        code="",
        error="",
    )
    env.dispatches.save(after)
    if not before.arrived:
        env.outbox.put(told.arrived(after))
    return settle(after, env)


def wake(prescriptions: Iterable[PrescriptionId], env: Env) -> None:
    """Queued dispatches that waited for something that is settled now may be taken."""
    for each in env.dispatches.of_prescriptions(prescriptions):
        if each.state is DispatchState.QUEUED and each.available_at is None:
            env.dispatches.save(evolve(each, available_at=env.clock.now(), code=""))
