"""Questions about prescriptions and dispatches, and what can be done with each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from attrs import field, frozen

from hlc_core.kernel.commands import Query
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import DispatchId, OrderId, PatientId, PrescriptionId, SubscriptionId
from hlc_core.kernel.paging import Page, limited
from hlc_core.kernel.text import counted
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import Tracking
from hlc_core.prescriptions.approving import found_approval
from hlc_core.prescriptions.careportals import to_careportals
from hlc_core.prescriptions.drugs import drugs_of_order
from hlc_core.prescriptions.gates import renewals_held
from hlc_core.prescriptions.machine import (
    DISPATCH,
    PRESCRIPTION,
    DispatchState,
    DispatchTrigger,
    PrescriptionState,
    PrescriptionTrigger,
)
from hlc_core.prescriptions.model import Block, Dispatch, Drug, Prescription, Progress
from hlc_core.prescriptions.ports import Env, Script
from hlc_core.prescriptions.sending import script_of

_BY_HAND = frozenset(rule.trigger for rule in PRESCRIPTION.rules if rule.permission is not None)


@frozen(kw_only=True)
class DispatchCard:
    """A dispatch as lists show it: `because` says why it is where it is, `actions` what a person can do."""

    id: DispatchId
    prescription: PrescriptionId
    fill: int
    order: OrderId
    patient: PatientId
    pharmacy: str
    status: DispatchState
    because: str
    attempts: int
    code: str
    error: str = field(repr=False)
    reference: str
    progress: Progress
    tracking: Tracking | None
    queued_at: datetime
    sent_at: datetime | None
    acknowledged_at: datetime | None
    next_look_at: datetime | None
    actions: tuple[DispatchTrigger, ...]


def dispatch_card(one: Dispatch) -> DispatchCard:
    """The dispatch as it is shown."""
    return DispatchCard(
        id=one.id,
        prescription=one.prescription,
        fill=one.fill,
        order=one.order,
        patient=one.patient,
        pharmacy=one.pharmacy,
        status=one.state,
        because=_because(one),
        attempts=one.attempts,
        code=one.code,
        error=one.error,
        reference=one.reference,
        progress=one.progress,
        tracking=one.tracking,
        queued_at=one.queued_at,
        sent_at=one.sent_at,
        acknowledged_at=one.acknowledged_at,
        next_look_at=one.available_at,
        actions=tuple(
            rule.trigger for rule in DISPATCH.rules if rule.source is one.state and rule.permission is not None
        ),
    )


def _because(one: Dispatch) -> str:
    if one.state is DispatchState.QUEUED and one.code == "blocked":
        return "Something has to be settled first, or the prescription is on hold."
    if one.state is DispatchState.QUEUED and one.attempts:
        return "Nothing reached the pharmacy; it is tried again."
    if one.state is DispatchState.SENDING and one.attempts > 1:
        return "The pharmacy gave no definite answer; it is asked again before anything is sent."
    if one.state is DispatchState.ERROR and one.code != "rejected" and one.attempts:
        return f"{DISPATCH.notes[one.state].staff} Retry it, or withdraw it."
    return DISPATCH.notes[one.state].staff


@frozen(kw_only=True)
class PrescriptionCard:
    """A prescription as staff and its patient see it, with its fills and what can be done."""

    prescription: Prescription
    state: PrescriptionState
    for_patient: str
    for_staff: str
    fills_left: int
    open_blocks: tuple[Block, ...]
    dispatches: tuple[DispatchCard, ...]
    actions: tuple[PrescriptionTrigger, ...]


def card(one: Prescription, dispatches: Sequence[Dispatch], today: date) -> PrescriptionCard:
    """The prescription as it is shown."""
    note = PRESCRIPTION.notes[one.state]
    mine = sorted((each for each in dispatches if each.prescription == one.id), key=lambda each: each.id)
    return PrescriptionCard(
        prescription=one,
        state=one.state,
        for_patient=note.patient,
        for_staff=note.staff,
        fills_left=one.fills_allowed - len(one.fills),
        open_blocks=tuple(block for block in one.blocks if block.open),
        dispatches=tuple(map(dispatch_card, mine)),
        actions=tuple(each for each in one.allowed(today) if each in _BY_HAND),
    )


def _cards(found: Sequence[Prescription], env: Env) -> tuple[PrescriptionCard, ...]:
    dispatches = env.dispatches.of_prescriptions([one.id for one in found]) if found else ()
    today = local_date(env.clock.now(), env.organization.zone)
    return tuple(card(one, dispatches, today) for one in found)


@frozen(kw_only=True)
class GetPrescription(Query[PrescriptionCard]):
    """One prescription, by id or by its Rx number."""

    prescription: str


def get_prescription(query: GetPrescription, env: Env) -> PrescriptionCard:
    """Refuses: Missing."""
    word = query.prescription.strip()
    one = env.prescriptions.find(PrescriptionId(word)) or env.prescriptions.numbered(word.upper())
    if one is None:
        raise Missing(
            "There is no such prescription.", Fault("prescription", "its id or number; see `hlc prescriptions list`")
        )
    return _cards((one,), env)[0]


@frozen(kw_only=True)
class ListPrescriptions(Query[Page[PrescriptionCard]]):
    """Newest first; in these states (none named: all), or of one patient, or of one order."""

    states: tuple[PrescriptionState, ...] = ()
    patient: PatientId | None = None
    order: OrderId | None = None
    after: PrescriptionId | None = None
    limit: int = 50


def list_prescriptions(query: ListPrescriptions, env: Env) -> Page[PrescriptionCard]:
    """A patient's and an order's are not filtered by state. Refuses: Invalid (limit)."""
    limit = limited(query.limit)
    if query.order is not None:
        found = env.prescriptions.of_orders((query.order,))
        return Page(_cards([one for one in found if query.patient in (None, one.patient)][:limit], env))
    if query.patient is not None:
        found = env.prescriptions.of_patient(query.patient, query.after, limit + 1)
    else:
        found = env.prescriptions.page(query.states, query.after, limit + 1)
    return Page(_cards(found[:limit], env), found[limit - 1].id if len(found) > limit else None)


@frozen(kw_only=True)
class PrintPrescription(Query[Script]):
    """Everything on the print of a fill: of that dispatch. Personal and clinical."""

    dispatch: DispatchId


def print_prescription(query: PrintPrescription, env: Env) -> Script:
    """Refuses: Missing."""
    one = env.dispatches.get(query.dispatch)
    return script_of(one, env.prescriptions.get(one.prescription), env.orders.get(one.order), env)


@frozen(kw_only=True)
class GetDispatch(Query[DispatchCard]):
    """One dispatch."""

    dispatch: DispatchId


def get_dispatch(query: GetDispatch, env: Env) -> DispatchCard:
    """Refuses: Missing."""
    return dispatch_card(env.dispatches.get(query.dispatch))


@frozen(kw_only=True)
class ListDispatches(Query[Page[DispatchCard]]):
    """Newest first, in these states (none named: all)."""

    states: tuple[DispatchState, ...] = ()
    after: DispatchId | None = None
    limit: int = 50


def list_dispatches(query: ListDispatches, env: Env) -> Page[DispatchCard]:
    """Refuses: Invalid (limit)."""
    limit = limited(query.limit)
    found = env.dispatches.page(query.states, query.after, limit + 1)
    return Page(tuple(map(dispatch_card, found[:limit])), found[limit - 1].id if len(found) > limit else None)


@frozen(kw_only=True)
class Proposal:
    """What an order would have prescribed: the drugs that its products map to, and whether it is approved."""

    order: OrderId
    drugs: tuple[Drug, ...]
    approved: bool
    standing: tuple[PrescriptionId, ...]


@frozen(kw_only=True)
class ProposePrescriptions(Query[Proposal]):
    """What could be prescribed for that order."""

    order: OrderId


def propose_prescriptions(query: ProposePrescriptions, env: Env) -> Proposal:
    """Refuses: Missing."""
    order = env.orders.get(query.order)
    approval = found_approval(order, env)
    today = local_date(env.clock.now(), env.organization.zone)
    return Proposal(
        order=order.id,
        drugs=drugs_of_order(order, env),
        approved=approval is not None and approval.holds(today),
        standing=tuple(one.id for one in env.prescriptions.of_orders((order.id,)) if not one.ended),
    )


@frozen(kw_only=True)
class RenewalStanding:
    """Whether the next cycle of a subscription may be charged, as far as care is concerned."""

    subscription: SubscriptionId
    permitted: bool
    code: str = ""
    for_patient: str = ""
    for_staff: str = ""


@frozen(kw_only=True)
class AskRenewal(Query[RenewalStanding]):
    """May this subscription be charged again today, and if not, why?"""

    subscription: SubscriptionId


def ask_renewal(query: AskRenewal, env: Env) -> RenewalStanding:
    """Refuses: Missing."""
    one = env.subscriptions.get(query.subscription)
    why = renewals_held((one,), one.today(env.clock.now()), env).get(one.id)
    if why is None:
        return RenewalStanding(subscription=one.id, permitted=True)
    return RenewalStanding(
        subscription=one.id, permitted=False, code=why, for_patient=why.for_patient, for_staff=why.for_staff
    )


@frozen(kw_only=True)
class ShowToCarePortals(Query[Mapping[str, str]]):
    """`prescription.created` of that prescription as CarePortals is told it. Personal."""

    prescription: PrescriptionId


def show_to_careportals(query: ShowToCarePortals, env: Env) -> Mapping[str, str]:
    """Refuses: Missing."""
    one = env.prescriptions.get(query.prescription)
    return to_careportals(one, env.patients.get(one.patient), env.organization)


@frozen(kw_only=True)
class ExplainFills(Query[tuple[str, ...]]):
    """What was prescribed for an order and where its fills are, oldest first: lines without health data."""

    order: OrderId


def explain_fills(query: ExplainFills, env: Env) -> tuple[str, ...]:
    """Nothing, for an order for which nothing was prescribed and nothing is filled."""
    fills = sorted(env.dispatches.of_orders((query.order,)), key=lambda one: one.id)
    written = {one.id: one for one in env.prescriptions.of_orders((query.order,))}
    written |= {one.id: one for one in env.prescriptions.many({one.prescription for one in fills} - set(written))}
    lines = [_told_of(one) for one in sorted(written.values(), key=lambda one: one.id)]
    for one in fills:
        tries = f", {counted(one.attempts, 'try', 'tries')}" if one.attempts > 1 else ""
        code = f" ({one.code})" if one.code else ""
        lines.append(
            f"{one.queued_at:%Y-%m-%d %H:%M} fill {one.fill} of {written[one.prescription].number} at {one.pharmacy}: "
            f"{one.state}{code}{tries}. {_because(one)}"
        )
    return tuple(lines)


def _told_of(one: Prescription) -> str:
    waits = "".join(f"; to be settled: {block.kind}" for block in one.blocks if block.open)
    signed = "not signed" if one.signed_at is None else f"signed {one.signed_at:%Y-%m-%d %H:%M} by {one.signed_by}"
    return f"{one.written_at:%Y-%m-%d %H:%M} prescription {one.number} {one.state}, {signed}{waits}"


def prescriptions_shown(query: object, answer: object) -> tuple[str, ...]:
    """What an answer about prescriptions shows of health, for the record of reads."""
    match answer:
        case PrescriptionCard():
            return (f"prescription {answer.prescription.id}",)
        case Page():
            return tuple(f"prescription {one.prescription.id}" for one in answer.items)
        case Script():
            return (f"prescription {answer.number}",)
        case Proposal():
            return (f"order {answer.order}",)
        case RenewalStanding():
            return (f"subscription {answer.subscription}",)
        case DispatchCard():
            return (_shown_dispatch(answer),)
        case _:
            return (f"prescription {query.prescription}",) if isinstance(query, ShowToCarePortals) else ()


def dispatches_shown(_: ListDispatches, answer: Page[DispatchCard]) -> tuple[str, ...]:
    """Whose fills an answer shows, for the record of reads."""
    return tuple(map(_shown_dispatch, answer.items))


def _shown_dispatch(card: DispatchCard) -> str:
    return f"patient {card.patient}"
