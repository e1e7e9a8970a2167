"""Saved methods: adding one that a gateway kept, choosing the default, removing one."""

from __future__ import annotations

import hashlib

from attrs import field, frozen

from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import EventId, MethodId, PatientId
from hlc_core.payments.errors import NoPaymentToken
from hlc_core.payments.events import MethodSaved
from hlc_core.payments.model import (
    Instrument,
    MethodState,
    ProcessorEvent,
    ProcessorEventKind,
    SavedMethod,
    StoreRequest,
)
from hlc_core.payments.ports import Env


@frozen(kw_only=True)
class SaveMethod(Command[SavedMethod]):
    """Store a reusable method that the gateway made for the patient; it becomes the default."""

    patient: PatientId
    gateway: str
    instrument: Instrument
    reference: str = ""


def save_method(command: SaveMethod, env: Env) -> SavedMethod:
    """The method; one that is stored already becomes the default again."""
    mine = env.methods.of_patients((command.patient,))
    known = [m for m in mine if (m.gateway, m.instrument.token) == (command.gateway, command.instrument.token)]
    for other in mine:
        if other.default and other not in known:
            env.methods.save(evolve(other, default=False))
    if known:
        again = evolve(known[0], default=True, state=MethodState.ACTIVE, instrument=command.instrument)
        if command.reference:
            again = evolve(again, reference=command.reference)
        env.methods.save(again)
        env.outbox.put(MethodSaved(method=again.id, patient=again.patient))
        return again
    saved = SavedMethod(
        id=_method_id(command.reference) or MethodId(env.ids.new("pm")),
        organization=env.organization.id,
        patient=command.patient,
        gateway=command.gateway,
        instrument=command.instrument,
        default=True,
        state=MethodState.ACTIVE,
        saved_at=env.clock.now(),
        reference=command.reference,
    )
    env.methods.add(saved)
    _tell(ProcessorEventKind.CUSTOMER_PROFILE_LINKED, saved.patient, saved.gateway, env, saved.instrument.customer)
    env.outbox.put(MethodSaved(method=saved.id, patient=saved.patient))
    return saved


@frozen(kw_only=True)
class NoteRefusedMethod(Command[None]):
    """A gateway would not keep a card: the timeline shows it, with the gateway's reason."""

    patient: PatientId
    gateway: str
    code: str
    text: str


def note_refused_method(command: NoteRefusedMethod, env: Env) -> None:
    """One line on the timeline; nothing else changes."""
    kind = ProcessorEventKind.TOKENIZATION_FAILED
    _tell(kind, command.patient, command.gateway, env, code=command.code, text=command.text)


@frozen(kw_only=True)
class Storing:
    """The request and whom to send it to; `standing` is the method that came of the same request before."""

    gateway: str
    request: StoreRequest
    standing: SavedMethod | None


@frozen(kw_only=True)
class PlanStoring(Query[Storing]):
    """What to ask the active gateway, so that the card behind the token becomes a method of the patient."""

    patient: PatientId
    token: str = field(repr=False)
    return_url: str = ""


def plan_storing(query: PlanStoring, env: Env) -> Storing:
    """The reference comes from patient, gateway and token, so that the same wish is the same request.

    Refuses: Missing (patient), NoPaymentToken.
    """
    if not query.token:
        raise NoPaymentToken("A payment token is needed.", Fault("token", "the one-time token of the card form"))
    patient = env.patients.get(query.patient)
    gateway = env.organization.payments.active_gateway
    text = f"{patient.id}|{gateway}|{query.token}"
    reference = "store_" + hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
    mine = sorted((m for m in env.methods.of_patients((patient.id,)) if m.gateway == gateway), key=lambda m: m.id)
    customers = [m.instrument.customer for m in mine if m.instrument.customer is not None and m.reference != reference]
    request = StoreRequest(
        reference=reference,
        organization=env.organization.id,
        token=query.token,
        return_url=query.return_url,
        customer=customers[0] if customers else None,
    )
    known = [m for m in mine if m.reference == reference and m.state is MethodState.ACTIVE]
    return Storing(gateway=gateway, request=request, standing=known[0] if known else None)


def _method_id(reference: str) -> MethodId | None:
    """The id that follows from the request, so that of two transactions at once only one can write the method."""
    return MethodId(f"pm_{reference.removeprefix('store_')}") if reference else None


def _tell(
    kind: ProcessorEventKind,
    patient: PatientId,
    gateway: str,
    env: Env,
    customer: str | None = None,
    code: str = "",
    text: str = "",
) -> None:
    env.processor_events.add(
        ProcessorEvent(
            id=EventId(env.ids.new("evt")),
            organization=env.organization.id,
            at=env.clock.now(),
            kind=kind,
            gateway=gateway,
            patient=patient,
            purpose=None,
            subject=patient,
            attempt=None,
            amount=None,
            customer=customer,
            code=code,
            text=text,
        )
    )


@frozen(kw_only=True)
class RemoveMethod(Command[SavedMethod]):
    """Never charge it again."""

    method: MethodId


def remove_method(command: RemoveMethod, env: Env) -> SavedMethod:
    """The method, REMOVED. Refuses: Missing. Removing again answers the same."""
    removed = evolve(env.methods.get(command.method), state=MethodState.REMOVED, default=False)
    env.methods.save(removed)
    return removed
