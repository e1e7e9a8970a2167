"""What pharmacies tell us of the fills that they have: taken once each, in whatever order they come."""

from __future__ import annotations

import re
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.errors import Fault, HlcError, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, DispatchId
from hlc_core.kernel.text import line
from hlc_core.orders.api import Tracking
from hlc_core.prescriptions import events as told
from hlc_core.prescriptions.errors import NotAMessage
from hlc_core.prescriptions.fills import arrive
from hlc_core.prescriptions.machine import DispatchState, DispatchTrigger
from hlc_core.prescriptions.model import BlockKind, Dispatch, Progress
from hlc_core.prescriptions.ports import Env
from hlc_core.prescriptions.settling import RANK, sent_back, settle

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
class PharmacyWord:
    """What a pharmacy tells of one fill."""

    pharmacy: str
    dispatch: DispatchId
    status: PharmacyStatus
    reference: str = ""
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    reason: str = field(default="", repr=False)


def hear_pharmacy(word: PharmacyWord, env: Env) -> Dispatch:
    """The dispatch after it: progress only goes forward, so that any order of messages leads to the same end. That each
    message is taken once, the inbox sees to.

    Refuses: Missing (no such dispatch of that pharmacy), NotAMessage.
    """
    parcel = _parcel(word)
    one = env.dispatches.find(word.dispatch)
    if one is None or one.pharmacy != word.pharmacy:
        raise Missing("That pharmacy has no such dispatch.", Fault("dispatch", "the id that was sent with it"))
    if one.state is DispatchState.CANCELLED:
        return one
    one = evolve(one, reference=word.reference or one.reference)
    env.dispatches.save(one)
    if word.status is PharmacyStatus.REJECTED:
        return _rejected(one, word, env)
    if word.status in _BLOCKS:
        _block(one, _BLOCKS[word.status], word.reason, env)
        return one
    if word.status is PharmacyStatus.RESOLVED:
        _resolve(one, word.reason, env)
        return one
    return _progressed(one, _PROGRESS.get(word.status, Progress.NONE), parcel, env)


def _pharmacist(one: Dispatch) -> ActorId:
    """Who speaks for the pharmacy in the books."""
    return ActorId(f"pharmacy:{one.pharmacy}")


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


def _rejected(one: Dispatch, word: PharmacyWord, env: Env) -> Dispatch:
    if DispatchTrigger.REFUSE not in one.allowed() or one.progress is not Progress.NONE:
        return one
    had_it = one.arrived
    after = evolve(one.moved(DispatchTrigger.REFUSE), code="rejected", error=word.reason, available_at=None)
    env.dispatches.save(after)
    env.outbox.put(told.failed(after))
    if had_it:
        sent_back(after, "The pharmacy gave it back.", env)
    return after


def _block(one: Dispatch, kind: BlockKind, note: str, env: Env) -> None:
    before = env.prescriptions.get(one.prescription)
    after = before.opened(kind, env.clock.now(), _pharmacist(one), note)
    if after is not before:
        env.prescriptions.save(after)
        env.outbox.put(told.blocked(after, kind))


def _resolve(one: Dispatch, answer: str, env: Env) -> None:
    after = env.prescriptions.get(one.prescription)
    for block in after.blocks:
        if block.open and block.opened_by == _pharmacist(one):
            after = after.closed(block.number, env.clock.now(), _pharmacist(one), answer)
            env.outbox.put(told.unblocked(after, block.kind))
    env.prescriptions.save(after)


def _parcel(word: PharmacyWord) -> Tracking | None:
    faults: list[Fault] = []
    read: dict[str, str] = {}
    for where, text, most, least in (
        ("reference", word.reference, 120, 0),
        ("carrier", word.carrier, 80, 0),
        ("trackingNumber", word.tracking_number, 80, 0),
        ("reason", word.reason, 500, 0),
    ):
        try:
            read[where] = line(text, where, most, least)
        except HlcError as refusal:
            faults += refusal.faults
    url = word.tracking_url.strip()
    if url and not _WEB.fullmatch(url):
        faults.append(Fault("trackingUrl", "an http(s) address"))
    if read.get("trackingNumber") and not read.get("carrier"):
        faults.append(Fault("carrier", "say who carries it, beside the tracking number"))
    if faults:
        raise NotAMessage("The message cannot be taken like that.", *faults)
    if not read["trackingNumber"]:
        return None
    return Tracking(carrier=read["carrier"], number=read["trackingNumber"], url=url)
