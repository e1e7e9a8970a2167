"""Signing in: password, clinic, second factor, session. Source: spec/access, Identity and sessions."""

from __future__ import annotations

import pyotp
import pytest

from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.identity import LOGIN_ATTEMPTS, SESSIONS
from hlc_core.access.api import Role
from hlc_core.identity.api import (
    ClinicUnknown,
    ConfirmApp,
    DisableApp,
    EnrolApp,
    Factor,
    ListLoginAttempts,
    LoginOutcome,
    LoginUnknown,
    NoClinic,
    ResetSecondFactor,
    RevokeSessions,
    SecondFactorNeeded,
    SessionOver,
    Step,
    TooManyCodes,
    WrongCode,
    WrongCredentials,
    accept_link,
    choose_clinic,
    clinics_of,
    end_session,
    give_code,
    send_another_code,
    sign_out,
    switch,
)
from hlc_core.kernel.commands import Envelope, system
from hlc_core.kernel.errors import Missing
from hlc_core.kernel.machine import GuardRefused
from hlc_core.organizations.api import SecuritySettings
from hlc_core.people.api import ChangeRole, ChangeUser, DisablePerson, DisableUser, MakeSuperAdmin, Switch
from support.refusals import refused
from support.signing import HOME, OTHER, PASSWORD, Reception
from support.worlds import ORGANIZATION


def ask_for_codes(reception: Reception, **more: bool) -> None:
    """The clinic wants codes by mail."""
    reception.world.change(security=SecuritySettings(email_two_factor=True, **more))


def test_the_right_password_opens_a_session(reception: Reception) -> None:
    """With the person's role and permissions; the try is on record."""
    ada = reception.person()

    made = reception.signed_in()
    who = reception.who(made)

    assert (ada.id, Role.STAFF, ORGANIZATION) == (who.user.id, who.role, who.actor.organization)
    assert "emr.orders.view" in who.actor.permissions
    assert "/crm/dashboard" == made.profile.landing
    (noted,) = reception.world.ask(ListLoginAttempts()).items
    assert (ada.id, LoginOutcome.SIGNED_IN, HOME) == (noted.user, noted.outcome, noted.origin)


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_known_and_unknown_addresses_are_refused_alike(reception: Reception, email: str) -> None:
    """The same words, and a hash is computed for both. Source: design/pains E 64."""
    reception.person()
    before = reception.world.passwords.made

    with refused(WrongCredentials) as told:
        reception.try_in(email, "not the password")

    assert 1 == reception.world.passwords.made - before
    assert "The address or the password is wrong." == told.detail
    assert (WrongCredentials.remedy,) == told.faults


def test_a_person_without_password_or_access_looks_the_same(reception: Reception) -> None:
    """Disabled, or never set a password: wrong credentials, too."""
    ada = reception.person()
    reception.world.execute(DisablePerson(user=ada.id))

    with refused(WrongCredentials):
        reception.try_in()


def test_whoever_works_at_no_clinic_any_more_is_told_after_the_password(reception: Reception) -> None:
    """The password proved who they are, so this tells strangers nothing."""
    ada = reception.person()
    reception.world.execute(DisableUser(user=ada.id))

    with refused(NoClinic):
        reception.try_in()


def test_of_several_clinics_one_is_chosen_and_switched(reception: Reception) -> None:
    """Role and organization are those of the chosen assignment; the primary clinic stays. Source: spec/access."""
    ada = reception.person()
    accept_link(reception.invite("ada@example.com", reception.clinic(), Role.CLINICIAN), "", "", reception.porter)

    first = reception.try_in(meant=None)
    made = choose_clinic(first.login, OTHER, reception.porter)
    assert made.tickets is not None
    there = reception.who(made.tickets)
    here = reception.who(made.tickets, ORGANIZATION)
    switched = switch(there, ORGANIZATION, reception.porter)

    assert Step.CHOOSE_CLINIC == first.step
    assert {"clinic", "other"} == {one.slug for one in first.clinics}
    assert (OTHER, Role.CLINICIAN) == (there.actor.organization, there.role)
    assert (ORGANIZATION, Role.STAFF) == (here.actor.organization, here.role)
    assert ORGANIZATION == switched.profile.clinic.id
    assert ORGANIZATION == reception.who(switched).user.primary
    assert ["clinic", "other"] == [one.slug for one in clinics_of(ada.id, reception.porter)]
    with refused(LoginUnknown):
        choose_clinic(first.login, OTHER, reception.porter)


def test_a_clinic_at_which_one_does_not_work_looks_like_one_that_is_not_there(reception: Reception) -> None:
    """At the sign-in, for one request, and when switching."""
    reception.person()
    reception.clinic()
    made = reception.signed_in()

    for id in (OTHER, "org_absent"):
        for tried in (
            lambda id=id: reception.try_in(clinic=id),
            lambda id=id: reception.who(made, id),
            lambda id=id: switch(reception.who(made), id, reception.porter),
        ):
            with refused(ClinicUnknown) as told:
                tried()
            assert "You work at no clinic of that name." == told.detail


def test_a_super_admin_may_go_anywhere(reception: Reception) -> None:
    """Without an assignment there."""
    ada = reception.person(role=Role.ORG_ADMIN)
    reception.clinic()
    reception.world.execute(MakeSuperAdmin(user=ada.id))

    first = reception.try_in(meant=None)
    made = choose_clinic(first.login, OTHER, reception.porter)

    assert made.tickets is not None
    assert (OTHER, Role.SUPER_ADMIN) == (made.tickets.profile.clinic.id, reception.who(made.tickets).role)


# the second factor


def test_a_code_by_mail_is_asked_for_where_the_clinic_wants_it(reception: Reception) -> None:
    """Six digits, for this login only."""
    reception.person()
    ask_for_codes(reception)

    first, other = reception.try_in(), reception.try_in()
    newest = reception.code()
    with refused(WrongCode) as told:
        give_code(first.login, newest, reception.porter)
    made = give_code(other.login, newest, reception.porter)

    assert (Step.CODE_NEEDED, Factor.EMAIL) == (first.step, first.factor)
    assert "4" in told.detail
    assert made.tickets is not None
    assert reception.who(made.tickets).session.second_factor


@pytest.mark.parametrize(
    ("mail_codes", "staff_only", "switch_", "role", "asked"),
    [
        (False, False, Switch.FOLLOW, Role.STAFF, False),
        (False, True, Switch.FOLLOW, Role.STAFF, False),
        (True, False, Switch.FOLLOW, Role.PATIENT, True),
        (True, True, Switch.FOLLOW, Role.PATIENT, False),
        (True, True, Switch.FOLLOW, Role.CLINICIAN, True),
        (True, False, Switch.NEVER, Role.STAFF, False),
        (False, False, Switch.ALWAYS, Role.STAFF, True),
        (False, False, Switch.ALWAYS, Role.PATIENT, True),
    ],
)
def test_the_rules_of_the_second_factor(  # a table
    desk: Reception, mail_codes: bool, staff_only: bool, switch_: Switch, role: Role, asked: bool
) -> None:
    """Admin-only does nothing while email 2FA is off; force and exempt go before the clinic's rule."""
    ada = desk.person(role=role)
    desk.world.change(security=SecuritySettings(email_two_factor=mail_codes, two_factor_staff_only=staff_only))
    desk.world.execute(ChangeUser(user=ada.id, second_factor=switch_))

    assert asked is (desk.try_in().step is Step.CODE_NEEDED)


def test_five_wrong_codes_end_the_login(reception: Reception) -> None:
    """Also the right one is too late then."""
    reception.person()
    ask_for_codes(reception)
    first = reception.try_in(meant=None)
    right = reception.code()
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"

    for _ in range(5):
        with refused(WrongCode):
            give_code(first.login, wrong, reception.porter)
    with refused(LoginUnknown):
        give_code(first.login, right, reception.porter)


def test_a_code_lasts_ten_minutes_and_a_new_one_voids_it(reception: Reception) -> None:
    """At most three new ones."""
    reception.person()
    ask_for_codes(reception)
    first = reception.try_in(meant=None)
    old = reception.code()
    for _ in range(3):
        send_another_code(first.login, reception.porter)
    newest = reception.code()

    with refused(GuardRefused):
        send_another_code(first.login, reception.porter)
    if old != newest:
        with refused(WrongCode):
            give_code(first.login, old, reception.porter)
    reception.world.advance(minutes=10)
    with refused(LoginUnknown):
        give_code(first.login, newest, reception.porter)


def test_a_hundred_wrong_codes_in_a_row_ask_for_a_new_password(desk: Reception) -> None:
    """The chance that somebody with the password guesses a code is one in ten thousand. Source: pains E 63."""
    desk.person()
    ask_for_codes(desk)
    for _ in range(20):
        login = desk.try_in().login
        right = desk.code()
        for _ in range(5):
            with refused(WrongCode):
                give_code(login, f"{(int(right) + 1) % 1_000_000:06d}", desk.porter)

    login = desk.try_in().login
    with refused(TooManyCodes):
        give_code(login, desk.code(), desk.porter)


def test_an_authenticator_app_is_enrolled_confirmed_used_and_disabled(reception: Reception) -> None:
    """Its codes work once each; recovery codes replace it when it is lost."""
    reception.person()
    made = reception.signed_in()
    me = Envelope(actor=reception.who(made).actor)
    app = pyotp.TOTP(reception.world.execute(EnrolApp(), me).secret)
    at = reception.world.clock.now

    with refused(WrongCode):
        reception.world.execute(ConfirmApp(code="000000"), me)
    codes = reception.world.execute(ConfirmApp(code=app.at(at())), me).codes
    first = reception.try_in(meant=None)
    with refused(WrongCode):
        give_code(first.login, app.at(at()), reception.porter)
    reception.world.advance(seconds=30)
    assert give_code(first.login, app.at(at()), reception.porter).tickets is not None
    second = reception.try_in()
    assert give_code(second.login, codes[0].upper(), reception.porter).tickets is not None
    third = reception.try_in()
    with refused(WrongCode):
        give_code(third.login, codes[0], reception.porter)
    reception.world.execute(DisableApp(code=codes[1]), me)

    assert Factor.TOTP is first.factor
    assert (10, 10) == (len(codes), len(set(codes)))
    assert Step.SIGNED_IN is reception.try_in().step


def test_a_lost_app_is_taken_away_by_an_administrator(reception: Reception) -> None:
    """Of their own people only."""
    ada = reception.person()
    me = Envelope(actor=reception.who(reception.signed_in()).actor)
    app = pyotp.TOTP(reception.world.execute(EnrolApp(), me).secret)
    reception.world.execute(ConfirmApp(code=app.at(reception.world.clock.now())), me)
    reception.clinic()

    with refused(Missing):
        reception.world.execute(ResetSecondFactor(user=ada.id), system(OTHER))
    assert reception.world.execute(ResetSecondFactor(user=ada.id))
    assert Step.SIGNED_IN is reception.try_in().step


def test_a_clinic_with_codes_is_closed_to_sessions_without_one(reception: Reception) -> None:
    """Turning codes on counts at once."""
    reception.person()
    made = reception.signed_in()
    ask_for_codes(reception)
    reception.world.services.units._forget(ORGANIZATION)

    with refused(SecondFactorNeeded):
        reception.who(made)


# ends


def test_signing_out_ends_access_at_once(reception: Reception) -> None:
    """The access token has minutes left, and is dead all the same. Source: pains E 59."""
    reception.person()
    made = reception.signed_in()

    assert 1 == sign_out(made.refresh, False, reception.porter)
    assert 0 == sign_out(made.refresh, False, reception.porter)
    with refused(SessionOver):
        reception.who(made)
    with refused(SessionOver):
        reception.refreshed(made)


def test_a_forged_token_signs_nobody_out(reception: Reception) -> None:
    """Knowing the id of a session is not enough."""
    reception.person()
    made = reception.signed_in()
    forged = f"{made.session.id}.0.{'A' * 43}"

    assert 0 == sign_out(forged, True, reception.porter)
    with refused(SessionOver):
        reception.refreshed(forged)
    assert reception.who(made).session.id == made.session.id


def test_signing_out_everywhere_ends_all_sessions(reception: Reception) -> None:
    """Of this person only."""
    reception.person()
    reception.person("bob@example.com")
    one, two, bob = reception.signed_in(), reception.signed_in(), reception.signed_in("bob@example.com")

    assert 2 == end_session(reception.who(one), True, reception.porter)
    with refused(SessionOver):
        reception.who(two)
    assert reception.who(bob).user.email == "bob@example.com"


def test_an_administrator_ends_the_sessions_of_their_own_people(reception: Reception) -> None:
    """Those at this clinic; for another clinic the person is not there."""
    ada = reception.person()
    reception.clinic()
    made = reception.signed_in()

    with refused(Missing):
        reception.world.execute(RevokeSessions(user=ada.id), system(OTHER))
    assert 1 == reception.world.execute(RevokeSessions(user=ada.id))
    with refused(SessionOver):
        reception.who(made)


@pytest.mark.parametrize("taken", ["person", "role", "assignment"])
def test_what_is_taken_away_is_gone_with_the_next_request(reception: Reception, taken: str) -> None:
    """Disabled, another role, no assignment any more. Source: pains E 59."""
    ada = reception.person()
    made = reception.signed_in()
    command = {
        "person": DisablePerson(user=ada.id),
        "role": ChangeRole(user=ada.id, role=Role.CLINICIAN),
        "assignment": DisableUser(user=ada.id),
    }[taken]
    reception.world.execute(command)

    with refused(SessionOver):
        reception.who(made)
    with refused(SessionOver):
        reception.refreshed(made)


def test_a_session_ends_unused_and_at_its_longest(reception: Reception) -> None:
    """Staff: an hour unused, twelve hours at the longest; patients thirty days. Source: spec/README, Decided."""
    reception.person()
    made = reception.signed_in()
    for _ in range(14):
        reception.world.advance(minutes=50)
        made = reception.refreshed(made)
    reception.world.advance(minutes=25)
    with refused(SessionOver):
        reception.refreshed(made)
    (row,) = reception.platform_rows(SESSIONS)
    assert "expired" == row.state

    reception.person("pat@example.com", Role.PATIENT)
    patient = reception.signed_in("pat@example.com")
    reception.world.advance(days=29)
    assert patient.session.id == reception.refreshed(patient).session.id


def test_nothing_secret_is_stored_in_clear(desk: Reception) -> None:
    """Neither password, refresh token, device token, code nor access token stands in any row."""
    desk.person()
    ask_for_codes(desk)
    first = desk.try_in()
    code = desk.code()
    made = give_code(first.login, code, desk.porter).tickets
    assert made is not None
    session = desk.world.services.backend.begin(write=False)
    stored = " ".join(
        repr(row.__getstate__() if hasattr(row, "__getstate__") else vars(row))
        for shape in ALL
        for organization in (ORGANIZATION, "platform")
        for row in session.select(shape, organization)
    )
    session.rollback()
    proofs = [made.refresh.rpartition(".")[2], made.device.rpartition(".")[2], made.access, PASSWORD]
    assert [] == [secret for secret in proofs if secret in stored]
    assert made.session.id in stored
    assert len(desk.platform_rows(LOGIN_ATTEMPTS)) > 1
