"""Settings that narrow what is done: how many patients, whether mails to patients leave."""

from __future__ import annotations

from typing import Any

from hlc_core.access.api import STAFF_KEYS
from hlc_core.kernel.commands import Actor, ActorKind, Envelope
from hlc_core.kernel.ids import ActorId
from hlc_core.organizations.api import LimitSettings, NotificationSettings, RecoverySettings
from hlc_core.patients.api import (
    ClinicIsFull,
    Contact,
    ImportPatients,
    ListPatients,
    Particulars,
    PatientRow,
    RegisterPatient,
)
from support.refusals import refused
from support.worlds import ORGANIZATION, World

STAFF = Envelope(
    actor=Actor(kind=ActorKind.STAFF, id=ActorId("desk"), organization=ORGANIZATION, permissions=STAFF_KEYS)
)


def somebody(number: int) -> RegisterPatient:
    """A patient to enter."""
    return RegisterPatient(person=Particulars(contact=Contact(email=f"pat{number}@example.com", name="Pat")))


def test_a_full_clinic_enters_nobody_and_turns_no_buyer_away(world: World) -> None:
    """By hand and by import; who buys becomes a patient whatever the plan says; so does a partner's patient."""
    world.change(limits=LimitSettings(patients=2))
    rows = tuple(PatientRow(external_id=f"e{n}", contact=Contact(email=f"e{n}@example.com", name="E")) for n in (1, 2))
    world.execute(somebody(1), STAFF)

    imported = world.execute(ImportPatients(rows=rows), STAFF)

    assert ["new", "bad"] == [one.outcome for one in imported]
    assert (("limits.patients", "2"),) == imported[1].faults
    with refused(ClinicIsFull):
        world.execute(somebody(2), STAFF)
    assert world.buy(world.product()).checkout.order is not None
    world.execute(somebody(3))
    world.change(limits=LimitSettings())
    world.execute(somebody(4), STAFF)
    assert 5 == len(world.ask(ListPatients(), STAFF).items)


def sent(world: World, **settings: Any) -> set[str]:
    """The subjects of all mails of a purchase whose renewal fails for good."""
    world.change(**settings)
    world.subscribe(token="tok_renewal_dead")
    world.advance(days=31)
    world.bill()
    world.settle()
    while world.services.relay():
        pass
    return {mail.subject for mail in world.mail.sent.values() if mail.to.startswith("buyer")}


def test_receipts_leave_even_where_mails_are_switched_off(memory_world: World) -> None:
    """And the welcome of a new account; everything else stays."""
    subjects = sent(memory_world, notifications=NotificationSettings(email=False))

    assert {"Your order", "Welcome to"} == {subject[:10] for subject in subjects}


def test_with_mails_on_the_patient_hears_of_a_failed_renewal(memory_world: World) -> None:
    """So that the test above shows something."""
    subjects = sent(memory_world, notifications=NotificationSettings(), recovery=RecoverySettings())

    assert {subject for subject in subjects if "collect" in subject or "payment" in subject}
