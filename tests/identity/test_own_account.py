"""What people see and change of how they sign in: other devices, the app that waits, and links that are looked at."""

from __future__ import annotations

import pyotp
import pytest

from hlc_core.access.api import Role
from hlc_core.identity.api import (
    ConfirmApp,
    EndOtherSessions,
    EnrolApp,
    Factor,
    LinkUnusable,
    LoginUnknown,
    NoAppPending,
    OwnSecurity,
    OwnSessions,
    PendingApp,
    ResetPurpose,
    SessionOver,
    Step,
    accept_link,
    forgot,
    invitation_of,
    link_of,
    progress,
    reset_password,
)
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.evolve import evolve
from support.refusals import refused
from support.signing import OTHER, Reception
from support.worlds import ORGANIZATION

NEW = "another long password"


def test_other_devices_are_signed_out(reception: Reception) -> None:
    """All of one's own but this; nobody else's."""
    reception.person()
    reception.person("eve@example.com")
    here, phone, eve = reception.signed_in(), reception.signed_in(), reception.signed_in("eve@example.com")
    me = Envelope(actor=reception.who(here).actor)

    assert 1 == reception.world.execute(EndOtherSessions(keep=here.session.id), me)
    with refused(SessionOver):
        reception.who(phone)
    assert reception.who(here).session.id == here.session.id
    assert eve.session.id == reception.who(eve).session.id
    assert 0 == reception.world.execute(EndOtherSessions(keep=here.session.id), me)
    assert 1 == sum(one.state == "open" for one in reception.world.ask(OwnSessions(), me))


def test_naming_somebody_elses_session_keeps_nothing_of_theirs(desk: Reception) -> None:
    """It is not one's own, so that all of one's own end, and theirs stands."""
    desk.person()
    desk.person("eve@example.com")
    mine, eve = desk.signed_in(), desk.signed_in("eve@example.com")
    me = Envelope(actor=desk.who(mine).actor)

    assert 1 == desk.world.execute(EndOtherSessions(keep=eve.session.id), me)
    assert eve.session.id == desk.who(eve).session.id


def test_an_app_that_waits_can_be_shown_again(reception: Reception) -> None:
    """The same secret, until it is confirmed; then the session from which it was proved goes on."""
    reception.person()
    made = reception.signed_in()
    me = Envelope(actor=reception.who(made).actor)
    with refused(NoAppPending):
        reception.world.ask(PendingApp(), me)
    begun = reception.world.execute(EnrolApp(), me)

    assert begun == reception.world.ask(PendingApp(), me)
    assert None is reception.world.ask(OwnSecurity(), me).app_since
    code = pyotp.TOTP(begun.secret).at(reception.world.clock.now())
    reception.world.execute(ConfirmApp(code=code, session=made.session.id), me)
    told = reception.world.ask(OwnSecurity(), me)
    assert (reception.world.clock.now(), 10) == (told.app_since, told.recovery_codes)
    assert reception.who(made).session.second_factor
    with refused(NoAppPending):
        reception.world.ask(PendingApp(), me)


def test_a_proof_does_not_lift_somebody_elses_session(desk: Reception) -> None:
    """Only the session of the person who proved the app."""
    desk.person()
    desk.person("eve@example.com")
    eve = desk.signed_in("eve@example.com")
    me = Envelope(actor=desk.who(desk.signed_in()).actor)
    secret = desk.world.execute(EnrolApp(), me).secret
    code = pyotp.TOTP(secret).at(desk.world.clock.now())
    desk.world.execute(ConfirmApp(code=code, session=eve.session.id), me)

    assert not desk.who(eve).session.second_factor


def test_a_sign_in_says_where_it_stands(reception: Reception) -> None:
    """For pages between which nothing but the handle goes."""
    reception.person()
    security = reception.world.services.directory.all()[0].security
    reception.world.change(security=evolve(security, email_two_factor=True))
    begun = reception.try_in()
    told = progress(begun.login, reception.porter)

    assert (Step.CODE_NEEDED, Factor.EMAIL, begun.login) == (told.step, told.factor, told.login)
    for wrong in ("", "x", begun.login + "x", "lgn_absent." + "x" * 30):
        with refused(LoginUnknown):
            progress(wrong, reception.porter)
    reception.world.advance(minutes=11)
    with refused(LoginUnknown):
        progress(begun.login, reception.porter)


def test_a_choice_of_clinics_is_told_again(desk: Reception) -> None:
    """Where several know the person, and the page says none."""
    desk.person()
    desk.clinic()
    accept_link(desk.invite("ada@example.com", OTHER, Role.PATIENT), "", "", desk.porter)
    begun = desk.try_in(meant=None)
    told = progress(begun.login, desk.porter)

    assert Step.CHOOSE_CLINIC is told.step
    assert begun.clinics == told.clinics
    assert 2 == len(told.clinics)


def test_links_say_what_they_are_for(reception: Reception) -> None:
    """A forgotten password, a welcome, an invitation; used or foreign ones say nothing."""
    ada = reception.person()
    forgot(ada.email, ORGANIZATION, reception.porter)
    token = reception.token("reset-password")
    assert ResetPurpose.FORGOTTEN is link_of(token, reception.porter).purpose
    reset_password(token, NEW, reception.porter)
    invited = reception.invite("new@example.com", ORGANIZATION, Role.PATIENT)
    assert invitation_of(invited, reception.porter).first
    again = reception.clinic()
    known = reception.invite(ada.email, again)
    assert not invitation_of(known, reception.porter).first
    accept_link(invited, "Nina", NEW, reception.porter)

    for use in (link_of, invitation_of):
        for dead in (token, invited, "", "x.y.z", token + "x", "é" * 40):
            with refused(LinkUnusable):
                use(dead, reception.porter)


@pytest.mark.parametrize("minutes", [0, 59])
def test_a_link_counts_for_an_hour(desk: Reception, minutes: int) -> None:
    """And not longer."""
    ada = desk.person()
    forgot(ada.email, ORGANIZATION, desk.porter)
    token = desk.token("reset-password")
    desk.world.advance(minutes=minutes)
    assert ada.id == link_of(token, desk.porter).user
    desk.world.advance(minutes=61)
    with refused(LinkUnusable):
        link_of(token, desk.porter)
