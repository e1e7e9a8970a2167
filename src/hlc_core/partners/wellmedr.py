"""Wellmedr's intakes and payments, as Airtable sends them. Source: spec/care, External intake and payment."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from hlc_core.invoicing.api import (
    Bill,
    Invoice,
    InvoiceLine,
    InvoiceState,
    Outside,
    Paying,
    open_invoices,
    pay_invoices,
)
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DocumentId, ObligationId, PatientId, RefillId
from hlc_core.kernel.text import email
from hlc_core.kernel.time import local_date
from hlc_core.partners import fields
from hlc_core.partners.amounts import read_amount
from hlc_core.partners.errors import IntakeNotThere
from hlc_core.partners.handling import Done, wake
from hlc_core.partners.identifying import SURELY, claim_of, in_doubt, settled
from hlc_core.partners.model import InboundMessage, Told
from hlc_core.partners.ports import Env
from hlc_core.patients.api import (
    Claim,
    Contact,
    Particulars,
    Patient,
    Verdict,
    find_or_register,
    find_patient,
    refresh_patient,
)
from hlc_core.provider_queue.api import Answered, DocumentKind, PatientDocument, refresh_items, soap_note
from hlc_core.refills.api import Gate, RefillPlan, plan_months, plan_refills

PARTNER = "wellmedr"
PAYER = ("customer_email", "customer.email", "email")
METHOD = ("method_payment_id", "payment_method_id", "stripe_payment_method_id")
PRODUCT = ("product", "product_name")
MEDICATION = ("medication_type", "medication")
PLAN = ("plan", "plan_type", "subscription_plan")
GLP1 = ("glp1-last-30", "glp1_last_30_days")
GLP1_TYPE = ("glp1-last-30-medication-type", "glp1_medication_type")
CHECKED_OUT = ("checkout_completed", "checkout_complete", "checkout.completed", "checkout")
_NO_ANSWERS = (
    fields.EMAIL, fields.NAME, fields.FIRST, fields.LAST, fields.PHONE, fields.AS_OF, fields.STREET, fields.STREET2,
    fields.CITY, fields.STATE, fields.ZIP, fields.COUNTRY, fields.CLINIC, fields.THEIR_ID, CHECKED_OUT, METHOD,
)  # fmt: skip


@frozen(kw_only=True)
class _Intake:
    """An intake as it was read."""

    claim: Claim = field(repr=False)
    contact: Contact = field(repr=False)
    stamp: str
    complete: bool
    answers: tuple[Answered, ...] = field(repr=False)


def take_intake(message: InboundMessage, env: Env) -> Done:
    """Patient made or updated, document stored, SOAP note once checkout is complete; an older version that comes late
    changes nothing. What waited for this patient is tried again. Refuses: Invalid, PatientInDoubt."""
    told = fields.read(message.told)
    intake = _read_intake(message.told, told)
    before = settled(find_patient(intake.claim, env, SURELY)).patient
    standing = None if before is None else _document(before.id, DocumentKind.INTAKE, env)
    if standing is not None and intake.stamp < standing.stamp:
        return Done(outcome="older", touched=(standing.patient,))
    patient = _patient(intake, told, env)
    touched = [patient.id, _keep(patient, DocumentKind.INTAKE, intake, intake.answers, "", env)]
    if intake.complete:
        note = soap_note(intake.answers, "Wellmedr")
        touched.append(_keep(patient, DocumentKind.SOAP_NOTE, intake, (), note, env))
    refresh_items([patient.id], env)
    wake([intake.contact.email, patient.contact.email], env)
    return Done(outcome="registered" if before is None else "updated", touched=tuple(touched))


def _patient(intake: _Intake, told: fields.Fields, env: Env) -> Patient:
    """Found and brought up to date, or registered."""
    born = told.born(local_date(env.clock.now(), env.organization.zone))
    person = Particulars(contact=intake.contact, address=told.address, birth_date=born)
    found = find_or_register(intake.claim, person, env, SURELY)
    if found.patient is None:
        raise in_doubt(found)
    if found.identified.verdict is Verdict.NEW:
        return found.patient
    return refresh_patient(found.patient, person, env)


def _read_intake(told: Told, read: fields.Fields) -> _Intake:
    address = read.first(fields.EMAIL)
    faults = []
    if not address:
        faults.append(Fault(read.name_of(fields.EMAIL), "is required"))
    if not read.name:
        faults.append(Fault(read.name_of(fields.NAME), "is required, or first_name and last_name"))
    if faults:
        raise Invalid("That intake cannot be used.", *faults)
    complete = read.yes(CHECKED_OUT)
    their_id = read.first(fields.THEIR_ID)
    contact = Contact(email=address, name=read.name, phone=read.first(fields.PHONE)).checked()
    return _Intake(
        claim=claim_of(PARTNER, contact.email, their_id, contact.phone, contact.name),
        contact=contact,
        stamp=f"{int(complete)}|{read.as_of}",
        complete=complete,
        answers=tuple(Answered(key=one.key, value=one.value) for one in fields.others(told, *_NO_ANSWERS)),
    )


def _document(patient: PatientId, kind: DocumentKind, env: Env) -> PatientDocument | None:
    found = env.patient_documents.of_patients([patient])
    return next((one for one in found if one.kind is kind and one.partner == PARTNER), None)


def _keep(
    patient: Patient, kind: DocumentKind, intake: _Intake, answers: Sequence[Answered], text: str, env: Env
) -> DocumentId:
    standing = _document(patient.id, kind, env)
    if standing is None:
        made = PatientDocument(
            id=DocumentId(env.ids.new("doc")),
            organization=env.organization.id,
            patient=patient.id,
            kind=kind,
            partner=PARTNER,
            stamp=intake.stamp,
            complete=intake.complete,
            made_at=env.clock.now(),
            answers=tuple(answers),
            text=text,
        )
        env.patient_documents.add(made)
        return made.id
    same = (standing.stamp, standing.answers, standing.text) == (intake.stamp, tuple(answers), text)
    if not same:
        env.patient_documents.save(
            evolve(
                standing,
                stamp=intake.stamp,
                complete=intake.complete,
                made_at=env.clock.now(),
                answers=tuple(answers),
                text=text,
            )
        )
    return standing.id


def take_invoice(message: InboundMessage, env: Env) -> Done:
    """A PAID invoice whose prescription waits, once for each payment method id; plans of 6 and 12 months plan refills.

    Refuses: Invalid (every field at fault at once), IntakeNotThere, PatientInDoubt (several fit).
    """
    told = fields.read(message.told)
    address, method = _required(told)
    currency = env.organization.currency
    reading = read_amount(
        told.first(("amount", "amount_cents")),
        told.first(("price", "amount_dollars")),
        currency,
        env.organization.partners.price_in_dollars,
    )
    obligation = ObligationId(f"{PARTNER}:{method}")
    standing = env.invoices.for_obligations([obligation])
    if standing:
        return Done(outcome="known", touched=(standing[0].id, standing[0].patient))
    claim = claim_of(PARTNER, address, phone=told.first(fields.PHONE), name=told.name)
    found = find_patient(claim, env)
    patient = found.patient
    if found.identified.verdict is Verdict.NEW:
        raise IntakeNotThere(
            "No patient is known by that address or name yet. The message is kept, and tried again when the intake "
            "has come.",
            Fault("customer_email", "send the intake to /api/webhooks/wellmedr-intake, with the same address"),
        )
    if patient is None:
        raise in_doubt(found)
    product = told.first(PRODUCT)
    outside = Outside(
        partner=PARTNER,
        payment_method=method,
        reading=reading.told,
        product=product,
        medication_type=told.first(MEDICATION),
        plan=told.first(PLAN),
        glp1_last_30=told.first(GLP1),
        glp1_type=told.first(GLP1_TYPE),
        ship_to=told.address,
        confirmed=found.sure,
    )
    line = InvoiceLine(
        name=product or outside.medication_type or outside.plan or "Treatment",
        amount=reading.amount,
        medication_type=outside.medication_type,
        plan=outside.plan,
    )
    bill = Bill(
        patient=patient.id,
        obligation=obligation,
        lines=(line,),
        due_on=local_date(env.clock.now(), env.organization.zone),
        prescribes=True,
        outside=outside,
    )
    invoice = _paid(bill, method, env)
    if outside.ship_to is not None and patient.address is None and outside.confirmed:
        refresh_patient(patient, Particulars(contact=patient.contact, address=outside.ship_to), env)
    refills = _plan(invoice, outside, env)
    return Done(outcome="invoiced", touched=(invoice.id, patient.id, *refills))


def _plan(invoice: Invoice, outside: Outside, env: Env) -> tuple[RefillId, ...]:
    """The refills of a plan of six or twelve months, paid with it. Source: spec/care, External intake and payment."""
    months = plan_months(outside.plan, outside.product)
    if months is None:
        return ()
    plan = RefillPlan(
        patient=invoice.patient,
        start=local_date(invoice.paid_at or invoice.created_at, env.organization.zone),
        months=months,
        invoice=invoice.id,
        treatment=(outside.medication_type or outside.product)[:300],
        payment=Gate.OPEN,
        payment_note="The plan is paid.",
    )
    return tuple(refill.id for refill in plan_refills((plan,), env))


def _required(told: fields.Fields) -> tuple[str, str]:
    address, method = told.first(PAYER), told.first(METHOD)
    faults = []
    if not address:
        faults.append(Fault(told.name_of(PAYER), "is required"))
    if not method:
        faults.append(Fault(told.name_of(METHOD), "is required"))
    elif not (method.startswith("pm_") and 4 <= len(method) <= 120 and method.isascii() and method.isprintable()):
        faults.append(Fault(told.name_of(METHOD), "begins with pm_"))
    if faults:
        raise Invalid("That payment cannot be used.", *faults)
    return email(address, told.name_of(PAYER)), method


def _paid(bill: Bill, method: str, env: Env) -> Invoice:
    (invoice,) = open_invoices((bill,), env)
    if invoice.state is InvoiceState.PAID:
        return invoice
    return pay_invoices((Paying(invoice=invoice.id, amount=invoice.balance, reference=method),), env)[0]
