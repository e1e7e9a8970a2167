"""What the administrators' pages show: small frozen views in words, made from the core's answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from attrs import frozen

from hlc_adapters.documents.words import money
from hlc_core.kernel.paging import Page
from hlc_core.kernel.time import zone
from hlc_core.organizations.api import Organization
from hlc_core.partners.api import MessageCard, MessageSource, MessageState, SourceHealth
from hlc_core.provider_queue.api import ItemState, QueueCard, QueueCount


@frozen(kw_only=True)
class Tab:
    """One of the lists that a page offers."""

    label: str
    to: str
    here: bool


@frozen(kw_only=True)
class RowShown:
    """One line of a table, in words; `tone` is good, bad, wait or info."""

    title: str
    beside: str
    facts: tuple[tuple[str, str], ...]
    tone: str
    state: str
    tasks: tuple[str, ...] = ()
    id: str = ""


@frozen(kw_only=True)
class DeskShown:
    """A page of rows with tabs above and a link to the rest."""

    title: str
    says: str
    tabs: tuple[Tab, ...]
    rows: tuple[RowShown, ...]
    empty: str
    more: str = ""


_TONES = {
    ItemState.WAITING: "wait",
    ItemState.WITHHELD: "bad",
    ItemState.PRESCRIBED: "good",
    ItemState.COMPLETED: "good",
    ItemState.DECLINED: "info",
    ItemState.REMOVED: "info",
}


def queue_shown(page: Page[QueueCard], count: QueueCount, state: ItemState, clinic: Organization) -> DeskShown:
    """The administrator's view of the provider queue."""
    tabs = tuple(Tab(label=one.value, to=f"/admin/rx-queue?state={one}", here=one is state) for one in ItemState)
    return DeskShown(
        title="Rx queue",
        says=f"{count.waiting} waiting, {count.ready} of them ready, {count.withheld} withheld.",
        tabs=tabs,
        rows=tuple(_item(card, clinic) for card in page.items),
        empty="Nothing is here.",
        more=_more("/admin/rx-queue", page.next, state=state),
    )


def _item(card: QueueCard, clinic: Organization) -> RowShown:
    item = card.item
    facts = (
        ("treatment", " ".join(word for word in (item.treatment.medication, item.treatment.plan) if word)),
        ("readiness", item.readiness.replace("_", " ")),
        ("since", moment(item.due_at, clinic)),
        ("invoice", card.invoice_number),
        ("order", card.order_number),
        ("amount", "" if card.amount is None else money(card.amount, clinic.locale)),
        ("flags", ", ".join(item.flags)),
    )
    return RowShown(
        title=card.label,
        beside=card.patient_name or "patient of another clinic",
        facts=tuple((name, value) for name, value in facts if value),
        tone=_TONES[item.state],
        state=item.state,
        tasks=card.tasks,
        id=item.id,
    )


_MESSAGE_TONES = {
    MessageState.RECEIVED: "wait",
    MessageState.FAILED: "bad",
    MessageState.PARKED: "bad",
    MessageState.HELD: "info",
    MessageState.PROCESSED: "good",
}


def monitor_shown(
    health: Sequence[SourceHealth],
    page: Page[MessageCard],
    source: MessageSource | None,
    state: MessageState | None,
    clinic: Organization,
) -> DeskShown:
    """Successes and failures by source, and the messages of the chosen one."""
    tabs = (
        Tab(label="all", to="/webhooks/monitor", here=source is None),
        *(
            Tab(
                label=f"{one.source}: {one.processed} worked off, {one.failed + one.parked} failed",
                to=f"/webhooks/monitor?source={one.source}",
                here=one.source is source,
            )
            for one in health
        ),
    )
    failed = sum(one.failed + one.parked for one in health)
    return DeskShown(
        title="Webhooks",
        says=f"{sum(one.processed for one in health)} worked off, {failed} failed or parked.",
        tabs=tabs,
        rows=tuple(_message(card, clinic) for card in page.items),
        empty="No message came.",
        more=_more("/webhooks/monitor", page.next, source=source, state=state),
    )


def _message(card: MessageCard, clinic: Organization) -> RowShown:
    message = card.message
    facts = (
        ("event", message.kind),
        ("came", moment(message.received_at, clinic)),
        ("tries", str(message.tries or "")),
        ("outcome", message.outcome),
        ("failure", message.code),
        ("id", message.id),
    )
    return RowShown(
        title=message.source,
        beside=card.meaning,
        facts=tuple((name, value) for name, value in facts if value),
        tone=_MESSAGE_TONES[message.state],
        state=message.state,
        id=message.id,
    )


def moment(at: datetime, clinic: Organization) -> str:
    """The instant on the clocks of the clinic."""
    return f"{at.astimezone(zone(clinic.zone)):%Y-%m-%d %H:%M}"


def _more(path: str, cursor: str | None, **kept: str | None) -> str:
    if cursor is None:
        return ""
    return f"{path}?{urlencode({**{name: value for name, value in kept.items() if value}, 'cursor': cursor})}"
