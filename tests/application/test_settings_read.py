"""Settings that narrow what is done: how many patients and seats, whether and when mails to patients leave."""

from __future__ import annotations

from typing import Any

import pytest

from hlc_adapters.storage.shapes.subscriptions import RECOVERY_CASES
from hlc_core.access.api import STAFF_KEYS, Role
from hlc_core.invoicing.api import RecordPayment
from hlc_core.kernel.commands import Actor, ActorKind, Envelope
from hlc_core.kernel.ids import ActorId
from hlc_core.organizations.api import CartSettings, LimitSettings, NotificationSettings, RecoverySettings
from hlc_core.patients.api import (
    ClinicIsFull,
    Contact,
    ImportPatients,
    ListPatients,
    Particulars,
    PatientRow,
    RegisterPatient,
)
from hlc_core.people.api import (
    AcceptInvitation,
    ChangeRole,
    CreateUser,
    DisableUser,
    EnableUser,
    GetUser,
    InviteUser,
    ResendInvitation,
    SeatsTaken,
)
from hlc_core.subscriptions.api import CancelSubscription, OpenDebt, When
from support.refusals import refused
from support.worlds import ORGANIZATION, World, usd

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
    return told(world)


def told(world: World) -> set[str]:
    """The subjects of all mails that have left for patients by now."""
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


@pytest.mark.parametrize(("hours", "waits"), [(14, 20), (3, 9), (0, 0)])
def test_people_are_reminded_by_day_only(world: World, hours: int, waits: int) -> None:
    """The clinic's day: the clock stands at noon there, or so many hours later. Receipts leave at once."""
    world.change(notifications=NotificationSettings(remind_from_hour=8, remind_until_hour=14))
    world.subscribe(token="tok_renewal_dead")
    world.advance(days=31, hours=hours)
    world.bill()
    world.settle()

    early = told(world)
    assert "Your order" in {subject[:10] for subject in early}
    assert (waits == 0) is bool({subject for subject in early if "payment" in subject})
    if waits:
        world.advance(hours=6 if hours == 14 else 17)
        assert {subject for subject in told(world) if "payment" in subject}
    assert 0 == world.services.deliveries.depth()


def test_nobody_is_reminded_of_what_was_paid_overnight(memory_world: World) -> None:
    """The mail that waited for the morning is not sent."""
    world = memory_world
    held = world.subscribe(token="tok_renewal_dead")
    world.advance(days=31, hours=14)
    world.bill()
    world.settle()
    told(world)
    assert world.services.deliveries.depth()
    (invoice,) = [one.invoice for one in world.rows(RECOVERY_CASES)]
    world.execute(RecordPayment(invoice=invoice, amount=usd(19900), reference="cash"))
    world.advance(hours=9)

    assert not {subject for subject in told(world) if "could not collect" in subject}
    assert held.id


def test_mails_name_what_was_bought_where_the_clinic_wants_it(memory_world: World) -> None:
    """Not unless it says so: a mailbox may be read by others."""
    world = memory_world
    world.subscribe(world.plan(name="Quiet plan"))
    told(world)
    world.change(carts=CartSettings(names_products_in_messages=True))
    held = world.subscribe(world.plan(name="Loud plan"))
    world.advance(days=31)
    world.bill()
    world.settle()
    world.execute(CancelSubscription(subscription=held.id, when=When.NOW, reason="moved", open_debt=OpenDebt.FORGIVE))
    told(world)

    texts = [mail.text for mail in world.mail.sent.values() if mail.to.startswith("buyer")]
    assert 3 == sum("(Loud plan)" in text for text in texts)
    assert 1 == sum("(Quiet plan)" in text for text in texts)  # its renewal, which came after the change


def test_seats_are_for_those_who_work_here_and_those_who_are_asked_to(world: World) -> None:
    """Made, invited, enabled, or a patient no more: each needs a seat. Patients need none, and nobody is thrown out."""
    first = world.execute(CreateUser(email="one@example.com", name="One", role=Role.ORG_ADMIN)).user
    second = world.execute(CreateUser(email="two@example.com", name="Two", role=Role.STAFF)).user
    patient = world.execute(CreateUser(email="pat@example.com", name="Pat", role=Role.PATIENT)).user
    world.change(limits=LimitSettings(portal_seats=3))
    asked = world.execute(InviteUser(email="three@example.com", role=Role.CLINICIAN))
    assert asked == world.execute(InviteUser(email="three@example.com", role=Role.CLINICIAN))
    for wish in (
        CreateUser(email="four@example.com", name="Four", role=Role.STAFF),
        InviteUser(email="four@example.com", role=Role.STAFF),
        ChangeRole(user=patient.id, role=Role.STAFF),
    ):
        with refused(SeatsTaken) as told_why:
            world.execute(wish)
        assert "3: disable somebody" in told_why.faults[0].message
    world.execute(CreateUser(email="pam@example.com", name="Pam", role=Role.PATIENT))
    world.execute(ChangeRole(user=second.id, role=Role.CLINICIAN))

    world.execute(AcceptInvitation(invitation=asked.id, name="Three"))
    world.execute(DisableUser(user=second.id))
    world.execute(ChangeRole(user=patient.id, role=Role.STAFF))
    with refused(SeatsTaken):
        world.execute(EnableUser(user=second.id))
    world.change(limits=LimitSettings(portal_seats=1))
    assert world.ask(GetUser(user=first.id)).assignment.active


def test_an_invitation_keeps_its_seat_while_it_is_open(memory_world: World) -> None:
    """When its time is over the seat is free; sent again it needs one, and so it does where there are fewer by now."""
    world = memory_world
    world.change(limits=LimitSettings(portal_seats=1))
    asked = world.execute(InviteUser(email="one@example.com", role=Role.STAFF))
    world.advance(days=8)
    made = world.execute(CreateUser(email="two@example.com", name="Two", role=Role.STAFF)).user
    with refused(SeatsTaken):
        world.execute(ResendInvitation(invitation=asked.id))
    world.change(limits=LimitSettings())
    world.execute(ResendInvitation(invitation=asked.id))
    world.change(limits=LimitSettings(portal_seats=1))
    with refused(SeatsTaken):
        world.execute(AcceptInvitation(invitation=asked.id, name="One"))
    world.execute(DisableUser(user=made.id))
    world.execute(AcceptInvitation(invitation=asked.id, name="One"))
