"""What administrators are told of at once: broken glass, and somebody acting for one of their people."""

from __future__ import annotations

from typing import Any

import pytest

from core.people.team import acting
from hlc_adapters.storage.shapes.platform import DELIVERIES
from hlc_core.access.api import Role
from hlc_core.kernel.commands import system
from hlc_core.patients.api import Contact
from hlc_core.people.api import AdministratorAlerted, BreakGlass, DisableUser, MakeSuperAdmin, StartImpersonation, User
from support.signing import Reception

PATIENT = "Zebulon Quartermain"
REASON = "fainted in the hall, kidney failure"


def in_emergency(reception: Reception, times: int = 1) -> Any:
    """Somebody breaks the glass before one chart, so many times."""
    world = reception.world
    contact = Contact(email="zeb@example.com", name=PATIENT)
    patient = world.buy(world.product(), contact=contact).checkout.patient
    ada = acting(world, reception.person("ada@example.com").id)
    return [world.execute(BreakGlass(patient=patient, reason=REASON), ada) for _ in range(times)][-1]


def told(reception: Reception, words: str) -> dict[str, str]:
    """The mails whose subject holds the words, by whom they went to."""
    return {mail.to: f"{mail.subject}\n{mail.text}" for mail in reception.mails() if words in mail.subject}


def admin(reception: Reception, email: str) -> User:
    """An administrator of the clinic."""
    return reception.person(email, Role.ORG_ADMIN)


def test_every_administrator_is_told_of_broken_glass_without_a_name(reception: Reception) -> None:
    """Which access, and until when; whose chart, who and why stand in the list only."""
    boss, second = admin(reception, "boss@example.com"), admin(reception, "second@example.com")
    access = in_emergency(reception)

    mails = told(reception, "emergency")

    assert {boss.email, second.email} == set(mails)
    for text in mails.values():
        assert access.id in text
        assert [] == [word for word in (PATIENT, "zeb@", REASON, access.user, access.patient) if word in text]


def test_only_administrators_who_still_are_get_the_alarm(reception: Reception) -> None:
    """Staff, administrators of other clinics, and whoever was disabled before the mail went out hear nothing."""
    boss, gone = admin(reception, "boss@example.com"), admin(reception, "gone@example.com")
    reception.person("far@example.com", Role.ORG_ADMIN, at=reception.clinic())
    in_emergency(reception)
    reception.world.execute(DisableUser(user=gone.id))

    assert [boss.email] == list(told(reception, "emergency"))


def test_administrators_are_told_when_somebody_acts_for_their_people(reception: Reception) -> None:
    """Which impersonation and until when; not who, not for whom, not why."""
    world, boss = reception.world, admin(reception, "boss@example.com")
    root = reception.person("root@example.com", at=reception.clinic())
    world.execute(MakeSuperAdmin(user=root.id), system(root.primary))
    ada = reception.person("ada@example.com")
    made = world.execute(StartImpersonation(user=ada.id, reason="looks for the diabetic"), acting(world, root.id))

    mails = told(reception, "acts for")

    assert [boss.email] == list(mails)
    text = mails[boss.email]
    assert made.id in text
    assert [] == [word for word in (ada.email, root.email, "diabetic", ada.id, root.id) if word in text]


@pytest.mark.parametrize("count", [0, 3])
def test_each_administrator_is_told_alone(reception: Reception, count: int) -> None:
    """A dead box keeps nobody else waiting; a repetition tells nobody again; without administrators nobody hears."""
    for number in range(count):
        admin(reception, f"boss{number}@example.com")
    in_emergency(reception, times=2)

    waiting = [one for one in reception.world.rows(DELIVERIES) if one.name == AdministratorAlerted.name]
    assert count == len({one.subject for one in waiting}) == len(waiting)
