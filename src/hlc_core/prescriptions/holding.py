"""Holding, releasing, cancelling and ending prescriptions, and the blocks beside their progress."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import PrescriptionId
from hlc_core.kernel.text import line
from hlc_core.kernel.time import local_date
from hlc_core.prescriptions import events as told
from hlc_core.prescriptions.errors import NoSuchBlock, ReasonMissing
from hlc_core.prescriptions.fills import wake, withdraw
from hlc_core.prescriptions.machine import DispatchState, PrescriptionState, PrescriptionTrigger
from hlc_core.prescriptions.model import BlockKind, Prescription
from hlc_core.prescriptions.ports import Env


@frozen(kw_only=True)
class HoldPrescription(Command[Prescription]):
    """Let nothing be dispatched until it is released."""

    prescription: PrescriptionId
    reason: str = field(default="", repr=False)


def hold_prescription(command: HoldPrescription, env: Env) -> Prescription:
    """Refuses: Missing, IllegalTransition, ReasonMissing."""
    before = env.prescriptions.get(command.prescription)
    if before.state is PrescriptionState.ON_HOLD:
        return before
    return moved(before, PrescriptionTrigger.HOLD, env, _reason(command.reason))


@frozen(kw_only=True)
class ReleasePrescription(Command[Prescription]):
    """It may be filled again; what waited goes out."""

    prescription: PrescriptionId


def release_prescription(command: ReleasePrescription, env: Env) -> Prescription:
    """Refuses: Missing, IllegalTransition, GuardRefused (it has run out)."""
    before = env.prescriptions.get(command.prescription)
    if before.state is PrescriptionState.ACTIVE:
        return before
    after = moved(before, PrescriptionTrigger.RELEASE, env)
    if not after.blocked:
        wake((after.id,), env)
    return after


@frozen(kw_only=True)
class CancelPrescription(Command[Prescription]):
    """Nothing more is filled; what is queued is cancelled. What a pharmacy has is withdrawn by hand."""

    prescription: PrescriptionId
    reason: str = field(default="", repr=False)


def cancel_prescription(command: CancelPrescription, env: Env) -> Prescription:
    """Refuses: Missing, IllegalTransition, ReasonMissing."""
    before = env.prescriptions.get(command.prescription)
    if before.state is PrescriptionState.CANCELLED:
        return before
    return cancel(before, _reason(command.reason), env)


def cancel(before: Prescription, reason: str, env: Env) -> Prescription:
    """The prescription, cancelled, with its queued dispatches. Refuses: IllegalTransition."""
    moved(before, PrescriptionTrigger.CANCEL, env, reason)
    _end_queued(before.id, reason, env)
    return env.prescriptions.get(before.id)


@frozen(kw_only=True)
class ExpirePrescriptions(Command[int]):
    """End those whose last day is over; answers how many. Run daily, catches up by itself."""

    limit: int = 200


def expire_prescriptions(command: ExpirePrescriptions, env: Env) -> int:
    """How many were ended."""
    today = local_date(env.clock.now(), env.organization.zone)
    found = env.prescriptions.run_out(today, command.limit)
    for one in found:
        moved(one, PrescriptionTrigger.EXPIRE, env)
        _end_queued(one.id, "The prescription has expired.", env)
    return len(found)


def _end_queued(id: PrescriptionId, reason: str, env: Env) -> None:
    for each in env.dispatches.of_prescriptions((id,)):
        if each.state is DispatchState.QUEUED and not each.asked:
            withdraw(each, reason, env)


@frozen(kw_only=True)
class OpenBlock(Command[Prescription]):
    """Something has to be settled before the next fill goes out. The note is clinical."""

    prescription: PrescriptionId
    kind: BlockKind
    note: str = field(default="", repr=False)


def open_block(command: OpenBlock, env: Env) -> Prescription:
    """The same kind is open once. Refuses: Missing, Invalid (note)."""
    before = env.prescriptions.get(command.prescription)
    note = line(command.note, "note", 500)
    after = before.opened(command.kind, env.clock.now(), env.actor.id, note)
    if after is not before:
        env.prescriptions.save(after)
        env.outbox.put(told.blocked(after, command.kind))
    return after


@frozen(kw_only=True)
class CloseBlock(Command[Prescription]):
    """One thing is settled; when it was the last one, what waited goes out."""

    prescription: PrescriptionId
    number: int
    answer: str = field(default="", repr=False)


def close_block(command: CloseBlock, env: Env) -> Prescription:
    """A block that is closed already stays as it was. Refuses: Missing, NoSuchBlock, Invalid (answer)."""
    before = env.prescriptions.get(command.prescription)
    block = next((one for one in before.blocks if one.number == command.number), None)
    if block is None:
        raise NoSuchBlock("There is no such block.", Fault("number", f"1 to {len(before.blocks)}"))
    after = before.closed(block.number, env.clock.now(), env.actor.id, line(command.answer, "answer", 500))
    if block.open:
        env.prescriptions.save(after)
        env.outbox.put(told.unblocked(after, block.kind))
        if not after.blocked and after.state is PrescriptionState.ACTIVE:
            wake((after.id,), env)
    return after


def moved(before: Prescription, trigger: PrescriptionTrigger, env: Env, reason: str = "") -> Prescription:
    """The prescription after the trigger, saved and told. Refuses: IllegalTransition, GuardRefused."""
    after = before.moved(trigger, local_date(env.clock.now(), env.organization.zone), reason)
    env.prescriptions.save(after)
    env.outbox.put(told.moved(before, after))
    return after


def cancel_all(found: Iterable[Prescription], reason: str, env: Env) -> None:
    """Those that have not ended, cancelled: for reactions, which refuse nothing."""
    for one in found:
        if not one.ended:
            cancel(one, reason, env)


def _reason(text: str) -> str:
    told_why = line(text, "reason", 500)
    if len(told_why) < 3:
        raise ReasonMissing("Say why.", Fault("reason", "3 to 500 characters"))
    return told_why
