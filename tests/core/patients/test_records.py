"""Registering, finding, changing and joining patients; on memory, SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_adapters.phones import NumberingPlans
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.patients import PATIENT_GRAMS, PATIENTS
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES
from hlc_adapters.wire import edge
from hlc_core.access.permissions import STAFF_KEYS
from hlc_core.audit.api import Outcome
from hlc_core.kernel.commands import Actor, ActorKind, Envelope
from hlc_core.kernel.errors import Invalid, Missing
from hlc_core.kernel.ids import ActorId, PatientId
from hlc_core.kernel.machine import IllegalTransition
from hlc_core.kernel.personal import PLACEHOLDER, Access, Personal, Purpose
from hlc_core.patients.api import (
    Address,
    ChangePatient,
    Claim,
    Clearable,
    Contact,
    EmailTaken,
    ExternalId,
    ExternalIdTaken,
    Gender,
    GetMedicalRecord,
    GetPatient,
    IdentifyPatient,
    ImportPatients,
    IndexPatients,
    LinkPatient,
    ListLinks,
    ListMerges,
    ListPatients,
    MatchedBy,
    MedicalHistory,
    MergeMovedOn,
    MergePatients,
    NotChanged,
    NotMergeable,
    NumberTaken,
    Particulars,
    Patient,
    PatientRow,
    PreviewNumber,
    RegisterPatient,
    SearchPatients,
    Standing,
    UndoMerge,
    Verdict,
)
from support.refusals import refused
from support.worlds import ORGANIZATION, World

HISTORY = MedicalHistory(conditions=("asthma",), habits=("bruxism", "smoker"), notes="Quetzalcoatl")
STAFF = Envelope(
    actor=Actor(kind=ActorKind.STAFF, id=ActorId("nurse"), organization=ORGANIZATION, permissions=STAFF_KEYS),
    channel="http",
)


def person(name: str = "Ada Byron", email: str = "", **more: Any) -> Particulars:
    """Somebody."""
    return Particulars(contact=Contact(email=email, name=name, phone=more.pop("phone", "")), **more)


def registered(world: World, name: str = "Ada Byron", email: str = "", **more: Any) -> Patient:
    """Somebody, registered by staff."""
    links = more.pop("external_ids", ())
    return world.execute(RegisterPatient(person=person(name, email, **more), external_ids=links), STAFF)


def found(world: World, text: str) -> list[str]:
    """The names that a search finds, the best first."""
    return [hit.patient.contact.name for hit in world.ask(SearchPatients(text=text), STAFF)]


def test_a_patient_is_registered_with_what_is_known(world: World) -> None:
    """And nothing else: a birth date that nobody told is none. The phone gets its country code."""
    made = registered(
        world, "Ada Byron", "ada@example.com", phone="(212) 555-0199", number=" A-7 ", birth_date=date(1980, 5, 5),
        gender=Gender.FEMALE, history=HISTORY,
    )  # fmt: skip
    bare = registered(world, "Only Name")
    record = world.ask(GetMedicalRecord(patient=made.id, purpose=Purpose.TREATMENT), STAFF)

    assert ("+12125550199", "A-7") == (made.contact.phone, made.number)
    assert (date(1980, 5, 5), Gender.FEMALE, HISTORY) == (record.birth_date, record.gender, record.history)
    assert (None, None, None, "") == (bare.birth_date, bare.gender, bare.number, bare.contact.email)


def test_all_that_is_wrong_is_named_at_once(world: World) -> None:
    """And nobody is made."""
    nowhere = Address(address1="A\nB", city="C", postal_code="1", country_code="x")
    wrong = person(
        "", "no", phone="12", birth_date=date(2300, 1, 1), number="x" * 65,
        history=MedicalHistory(habits=("",)), address=nowhere,
    )  # fmt: skip
    with refused(Invalid) as told:
        world.execute(RegisterPatient(person=wrong), STAFF)

    assert {
        "name", "email", "phone", "birth_date", "number", "history.habits", "address.address1", "address.country_code",
    } == {fault.field for fault in told.faults}  # fmt: skip
    assert [] == world.rows(PATIENTS)


def test_a_number_that_is_taken_is_refused_with_the_number(world: World) -> None:
    """However it is written; asking for a free one reserves nothing, and a refusal burns none."""
    suggested = world.ask(PreviewNumber(), STAFF)
    assert suggested == world.ask(PreviewNumber(), STAFF)
    first = registered(world, number=suggested)
    with refused(NumberTaken) as told:
        registered(world, "Eve", number=f" {suggested.lower()} ")
    assert suggested.lower() in told.detail
    assert first.id in told.faults[0].message
    assert suggested != world.ask(PreviewNumber(), STAFF)
    other = registered(world, "Eve", number=world.ask(PreviewNumber(), STAFF))
    with refused(NumberTaken):
        world.execute(ChangePatient(patient=other.id, number=suggested), STAFF)

    assert first.number == world.execute(ChangePatient(patient=first.id, number=suggested), STAFF).number


def test_an_address_is_of_one_account(world: World) -> None:
    """However it is written."""
    first = registered(world, email="ada@example.com")
    with refused(EmailTaken) as told:
        registered(world, "Eve", "ADA@example.com ")

    assert first.id in told.faults[0].message


def test_what_is_changed_is_found_anew_and_the_rest_stays(world: World) -> None:
    """What is cleared is gone; nothing changed writes nothing."""
    made = registered(world, "Ada Byron", "ada@example.com", phone="+12125550199", history=HISTORY, number="7")
    changed = world.execute(
        ChangePatient(patient=made.id, name="Ada Lovelace", clear=(Clearable.PHONE, Clearable.NUMBER)), STAFF
    )
    again = world.execute(ChangePatient(patient=made.id, name="Ada Lovelace"), STAFF)

    assert ("Ada Lovelace", "", None) == (changed.contact.name, changed.contact.phone, changed.number)
    assert made.history == changed.history
    assert changed.version == again.version
    assert (["Ada Lovelace"], [], []) == (found(world, "lovelace"), found(world, "byron"), found(world, "+12125550199"))


def test_patients_are_searched(world: World) -> None:
    """By address, phone and number exactly; by name roughly; short words by how a name begins, in order."""
    registered(world, "Katherine Johnson", "kj@example.com", phone="2125550101", number="K-1")
    registered(world, "Jon Snow", phone="2125550102")
    registered(world, "Amy Jones")
    registered(world, "Zoë Ångström")
    for place in range(7):
        registered(world, f"Kid {place}", phone="2125550103")

    assert ["Katherine Johnson"] == found(world, " KJ@EXAMPLE.com")
    assert ["Katherine Johnson"] == found(world, "(212) 555-0101")
    assert ["Katherine Johnson"] == found(world, "k-1")
    assert "Katherine Johnson" == found(world, "kathrine jonson")[0]
    assert "Zoë Ångström" == found(world, "angstrom zoe")[0]
    assert ["Amy Jones", "Jon Snow", "Katherine Johnson"] == found(world, "jo")
    assert ["Amy Jones"] == found(world, "a")[:1]
    assert 5 == len(found(world, "212 555 0103"))
    assert [] == found(world, "Quetzalcoatl")
    for nothing in ("", "  ", "x" * 201):
        with refused(Invalid):
            found(world, nothing)


def test_a_buyer_is_found_at_once_and_indexed_by_the_job(world: World) -> None:
    """A purchase makes no pieces of the name; a search looks at those who wait, and the job ends that."""
    world.buy(world.product(), contact=Contact(email="b@example.com", name="Buyer Quick", phone="212 555 0104"))
    assert [] == world.rows(PATIENT_GRAMS)
    assert ["Buyer Quick"] == found(world, "quick buyer")
    assert ["Buyer Quick"] == found(world, "+1 212 555 0104")
    assert 1 == world.execute(IndexPatients())
    assert 0 == world.execute(IndexPatients())

    assert ["Buyer Quick"] == found(world, "quick buyer")
    assert len(world.rows(PATIENT_GRAMS)) > 5


def test_a_message_finds_its_patient(world: World) -> None:
    """By address before the partner's id before the phone; by a name only for a person to confirm."""
    ada = registered(world, "Ada Byron", "ada@example.com", phone="2125550101")
    eve = registered(world, "Eve Stone", "eve@example.com", external_ids=(ExternalId(system="Wellmedr", value="w-1"),))

    def whose(**claim: Any) -> tuple[Verdict, MatchedBy | None, PatientId | None]:
        answer = world.execute(IdentifyPatient(claim=Claim(**claim)), STAFF)
        return (answer.identified.verdict, answer.identified.by, None if answer.patient is None else answer.patient.id)

    link = ExternalId(system="wellmedr", value="w-1")
    assert (Verdict.MATCHED, MatchedBy.EMAIL, ada.id) == whose(email="ADA@example.com", external_id=link)
    assert (Verdict.MATCHED, MatchedBy.EXTERNAL_ID, eve.id) == whose(email="no@example.com", external_id=link)
    assert (Verdict.MATCHED, MatchedBy.PHONE, ada.id) == whose(phone="+1 212-555-0101", name="Ada B.")
    assert (Verdict.TO_CONFIRM, MatchedBy.PHONE, ada.id) == whose(phone="+1 212-555-0101", name="Charles Babbage")
    assert (Verdict.TO_CONFIRM, MatchedBy.NAME, ada.id) == whose(name="byron, ADA")
    assert (Verdict.NEW, None, None) == whose(name="Ada", email="other@example.com", phone="no phone")


def test_whom_nobody_knows_is_registered_once(world: World) -> None:
    """With the partner's id; the same message again finds them."""
    link = ExternalId(system="wellmedr", value="w-9")
    wish = IdentifyPatient(
        claim=Claim(email="new@example.com", name="New One", external_id=link),
        person=person("New One", "new@example.com"),
    )
    first, second = world.execute(wish, STAFF), world.execute(wish, STAFF)
    assert first.patient is not None
    assert second.patient is not None

    assert (Verdict.NEW, Verdict.MATCHED) == (first.identified.verdict, second.identified.verdict)
    assert first.patient.id == second.patient.id
    assert ["w-9"] == [one.value for one in world.ask(ListLinks(patient=first.patient.id), STAFF)]


def test_an_external_id_is_of_one_patient(world: World) -> None:
    """Noting it again changes nothing; for another patient it is refused, naming the one."""
    first, second = registered(world), registered(world, "Eve")
    link = ExternalId(system="airtable", value="rec1")
    for _ in range(2):
        world.execute(LinkPatient(patient=first.id, external_id=link), STAFF)
    with refused(ExternalIdTaken) as told:
        world.execute(LinkPatient(patient=second.id, external_id=link), STAFF)
    with refused(Invalid):
        world.execute(LinkPatient(patient=second.id, external_id=ExternalId(system="a b", value="1")), STAFF)

    assert first.id in told.faults[0].message


def test_two_records_become_one_and_two_again(world: World) -> None:
    """What was missing goes over and comes back; the ids of partners, too. Nobody finds the duplicate meanwhile."""
    link = ExternalId(system="airtable", value="rec1")
    duplicate = registered(
        world, "Ada Byron", "ada@old.example.com", phone="2125550101", number="7", birth_date=date(1980, 5, 5),
        external_ids=(link,),
    )  # fmt: skip
    into = registered(world, "Ada Byron", "ada@example.com")
    before = (duplicate, into)
    merge = world.execute(MergePatients(duplicate=duplicate.id, into=into.id, reason="same person"), STAFF)
    assert merge == world.execute(MergePatients(duplicate=duplicate.id, into=into.id), STAFF)
    one = world.ask(GetPatient(patient=into.id))
    assert ("7", "+12125550101", duplicate.birth_date) == (one.number, one.contact.phone, one.birth_date)
    assert (("name",), 1) == (merge.evidence, len(merge.links))
    assert [into.id] == [hit.patient.id for hit in world.ask(SearchPatients(text="ada byron"), STAFF)]
    whose = world.execute(IdentifyPatient(claim=Claim(external_id=link)), STAFF).patient
    assert whose is not None
    assert into.id == whose.id
    by_old = world.execute(IdentifyPatient(claim=Claim(email="ada@old.example.com")), STAFF).patient
    assert by_old is not None
    assert into.id == by_old.id

    undone = world.execute(UndoMerge(merge=merge.id), STAFF)
    after = tuple(world.ask(GetPatient(patient=one.id)) for one in before)
    for was, now in zip(before, after, strict=True):
        assert (was.contact, was.number, was.birth_date, was.standing, was.claims) == (
            now.contact, now.number, now.birth_date, now.standing, now.claims,
        )  # fmt: skip
    assert "undone" == undone.state
    assert ["rec1"] == [one.value for one in world.ask(ListLinks(patient=duplicate.id), STAFF)]
    assert [merge.id] == [one.id for one in world.ask(ListMerges(patient=into.id), STAFF)]
    with refused(IllegalTransition):
        world.execute(UndoMerge(merge=merge.id), STAFF)
    world.sound()


def test_what_moved_on_is_not_undone_by_half(world: World) -> None:
    """What went over was changed since, or the address is somebody else's: both records stay as they are."""
    duplicate = registered(world, "Ada", "old@example.com", phone="2125550101")
    into = registered(world, "Ada", "ada@example.com")
    merge = world.execute(MergePatients(duplicate=duplicate.id, into=into.id), STAFF)
    world.execute(ChangePatient(patient=into.id, phone="2125550109"), STAFF)
    with refused(MergeMovedOn):
        world.execute(UndoMerge(merge=merge.id), STAFF)
    world.execute(ChangePatient(patient=into.id, phone="2125550101"), STAFF)
    taker = registered(world, "Other", "old@example.com")
    with refused(MergeMovedOn) as told:
        world.execute(UndoMerge(merge=merge.id), STAFF)
    assert taker.id in told.faults[0].message
    world.execute(ChangePatient(patient=taker.id, clear=(Clearable.EMAIL,)), STAFF)
    world.execute(UndoMerge(merge=merge.id), STAFF)

    assert Standing.ACCOUNT is world.ask(GetPatient(patient=duplicate.id)).standing


def test_what_cannot_be_merged_is_refused(world: World) -> None:
    """Oneself, who is not there, and who joined another record already; who joined is not changed either."""
    first, second, third = (registered(world, name) for name in ("A One", "B Two", "C Three"))
    with refused(NotMergeable):
        world.execute(MergePatients(duplicate=first.id, into=first.id), STAFF)
    with refused(Missing):
        world.execute(MergePatients(duplicate=first.id, into=PatientId("pat_none")), STAFF)
    world.execute(MergePatients(duplicate=first.id, into=second.id), STAFF)
    for duplicate, into in ((first, third), (third, first)):
        with refused(NotMergeable) as told:
            world.execute(MergePatients(duplicate=duplicate.id, into=into.id), STAFF)
        assert second.id in told.faults[0].message
    with refused(NotChanged):
        world.execute(ChangePatient(patient=first.id, name="X"), STAFF)


def test_an_import_writes_phones_as_they_are_dialled(world: World) -> None:
    """Local forms and known bad beginnings are repaired; what is no phone is named."""
    rows = tuple(
        PatientRow(external_id=str(place), contact=Contact(email=f"{place}@example.com", name="N", phone=phone))
        for place, phone in enumerate(["(212) 555-0101", "0012125550101", "+1+1 212 555 0101", "12"])
    )
    told = world.execute(ImportPatients(rows=rows))

    assert ["new", "new", "new", "bad"] == [one.outcome for one in told]
    assert {"+12125550101"} == {one.contact.phone for one in world.rows(PATIENTS)}
    assert ["phone"] == [name for name, _ in told[3].faults]


@pytest.mark.parametrize(
    ("written", "country", "dialled"),
    [
        ("212-555-0101", "US", "+12125550101"),
        ("+44 (0)20 7946 0018", "US", "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("0044 20 7946 0018", "US", "+442079460018"),
        ("044 668 18 00", "CH", "+41446681800"),
        ("+4141446681800", "US", "+41446681800"),
    ],
)
def test_phones_are_international(written: str, country: str, dialled: str) -> None:
    """By the country that they are dialled in."""
    assert dialled == NumberingPlans().e164(written, country)
    assert dialled == NumberingPlans().e164(dialled, "FR")


@given(text=st.text(max_size=60))
def test_what_is_no_phone_is_refused(text: str) -> None:
    """Or it comes out in a form that stays as it is."""
    try:
        dialled = NumberingPlans().e164(text, "US")
    except Invalid:
        return
    assert dialled == NumberingPlans().e164(dialled, "DE")


# what nobody sees by accident


def test_a_personal_value_shows_a_placeholder(memory_world: World) -> None:
    """In text, logs, format strings and the JSON of the edge; reading it takes a purpose."""
    secret = Personal(HISTORY)
    shown = f"{secret} {secret!r} {secret:>20} {secret!s} {edge.write((secret,)).decode()}"

    assert "uetzal" not in shown
    assert PLACEHOLDER in shown
    assert HISTORY == secret.read(Access(purpose=Purpose.TREATMENT))
    assert Personal("a") == Personal("a") != Personal("b")
    for no_access in (None, "treatment", Purpose.TREATMENT):
        with pytest.raises(TypeError):
            secret.read(no_access)  # type: ignore[arg-type]  # what must not work
    with pytest.raises(TypeError):
        hash(secret)
    with pytest.raises(AttributeError):
        secret.value = 1
    made = registered(memory_world, history=HISTORY, birth_date=date(1980, 5, 5))
    for text in (repr(made), str(made), edge.write(made).decode()):
        assert "uetzal" not in text
        assert "1980" not in text


def test_reads_are_recorded_with_their_purpose(world: World) -> None:
    """Who was shown, by which question, and what for; a list and a search name everybody they showed."""
    made = registered(world, history=HISTORY)
    world.ask(GetMedicalRecord(patient=made.id, purpose=Purpose.QUALITY), STAFF)
    world.ask(ListPatients(), STAFF)
    world.ask(SearchPatients(text="ada"), STAFF)
    world.ask(GetPatient(patient=made.id), STAFF)
    reads = {one.command: one for one in world.rows(AUDIT_ENTRIES) if one.outcome is Outcome.READ}

    assert {"GetMedicalRecord", "ListPatients", "SearchPatients", "GetPatient"} == set(reads)
    assert all(f"patient {made.id}" in one.shown for one in reads.values())
    assert "quality" in reads["GetMedicalRecord"].shown
    assert "ada" not in reads["SearchPatients"].asked


def test_nothing_of_a_registration_is_in_the_open(world: World) -> None:
    """In no column, audit entry, event or unsealed body."""
    made = registered(
        world, "Canary Quetzal", "canary@example.com", phone="2125550177", number="CANARY-1", history=HISTORY,
        birth_date=date(1980, 5, 5), external_ids=(ExternalId(system="airtable", value="canaryrec"),),
    )  # fmt: skip
    into = registered(world, "Other")
    world.execute(MergePatients(duplicate=made.id, into=into.id, reason="canary"), STAFF)
    found(world, "canary")

    for shape in ALL:
        for one in world.rows(shape):
            columns = " ".join(str(column.take(one)) for column in shape.columns).lower()
            for word in ("anary", "quetzal", "2125550177", "1980-05-05", "asthma"):
                assert word not in columns, (shape.name, word)
