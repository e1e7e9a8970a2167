"""Finding the patient that another system means, or registering one."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId
from hlc_core.kernel.personal import Personal
from hlc_core.kernel.text import folded
from hlc_core.patients.events import PatientChanged
from hlc_core.patients.identification import Identified, MatchedBy, Verdict, identify
from hlc_core.patients.model import Patient, Standing
from hlc_core.patients.names import pieces, plainly_another, words
from hlc_core.patients.particulars import Particulars
from hlc_core.patients.ports import Env
from hlc_core.patients.usecases.buying import dialable
from hlc_core.patients.usecases.indexing import EMAIL, NAME, PHONE, indexed_now, link_ids
from hlc_core.patients.usecases.registering import ExternalId, RegisterPatient, link, register_patient

_MOST = 50


@frozen(kw_only=True)
class Claim:
    """What another system tells of somebody; what it does not know is empty."""

    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    external_id: ExternalId | None = None


@frozen(kw_only=True)
class FoundPatient:
    """The patient (one that joined another record: the other one), and how it was found.

    `identified.verdict` MATCHED: use the patient; NEW: it was registered just now, or there is none; TO_CONFIRM: a
    person must say who it is. The patient is then the only candidate, if there is only one.
    """

    identified: Identified
    patient: Patient | None

    @property
    def sure(self) -> bool:
        """Whether the patient may be used without a person looking."""
        return self.patient is not None and self.identified.verdict is not Verdict.TO_CONFIRM


def find_patient(claim: Claim, env: Env, by: tuple[MatchedBy, ...] = tuple(MatchedBy)) -> FoundPatient:
    """Whose claim it is, looking only at what is named in `by`; nothing is written."""
    seen: dict[PatientId, Patient] = {}
    found = {
        MatchedBy.EMAIL: _by_email(claim, env, seen),
        MatchedBy.EXTERNAL_ID: _by_link(claim, env, seen),
        MatchedBy.PHONE: _by_phone(claim, env, seen),
    }
    known = {one: found[one] for one in found if one in by}
    if not any(known.values()) and MatchedBy.NAME in by:
        known[MatchedBy.NAME] = _by_name(claim, env, seen)
    others = frozenset(id for id, one in seen.items() if plainly_another(claim.name, one.contact.name))
    decided = identify(known, others)
    return FoundPatient(identified=decided, patient=None if decided.patient is None else seen[decided.patient])


def find_or_register(
    claim: Claim,
    person: Particulars | None,
    env: Env,
    by: tuple[MatchedBy, ...] = tuple(MatchedBy),
) -> FoundPatient:
    """The patient of the claim; where nobody is found, one registered as `person` (None: nobody is registered).

    A sure match learns the partner's id. Where a person must confirm, nobody is registered: keep the message.
    Refuses: what `register_patient` refuses.
    """
    found = find_patient(claim, env, by)
    if found.sure and found.patient is not None and claim.external_id is not None and not found.identified.doubt:
        link(found.patient.id, claim.external_id, env)
    if found.identified.verdict is not Verdict.NEW or person is None:
        return found
    links = () if claim.external_id is None else (claim.external_id,)
    return evolve(found, patient=register_patient(RegisterPatient(person=person, external_ids=links), env))


def refresh_patient(patient: Patient, person: Particulars, env: Env) -> Patient:
    """The patient with name, phone, address and birth date as another system tells them now. What it does not tell
    stays, and so do the email and a phone in whose place none was told that can be dialled.

    Refuses: Invalid (contact).
    """
    told = person.contact
    phone = dialable(told, env).phone
    contact = evolve(
        patient.contact,
        name=told.name.strip() or patient.contact.name,
        phone=phone if phone.startswith("+") else patient.contact.phone,
    )
    fresh = evolve(
        patient,
        contact=contact.checked(needs_email=False),
        address=person.address or patient.address,
        birth_date=patient.birth_date if person.birth_date is None else Personal(person.birth_date),
    )
    if fresh == patient:
        return patient
    fresh = indexed_now(fresh, env)
    env.patients.save(fresh)
    env.outbox.put(PatientChanged(patient=fresh.id))
    return fresh


@frozen(kw_only=True)
class IdentifyPatient(Command[FoundPatient]):
    """Whose claim is it; where it is nobody's, register `person`."""

    claim: Claim
    person: Particulars | None = None


def identify_patient(command: IdentifyPatient, env: Env) -> FoundPatient:
    """See `find_or_register`."""
    return find_or_register(command.claim, command.person, env)


def _by_email(claim: Claim, env: Env, seen: dict[PatientId, Patient]) -> frozenset[PatientId]:
    if not claim.email.strip():
        return frozenset()
    found = env.patients.with_emails(env.fingerprints.keys(EMAIL, folded(claim.email)))
    accounts = [one for one in found if one.standing is Standing.ACCOUNT]
    return _kept(accounts or _canonical(found, env), seen)


def _by_link(claim: Claim, env: Env, seen: dict[PatientId, Patient]) -> frozenset[PatientId]:
    if claim.external_id is None:
        return frozenset()
    system, value = claim.external_id.system.strip().lower(), claim.external_id.value.strip()
    links = env.patient_links.many(link_ids(system, value, env))
    return _kept(_canonical([env.patients.get(one.patient) for one in links], env), seen)


def _by_phone(claim: Claim, env: Env, seen: dict[PatientId, Patient]) -> frozenset[PatientId]:
    try:
        phone = env.phones.e164(claim.phone, env.organization.country) if claim.phone.strip() else ""
    except Invalid:
        return frozenset()
    found = env.patients.with_phones(env.fingerprints.keys(PHONE, phone), _MOST) if phone else ()
    return _kept(_canonical(found, env), seen)


def _by_name(claim: Claim, env: Env, seen: dict[PatientId, Patient]) -> frozenset[PatientId]:
    """Those whose name has the same words, in whatever order."""
    wanted = frozenset(words(claim.name))
    if len(wanted) < 2:
        return frozenset()
    hashes = [key for piece in sorted(pieces(claim.name)) for key in env.fingerprints.keys(NAME, piece)]
    shared: dict[PatientId, int] = {}
    for one in env.name_grams.holding(hashes, 500):
        shared[one.patient] = shared.get(one.patient, 0) + 1
    likely = sorted(shared, key=lambda id: -shared[id])[:_MOST]
    waiting = env.patients.unindexed(env.fingerprints.number, 200)
    found = {one.id: one for one in (*env.patients.many(likely), *waiting)}
    same = [one for one in found.values() if frozenset(words(one.contact.name)) == wanted]
    return _kept(_canonical(same, env), seen)


def _canonical(found: Iterable[Patient], env: Env) -> list[Patient]:
    """Each once, those that joined another record as that one."""
    patients: dict[PatientId, Patient] = {}
    for one in found:
        here = one
        for _ in range(10):
            if here.standing is not Standing.MERGED or here.claims is None:
                break
            here = env.patients.get(here.claims)
        patients[here.id] = here
    return list(patients.values())


def _kept(found: list[Patient], seen: dict[PatientId, Patient]) -> frozenset[PatientId]:
    seen.update({one.id: one for one in found})
    return frozenset(one.id for one in found)
