"""Questions about patients."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from attrs import field, frozen

from hlc_core.kernel.commands import Query
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import PatientId
from hlc_core.kernel.paging import Page, limited
from hlc_core.kernel.personal import Access, Purpose, opened
from hlc_core.kernel.text import folded
from hlc_core.patients.model import Gender, MedicalHistory, Patient, PatientLink, PatientMerge, Standing
from hlc_core.patients.names import LEAST, beginning, similarity, sought, words
from hlc_core.patients.ports import Env
from hlc_core.patients.usecases.indexing import EMAIL, NAME, NUMBER, PHONE

PHONES = 5
"""A search by phone shows up to so many. Source: spec/care, Further facts."""
_OF_EACH_GRAM = 500
_CANDIDATES = 100
_WAITING = 200
_LEAST_SIMILAR = 350


@frozen(kw_only=True)
class GetPatient(Query[Patient]):
    """One patient."""

    patient: PatientId


def get_patient(query: GetPatient, env: Env) -> Patient:
    """Refuses: Missing."""
    return env.patients.get(query.patient)


@frozen(kw_only=True)
class ListPatients(Query[Page[Patient]]):
    """Patients, the newest first."""

    cursor: str | None = None
    limit: int = 50


def list_patients(query: ListPatients, env: Env) -> Page[Patient]:
    """In a stable order: when they were made, then by id. Refuses: Invalid (limit)."""
    after = None if query.cursor is None else PatientId(query.cursor)
    found = env.patients.page(after, limited(query.limit) + 1)
    page = tuple(found[: query.limit])
    return Page(page, page[-1].id if len(found) > query.limit else None)


@frozen(kw_only=True)
class MedicalRecord:
    """Health data of a patient, read for a purpose."""

    patient: PatientId
    purpose: Purpose
    birth_date: date | None = field(repr=False)
    gender: Gender | None = field(repr=False)
    history: MedicalHistory | None = field(repr=False)


@frozen(kw_only=True)
class GetMedicalRecord(Query[MedicalRecord]):
    """What a patient told of their health; the read is recorded with its purpose."""

    patient: PatientId
    purpose: Purpose


def get_medical_record(query: GetMedicalRecord, env: Env) -> MedicalRecord:
    """Refuses: Missing."""
    patient, access = env.patients.get(query.patient), Access(purpose=query.purpose)
    return MedicalRecord(
        patient=patient.id,
        purpose=query.purpose,
        birth_date=opened(patient.birth_date, access),
        gender=opened(patient.gender, access),
        history=opened(patient.history, access),
    )


@frozen(kw_only=True)
class ListLinks(Query[tuple[PatientLink, ...]]):
    """Under which ids other systems know the patient."""

    patient: PatientId


def list_links(query: ListLinks, env: Env) -> tuple[PatientLink, ...]:
    """By system. Refuses: Missing."""
    env.patients.get(query.patient)
    return tuple(sorted(env.patient_links.of((query.patient,)), key=lambda one: (one.system, one.value)))


@frozen(kw_only=True)
class ListMerges(Query[tuple[PatientMerge, ...]]):
    """The merges that the patient was part of."""

    patient: PatientId


def list_merges(query: ListMerges, env: Env) -> tuple[PatientMerge, ...]:
    """The newest first. Refuses: Missing."""
    env.patients.get(query.patient)
    return tuple(env.patient_merges.of(query.patient))


def asked_about(query: ListLinks | ListMerges, _: object) -> Iterable[str]:
    """Whose other systems' ids and whose merges an answer shows, for the audit trail."""
    return (f"patient {query.patient}",)


@frozen(kw_only=True)
class PreviewNumber(Query[str]):
    """A patient number that is free now; nothing is reserved by asking."""


def preview_number(_: PreviewNumber, env: Env) -> str:
    """Such as P-000042."""
    start = env.patients.all_told() + 1
    for place in range(start, start + 100):
        number = f"P-{place:06d}"
        if env.patients.with_number(env.fingerprints.keys(NUMBER, folded(number))) is None:
            return number
    return env.ids.number("P")


@frozen(kw_only=True)
class Hit:
    """A patient that was found, and by what: `email`, `phone`, `number`, `name`; similarity per mille."""

    patient: Patient
    by: str
    similarity: int = 1000


@frozen(kw_only=True)
class SearchPatients(Query[tuple[Hit, ...]]):
    """Patients by an address, a phone or a number (exactly), or by a name (roughly).

    One or two letters: names with a word that begins so, in alphabetical order.
    """

    text: str = field(repr=False)
    limit: int = 20


def search_patients(query: SearchPatients, env: Env) -> tuple[Hit, ...]:
    """The best first; records that joined another one are not shown. Refuses: Invalid (nothing to look for, limit)."""
    text, limit = query.text.strip(), limited(query.limit)
    if not text or len(text) > 200:
        raise Invalid("There is nothing to look for.", Fault("search", "1 to 200 characters"))
    hits = [*_exact(text, env)]
    if not any(hit.by in ("email", "phone") for hit in hits) and "@" not in text:
        hits += _short(text, limit, env) if len("".join(words(text))) < LEAST else _similar(text, env)
    once: dict[PatientId, Hit] = {}
    for hit in hits:
        if hit.patient.standing is not Standing.MERGED:
            once.setdefault(hit.patient.id, hit)
    return tuple(once.values())[:limit]


def shown(_: object, answer: Patient | Page[Patient] | MedicalRecord | tuple[Hit, ...]) -> Iterable[str]:
    """Whom an answer shows, for the audit trail."""
    if isinstance(answer, MedicalRecord):
        return (f"patient {answer.patient}", f"purpose {answer.purpose}")
    if isinstance(answer, Patient):
        return (f"patient {answer.id}",)
    if isinstance(answer, Page):
        return tuple(f"patient {one.id}" for one in answer.items)
    return tuple(f"patient {hit.patient.id}" for hit in answer)


def _exact(text: str, env: Env) -> Iterable[Hit]:
    if "@" in text:
        for one in env.patients.with_emails(env.fingerprints.keys(EMAIL, folded(text))):
            yield Hit(patient=one, by="email")
        return
    numbered = env.patients.with_number(env.fingerprints.keys(NUMBER, folded(text)))
    if numbered is not None:
        yield Hit(patient=numbered, by="number")
    if sum(one.isdigit() for one in text) >= 7:
        try:
            phone = env.phones.e164(text, env.organization.country)
        except Invalid:
            return
        for one in env.patients.with_phones(env.fingerprints.keys(PHONE, phone), PHONES):
            yield Hit(patient=one, by="phone")


def _short(text: str, limit: int, env: Env) -> Iterable[Hit]:
    letters = "".join(words(text))
    if not letters:
        return ()
    found = _candidates([beginning(letters)], env, most=_OF_EACH_GRAM)
    begun = [one for one in found if any(word.startswith(letters) for word in words(one.contact.name))]
    begun.sort(key=lambda one: (words(one.contact.name), one.id))
    return [Hit(patient=one, by="name") for one in begun[:limit]]


def _similar(text: str, env: Env) -> Iterable[Hit]:
    ranked = [
        Hit(patient=one, by="name", similarity=similarity(text, one.contact.name))
        for one in _candidates(sorted(sought(text)), env, most=_CANDIDATES)
    ]
    ranked.sort(key=lambda hit: (-hit.similarity, words(hit.patient.contact.name), hit.patient.id))
    return [hit for hit in ranked if hit.similarity >= _LEAST_SIMILAR]


def _candidates(wanted: list[str], env: Env, most: int) -> list[Patient]:
    """Those who share most pieces, and those whose pieces are still to be hashed."""
    hashes = [key for piece in wanted for key in env.fingerprints.keys(NAME, piece)]
    shared: dict[PatientId, int] = {}
    for one in env.name_grams.holding(hashes, _OF_EACH_GRAM):
        shared[one.patient] = shared.get(one.patient, 0) + 1
    best = sorted(shared, key=lambda id: (-shared[id], id))[:most]
    waiting = env.patients.unindexed(env.fingerprints.number, _WAITING)
    return list({one.id: one for one in (*env.patients.many(best), *waiting)}.values())
