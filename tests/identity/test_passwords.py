"""Passwords: forgotten, reset, changed, first set by a welcome or an invitation; and the mails about them."""

from __future__ import annotations

from typing import Any

import pytest

from hlc_adapters.storage.shapes.identity import RESETS
from hlc_adapters.storage.shapes.people import INVITATIONS
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES, DELIVERIES
from hlc_core.access.api import Role
from hlc_core.identity.api import (
    LinkUnusable,
    Origin,
    SendReset,
    SessionOver,
    WeakPassword,
    WrongCredentials,
    WrongPassword,
    accept_link,
    change_password,
    checked_password,
    forgot,
    reset_password,
    set_password,
)
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.notifications.api import PROTECTED
from hlc_core.organizations.api import ChangeSettings, HourFormat, SecuritySettings
from hlc_core.people.api import ChangeUser, CreateUser, ResendInvitation, Switch
from support.refusals import refused
from support.signing import HOME, OTHER, PASSWORD, Reception
from support.worlds import ORGANIZATION

NEW = "a new and longer password"


def test_a_forgotten_password_is_set_with_the_link_of_the_mail(reception: Reception) -> None:
    """Once, within an hour; every sign-in ends, and the person is told."""
    reception.person()
    made = reception.signed_in()
    forgot(" ADA@example.com ", ORGANIZATION, reception.porter)
    token = reception.token("reset-password")

    reset_password(token, NEW, reception.porter)

    with refused(SessionOver):
        reception.who(made)
    with refused(LinkUnusable):
        reset_password(token, NEW, reception.porter)
    with refused(WrongCredentials):
        reception.signed_in()
    assert "STAFF" == reception.signed_in(password=NEW).profile.role
    assert "was set just now" in reception.last("Your password was set").text


def test_known_and_unknown_addresses_leave_the_same_behind(reception: Reception) -> None:
    """The same rows and events, so that neither answer nor work tells; only the known one gets a mail."""
    reception.person()
    reception.mails()
    sent = len(reception.mails())
    counts = []
    for email in ("ada@example.com", "nobody@example.com"):
        before = (len(reception.platform_rows(RESETS)), len(reception.platform_rows(DELIVERIES)))
        forgot(email, ORGANIZATION, reception.porter)
        after = (len(reception.platform_rows(RESETS)), len(reception.platform_rows(DELIVERIES)))
        counts.append(tuple(b - a for a, b in zip(before, after, strict=True)))

    assert [(1, 1), (1, 1)] == counts
    assert 1 == len(reception.mails()) - sent


def test_a_link_is_too_old_after_an_hour_and_void_after_a_new_password(reception: Reception) -> None:
    """Also one that was asked for before the last change."""
    ada = reception.person()
    forgot("ada@example.com", None, reception.porter)
    old = reception.token("reset-password")
    reception.world.advance(minutes=60)
    with refused(LinkUnusable):
        reset_password(old, NEW, reception.porter)

    forgot("ada@example.com", None, reception.porter)
    first = reception.token("reset-password")
    reception.world.execute(SendReset(user=ada.id))
    reset_password(reception.token("reset-password"), NEW, reception.porter)
    with refused(LinkUnusable):
        reset_password(first, PASSWORD, reception.porter)


@pytest.mark.parametrize("change", ["", "x", "rst_nobody.", "shorter", "flipped", "ü"])
def test_forged_links_are_refused(desk: Reception, change: str) -> None:
    """Whatever was changed."""
    desk.person()
    forgot("ada@example.com", None, desk.porter)
    token = desk.token("reset-password")
    forged = {"shorter": token[:-1], "flipped": token[:-1] + ("A" if token[-1] != "A" else "B")}.get(change, change)

    with refused(LinkUnusable):
        reset_password(forged, NEW, desk.porter)


def test_one_address_gets_five_links_and_then_none_for_a_while(reception: Reception) -> None:
    """Whoever asks: a mail box cannot be filled. The answer stays the same."""
    reception.person()
    reception.mails()
    for _ in range(30):
        forgot("ada@example.com", None, reception.porter)
    links = [mail for mail in reception.mails() if "reset-password" in mail.text and "new password" in mail.subject]

    assert 5 == len(links)


def test_a_password_is_changed_by_whoever_knows_the_old_one(reception: Reception) -> None:
    """The other sessions end, this one goes on."""
    reception.person()
    here, there = reception.signed_in(), reception.signed_in()

    with refused(WrongPassword):
        change_password(reception.who(here), "not it", NEW, reception.porter)
    change_password(reception.who(here), PASSWORD, NEW, reception.porter)

    assert here.session.id == reception.who(here).session.id
    with refused(SessionOver):
        reception.who(there)
    assert "STAFF" == reception.signed_in(password=NEW).profile.role


@pytest.mark.parametrize(
    "password", ["", "short", "aaaaaaaaaaaaaaaa", "Password1234", "ada.lovelace1", "x" * 201, "Lovelace12345"]
)
def test_weak_passwords_are_refused(password: str) -> None:
    """Short, monotonous, the first that anybody tries, one's own name; long ones are welcome."""
    with refused(WeakPassword) as told:
        checked_password(password, "ada.lovelace@example.com", "Ada Lovelace")
    assert ["password"] == [fault.field for fault in told.faults]
    assert checked_password("correct horse battery", "ada@example.com")


def test_somebody_new_is_welcomed_once_with_a_link_for_the_first_password(reception: Reception) -> None:
    """However often the event is delivered; the claim stands in the audit trail. Source: spec/access."""
    made = reception.world.execute(CreateUser(email="bea@example.com", name="Bea", role=Role.STAFF))
    token = reception.token("reset-password")
    welcomes = [mail for mail in reception.mails() if mail.to == "bea@example.com"]
    delivery = next(one for one in reception.world.rows(DELIVERIES) if one.name == "login.welcome_wanted")
    reception.world.mail.sent.clear()
    for effect in reception.world.services.effects["login.welcome_wanted"]:
        effect(evolve(delivery, id="evt_another"))

    assert 1 == len(welcomes)
    assert "Clinic made an account for you" in welcomes[0].text
    assert {} == reception.world.mail.sent
    assert "ClaimWelcome" in {row.command for row in reception.world.rows(AUDIT_ENTRIES)}
    reset_password(token, NEW, reception.porter)
    assert made.user.id == reception.signed_in("bea@example.com", password=NEW).profile.id


def test_an_invitation_brings_a_new_person_with_a_password(reception: Reception) -> None:
    """The link works once; an older one ends when it is sent again."""
    old = reception.invite("bea@example.com", ORGANIZATION)
    (waiting,) = reception.world.rows(INVITATIONS)
    reception.world.advance(hours=1)
    reception.world.execute(ResendInvitation(invitation=waiting.id))
    token = reception.token("invitation")

    with refused(LinkUnusable):
        accept_link(old, "Bea Buyer", NEW, reception.porter)
    with refused(WeakPassword):
        accept_link(token, "Bea Buyer", "short", reception.porter)
    assert accept_link(token, "Bea Buyer", NEW, reception.porter)
    with refused(LinkUnusable):
        accept_link(token, "Bea Buyer", NEW, reception.porter)
    assert "Bea Buyer" == reception.signed_in("bea@example.com", password=NEW).profile.name


def test_a_person_known_elsewhere_is_linked_and_keeps_the_password(reception: Reception) -> None:
    """Never overwritten. Source: spec/access, Identity (invitations)."""
    reception.person()
    token = reception.invite("ada@example.com", reception.clinic())

    assert not accept_link(token, "Somebody Else", "another password entirely", reception.porter)
    with refused(WrongCredentials):
        reception.try_in(password="another password entirely")
    assert "Ada Lovelace" == reception.signed_in(clinic=OTHER).profile.name


def test_a_reset_is_sent_to_people_of_the_own_clinic_only(reception: Reception) -> None:
    """To others nobody is there."""
    ada = reception.person()
    reception.clinic()

    with refused(Missing):
        reception.world.execute(SendReset(user=ada.id), system(OTHER))
    reception.world.execute(SendReset(user=ada.id))
    assert "/reset-password?token=" in reception.last("Set a new password").text


# alerts


@pytest.mark.parametrize(
    ("setting", "own", "alerted"),
    [
        (True, Switch.FOLLOW, True),
        (True, Switch.NEVER, False),
        (False, Switch.FOLLOW, False),
        (False, Switch.ALWAYS, True),
    ],
)
def test_every_sign_in_is_told_where_wanted(desk: Reception, setting: bool, own: Switch, alerted: bool) -> None:
    """The clinic's switch, and before it the person's."""
    ada = desk.person()
    desk.world.change(security=SecuritySettings(login_alert=setting))
    desk.world.execute(ChangeUser(user=ada.id, login_alert=own))
    desk.signed_in()
    told = [mail for mail in desk.mails() if mail.subject == "You signed in at Clinic"]

    assert alerted is bool(told)
    assert all(HOME.address in mail.text and HOME.agent in mail.text for mail in told)


def test_a_new_device_is_told_but_neither_the_first_nor_a_known_one(reception: Reception) -> None:
    """Unless the clinic turned it off."""
    reception.person()
    first = reception.signed_in()
    reception.signed_in(device=first.device)
    assert [] == [mail for mail in reception.mails() if "was it you" in mail.subject]
    reception.signed_in(origin=Origin(address="192.0.2.9", agent="Strange\r\nBcc: x"))
    told = reception.last("was it you")

    assert "192.0.2.9" in told.text
    assert "Strange" in told.text
    assert "\r" not in told.text


def test_events_hold_no_code_and_no_link(reception: Reception) -> None:
    """Only ids: the mail derives the rest."""
    reception.person()
    reception.world.change(security=SecuritySettings(email_two_factor=True))
    reception.try_in()
    forgot("ada@example.com", None, reception.porter)
    bodies = " ".join(
        row.body for rows in (reception.platform_rows(DELIVERIES), reception.world.rows(DELIVERIES)) for row in rows
    )

    assert reception.code() not in bodies
    assert reception.token("reset-password").partition(".")[2] not in bodies
    assert "example.com" not in bodies


def test_the_protected_templates_have_the_names_of_the_spec() -> None:
    """By exactly these. Source: spec/engagement, Notifications."""
    assert {
        "Security: Login Alert",
        "Security: Suspicious Login Alert",
        "Security: Forgot Password",
        "Security: Password Reset Success",
        "Security: Failed Login Warning",
        "Security: Account Locked",
        "Security: 2FA Code",
        "Welcome: New User",
    } <= set(PROTECTED)


@pytest.mark.parametrize("own", ["ada@example.com", "lovelacelovelace", "Ada Lovelace!"])
def test_ones_own_words_are_no_password_by_a_link_either(reception: Reception, own: str) -> None:
    """The address and the parts of the name, for who sets it by a mailed link as for who is signed in."""
    reception.person()
    forgot("ada@example.com", ORGANIZATION, reception.porter)

    with refused(WeakPassword) as told:
        reset_password(reception.token("reset-password"), own, reception.porter)

    assert "your name or address" in told.faults[0].message


def test_a_password_is_as_long_as_the_strictest_of_the_clinics_asks(reception: Reception) -> None:
    """There is one password for all of them; whichever way it is set."""
    ada = reception.person()
    there = reception.clinic()
    reception.invite("ada@example.com", there)
    accept_link(reception.token("invitation"), "Ada", "", reception.porter)
    reception.world.change(security=SecuritySettings(password_min_length=8))
    with refused(WeakPassword):
        set_password(ada.id, "tiny fish", reception.porter)
    reception.world.execute(ChangeSettings(security=SecuritySettings(password_min_length=8)), system(there))
    set_password(ada.id, "tiny fish", reception.porter)
    reception.world.execute(ChangeSettings(security=SecuritySettings(password_min_length=30)), system(there))

    with refused(WeakPassword) as told:
        set_password(ada.id, NEW, reception.porter)
    assert "30 to 200" in told.faults[0].message
    forgot("ada@example.com", ORGANIZATION, reception.porter)
    with refused(WeakPassword):
        reset_password(reception.token("reset-password"), NEW, reception.porter)
    who = reception.who(reception.signed_in(password="tiny fish", clinic=ORGANIZATION))
    with refused(WeakPassword):
        change_password(who, "tiny fish", NEW, reception.porter)
    token = reception.invite("new@example.com", there)
    with refused(WeakPassword):
        accept_link(token, "New", NEW, reception.porter)
    assert accept_link(token, "New", NEW + " " + NEW, reception.porter)


def test_times_in_mails_are_written_as_the_clinic_writes_them(reception: Reception) -> None:
    """With twelve hours or with twenty-four, on the clinic's own clocks."""
    reception.person()
    told: Any = {"login_alert": True, "suspicious_login_alert": False}
    for hours, shown in ((HourFormat.TWELVE, "09:00 AM"), (HourFormat.TWENTY_FOUR, "09:00")):
        reception.world.change(hours=hours, zone="America/Los_Angeles", security=SecuritySettings(**told))
        reception.signed_in()
        text = reception.last("You signed in").text
        assert f"on 2026-01-15 {shown} PST" in text


def test_the_owner_of_a_clinic_is_welcomed_in_other_words_than_its_people(reception: Reception) -> None:
    """Both name the clinic, and have the link for the first password."""
    for email in ("owner@example.com", "second@example.com"):
        reception.world.execute(CreateUser(email=email, name="Bea", role=Role.ORG_ADMIN))

    sent = {mail.to: mail for mail in reception.mails()}
    assert "Clinic is yours" == sent["owner@example.com"].subject
    assert "Welcome to Clinic" == sent["second@example.com"].subject
    assert {1} == {mail.text.count("/reset-password?token=") for mail in sent.values()}
