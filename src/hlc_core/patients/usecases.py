"""Making patients, from a purchase, by staff or from a file, and joining them after proof."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Conflict, HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId
from hlc_core.kernel.text import folded
from hlc_core.patients.events import PatientCreated, PatientMerged
from hlc_core.patients.model import Address, Contact, Patient, Standing
from hlc_core.patients.ports import Env


class NothingToConfirm(Conflict):
    """The patient is no provisional one."""


def buyer(contact: Contact, address: Address | None, env: Env) -> Patient:
    """The patient for a purchase by somebody who is not signed in: never an existing account.

    A new address makes an account; a known one makes a provisional patient, so that a purchase neither reveals that
    the address is known nor gives access to what exists. Refuses: Invalid (contact).
    """
    checked = contact.checked()
    address_of = folded(checked.email)
    known = env.patients.account_under(env.fingerprints.keys("email", address_of))
    made = Patient(
        id=PatientId(env.ids.new("pat")),
        organization=env.organization.id,
        standing=Standing.ACCOUNT if known is None else Standing.PROVISIONAL,
        contact=checked,
        email_key=env.fingerprints.key("email", address_of),
        created_at=env.clock.now(),
        address=address,
        claims=None if known is None else known.id,
    )
    env.patients.add(made)
    if known is None:
        env.outbox.put(PatientCreated(patient=made.id))
    return made


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
        env.patients.save(evolve(joining, standing=Standing.MERGED))
        env.outbox.put(PatientMerged(patient=joining.id, into=account.id))
    return account


def account_of(address: str, env: Env) -> Patient | None:
    """The account with that email address."""
    return env.patients.account_under(env.fingerprints.keys("email", folded(address)))


@frozen(kw_only=True)
class IndexPatients(Command[int]):
    """Make the hashes of patients who were written quickly, or under an index key that was replaced."""

    limit: int = 200


def index_patients(command: IndexPatients, env: Env) -> int:
    """How many were done; 0 when none is left."""
    number = env.fingerprints.number
    found = env.patients.unindexed(number, command.limit)
    for patient in found:
        key = env.fingerprints.key("email", folded(patient.contact.email))
        env.patients.save(evolve(patient, email_key=key, indexed=number))
    return len(found)


@frozen(kw_only=True)
class PatientRow:
    """One row of an import; `external_id` is the key by which a repetition is recognised."""

    external_id: str
    contact: Contact
    address: Address | None = None


@frozen(kw_only=True)
class RowOutcome:
    """What became of one row: `new`, `changed`, `same`, `duplicate` (address of another patient) or `bad`."""

    external_id: str
    outcome: str
    patient: PatientId | None = None
    faults: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class ImportPatients(Command[tuple[RowOutcome, ...]]):
    """Make or change patients by external id; rows that cannot be used are answered as bad and change nothing."""

    rows: tuple[PatientRow, ...]


def import_patients(command: ImportPatients, env: Env) -> tuple[RowOutcome, ...]:
    """One outcome a row, in their order."""
    known = {p.external_id: p for p in env.patients.with_external_ids([row.external_id for row in command.rows])}
    outcomes = []
    for row in command.rows:
        try:
            outcome = _import(row, known.get(row.external_id), env)
        except HlcError as refusal:
            faults = tuple((fault.field, fault.message) for fault in refusal.faults)
            outcome = RowOutcome(external_id=row.external_id, outcome="bad", faults=faults)
        outcomes.append(outcome)
        if outcome.patient is not None:
            known[row.external_id] = env.patients.get(outcome.patient)
    return tuple(outcomes)


def _import(row: PatientRow, stands: Patient | None, env: Env) -> RowOutcome:
    contact = row.contact.checked()
    key = env.fingerprints.key("email", folded(contact.email))
    if stands is not None and (stands.contact, stands.address) == (contact, row.address):
        return RowOutcome(external_id=row.external_id, outcome="same", patient=stands.id)
    holder = env.patients.account_under(env.fingerprints.keys("email", folded(contact.email)))
    if holder is not None and (stands is None or holder.id != stands.id):
        return RowOutcome(
            external_id=row.external_id, outcome="duplicate", faults=(("email", "another patient has it"),)
        )
    if stands is not None:
        env.patients.save(evolve(stands, contact=contact, address=row.address, email_key=key))
        return RowOutcome(external_id=row.external_id, outcome="changed", patient=stands.id)
    made = Patient(
        id=PatientId(env.ids.new("pat")),
        organization=env.organization.id,
        standing=Standing.ACCOUNT,
        contact=contact,
        email_key=key,
        created_at=env.clock.now(),
        address=row.address,
        external_id=row.external_id,
    )
    env.patients.add(made)  # nobody is welcomed by mail because a file was imported
    return RowOutcome(external_id=row.external_id, outcome="new", patient=made.id)
