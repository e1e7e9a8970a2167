"""Getting into the portal: sign-in by steps, expiry and the way back, links of mails, and no way in for other sites."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from attrs import frozen

from hlc_core.access.api import Role
from hlc_core.kernel.evolve import evolve
from hlc_core.organizations.api import SecuritySettings
from hlc_core.people.api import User
from hlc_http.returning import HOME, safe_path
from support.portal import Visitor, account_of
from support.service import serving
from support.signing import PASSWORD, Reception
from support.worlds import World

NEW = "another long password"


@frozen
class Gate:
    """A served clinic, one patient with a password, and a visitor."""

    world: World
    reception: Reception
    visitor: Visitor
    ada: User


@pytest.fixture
def gate(memory_world: World) -> Iterator[Gate]:
    """In memory."""
    with serving(memory_world.services) as client:
        yield _gate(memory_world, Visitor(client))


@pytest.fixture
def any_gate(world: World) -> Iterator[Gate]:
    """On all backends."""
    with serving(world.services) as client:
        yield _gate(world, Visitor(client))


def _gate(world: World, visitor: Visitor) -> Gate:
    held = world.subscribe()
    return Gate(world, Reception(world), visitor, account_of(world, held.patient))


def test_a_patient_signs_in_and_out(any_gate: Gate) -> None:
    """Address and password lead to the first page; after signing out no page opens."""
    visitor = any_gate.visitor
    page = visitor.signs_in(any_gate.ada.email)
    assert (200, HOME) == (visitor.status, visitor.at)
    assert "Hello" in page

    page = visitor.send("/patient/logout")
    assert "You are signed out." in page
    assert "You are signed out." not in visitor.get("/patient/login")
    visitor.get(HOME)
    assert "/patient/login" == visitor.at


@pytest.mark.parametrize(
    ("email", "password", "says"),
    [
        ("", "", "Please type your email."),
        ("nobody@example.com", PASSWORD, "The address or the password is wrong."),
        ("ada", "wrong", "The address or the password is wrong."),
    ],
)
def test_a_wrong_sign_in_says_so(gate: Gate, email: str, password: str, says: str) -> None:
    """The same for an address that nobody has; what was typed is kept, but not the password."""
    visitor = gate.visitor
    visitor.get("/patient/login")
    page = visitor.send("/patient/login", email=email, password=password)

    assert 422 == visitor.status
    assert says in page
    assert f'value="{email}"' in page
    assert not password or f'value="{password}"' not in page


def test_the_way_back_leads_to_the_page_that_was_asked_for(gate: Gate) -> None:
    """Through sign-in, to a page of our own."""
    visitor = gate.visitor
    visitor.get("/patient")
    assert "/patient/login?next=/patient" == visitor.at
    visitor.send("/patient/login", follow=False, email=gate.ada.email, password=PASSWORD)

    assert "/patient" == visitor.location


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/patient/..//evil.example",
        "/patient/../admin",
        "javascript:alert(1)",
        "/patienthood",
        "/patient\n/x",
        "/patient/%2e%2e/x",
        "/admin/rx-queue",
        "/patient/" + "x" * 300,
        "",
    ],
)
def test_the_way_back_never_leads_away(target: str) -> None:
    """Whatever somebody wrote into the link."""
    assert HOME == safe_path(target)


def test_a_sign_in_goes_on_by_itself_while_it_may(any_gate: Gate) -> None:
    """The access token lasts ten minutes; the page opens after them, a form is not lost, and the cookies are new."""
    visitor = any_gate.visitor
    visitor.signs_in(any_gate.ada.email)
    before = dict(visitor.cookies)
    any_gate.world.advance(minutes=11)

    visitor.get(HOME)
    assert (200, HOME) == (visitor.status, visitor.at)
    changed = {name for name, value in visitor.cookies.items() if before.get(name) != value}
    assert {"__Host-hlc_access", "__Host-hlc_refresh"} <= changed
    any_gate.world.advance(minutes=11)
    assert "You are signed out." in visitor.send("/patient/logout")


def test_a_refusal_brings_the_new_cookies_too(gate: Gate) -> None:
    """Else the next page would bring a refresh token that was used, which ends the sign-in."""
    visitor = gate.visitor
    visitor.signs_in(gate.ada.email)
    gate.world.advance(minutes=11)
    visitor.post("/patient/logout", {"csrfToken": ""})
    assert 403 == visitor.status
    gate.world.advance(minutes=1)

    visitor.get(HOME)
    assert (200, HOME) == (visitor.status, visitor.at)


def test_an_expired_session_leads_to_the_sign_in_and_back(gate: Gate) -> None:
    """After its longest age; also where the form of an old page is sent."""
    visitor = gate.visitor
    visitor.signs_in(gate.ada.email)
    gate.world.advance(days=91)
    visitor.post("/patient/logout", {}, follow=False, Referer=f"{visitor.origin}/patient/orders")

    assert (303, "/patient/login?next=/patient/orders") == (visitor.status, visitor.location)
    visitor.get("/patient", follow=False)
    assert "/patient/login?next=/patient" == visitor.location


def test_a_link_from_mail_is_followed_once_more_with_all_cookies(gate: Gate) -> None:
    """The refresh cookie is not sent from another site; a page of our own leads to the same address again."""
    visitor = gate.visitor
    page = visitor.get("/patient?recovery=1", Sec_Fetch_Site="cross-site")

    assert 200 == visitor.status
    assert '<meta http-equiv="refresh" content="0;url=/patient?recovery=1">' in page


def test_a_code_by_mail_is_asked_for_and_can_be_sent_again(gate: Gate) -> None:
    """A wrong one says how many tries are left; the older of two does not work; the newest opens."""
    gate.world.change(security=evolve(_security(gate.world), email_two_factor=True))
    visitor = gate.visitor
    page = visitor.signs_in(gate.ada.email)
    assert "/patient/login/code" == visitor.at
    assert "Look into your mail" in page
    old = gate.reception.code()
    page = visitor.send("/patient/login/code", code="000000" if old != "000000" else "111111")
    assert 422 == visitor.status
    assert "Tries left: 4." in page
    visitor.get("/patient/login/code")
    page = visitor.send("/patient/login/code/again")
    assert "Another code is on its way." in page

    visitor.send("/patient/login/code", code=gate.reception.code())
    assert HOME == visitor.at


def _security(world: World) -> SecuritySettings:
    return world.services.directory.all()[0].security


def test_too_many_wrong_codes_start_over(gate: Gate) -> None:
    """Back at the first step, with a reason."""
    gate.world.change(security=evolve(_security(gate.world), email_two_factor=True))
    visitor = gate.visitor
    visitor.signs_in(gate.ada.email)
    wrong = "000000" if gate.reception.code() != "000000" else "111111"
    for _ in range(5):
        page = visitor.send("/patient/login/code", code=wrong)

    assert "/patient/login" == visitor.at
    assert "The code was wrong too often." in page


def test_who_is_known_at_several_clinics_chooses(memory_world: World) -> None:
    """Where the address of the page does not say which clinic is meant."""
    reception = Reception(memory_world)
    held = memory_world.subscribe()
    ada = account_of(memory_world, held.patient)
    for number in (1, 2):
        reception.clinic(f"org_{number}", f"more{number}")  # type: ignore[arg-type]  # made up here
        token = reception.invite(ada.email, f"org_{number}", Role.PATIENT)  # type: ignore[arg-type]
        assert token
    with serving(evolve(memory_world.services)) as client:
        visitor = Visitor(client)
        for _ in range(2):
            token = reception.token("invitation")
            break
        page = visitor.get(f"/invitation?token={token}")
        assert "You have a password with us already." in page
        visitor.send("/invitation")
        assert "You have joined." in visitor.body
        page = visitor.send("/patient/login", email=ada.email, password=PASSWORD)
        assert "/patient/login/clinic" == visitor.at
        chosen = [form for form in visitor.forms() if form.action == "/patient/login/clinic"]
        assert 2 == len(chosen)
        visitor.post("/patient/login/clinic", chosen[1].fields)

    assert HOME == visitor.at


def test_a_forgotten_password_is_set_by_link(any_gate: Gate) -> None:
    """Asked for, mailed, set, used; the link works once; the answer is the same for strangers."""
    visitor, world = any_gate.visitor, any_gate.world
    visitor.get("/patient/forgot")
    page = visitor.send("/patient/forgot", email=any_gate.ada.email)
    assert "Look into your mail" in page
    token = any_gate.reception.token("reset-password")
    assert "Choose a new password" in visitor.get(f"/reset-password?token={token}")
    page = visitor.send("/reset-password", password="short")
    assert 422 == visitor.status
    assert "12 to" in page
    page = visitor.send("/reset-password", password=NEW)
    assert "Your password is set." in page
    visitor.send("/patient/login", email=any_gate.ada.email, password=NEW)
    assert HOME == visitor.at

    page = visitor.get(f"/reset-password?token={token}")
    assert 422 == visitor.status
    assert "This link cannot be used any more" in page
    stranger = Visitor(visitor.client)
    stranger.get("/patient/forgot")
    assert "Look into your mail" in stranger.send("/patient/forgot", email="nobody@example.com")
    world.sound()


def test_the_welcome_link_sets_the_first_password(gate: Gate) -> None:
    """A buyer's account has none until then."""
    held = gate.world.subscribe()
    token = gate.reception.token("reset-password")
    visitor = gate.visitor
    page = visitor.get(f"/reset-password?token={token}")
    assert "Welcome" in page
    visitor.send("/reset-password", password=NEW)
    visitor.send("/patient/login", email="buyer2@example.com", password=NEW)

    assert HOME == visitor.at
    assert held.patient


def test_an_invitation_asks_for_name_and_password_of_somebody_new(gate: Gate) -> None:
    """Then they sign in."""
    token = gate.reception.invite("new@example.com", gate.ada.primary, Role.PATIENT)
    visitor = gate.visitor
    visitor.get(f"/invitation?token={token}")
    page = visitor.send("/invitation", name="Nina New", password="short")
    assert 422 == visitor.status
    assert 'value="Nina New"' in page
    page = visitor.send("/invitation", name="  ", password=NEW)
    assert 422 == visitor.status
    assert "Please type your name." in page
    visitor.send("/invitation", name="Nina New", password=NEW)
    visitor.send("/patient/login", email="new@example.com", password=NEW)
    assert HOME == visitor.at

    page = visitor.get(f"/invitation?token={token}")
    assert 422 == visitor.status
    assert "Ask the clinic for a new invitation." in page
    assert "Get a new link" not in page
    assert "Get a new link" in visitor.get("/reset-password?token=old")


def test_people_of_the_clinic_are_no_patients(gate: Gate) -> None:
    """They land where their role works, see no patient's page, and may switch to the other portals of the role."""
    gate.reception.person("staff@example.com", Role.STAFF)
    visitor = gate.visitor
    page = visitor.signs_in("staff@example.com")
    assert "/crm/dashboard" == visitor.at
    assert "a member of staff at Clinic" in page
    assert "Subscriptions" not in page
    assert 'href="/emr/dashboard"' in page
    assert "<h1>EMR</h1>" in visitor.get("/emr/dashboard")
    visitor.get(HOME)
    assert 403 == visitor.status

    visitor.get("/admin/dashboard")
    assert "/crm/dashboard" == visitor.at
    visitor.get("/patient/login")
    assert "/crm/dashboard" == visitor.at
    assert "You are signed out." in visitor.send("/patient/logout")


@pytest.mark.parametrize(
    ("role", "lands", "pages"),
    [
        (Role.ORG_ADMIN, "/admin/dashboard", ["/admin/rx-queue", "/webhooks/monitor"]),
        (Role.CLINICIAN, "/emr/dashboard", []),
        (Role.STAFF, "/crm/dashboard", []),
    ],
)
def test_each_role_lands_on_its_own_page(gate: Gate, role: Role, lands: str, pages: list[str]) -> None:
    """With links that lead somewhere; a visitor is sent to the sign-in first."""
    visitor = gate.visitor
    visitor.get(lands)
    assert visitor.at.startswith("/patient/login")
    gate.reception.person("staff@example.com", role)
    page = visitor.signs_in("staff@example.com")
    assert lands == visitor.at
    for link in (*pages, "/docs"):
        assert f'href="{link}"' in page
        visitor.get(link)
        assert 200 == visitor.status, link


def test_forms_of_other_sites_and_without_the_token_are_refused(gate: Gate) -> None:
    """Before the sign-in and after it; nothing happens."""
    visitor = gate.visitor
    visitor.get("/patient/login")
    good = {**visitor.form("/patient/login").fields, "email": gate.ada.email, "password": PASSWORD}
    visitor.post("/patient/login", good, Origin="https://evil.example")
    assert 403 == visitor.status
    page = visitor.post("/patient/login", {**good, "csrfToken": "x"})
    assert 403 == visitor.status
    assert "This page needs cookies" in page
    other = Visitor(visitor.client)
    other.get("/patient/login")
    other.post("/patient/login", good)
    assert 403 == other.status
    visitor.post("/patient/login", good)
    assert HOME == visitor.at

    leave = visitor.form("/patient/logout").fields
    visitor.post("/patient/logout", leave, Origin="https://evil.example")
    assert 403 == visitor.status
    visitor.post("/patient/logout", {**leave, "csrfToken": ""})
    assert 403 == visitor.status
    visitor.post("/patient/logout", {}, Sec_Fetch_Site="cross-site")
    assert 403 == visitor.status
    assert "Hello" in visitor.get(HOME)


def test_cookies_of_the_steps_are_closed_to_scripts_and_other_sites(gate: Gate) -> None:
    """Each of them: HttpOnly, Secure, SameSite, of this host only."""
    visitor = gate.visitor
    lines: list[str] = []
    visitor.get("/patient/login", follow=False)
    lines += visitor.told.cookies if visitor.told else ()
    visitor.send("/patient/login", follow=False, email=gate.ada.email, password=PASSWORD)
    lines += visitor.told.cookies if visitor.told else ()

    assert {"visit", "access", "refresh", "device", "login"} == {
        re.findall(r"__Host-hlc_(\w+)=", line)[0] for line in lines
    }
    for line in lines:
        assert all(part in line for part in ("HttpOnly", "Secure", "Path=/", "SameSite="))
        assert "domain" not in line.lower()
