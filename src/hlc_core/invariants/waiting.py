"""What must hold of the provider queue: it says what its sources say, and nothing leaves by money alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from attrs import frozen

from hlc_core.billing.api import HeldRenewal
from hlc_core.invariants.model import Finding
from hlc_core.invoicing.api import Invoice
from hlc_core.kernel.ids import PatientId
from hlc_core.orders.api import Order
from hlc_core.provider_queue.api import ItemSource, ItemState, QueueItem
from hlc_core.refills.api import Refill, RefillState

_SEEN = frozenset({RefillState.PENDING_PROVIDER, RefillState.APPROVED})
_DECIDED = frozenset({ItemState.PRESCRIBED, ItemState.DECLINED, ItemState.REMOVED})
PATIENCE = timedelta(days=7)
"""How long a renewal may be held back before somebody has to look."""
_REBUILD = "Run `hlc queue rebuild`; then look in the audit trail for what wrote past the reactions."


@frozen(kw_only=True)
class Waiting:
    """Some items of the provider queue, with what they stand for. `today` is the organization's local date."""

    items: Sequence[QueueItem]
    today: date
    invoices: Sequence[Invoice] = ()
    orders: Sequence[Order] = ()
    refills: Sequence[Refill] = ()
    patients: frozenset[PatientId] = frozenset()


@frozen(kw_only=True)
class Awaited:
    """Some invoices, orders or refills, with the open items that stand for them."""

    items: Sequence[QueueItem]
    invoices: Sequence[Invoice] = ()
    orders: Sequence[Order] = ()
    refills: Sequence[Refill] = ()


def nothing_waits_without_a_reason(facts: Waiting) -> Iterator[Finding]:
    """No queue item without paid invoice, due refill or an administrator's reason."""
    paid = {one.id for one in facts.invoices if one.awaits_script}
    wished = {one.id for one in facts.orders if one.queued_for_provider is not None}
    due = {one.id for one in facts.refills if one.state in _SEEN and one.due_on <= facts.today}
    reasons: dict[ItemSource, set[str]] = {
        ItemSource.INVOICE: {*paid},
        ItemSource.ORDER: {*wished},
        ItemSource.REFILL: {*due},
    }
    for item in facts.items:
        if item.open and item.subject not in reasons[item.source]:
            yield Finding(
                invariant="nothing_waits_without_a_reason",
                subjects=(item.id, item.subject),
                means=f"It waits for a prescriber, and its {item.source} gives no reason for that.",
                remedy=_REBUILD,
            )


def what_left_was_decided(facts: Waiting) -> Iterator[Finding]:
    """Nothing leaves the queue by payment alone: an invoice whose item is gone says how, by whom and when."""
    invoices = {str(one.id): one for one in facts.invoices}
    for item in facts.items:
        invoice = invoices.get(item.subject)
        if item.state in _DECIDED and invoice is not None and not invoice.prescribing.processed:
            yield Finding(
                invariant="what_left_was_decided",
                subjects=(item.id, item.subject),
                means="It left the queue, and its invoice does not say that its prescription was dealt with.",
                remedy=_REBUILD,
            )
        if not item.open and item.ending is None:
            yield Finding(
                invariant="what_left_was_decided",
                subjects=(item.id,),
                means="It left the queue, and nobody is named who took it out.",
                remedy="Look in the audit trail for what wrote the row.",
            )


def strangers_are_withheld(facts: Waiting) -> Iterator[Finding]:
    """No prescriber sees an item whose patient is not one of the clinic."""
    for item in facts.items:
        if item.state is ItemState.WAITING and item.patient not in facts.patients:
            yield Finding(
                invariant="strangers_are_withheld",
                subjects=(item.id, item.patient),
                means="Its patient is not one of this clinic, and a prescriber sees it.",
                remedy="Remove the item; find out where the invoice belongs.",
            )


@frozen(kw_only=True)
class Gated:
    """Some renewals that care holds or held back, at an instant."""

    now: datetime
    held: Sequence[HeldRenewal]


def a_held_renewal_is_looked_after(facts: Gated) -> Iterator[Finding]:
    """No renewal is held back for a week without anybody having looked: the patient gets nothing, the clinic no money.

    Source: design/pains, subscription billing (a renewal has gates, each with its own way on).
    """
    for one in facts.held:
        if one.ended_at is None and facts.now - one.unseen_since >= PATIENCE:
            yield Finding(
                invariant="a_held_renewal_is_looked_after",
                subjects=(one.id, one.patient),
                means=f"It was due on {one.due_on} and is held back; nobody has looked at it since"
                f" {one.unseen_since.date()}.",
                remedy="See why with `hlc billing held`; release or renew the prescription, settle what the pharmacy or"
                " the review waits for, or pause or cancel the subscription. If it has to wait:"
                f" `hlc billing look {one.id}`.",
            )


def every_reason_has_its_item(facts: Awaited) -> Iterator[Finding]:
    """What gives a reason to wait waits, once."""
    standing = [item.subject for item in facts.items if item.open]
    wanted: list[str] = [one.id for one in facts.invoices if one.awaits_script]
    wanted += [one.id for one in facts.orders if one.queued_for_provider is not None]
    wanted += [one.id for one in facts.refills if one.state in _SEEN]
    for subject in wanted:
        if standing.count(subject) != 1:
            yield Finding(
                invariant="every_reason_has_its_item",
                subjects=(subject,),
                means=f"It should wait for a prescriber once, and waits {standing.count(subject)} times.",
                remedy=_REBUILD,
            )
