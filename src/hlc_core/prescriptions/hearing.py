"""What pharmacies tell us of the fills that they have: taken once each, in whatever order they come."""

from __future__ import annotations

import re
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, HlcError, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DispatchId
from hlc_core.kernel.text import line
from hlc_core.orders.api import Tracking
from hlc_core.prescriptions import events as told
from hlc_core.prescriptions.errors import NotAMessage
from hlc_core.prescriptions.fills import arrive
from hlc_core.prescriptions.machine import DispatchState, DispatchTrigger
from hlc_core.prescriptions.model import BlockKind, Dispatch, Progress
from hlc_core.prescriptions.ports import Env
from hlc_core.prescriptions.settling import RANK, sent_back, settle

KEPT = 50
"""Message ids that a dispatch remembers."""
_WEB = re.compile(r"https?://[^\s<>\"']{3,490}")


class PharmacyStatus(StrEnum):
    """The words of the status webhook."""

    ACKNOWLEDGED = "acknowledged"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"
    REJECTED = "rejected"
    NEEDS_ADDRESS = "needs_address"
    PRIOR_AUTHORISATION = "prior_authorisation"
    OUT_OF_STOCK = "out_of_stock"
    TOO_SOON = "too_soon"
    CLARIFICATION = "clarification"
    NAME_MISMATCH = "name_mismatch"
    RESOLVED = "resolved"


_PROGRESS = {
    PharmacyStatus.PACKED: Progress.PACKED,
    PharmacyStatus.SHIPPED: Progress.SHIPPED,
    PharmacyStatus.DELIVERED: Progress.DELIVERED,
    PharmacyStatus.RETURNED: Progress.RETURNED,
}
_BLOCKS = {PharmacyStatus(kind.value): kind for kind in BlockKind}


@frozen(kw_only=True)
class HearPharmacy(Command[Dispatch]):
    """One message of a pharmacy about one fill. `message` is its own id: a repetition changes nothing."""

    pharmacy: str
    message: str
    dispatch: DispatchId
    status: PharmacyStatus
    reference: str = ""
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    reason: str = field(default="", repr=False)


def hear_pharmacy(command: HearPharmacy, env: Env) -> Dispatch:
    """The dispatch after it: progress only goes forward, so that any order of messages leads to the same end.

    Refuses: Missing (no such dispatch of that pharmacy), NotAMessage.
    """
    parcel, message = _parcel(command)
    one = env.dispatches.find(command.dispatch)
    if one is None or one.pharmacy != command.pharmacy:
        raise Missing("That pharmacy has no such dispatch.", Fault("dispatch", "the id that was sent with it"))
    if message in one.heard or one.state is DispatchState.CANCELLED:
        return one
    one = evolve(one, heard=(*one.heard, message)[-KEPT:], reference=command.reference or one.reference)
    env.dispatches.save(one)
    if command.status is PharmacyStatus.REJECTED:
        return _rejected(one, command, env)
    if command.status in _BLOCKS:
        _block(one, _BLOCKS[command.status], command.reason, env)
        return one
    if command.status is PharmacyStatus.RESOLVED:
        _resolve(one, command.reason, env)
        return one
    return _progressed(one, _PROGRESS.get(command.status, Progress.NONE), parcel, env)


def _progressed(one: Dispatch, progress: Progress, parcel: Tracking | None, env: Env) -> Dispatch:
    """It has it: so the fill arrived, whatever our own call came to."""
    further = RANK[progress] > RANK[one.progress]
    known = evolve(one, progress=progress if further else one.progress, tracking=parcel or one.tracking)
    if known != one:
        env.dispatches.save(known)
    if further:
        env.outbox.put(told.progressed(known))
    if known.state is DispatchState.QUEUED:
        known = known.moved(DispatchTrigger.SEND)
    if DispatchTrigger.ACKNOWLEDGE in known.allowed():
        return arrive(known, DispatchTrigger.ACKNOWLEDGE, env)
    return settle(known, env)


def _rejected(one: Dispatch, command: HearPharmacy, env: Env) -> Dispatch:
    if DispatchTrigger.REFUSE not in one.allowed() or one.progress is not Progress.NONE:
        return one
    had_it = one.arrived
    after = evolve(one.moved(DispatchTrigger.REFUSE), code="rejected", error=command.reason, available_at=None)
    env.dispatches.save(after)
    env.outbox.put(told.failed(after))
    if had_it:
        sent_back(after, "The pharmacy gave it back.", env)
    return after


def _block(one: Dispatch, kind: BlockKind, note: str, env: Env) -> None:
    before = env.prescriptions.get(one.prescription)
    after = before.opened(kind, env.clock.now(), env.actor.id, note)
    if after is not before:
        env.prescriptions.save(after)
        env.outbox.put(told.blocked(after, kind))


def _resolve(one: Dispatch, answer: str, env: Env) -> None:
    after = env.prescriptions.get(one.prescription)
    for block in after.blocks:
        if block.open and block.opened_by == env.actor.id:
            after = after.closed(block.number, env.clock.now(), env.actor.id, answer)
            env.outbox.put(told.unblocked(after, block.kind))
    env.prescriptions.save(after)


def _parcel(command: HearPharmacy) -> tuple[Tracking | None, str]:
    faults: list[Fault] = []
    read: dict[str, str] = {}
    for where, text, most, least in (
        ("id", command.message, 120, 1),
        ("reference", command.reference, 120, 0),
        ("carrier", command.carrier, 80, 0),
        ("trackingNumber", command.tracking_number, 80, 0),
        ("reason", command.reason, 500, 0),
    ):
        try:
            read[where] = line(text, where, most, least)
        except HlcError as refusal:
            faults += refusal.faults
    url = command.tracking_url.strip()
    if url and not _WEB.fullmatch(url):
        faults.append(Fault("trackingUrl", "an http(s) address"))
    if read.get("trackingNumber") and not read.get("carrier"):
        faults.append(Fault("carrier", "say who carries it, beside the tracking number"))
    if faults:
        raise NotAMessage("The message cannot be taken like that.", *faults)
    if not read["trackingNumber"]:
        return None, read["id"]
    return Tracking(carrier=read["carrier"], number=read["trackingNumber"], url=url), read["id"]
