"""Drugs, prescriptions and dispatches. A patient sees only their own prescriptions."""

from __future__ import annotations

from datetime import date
from typing import Any

from attrs import frozen

from hlc_adapters.pharmacies.documents import as_pdf
from hlc_core.kernel.ids import DispatchId, DrugId, OrderId, PatientId, PrescriptionId, SubscriptionId
from hlc_core.kernel.paging import Page
from hlc_core.orders.api import GetOrder
from hlc_core.prescriptions.api import (
    AcknowledgeDispatch,
    AddDrug,
    AskRenewal,
    BlockKind,
    CancelDispatch,
    CancelPrescription,
    ChangeDrug,
    CloseBlock,
    DispatchCard,
    DispatchFill,
    DispatchState,
    DraftPrescription,
    Drug,
    DrugLabel,
    ExplainFills,
    GetDispatch,
    GetDrug,
    GetPrescription,
    HoldPrescription,
    ListDispatches,
    ListDrugs,
    ListPrescriptions,
    OpenBlock,
    Prescribe,
    PrescriptionCard,
    PrescriptionState,
    PrintPrescription,
    Proposal,
    ProposePrescriptions,
    ReleasePrescription,
    RenewalStanding,
    RestoreDrug,
    RetryDispatch,
    ScriptItem,
    ShowToCarePortals,
    SignPrescription,
    WithdrawDrug,
)
from hlc_core.subscriptions.api import GetSubscription
from hlc_http.call import Call
from hlc_http.routes.paged import Paged
from hlc_http.table import Content, Nothing, Reply, Routes, Who

routes = Routes("prescriptions", who=Who.STAFF)


@frozen(kw_only=True)
class DrugsQuery(Paged):
    """All drugs, or only those that can be prescribed."""

    active: bool = False


@frozen(kw_only=True)
class LabelBody:
    """What is said about a drug."""

    label: DrugLabel


@frozen(kw_only=True)
class PrescriptionsQuery(Paged):
    """Of one state; or all of a patient, or of an order."""

    state: PrescriptionState | None = None
    patient: PatientId | None = None
    order: OrderId | None = None


@frozen(kw_only=True)
class DraftBody:
    """One drug for an order; what is left out is as the catalog proposes. `prescriber` is the name on the print."""

    order: OrderId
    drug: DrugId
    directions: str | None = None
    quantity: int | None = None
    days_supply: int | None = None
    refills: int | None = None
    expires_on: date | None = None
    prescriber: str = ""


@frozen(kw_only=True)
class ReasonBody:
    """Why."""

    reason: str = ""


@frozen(kw_only=True)
class BlockBody:
    """What has to be settled."""

    kind: BlockKind
    note: str = ""


@frozen(kw_only=True)
class SettledBody:
    """How it was settled."""

    answer: str = ""


@frozen(kw_only=True)
class FillBody:
    """For which order the next fill is sent (the prescription's own, if none is named), and to which pharmacy."""

    order: OrderId | None = None
    pharmacy: str = ""


@frozen(kw_only=True)
class DispatchesQuery(Paged):
    """Of one state, or all."""

    state: DispatchState | None = None


@routes.get("/api/v1/drugs", "List drugs", query=DrugsQuery, answers=Page[Drug], uses=ListDrugs)
def list_drugs(call: Call[Nothing, DrugsQuery]) -> Page[Drug]:
    """In the order of their making."""
    asked = call.query
    after = None if asked.cursor is None else DrugId(asked.cursor)
    return call.ask(ListDrugs(active_only=asked.active, after=after, limit=asked.limit))


@routes.post("/api/v1/drugs", "Add a drug", body=AddDrug, answers=Drug, status=201, uses=AddDrug, idempotent=True)
def add_drug(call: Call[AddDrug, Nothing]) -> Drug:
    return call.execute(call.body)


@routes.get("/api/v1/drugs/{drug_id}", "Show a drug", answers=Drug, uses=GetDrug)
def show_drug(call: Call[Nothing, Nothing]) -> Drug:
    return call.ask(GetDrug(drug=_drug(call)))


@routes.patch(
    "/api/v1/drugs/{drug_id}", "Change a drug", body=LabelBody, answers=Drug, uses=ChangeDrug, idempotent=True
)
def change_drug(call: Call[LabelBody, Nothing]) -> Drug:
    """Prescriptions that were written keep what they say."""
    return call.execute(ChangeDrug(drug=_drug(call), label=call.body.label))


@routes.post(
    "/api/v1/drugs/{drug_id}/withdraw", "Prescribe it no more", answers=Drug, uses=WithdrawDrug, idempotent=True
)
def withdraw_drug(call: Call[Nothing, Nothing]) -> Drug:
    return call.execute(WithdrawDrug(drug=_drug(call)))


@routes.post("/api/v1/drugs/{drug_id}/restore", "Prescribe it again", answers=Drug, uses=RestoreDrug, idempotent=True)
def restore_drug(call: Call[Nothing, Nothing]) -> Drug:
    return call.execute(RestoreDrug(drug=_drug(call)))


@routes.get(
    "/api/v1/prescriptions",
    "List prescriptions",
    query=PrescriptionsQuery,
    answers=Page[PrescriptionCard],
    uses=ListPrescriptions,
    who=Who.PATIENT,
)
def list_prescriptions(call: Call[Nothing, PrescriptionsQuery]) -> Page[PrescriptionCard]:
    """Newest first. A patient gets their own, whatever is asked."""
    asked = call.query
    after = None if asked.cursor is None else PrescriptionId(asked.cursor)
    if call.by_patient:
        mine = ListPrescriptions(patient=call.own_id, order=asked.order, after=after, limit=asked.limit)
        return call.ask_as_owner(mine)
    states = () if asked.state is None else (asked.state,)
    return call.ask(
        ListPrescriptions(states=states, patient=asked.patient, order=asked.order, after=after, limit=asked.limit)
    )


@routes.post(
    "/api/v1/prescriptions",
    "Write a draft for an approved order",
    body=DraftBody,
    answers=PrescriptionCard,
    status=201,
    uses=DraftPrescription,
    idempotent=True,
)
def draft_prescription(call: Call[DraftBody, Nothing]) -> PrescriptionCard:
    """Nothing is filled until it is signed."""
    body = call.body
    item = ScriptItem(
        drug=body.drug,
        directions=body.directions,
        quantity=body.quantity,
        days_supply=body.days_supply,
        refills=body.refills,
        expires_on=body.expires_on,
    )
    made = call.execute(DraftPrescription(order=body.order, item=item, prescriber=body.prescriber))
    return _card(made.id, call)


@routes.get(
    "/api/v1/orders/{order_id}/prescriptions/proposal",
    "What could be prescribed for an order",
    answers=Proposal,
    uses=ProposePrescriptions,
)
def propose_prescriptions(call: Call[Nothing, Nothing]) -> Proposal:
    """The drugs that its products map to, and whether an approval is in force."""
    return call.ask(ProposePrescriptions(order=_order(call)))


@routes.get(
    "/api/v1/orders/{order_id}/fills",
    "Where the fills of an order are",
    answers=tuple[str, ...],
    uses=ExplainFills,
)
def explain_fills(call: Call[Nothing, Nothing]) -> tuple[str, ...]:
    """Prescriptions and dispatches, each in a line without health data."""
    return call.ask(ExplainFills(order=_order(call)))


@frozen(kw_only=True)
class PrescribeBody:
    """Which drugs; none: what the order's products map to, as the catalog proposes."""

    items: tuple[ScriptItem, ...] = ()
    prescriber: str = ""
    pharmacy: str = ""


@routes.post(
    "/api/v1/orders/{order_id}/prescribe",
    "Prescribe and send everything that an order needs",
    body=PrescribeBody,
    answers=tuple[PrescriptionCard, ...],
    uses=Prescribe,
    idempotent=True,
)
def prescribe(call: Call[PrescribeBody, Nothing]) -> tuple[PrescriptionCard, ...]:
    """Signed at once; a worker takes them to the pharmacy."""
    body = call.body
    order = _order(call)
    made = call.execute(Prescribe(order=order, items=body.items, prescriber=body.prescriber, pharmacy=body.pharmacy))
    return tuple(_card(one.id, call) for one in made)


@routes.get(
    "/api/v1/prescriptions/{prescription_id}",
    "Show a prescription",
    answers=PrescriptionCard,
    uses=GetPrescription,
    who=Who.PATIENT,
)
def show_prescription(call: Call[Nothing, Nothing]) -> PrescriptionCard:
    """By its id or its Rx number, with its fills."""
    asked = GetPrescription(prescription=call.part("prescription_id"))
    return call.ask_own(asked, lambda card: card.prescription.patient)


@routes.get(
    "/api/v1/prescriptions/{prescription_id}/careportals",
    "`prescription.created` as CarePortals is told it",
    answers="application/json",
    uses=ShowToCarePortals,
)
def show_to_careportals(call: Call[Nothing, Nothing]) -> Reply:
    return Reply(value=dict(call.ask(ShowToCarePortals(prescription=_id(call)))))


@routes.post(
    "/api/v1/prescriptions/{prescription_id}/sign",
    "Sign a draft",
    answers=PrescriptionCard,
    uses=SignPrescription,
    idempotent=True,
)
def sign_prescription(call: Call[Nothing, Nothing]) -> PrescriptionCard:
    """The approval that it was written on must still be in force."""
    return _card(call.execute(SignPrescription(prescription=_id(call))).id, call)


@routes.post(
    "/api/v1/prescriptions/{prescription_id}/dispatch",
    "Send the next fill",
    body=FillBody,
    answers=DispatchCard,
    status=202,
    uses=DispatchFill,
    idempotent=True,
)
def dispatch_fill(call: Call[FillBody, Nothing]) -> DispatchCard:
    """It is queued; a worker takes it to the pharmacy. One fill for one order, however often it is asked."""
    body = call.body
    made = call.execute(DispatchFill(prescription=_id(call), order=body.order, pharmacy=body.pharmacy))
    return call.ask(GetDispatch(dispatch=made.id))


@routes.post(
    "/api/v1/prescriptions/{prescription_id}/hold",
    "Let nothing be dispatched",
    body=ReasonBody,
    answers=PrescriptionCard,
    uses=HoldPrescription,
    idempotent=True,
)
def hold_prescription(call: Call[ReasonBody, Nothing]) -> PrescriptionCard:
    return _card(call.execute(HoldPrescription(prescription=_id(call), reason=call.body.reason)).id, call)


@routes.post(
    "/api/v1/prescriptions/{prescription_id}/release",
    "Let it be filled again",
    answers=PrescriptionCard,
    uses=ReleasePrescription,
    idempotent=True,
)
def release_prescription(call: Call[Nothing, Nothing]) -> PrescriptionCard:
    return _card(call.execute(ReleasePrescription(prescription=_id(call))).id, call)


@routes.post(
    "/api/v1/prescriptions/{prescription_id}/cancel",
    "End a prescription",
    body=ReasonBody,
    answers=PrescriptionCard,
    uses=CancelPrescription,
    idempotent=True,
)
def cancel_prescription(call: Call[ReasonBody, Nothing]) -> PrescriptionCard:
    """What is queued is cancelled; what a pharmacy has is withdrawn by hand."""
    return _card(call.execute(CancelPrescription(prescription=_id(call), reason=call.body.reason)).id, call)


@routes.post(
    "/api/v1/prescriptions/{prescription_id}/blocks",
    "Something has to be settled first",
    body=BlockBody,
    answers=PrescriptionCard,
    uses=OpenBlock,
    idempotent=True,
)
def open_block(call: Call[BlockBody, Nothing]) -> PrescriptionCard:
    body = call.body
    return _card(call.execute(OpenBlock(prescription=_id(call), kind=body.kind, note=body.note)).id, call)


@routes.post(
    "/api/v1/prescriptions/{prescription_id}/blocks/{number}/close",
    "It is settled",
    body=SettledBody,
    answers=PrescriptionCard,
    uses=CloseBlock,
    idempotent=True,
)
def close_block(call: Call[SettledBody, Nothing]) -> PrescriptionCard:
    """What waited for the last open block goes out."""
    text = call.part("number")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    return _card(call.execute(CloseBlock(prescription=_id(call), number=number, answer=call.body.answer)).id, call)


@routes.get(
    "/api/v1/dispatches",
    "List dispatches",
    query=DispatchesQuery,
    answers=Page[DispatchCard],
    uses=ListDispatches,
)
def list_dispatches(call: Call[Nothing, DispatchesQuery]) -> Page[DispatchCard]:
    """Newest first."""
    asked = call.query
    states = () if asked.state is None else (asked.state,)
    after = None if asked.cursor is None else DispatchId(asked.cursor)
    return call.ask(ListDispatches(states=states, after=after, limit=asked.limit))


@routes.get("/api/v1/dispatches/{dispatch_id}", "Show a dispatch", answers=DispatchCard, uses=GetDispatch)
def show_dispatch(call: Call[Nothing, Nothing]) -> DispatchCard:
    return call.ask(GetDispatch(dispatch=_dispatch(call)))


@routes.get(
    "/api/v1/dispatches/{dispatch_id}/print",
    "The prescription to print",
    answers="application/pdf",
    uses=PrintPrescription,
)
def print_prescription(call: Call[Nothing, Nothing]) -> Content:
    """One page, as the default pharmacy gets it."""
    script = call.ask(PrintPrescription(dispatch=_dispatch(call)))
    return Content(body=as_pdf(script), content_type="application/pdf", headers={"Cache-Control": "no-store"})


@routes.post(
    "/api/v1/dispatches/{dispatch_id}/retry",
    "Send a failed dispatch again",
    answers=DispatchCard,
    uses=RetryDispatch,
    idempotent=True,
)
def retry_dispatch(call: Call[Nothing, Nothing]) -> DispatchCard:
    """Under the same id; the pharmacy is asked first whether it has it."""
    return call.ask(GetDispatch(dispatch=call.execute(RetryDispatch(dispatch=_dispatch(call))).id))


@routes.post(
    "/api/v1/dispatches/{dispatch_id}/acknowledge",
    "The pharmacy said that it has it",
    answers=DispatchCard,
    uses=AcknowledgeDispatch,
    idempotent=True,
)
def acknowledge_dispatch(call: Call[Nothing, Nothing]) -> DispatchCard:
    return call.ask(GetDispatch(dispatch=call.execute(AcknowledgeDispatch(dispatch=_dispatch(call))).id))


@routes.post(
    "/api/v1/dispatches/{dispatch_id}/cancel",
    "Let it stand for nothing",
    body=ReasonBody,
    answers=DispatchCard,
    uses=CancelDispatch,
    idempotent=True,
)
def cancel_dispatch(call: Call[ReasonBody, Nothing]) -> DispatchCard:
    """What may have arrived asks a reason; tell the pharmacy."""
    done = call.execute(CancelDispatch(dispatch=_dispatch(call), reason=call.body.reason))
    return call.ask(GetDispatch(dispatch=done.id))


@routes.get(
    "/api/v1/subscriptions/{subscription_id}/renewal",
    "May it be charged again, as far as care is concerned?",
    answers=RenewalStanding,
    uses=AskRenewal,
    who=Who.PATIENT,
)
def ask_renewal(call: Call[Nothing, Nothing]) -> RenewalStanding:
    """With a sentence for the patient and one for staff, if not."""
    id = SubscriptionId(call.part("subscription_id"))
    call.ask_own(GetSubscription(subscription=id), lambda one: one.patient)
    asked = AskRenewal(subscription=id)
    return call.ask_as_owner(asked) if call.by_patient else call.ask(asked)


def _drug(call: Call[Any, Any]) -> DrugId:
    return DrugId(call.part("drug_id"))


def _order(call: Call[Any, Any]) -> OrderId:
    """The order's id; a number is looked up."""
    word = call.part("order_id")
    return OrderId(word) if word.startswith("ord_") else call.ask(GetOrder(order=word)).order.id


def _dispatch(call: Call[Any, Any]) -> DispatchId:
    return DispatchId(call.part("dispatch_id"))


def _id(call: Call[Any, Any]) -> PrescriptionId:
    """The prescription's id; a number is looked up."""
    word = call.part("prescription_id")
    if word.startswith("rx_"):
        return PrescriptionId(word)
    return call.ask(GetPrescription(prescription=word)).prescription.id


def _card(id: PrescriptionId, call: Call[Any, Any]) -> PrescriptionCard:
    return call.ask(GetPrescription(prescription=id))
