"""Why an invoice does not wait for a prescriber. Source: spec/care, Further facts of the sources."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from attrs import frozen

from hlc_core.invoicing.api import DocumentKind, Invoice, InvoiceState
from hlc_core.kernel.commands import Query
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import InvoiceId, QueueItemId
from hlc_core.provider_queue.model import QueueItem
from hlc_core.provider_queue.ports import Env


class Reason(StrEnum):
    """Why not; several may hold at once."""

    OTHER_CLINIC = "other_clinic"
    UNASSIGNED = "unassigned"
    UNPAID = "unpaid"
    NOTHING_TO_PRESCRIBE = "nothing_to_prescribe"
    PROCESSED = "processed"
    PATIENT_MISSING = "patient_missing"
    WITHHELD = "withheld"
    NOT_PROJECTED = "not_projected"


@frozen(kw_only=True)
class Obstacle:
    """One reason, in a sentence, and what to do about it."""

    reason: Reason
    means: str
    remedy: str


@frozen(kw_only=True)
class QueueExplanation:
    """Whether the invoice waits for a prescriber; if not, why."""

    invoice: InvoiceId
    number: str
    waits: bool
    item: QueueItemId | None
    obstacles: tuple[Obstacle, ...]


@frozen(kw_only=True)
class ExplainInvoice(Query[QueueExplanation]):
    """Why is this invoice not queued? By id or number. `assigned`: whether the provider who asks, or is asked about,
    is assigned to this clinic; None: nobody in particular."""

    invoice: str
    assigned: bool | None = None


def explain_invoice(query: ExplainInvoice, env: Env) -> QueueExplanation:
    """Refuses: Missing, which for those who look on from another clinic is the answer: it is not of this one."""
    invoice = _found(query.invoice, env)
    items = env.queue_items.of_subject(invoice.id)
    item = next((one for one in items if one.open), None)
    obstacles = tuple(_obstacles(invoice, item, items[-1] if items else None, query.assigned, env))
    return QueueExplanation(
        invoice=invoice.id,
        number=invoice.display_number,
        waits=not obstacles,
        item=None if item is None else item.id,
        obstacles=obstacles,
    )


def elsewhere(invoice: str) -> QueueExplanation:
    """What is said of an invoice that is of no clinic at which the asker may look."""
    told = Obstacle(
        reason=Reason.OTHER_CLINIC,
        means="No clinic of yours has an invoice of that name.",
        remedy="Look which clinic took the payment; providers see only clinics that they are assigned to.",
    )
    return QueueExplanation(invoice=InvoiceId(invoice), number="", waits=False, item=None, obstacles=(told,))


def _found(word: str, env: Env) -> Invoice:
    invoice = env.invoices.find(InvoiceId(word)) or _numbered(word, env)
    if invoice is None:
        raise Missing(
            "There is no such invoice in this clinic.", Fault("invoice", "an id or a number such as INV-000042")
        )
    return invoice


def _numbered(word: str, env: Env) -> Invoice | None:
    digits = word.strip().upper().removeprefix("INV-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 12):
        return None
    return env.invoices.numbered(DocumentKind.INVOICE, int(digits))


def _obstacles(
    invoice: Invoice, item: QueueItem | None, last: QueueItem | None, assigned: bool | None, env: Env
) -> Iterator[Obstacle]:
    if assigned is False:
        yield Obstacle(
            reason=Reason.UNASSIGNED,
            means="The provider is not assigned to this clinic.",
            remedy="Have an administrator assign the provider to the clinic.",
        )
    if invoice.state is not InvoiceState.PAID:
        yield Obstacle(
            reason=Reason.UNPAID,
            means=f"The invoice is {invoice.state}.",
            remedy="It waits from the moment it is paid in full.",
        )
    if invoice.prescribing.processed is None:
        yield Obstacle(
            reason=Reason.NOTHING_TO_PRESCRIBE,
            means="Nothing on it has to be prescribed.",
            remedy="If that is wrong, mark the product as one that needs a prescription, and queue the order by hand.",
        )
    if invoice.prescribing.processed:
        done = invoice.prescribing
        how = "" if done.outcome is None else f": {done.outcome}"
        yield Obstacle(
            reason=Reason.PROCESSED,
            means=f"Its prescription was dealt with at {done.processed_at:%Y-%m-%d %H:%M} UTC by "
            f"{done.processed_by}{how}.",
            remedy="If it has to be prescribed again, queue the order by hand."
            if last is None
            else f"See `hlc queue show {last.id}`.",
        )
    if env.patients.find(invoice.patient) is None:
        yield Obstacle(
            reason=Reason.PATIENT_MISSING,
            means="Its patient is not one of this clinic.",
            remedy="Find out to which clinic the patient belongs; nothing is prescribed until then.",
        )
    if item is not None and item.open_holds:
        for hold in item.open_holds:
            yield Obstacle(reason=Reason.WITHHELD, means=f"It is withheld: {hold.kind}.", remedy=hold.task)
    if item is None and invoice.awaits_script:
        yield Obstacle(
            reason=Reason.NOT_PROJECTED,
            means="It should wait, and no item stands for it.",
            remedy="Run `hlc queue rebuild` and tell the maintainers.",
        )
