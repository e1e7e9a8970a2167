"""The patient of a purchase, and joining a provisional one to its account after proof."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId
from hlc_core.kernel.text import folded
from hlc_core.patients.errors import NothingToConfirm
from hlc_core.patients.events import PatientCreated, PatientMerged
from hlc_core.patients.model import Address, Contact, Patient, Standing
from hlc_core.patients.ports import Env
from hlc_core.patients.usecases.indexing import account_of, hashed


def buyer(contact: Contact, address: Address | None, env: Env) -> Patient:
    """The patient for a purchase by somebody who is not signed in: never an existing account.

    A new address makes an account; a known one makes a provisional patient, so that a purchase neither reveals that
    the address is known nor gives access to what exists. A phone that is of no numbering plan is kept as it was
    written: nobody is kept from buying by it. Refuses: Invalid (contact).
    """
    checked = dialable(contact.checked(), env)
    known = account_of(checked.email, env)
    made = Patient(
        id=PatientId(env.ids.new("pat")),
        organization=env.organization.id,
        standing=Standing.ACCOUNT if known is None else Standing.PROVISIONAL,
        contact=checked,
        email_key="",
        created_at=env.clock.now(),
        address=address,
        claims=None if known is None else known.id,
    )
    made = hashed(made, env)
    env.patients.add(made)
    if known is None:
        env.outbox.put(PatientCreated(patient=made.id))
    return made


def buyer_again(patient: Patient, contact: Contact, address: Address | None, env: Env) -> Patient:
    """The patient whom an earlier try of the same purchase made, with what was typed this time.

    Refuses: Invalid (contact).
    """
    told = evolve(patient, contact=dialable(contact.checked(), env), address=address or patient.address)
    if told == patient:
        return patient
    again = hashed(told, env)
    env.patients.save(again)
    return again


def uses_address(patient: Patient, address: str) -> bool:
    """Whether it is the patient's address, however it is spelt; never that of one who joined another record."""
    return patient.standing is not Standing.MERGED and folded(patient.contact.email) == folded(address)


def dialable(contact: Contact, env: Env) -> Contact:
    """The contact with its phone in international form, where it is a phone."""
    if not contact.phone:
        return contact
    try:
        return evolve(contact, phone=env.phones.e164(contact.phone, env.organization.country))
    except Invalid:
        return contact


@frozen(kw_only=True)
class ConfirmPatient(Command[Patient]):
    """Staff or the address's owner proved control: the provisional patient joins the account it claims."""

    patient: PatientId


def confirm_patient(command: ConfirmPatient, env: Env) -> Patient:
    """The account. Refuses: Missing, NothingToConfirm. Confirming again answers the account."""
    joining = env.patients.get(command.patient)
    if joining.claims is None:
        raise NothingToConfirm("This patient claims no other account.")
    account = env.patients.get(joining.claims)
    if joining.standing is Standing.PROVISIONAL:
        _join(joining, account.id, env)
    return account


def provisional_of(account: PatientId, address: str, env: Env) -> tuple[Patient, ...]:
    """Who bought under the account's address without proof, where it is still the address given here."""
    return tuple(one for one in env.patients.claiming(account) if uses_address(one, address))


def join_proved(account: PatientId, address: str, env: Env) -> int:
    """How many provisional patients join the account, whose owner has proved to control the address.

    What was bought under another address, which the account had before, goes on waiting for its own proof.
    """
    found = provisional_of(account, address, env)
    for one in found:
        _join(one, account, env)
    return len(found)


def _join(joining: Patient, account: PatientId, env: Env) -> None:
    env.patients.save(evolve(joining, standing=Standing.MERGED))
    env.outbox.put(PatientMerged(patient=joining.id, into=account))
