"""Patients: made by a purchase or an import, joined only after proof, never revealed to a stranger."""

from __future__ import annotations

import pytest

from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_adapters.storage.shapes.platform import DELIVERIES
from hlc_core.kernel.errors import Invalid, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId
from hlc_core.patients.api import (
    Address,
    ConfirmPatient,
    Contact,
    GetPatient,
    ImportPatients,
    ListPatients,
    PatientRow,
    Standing,
)
from hlc_core.patients.errors import NothingToConfirm
from support.refusals import refused
from support.worlds import PUBLIC, World

ADA = Contact(email="Ada@Example.com", name=" Ada Byron ", phone="")
HOME = Address(address1="1 Main St", city="Springfield", postal_code="12345", province_code="NY")


def buys(world: World, contact: Contact = ADA) -> PatientId:
    """Somebody who is not signed in buys."""
    return world.buy(world.product(), contact=contact).checkout.patient


def row(key: str, email: str, name: str = "Someone", address: Address | None = None) -> PatientRow:
    """A line of a file."""
    return PatientRow(external_id=key, contact=Contact(email=email, name=name), address=address)


def test_a_new_address_makes_an_account(world: World) -> None:
    """Trimmed and readable; the column that finds it does not show it."""
    patient = world.ask(GetPatient(patient=buys(world)))

    assert (Standing.ACCOUNT, "Ada@example.com", "Ada Byron", None) == (
        patient.standing, patient.contact.email, patient.contact.name, patient.claims,
    )  # fmt: skip
    assert "example" not in patient.email_key


def test_a_known_address_makes_a_provisional_patient(world: World) -> None:
    """However it is spelt; the account is not touched, and the buyer does not learn that it is there."""
    first = buys(world)
    before = world.ask(GetPatient(patient=first))
    second = world.ask(GetPatient(patient=buys(world, evolve(ADA, email=" ADA@EXAMPLE.COM", name="Eve"))))

    assert (Standing.PROVISIONAL, first, "Eve") == (second.standing, second.claims, second.contact.name)
    assert before == world.ask(GetPatient(patient=first))
    welcomed = [one.subject for one in world.rows(DELIVERIES) if one.name == "login.welcome_wanted"]
    assert 1 == len(welcomed)


def test_a_second_card_is_no_second_person(world: World) -> None:
    """After a decline, the same address at the same cart is the same patient, as they are written now."""
    cart = world.cart(world.product())
    world.pay(cart, "tok_soft", contact=ADA)
    again = evolve(ADA, email="ADA@example.com", name="Ada King")
    patient = world.ask(GetPatient(patient=world.pay(cart, contact=again, address=HOME).checkout.patient))

    assert [patient.id] == [one.id for one in world.rows(PATIENTS)]
    assert (Standing.ACCOUNT, "Ada King", HOME) == (patient.standing, patient.contact.name, patient.address)


def test_a_second_card_under_another_address_is_another_person(world: World) -> None:
    """Nor is an account taken that has bought something since: that asks for proof, as everywhere."""
    cart, other = world.cart(world.product()), world.cart(world.product())
    first = world.pay(cart, "tok_soft", contact=ADA).checkout.patient
    assert first != world.pay(cart, "tok_soft", contact=evolve(ADA, email="eve@example.com")).checkout.patient
    world.pay(other, contact=ADA, patient=first)
    late = world.ask(GetPatient(patient=world.pay(cart, contact=ADA).checkout.patient))

    assert (Standing.PROVISIONAL, first) == (late.standing, late.claims)


def test_a_provisional_patient_joins_after_proof(world: World) -> None:
    """Once; doing it again answers the account; an account has nothing to confirm."""
    account, provisional = buys(world), buys(world)
    for _ in range(2):
        assert account == world.execute(ConfirmPatient(patient=provisional)).id
    assert Standing.MERGED is world.ask(GetPatient(patient=provisional)).standing
    with refused(NothingToConfirm):
        world.execute(ConfirmPatient(patient=account))
    with refused(Missing):
        world.execute(ConfirmPatient(patient=PatientId("pat_nothing")))


@pytest.mark.parametrize(
    ("contact", "fields"),
    [
        (Contact(email="", name=""), ["email", "name"]),
        (Contact(email="no", name="x" * 121, phone="1" * 33), ["email", "name", "phone"]),
        (Contact(email="a@b.c\r\nBcc: d@e.f", name="A\nB"), ["email", "name"]),
    ],
)
def test_all_faults_of_a_contact_are_named_at_once(world: World, contact: Contact, fields: list[str]) -> None:
    """And nobody is made."""
    command = evolve(world.submission(world.cart(world.product())), contact=contact)
    with refused(Invalid) as told:
        world.services.submit_checkout(command, PUBLIC)

    assert fields == [fault.field for fault in told.faults]
    assert [] == world.rows(PATIENTS)


def test_an_import_makes_changes_and_leaves_alone(world: World) -> None:
    """By external id; a repetition changes nothing; what cannot be used is named, and the rest goes on."""
    rows = (
        row("1", "one@example.com"), row("2", "two@example.com", address=HOME), row("3", "no address"),
        row("4", "ONE@example.com "),
    )  # fmt: skip
    first = world.execute(ImportPatients(rows=rows))
    assert ["new", "new", "bad", "duplicate"] == [line.outcome for line in first]
    assert ("email", "write it as name@example.com") == first[2].faults[0]
    before = world.rows(PATIENTS)

    again = world.execute(ImportPatients(rows=(rows[0], row("2", "two@example.com", name="Other", address=HOME))))
    assert ["same", "changed"] == [line.outcome for line in again]
    assert [1, 2] == [one.version for one in world.rows(PATIENTS)]
    assert before[0] == world.rows(PATIENTS)[0]


def test_the_same_key_twice_in_a_file_is_one_patient(world: World) -> None:
    """The later line wins, as in two files."""
    lines = world.execute(ImportPatients(rows=(row("1", "a@example.com"), row("1", "b@example.com"))))

    assert ["new", "changed"] == [line.outcome for line in lines]
    assert ["b@example.com"] == [one.contact.email for one in world.rows(PATIENTS)]


def test_an_import_does_not_take_a_buyers_account(world: World) -> None:
    """The address belongs to somebody: the line says so."""
    buys(world)
    (line,) = world.execute(ImportPatients(rows=(row("1", "ada@example.com"),)))

    assert ("duplicate", None) == (line.outcome, line.patient)


def test_patients_are_listed_in_pages(world: World) -> None:
    """Each once, the newest first."""
    world.execute(ImportPatients(rows=tuple(row(str(n), f"p{n}@example.com") for n in range(5))))
    found, cursor = [], None
    while True:
        page = world.ask(ListPatients(limit=2, cursor=cursor))
        found += [one.id for one in page.items]
        cursor = page.next
        if cursor is None:
            break

    assert sorted((one.id for one in world.rows(PATIENTS)), reverse=True) == found


def test_personal_data_is_not_in_the_text_form() -> None:
    """Which ends in logs and tracebacks."""
    shown = repr((evolve(ADA, phone="555-7777"), HOME))

    for word in ("Ada", "xample", "7777", "Main", "Springfield", "12345"):
        assert word not in shown
