"""What CarePortals tells of its subscriptions, orders and prescriptions: kept as its own records, in step with it.

Source: seeds/careportals; spec/commerce, Orders (vocabulary); spec/engagement, Further facts of the sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PartnerRecordId
from hlc_core.orders.api import CarePortalsStatus
from hlc_core.partners import fields
from hlc_core.partners.errors import UnknownEvent
from hlc_core.partners.fields import instant_of
from hlc_core.partners.handling import Done
from hlc_core.partners.identifying import claim_of, known
from hlc_core.partners.merging import merged, stamped
from hlc_core.partners.model import Fact, InboundMessage, PartnerRecord, RecordKind, Said
from hlc_core.partners.ports import Env
from hlc_core.patients.api import Claim

PARTNER = "careportals"
MOST_FACTS = 400
_HISTORY = re.compile(r"(status_?)?history\b", re.IGNORECASE)

_ORDER_RANK: Mapping[str, int] = {status: place for place, status in enumerate(CarePortalsStatus, start=1)}
_SUBSCRIPTION_RANK: Mapping[str, int] = {"paused": 1, "cancelled": 2}
_NO_FACTS = ("organization", "event", "type", "trigger", "_id")


@frozen(kw_only=True)
class _Event:
    """What one of their events is about. `status` is the word that it stands for where none is told."""

    kind: RecordKind
    status: str = ""


EVENTS: Mapping[str, _Event] = {
    "subscription.cancelled": _Event(kind=RecordKind.SUBSCRIPTION, status="cancelled"),
    "subscription.paused": _Event(kind=RecordKind.SUBSCRIPTION, status="paused"),
    "order.created": _Event(kind=RecordKind.ORDER, status="pending"),
    "order.status_updated": _Event(kind=RecordKind.ORDER),
    "prescription.created": _Event(kind=RecordKind.PRESCRIPTION, status="created"),
}
"""The events that something is done about."""


def take_event(message: InboundMessage, env: Env) -> Done:
    """Their record with what was told put in; the short and the full delivery of an order come to the same.

    Refuses: UnknownEvent, Invalid (no `_id`, a status that is none of their words).
    """
    event = EVENTS.get(message.kind)
    if event is None:
        raise UnknownEvent("Nothing is done about that event.", Fault("event", f"one of: {', '.join(EVENTS)}"))
    told = fields.read(message.told)
    their_id = message.told.said.get("_id", "").strip()
    if not their_id or len(their_id) > 120:
        raise Invalid("That event cannot be used.", Fault("_id", "their id of what it is about, up to 120 characters"))
    facts = merged(_facts(message, event, told))
    standing = env.partner_records.known(PARTNER, event.kind, their_id)
    record = standing or PartnerRecord(
        id=PartnerRecordId(env.ids.new("prec")),
        organization=env.organization.id,
        partner=PARTNER,
        kind=event.kind,
        their_id=their_id,
    )
    customer = message.told.said.get("customer._id", "").strip()[:120]
    fuller = evolve(record, facts=merged(record.facts, facts), customer=max(record.customer, customer))
    linked = _ours(_linked(fuller, _claim(fuller, told), env), env)
    if standing is None:
        env.partner_records.add(linked)
    else:
        env.partner_records.save(linked)
    return Done(outcome="recorded" if standing is None else "merged", touched=(linked.id,))


def _facts(message: InboundMessage, event: _Event, told: fields.Fields) -> Sequence[Fact]:
    as_of = max(told.as_of, *(instant_of(one.value) for one in message.told.fields if _HISTORY.match(one.key)), "")
    found = [
        stamped(one.key[:120], one.value, as_of)
        for one in message.told.fields[:MOST_FACTS]
        if one.key not in _NO_FACTS and one.key != "status"
    ]
    status = _status(event, told)
    if status:
        ranks = _ORDER_RANK if event.kind is RecordKind.ORDER else _SUBSCRIPTION_RANK
        found.append(stamped("status", status, as_of, ranks.get(status, 0)))
    return found


def _status(event: _Event, told: fields.Fields) -> str:
    if event.kind is not RecordKind.ORDER:
        return event.status
    status = told.first(("status", "new_status", "order.status")).lower() or event.status
    if status and status not in _ORDER_RANK:
        words = Fault("status", f"one of: {', '.join(_ORDER_RANK)}")
        raise Invalid("That status is none of CarePortals' words.", words)
    return status


def _claim(record: PartnerRecord, told: fields.Fields) -> Claim:
    names = (record.fact("customer.firstName"), record.fact("customer.lastName"))
    return claim_of(
        PARTNER,
        email=told.first(fields.EMAIL) or record.fact("customer.email"),
        their_id=record.customer,
        phone=told.first(fields.PHONE) or record.fact("customer.phone"),
        name=told.name or " ".join(filter(None, names)),
    )


def _linked(record: PartnerRecord, claim: Claim, env: Env) -> PartnerRecord:
    """With the patient that it is surely about; records of the same customer that had none get it, too."""
    if record.patient is not None:
        return record
    found = known(claim, env)
    if found.patient is None or found.identified.by is None or not found.sure:
        return record
    by = found.identified.by
    for other in env.partner_records.of_customer(PARTNER, record.customer) if record.customer else ():
        if other.patient is None and other.id != record.id:
            env.partner_records.save(evolve(other, patient=found.patient.id, found_by=by))
    return evolve(record, patient=found.patient.id, found_by=by)


def _ours(record: PartnerRecord, env: Env) -> PartnerRecord:
    """With the order or subscription with us that has the same customer-facing number."""
    if record.ours or not record.number:
        return record
    find: dict[RecordKind, Callable[[], str]] = {
        RecordKind.ORDER: lambda: _id_of(env.orders.numbered(record.number)),
        RecordKind.SUBSCRIPTION: lambda: _id_of(env.subscriptions.numbered(record.number)),
    }
    return evolve(record, ours=find.get(record.kind, str)())


def _id_of(found: object) -> str:
    return str(getattr(found, "id", ""))


def event_of(fields_told: Sequence[Said], header: str) -> str:
    """The name of the event: in the header, or in the body as `event`, `trigger` or `type`."""
    said = {one.key: one.value.strip() for one in fields_told}
    return (header or said.get("event") or said.get("trigger") or said.get("type") or "").strip()[:80]
