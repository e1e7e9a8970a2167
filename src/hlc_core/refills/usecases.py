"""Refills on their day, and what providers and staff do with them."""

from __future__ import annotations

from attrs import field, frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import RefillId
from hlc_core.kernel.money import zero
from hlc_core.kernel.text import line
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import (
    Needs,
    Order,
    OrderLine,
    Placement,
    Source,
    SourceContext,
    amounts_of,
    place_orders,
)
from hlc_core.prescriptions.api import Prescription, queue_fill
from hlc_core.refills.errors import NothingToSend, ReasonNeededForRefill, RefillNotCovered
from hlc_core.refills.events import RefillApproved, told
from hlc_core.refills.gates import judged, see
from hlc_core.refills.machine import RefillState, RefillTrigger
from hlc_core.refills.model import Gate, Refill
from hlc_core.refills.ports import Env


@frozen(kw_only=True)
class Moved:
    """What came of a round: how many were looked at, how many fell due, and from where the next one goes on."""

    looked_at: int
    due: int
    sent: int
    next: RefillId | None


@frozen(kw_only=True)
class MoveDueRefills(Command[Moved]):
    """Look at SCHEDULED refills whose day has come, however late: those whose money is here fall due."""

    after: RefillId | None = None
    limit: int = 200


def move_due_refills(command: MoveDueRefills, env: Env) -> Moved:
    """What was done. An approved one is sent at once where the organization wants that."""
    today = local_date(env.clock.now(), env.organization.zone)
    found = env.refills.scheduled(today, command.after, command.limit)
    seen, due, sent = see(found, env), 0, 0
    for one in found:
        known = judged(one, seen, today, automatic=True)
        held = seen.subscriptions.get(one.subscription) if one.subscription is not None else None
        if held is not None and held.ended and known.payment is not Gate.OPEN:
            ended(known, RefillTrigger.CANCEL, "Its subscription has ended.", env)
        elif known.payment is not Gate.OPEN:
            env.refills.save(known)
        else:
            after = evolve(known.moved(RefillTrigger.FALL_DUE), became_due_at=env.clock.now(), held=None)
            env.refills.save(after)
            env.outbox.put(told(after))
            due += 1
            if after.state is RefillState.APPROVED and env.organization.prescriptions.automatic_refills:
                sent += _sent_if_possible(after, env)
    more = len(found) == command.limit
    return Moved(looked_at=len(found), due=due, sent=sent, next=found[-1].id if more else None)


def _sent_if_possible(one: Refill, env: Env) -> int:
    """What cannot be sent by itself waits for a provider, who sees why."""
    try:
        send(one, env)
    except HlcError as refusal:
        env.refills.save(evolve(one, clinical_note=refusal.detail))
        return 0
    return 1


@frozen(kw_only=True)
class ApproveRefill(Command[Refill]):
    """A provider approves a refill that waits for one: its prescription has to allow it."""

    refill: RefillId


def approve_refill(command: ApproveRefill, env: Env) -> Refill:
    """Refuses: Missing, IllegalTransition, RefillNotCovered."""
    before = env.refills.get(command.refill)
    if before.state is RefillState.APPROVED:
        return before
    known = _looked_at(before, env)
    if known.clinical is not Gate.OPEN:
        raise RefillNotCovered(known.clinical_note, Fault("refill", "write a new prescription, or decline it"))
    after = _decided(known.moved(RefillTrigger.APPROVE), "", env)
    env.refills.save(after)
    env.outbox.put(told(after, RefillApproved))
    return after


@frozen(kw_only=True)
class SendRefill(Command[Refill]):
    """Dispatch an approved refill. One of a plan gets an order of its own, which costs nothing."""

    refill: RefillId
    pharmacy: str = ""


def send_refill(command: SendRefill, env: Env) -> Refill:
    """The refill with its dispatch; a repetition answers the one that stands. It is COMPLETED when that has arrived.

    Refuses: Missing, RefillNotCovered, NothingToSend, what `queue_fill` refuses.
    """
    before = env.refills.get(command.refill)
    if before.dispatch is not None:
        return before
    if before.state is not RefillState.APPROVED:
        raise RefillNotCovered(f"It is {before.state}: only an approved refill is sent.", Fault("refill", "approve it"))
    known = _looked_at(before, env)
    if known.clinical is not Gate.OPEN:
        raise RefillNotCovered(known.clinical_note, Fault("refill", "write a new prescription, or decline it"))
    return send(known, env, command.pharmacy)


def send(one: Refill, env: Env, pharmacy: str = "") -> Refill:
    """The refill with a dispatch queued. Refuses: NothingToSend, what `queue_fill` refuses."""
    prescription = None if one.prescription is None else env.prescriptions.find(one.prescription)
    if prescription is None:
        raise NothingToSend("It has no prescription here.", Fault("refill", "prescribe it, or complete it by hand"))
    order = env.orders.get(one.order) if one.order is not None else _order_for(one, prescription, env)
    dispatch = queue_fill(prescription, order, env, pharmacy)
    after = evolve(one, order=order.id, dispatch=dispatch.id)
    env.refills.save(after)
    return after


def _order_for(one: Refill, prescription: Prescription, env: Env) -> Order:
    """An order that costs nothing: paid with the plan, under the first approval."""
    first = env.orders.find(prescription.order)
    if first is None:
        raise NothingToSend("The order that it was prescribed for is gone.", Fault("refill", "prescribe it anew"))
    nothing = zero(env.organization.currency)
    names = tuple(one for one in first.lines if one.drug_name) or first.lines
    bought = names[0]
    order_line = OrderLine(
        product=bought.product,
        name=bought.name,
        quantity=1,
        list_price=nothing,
        price=nothing,
        drug_name=bought.drug_name,
        subscription=prescription.subscription,
    )
    patient = env.patients.find(first.patient)
    placement = Placement(
        patient=first.patient,
        contact=first.contact if patient is None else patient.contact,
        lines=(order_line,),
        amounts=amounts_of((order_line,)),
        source=Source(context=SourceContext.REFILL, channel="refill"),
        needs=Needs(prescription=True, shipment=first.needs.shipment),
        paid=True,
        shipping_address=(patient.address if patient is not None else None) or first.shipping_address,
        external_id=f"refill:{one.id}",
    )
    return place_orders((placement,), env)[0]


@frozen(kw_only=True)
class CompleteRefill(Command[Refill]):
    """It was given by another way, or under a prescription written anew: `reason` says which."""

    refill: RefillId
    reason: str = field(default="", repr=False)


def complete_refill(command: CompleteRefill, env: Env) -> Refill:
    """Refuses: Missing, IllegalTransition, ReasonNeededForRefill."""
    before = env.refills.get(command.refill)
    if before.state is RefillState.COMPLETED:
        return before
    return ended(before, RefillTrigger.COMPLETE, _reason(command.reason), env)


@frozen(kw_only=True)
class DeclineRefill(Command[Refill]):
    """A provider says no; nothing is sent."""

    refill: RefillId
    reason: str = field(default="", repr=False)


def decline_refill(command: DeclineRefill, env: Env) -> Refill:
    """Refuses: Missing, IllegalTransition, GuardRefused (something is on its way), ReasonNeededForRefill."""
    before = env.refills.get(command.refill)
    if before.state is RefillState.DECLINED:
        return before
    return ended(before, RefillTrigger.DECLINE, _reason(command.reason), env)


@frozen(kw_only=True)
class CancelRefill(Command[Refill]):
    """It will not come."""

    refill: RefillId
    reason: str = field(default="", repr=False)


def cancel_refill(command: CancelRefill, env: Env) -> Refill:
    """Refuses: Missing, IllegalTransition, GuardRefused (something is on its way), ReasonNeededForRefill."""
    before = env.refills.get(command.refill)
    if before.state is RefillState.CANCELLED:
        return before
    return ended(before, RefillTrigger.CANCEL, _reason(command.reason), env)


def ended(before: Refill, trigger: RefillTrigger, reason: str, env: Env) -> Refill:
    """The refill at its end, saved and told. Refuses: IllegalTransition, GuardRefused."""
    after = _decided(before.moved(trigger), reason, env)
    env.refills.save(after)
    env.outbox.put(told(after))
    return after


def _decided(one: Refill, reason: str, env: Env) -> Refill:
    return evolve(one, decided_at=env.clock.now(), decided_by=env.actor.id, reason=reason)


def _looked_at(before: Refill, env: Env) -> Refill:
    today = local_date(env.clock.now(), env.organization.zone)
    return judged(before, see((before,), env), today, automatic=False)


def _reason(text: str) -> str:
    told_why = line(text, "reason", 500)
    if len(told_why) < 3:
        raise ReasonNeededForRefill("Say why.", Fault("reason", "3 to 500 characters"))
    return told_why
