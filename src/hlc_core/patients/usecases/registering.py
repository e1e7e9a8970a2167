"""Registering a patient, and changing what is known of one."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from hlc_core.kernel.commands import ActorKind, Command
from hlc_core.kernel.errors import Fault, Invalid, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId
from hlc_core.kernel.personal import Access, Personal, Purpose, opened
from hlc_core.kernel.text import folded, line
from hlc_core.kernel.time import local_date
from hlc_core.patients.errors import ClinicIsFull, EmailTaken, ExternalIdTaken, NotChanged, NumberTaken
from hlc_core.patients.events import PatientChanged, PatientRegistered
from hlc_core.patients.model import Address, Gender, MedicalHistory, Patient, PatientLink, Standing
from hlc_core.patients.particulars import Particulars
from hlc_core.patients.ports import Env
from hlc_core.patients.usecases.indexing import NUMBER, account_of, indexed_now, link_ids


@frozen(kw_only=True)
class ExternalId:
    """Under which id another system knows the patient."""

    system: str
    value: str = field(repr=False)


@frozen(kw_only=True)
class RegisterPatient(Command[Patient]):
    """A new patient, entered by staff or told by a partner, with or without a medical history."""

    person: Particulars
    portal_access: bool = False
    has_whatsapp: bool = False
    external_ids: tuple[ExternalId, ...] = ()


def register_patient(command: RegisterPatient, env: Env) -> Patient:
    """The patient, found by search from now on.

    Refuses: Invalid (all faults at once), EmailTaken, NumberTaken (with the number), ExternalIdTaken, ClinicIsFull.
    """
    person = _checked(command.person, env)
    _refuse_taken(person, None, env)
    refuse_full(env)
    made = Patient(
        id=PatientId(env.ids.new("pat")),
        organization=env.organization.id,
        standing=Standing.ACCOUNT,
        contact=person.contact,
        email_key="",
        created_at=env.clock.now(),
        portal_access=command.portal_access,
        has_whatsapp=command.has_whatsapp,
    )
    made = indexed_now(_with(made, person), env)
    env.patients.add(made)
    for one in command.external_ids:
        link(made.id, one, env)
    env.outbox.put(PatientRegistered(patient=made.id))
    return made


def refuse_full(env: Env) -> None:
    """Whether one more may be entered. Who buys, or comes from a partner, is never turned away.

    Refuses: ClinicIsFull.
    """
    most = env.organization.limits.patients
    if most and env.actor.kind is not ActorKind.SYSTEM and env.patients.all_told() >= most:
        raise ClinicIsFull("The clinic has as many patients as its plan allows.", Fault("limits.patients", f"{most}"))


class Clearable(StrEnum):
    """What can be taken away from a patient's record."""

    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    NUMBER = "number"
    BIRTH_DATE = "birth_date"
    GENDER = "gender"
    HISTORY = "history"
    WHATSAPP = "whatsapp"


@frozen(kw_only=True)
class ChangePatient(Command[Patient]):
    """Change some of what is known of a patient: None leaves it as it is, `clear` takes it away."""

    patient: PatientId
    email: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    address: Address | None = None
    number: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    gender: Gender | None = field(default=None, repr=False)
    history: MedicalHistory | None = field(default=None, repr=False)
    whatsapp: str | None = field(default=None, repr=False)
    portal_access: bool | None = None
    has_whatsapp: bool | None = None
    clear: tuple[Clearable, ...] = ()


def change_patient(command: ChangePatient, env: Env) -> Patient:
    """The patient as it is then; nothing is written where nothing changes.

    Refuses: Missing, Invalid (all faults at once), NotChanged (it joined another record), EmailTaken, NumberTaken.
    """
    stands = env.patients.get(command.patient)
    if stands.standing is Standing.MERGED:
        raise NotChanged("This record joined another one.", Fault("patient", f"change {stands.claims} instead"))
    person = _checked(_wanted(command, particulars(stands)), env)
    _refuse_taken(person, stands, env)
    changed = evolve(
        _with(stands, person),
        portal_access=stands.portal_access if command.portal_access is None else command.portal_access,
        has_whatsapp=stands.has_whatsapp if command.has_whatsapp is None else command.has_whatsapp,
    )
    if changed == stands:
        return stands
    changed = indexed_now(changed, env)
    env.patients.save(changed)
    env.outbox.put(PatientChanged(patient=changed.id))
    return changed


@frozen(kw_only=True)
class ChangeOwn(Command[Patient]):
    """What patients change about themselves: how they are called and reached. The address of the sign-in stays."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: Address | None = None

    def __attrs_post_init__(self) -> None:
        line(self.name, "name", most=120, least=1)


def change_own(command: ChangeOwn, env: Env) -> Patient:
    """The patient who asks, as it is then; no address leaves it as it is. Refuses: what `change_patient` refuses."""
    own = env.actor.own
    if own is None:
        raise Missing("There is no such patient.", Fault("actor", "sign in as a patient"))
    wish = ChangePatient(patient=own, name=command.name, phone=command.phone, address=command.address)
    return change_patient(wish, env)


@frozen(kw_only=True)
class LinkPatient(Command[Patient]):
    """Note under which id another system knows the patient."""

    patient: PatientId
    external_id: ExternalId


def link_patient(command: LinkPatient, env: Env) -> Patient:
    """The patient. The same link again changes nothing. Refuses: Missing, Invalid, ExternalIdTaken."""
    patient = env.patients.get(command.patient)
    link(patient.id, command.external_id, env)
    return patient


def link(patient: PatientId, wanted: ExternalId, env: Env) -> None:
    """Note the partner's id. Refuses: Invalid, ExternalIdTaken."""
    system, value = system_name(wanted.system), line(wanted.value, "external_id", most=200, least=1)
    ids = link_ids(system, value, env)
    known = env.patient_links.many(ids)
    if any(one.patient != patient for one in known):
        raise ExternalIdTaken(
            "Another patient has this external id.", Fault("external_id", f"it is of {known[0].patient}; merge them?")
        )
    if not known:
        env.patient_links.add(
            PatientLink(id=ids[0], organization=env.organization.id, patient=patient, system=system, value=value)
        )


def system_name(text: str) -> str:
    """The word of an integration. Refuses: Invalid."""
    name = text.strip().lower()
    if not (1 <= len(name) <= 40 and name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
        raise Invalid("That is no word for an integration.", Fault("system", "letters, digits and dashes, at most 40"))
    return name


def particulars(patient: Patient) -> Particulars:
    """What is known of the patient, for work on the record itself."""
    access = Access(purpose=Purpose.MAINTENANCE)
    return Particulars(
        contact=patient.contact,
        address=patient.address,
        number=patient.number,
        birth_date=opened(patient.birth_date, access),
        gender=opened(patient.gender, access),
        history=opened(patient.history, access),
        whatsapp=patient.whatsapp,
    )


def _wanted(command: ChangePatient, stands: Particulars) -> Particulars:
    contact: dict[str, Any] = {
        name: value
        for name, value in (("email", command.email), ("name", command.name), ("phone", command.phone))
        if value is not None
    }
    others: dict[str, Any] = {
        name: value
        for name in ("address", "number", "birth_date", "gender", "history", "whatsapp")
        if (value := getattr(command, name)) is not None
    }
    for one in command.clear:
        if one in (Clearable.PHONE, Clearable.EMAIL):
            contact[one] = ""
        else:
            others[one] = "" if one is Clearable.WHATSAPP else None
    return evolve(stands, contact=evolve(stands.contact, **contact), **others)


def _checked(person: Particulars, env: Env) -> Particulars:
    today = local_date(env.clock.now(), env.organization.zone)
    return person.checked(env.phones, env.organization.country, today)


def _with(patient: Patient, person: Particulars) -> Patient:
    return evolve(
        patient,
        contact=person.contact,
        address=person.address,
        number=person.number,
        birth_date=None if person.birth_date is None else Personal(person.birth_date),
        gender=None if person.gender is None else Personal(person.gender),
        history=None if person.history is None else Personal(person.history),
        whatsapp=person.whatsapp,
    )


def _refuse_taken(person: Particulars, stands: Patient | None, env: Env) -> None:
    """A provisional patient shares its address with the account that it claims."""
    own = None if stands is None else stands.id
    if person.contact.email and (stands is None or stands.standing is Standing.ACCOUNT):
        holder = account_of(person.contact.email, env)
        if holder is not None and holder.id != own:
            raise EmailTaken("Another patient has this address.", Fault("email", f"it is of {holder.id}"))
    if person.number:
        named = env.patients.with_number(env.fingerprints.keys(NUMBER, folded(person.number)))
        if named is not None and named.id != own:
            raise NumberTaken(
                f"The number {person.number} is taken.",
                Fault("number", f"{person.number} is of {named.id}; choose another one"),
            )
