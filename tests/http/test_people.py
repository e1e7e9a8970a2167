"""People, roles and settings over HTTP: what is blocked is refused and not offered, secrets are never shown."""

from __future__ import annotations

from typing import Any

import pytest

from hlc_core.access.api import SETTINGS
from hlc_core.identity.api import set_password
from hlc_core.people.api import MakeSuperAdmin
from support.service import SYSTEM, Client, Shop
from support.signing import PASSWORD, Reception
from support.worlds import World

ADMIN, RECEPTION, ROOT = "ada@example.com", "bob@example.com", "root@example.com"


def invented(shop: Shop, email: str, role: str = "STAFF", **more: Any) -> dict[str, Any]:
    """Somebody new, as the API answers."""
    told = shop.client.as_(SYSTEM).post("/api/v1/users", {"email": email, "name": "Somebody", "role": role, **more})
    assert 201 == told.status, told
    made: dict[str, Any] = told.json
    return made


def signed_in(shop: Shop, email: str) -> Client:
    """The client of somebody who has set a password and signed in."""
    reception = Reception(shop.world)
    user = shop.client.as_(SYSTEM).get("/api/v1/users?limit=200").json["items"]
    from_list = next(one["id"] for one in user if one["email"] == email)
    set_password(from_list, PASSWORD, reception.porter)
    told = shop.client.post("/api/v1/auth/login", {"email": email, "password": PASSWORD})
    assert 200 == told.status, told
    return shop.client.as_(told.json["accessToken"])


def test_a_clinic_is_there_as_soon_as_it_is_opened(any_shop: Shop) -> None:
    """By name and by id, although the list of clinics is remembered for a moment; a taken word is refused by name."""
    system = any_shop.client.as_(SYSTEM)
    north = {"slug": "north", "name": "North", "zone": "UTC", "currency": "EUR"}
    system.get("/api/v1/organization")

    opened = system.post("/api/v1/organizations", north)
    first = any_shop.client.get("/", X_HLC_Organization="north")
    taken = system.post("/api/v1/organizations", north)

    assert 201 == opened.status
    assert 200 == first.status
    assert b"North" in first.body
    assert (409, "already_exists") == (taken.status, taken.code)
    assert [{"field": "slug", "message": "choose another one"}] == taken.json["fields"]


def test_a_clinic_is_opened_and_its_people_are_made(any_shop: Shop) -> None:
    """Opened by HLC's own key or a super admin; its owner appears; a foreign user is as absent as any."""
    system = any_shop.client.as_(SYSTEM)
    opened = system.post("/api/v1/organizations", {"slug": "north", "name": "North", "zone": "UTC", "currency": "EUR"})
    owner = invented(any_shop, ADMIN, "ORG_ADMIN")

    assert (201, "north") == (opened.status, opened.json["slug"])
    assert ["clinic", "north"] == sorted(one["slug"] for one in system.get("/api/v1/organizations").json)
    assert 403 == any_shop.staff.get("/api/v1/organizations").status
    assert (True, "/admin/dashboard") == (owner["owner"], owner["landing"])
    assert 409 == any_shop.staff.post(f"/api/v1/users/{owner['id']}/disable").status
    assert 404 == any_shop.staff.get("/api/v1/users/usr_nobody").status
    assert "disable" not in owner["actions"]


def test_settings_are_read_and_changed_by_section(shop: Shop) -> None:
    """What is left out stays; each section asks for its own key; toggles are a super admin's."""
    path = "/api/v1/organization/security"

    changed = shop.staff.ask("PATCH", path, {"lockoutMinutes": 30})
    wrong = shop.staff.ask("PATCH", path, {"lockoutMinutes": 0, "patientSessionMinutes": 999_999_999})
    assert (30, 10) == (changed.json["lockoutMinutes"], changed.json["maxFailedAttempts"])
    assert 422 == wrong.status
    assert {"security.lockoutMinutes", "security.patientSessionMinutes"} == {
        one["field"] for one in wrong.json["fields"]
    }
    assert 30 == shop.staff.get(path).json["lockoutMinutes"]
    toggles = shop.staff.ask("PATCH", "/api/v1/organization/permissions", {"off": ["crm.carts.view"]})
    assert (403, "needs platform.permissions.manage") == (toggles.status, toggles.json["fields"][0]["message"])
    assert 403 == shop.staff.ask("PATCH", "/api/v1/organization", {"plan": "pro+"}).status
    by_root = shop.client.as_(SYSTEM).ask("PATCH", "/api/v1/organization", {"plan": "pro plus", "hours": "24"})
    assert ("pro_plus", "24") == (by_root.json["plan"], by_root.json["hours"])


@pytest.mark.parametrize("section", ["branding", "communication", "notifications", "limits", "carts"])
def test_every_section_is_served(shop: Shop, section: str) -> None:
    """A change of nothing answers what stands."""
    system = shop.client.as_(SYSTEM)
    stands = system.get(f"/api/v1/organization/{section}")

    assert 200 == stands.status
    assert stands.json == system.ask("PATCH", f"/api/v1/organization/{section}", {}).json


def test_a_secret_is_kept_and_never_shown(any_shop: Shop) -> None:
    """Only its name; not in answers, not in the audit log, not even its length."""
    path = "/api/v1/organization/secrets/smtpPassword"
    kept = any_shop.staff.ask("PUT", path, {"value": "hunter2-hunter2"})
    log = any_shop.staff.get("/api/v1/audit")

    assert ["smtpPassword"] == kept.json
    assert b"hunter2" not in log.body + any_shop.staff.get("/api/v1/organization").body + kept.body
    assert b"text of 15" not in log.body
    assert [] == any_shop.staff.ask("DELETE", path).json
    assert 404 == any_shop.staff.ask("PUT", "/api/v1/organization/secrets/other", {"value": "x"}).status


def test_roles_are_made_and_narrow(shop: Shop) -> None:
    """What a custom role blocks is refused by the API and absent from `actions`; the explanation says why."""
    ada = invented(shop, ADMIN, "ORG_ADMIN")
    bob = invented(shop, RECEPTION)
    admin = signed_in(shop, ADMIN)
    role = admin.post("/api/v1/roles", {"name": "EMR Read Only", "keys": ["emr.patients.view", "emr.orders.view"]}).json
    narrowed = admin.post(f"/api/v1/users/{bob['id']}/custom-role", {"customRole": role["role"]["id"]})
    shop.buy(shop.world.product(), token="tok_success")

    reception = signed_in(shop, RECEPTION)
    assert 200 == narrowed.status
    assert 403 == reception.get("/api/v1/carts").status
    orders = reception.get("/api/v1/orders").json["items"]
    assert ([], True) == (orders[0]["actions"], bool(admin.get("/api/v1/orders").json["items"][0]["actions"]))
    rights = reception.get("/api/v1/me/permissions").json
    assert "crm.carts.view" not in rights["permissions"]
    told = admin.get(f"/api/v1/users/{bob['id']}/permissions/crm.carts.view/explain").json
    assert (False, "custom_role") == (told["allowed"], told["refusedBy"])
    assert 409 == admin.ask("DELETE", f"/api/v1/roles/{role['role']['id']}").status
    assert 403 == admin.post(f"/api/v1/users/{ada['id']}/role", {"role": "STAFF"}).status


def test_an_administrator_reads_why_in_the_refusal(shop: Shop) -> None:
    """Others read the key only."""
    invented(shop, ADMIN, "ORG_ADMIN")
    invented(shop, RECEPTION)
    shop.client.as_(SYSTEM).ask("PATCH", "/api/v1/organization/permissions", {"off": [SETTINGS, "admin.roles.manage"]})

    told = signed_in(shop, ADMIN).get("/api/v1/roles").json["fields"]
    other = signed_in(shop, RECEPTION).get("/api/v1/roles").json["fields"]
    assert ["permission", "because"] == [one["field"] for one in told]
    assert "a super admin turns it on" in told[1]["message"]
    assert ["permission"] == [one["field"] for one in other]


def test_a_chart_is_opened_by_broken_glass_and_reviewed(shop: Shop) -> None:
    """By hand: no key of a program breaks glass."""
    invented(shop, ADMIN, "ORG_ADMIN")
    doctor = invented(shop, RECEPTION, "CLINICIAN")
    patient = shop.world.subscribe().patient
    path = f"/api/v1/patients/{patient}/chart"
    clinician = signed_in(shop, RECEPTION)
    admin = signed_in(shop, ADMIN)

    assert 403 == shop.staff.post(f"{path}/break-glass", {"reason": "fainted in the hall"}).status
    assert 403 == clinician.post(f"{path}/read").status
    broken = clinician.post(f"{path}/break-glass", {"reason": "fainted in the hall"}).json
    assert (doctor["id"], ["close", "read"]) == (broken["user"], broken["actions"])
    assert patient == clinician.post(f"{path}/read").json["id"]
    waiting = admin.get("/api/v1/chart-accesses").json["items"]
    assert [["review"]] == [one["actions"] for one in waiting]
    judged = admin.post(
        f"/api/v1/chart-accesses/{broken['id']}/review", {"judgement": "justify", "review": "it was one"}
    )
    assert ("JUSTIFIED", []) == (judged.json["state"], judged.json["actions"])


def test_acting_for_somebody_reaches_no_credentials(shop: Shop) -> None:
    """Under both names, with the other's keys less those for credentials, bank details and other people's rights."""
    ada = invented(shop, ADMIN, "ORG_ADMIN")
    root = invented(shop, ROOT)
    shop.world.execute(MakeSuperAdmin(user=root["id"]))
    client = signed_in(shop, ROOT)
    started = client.post("/api/v1/auth/impersonation", {"userId": ada["id"], "reason": "cannot find the settings"})
    assert 200 == started.status, started
    acting = shop.client.as_(started.json["accessToken"])

    rights = acting.get("/api/v1/me/permissions").json
    assert ("ORG_ADMIN", ada["id"]) == (rights["role"], rights["onBehalfOf"])
    assert 403 == acting.get("/api/v1/users").status
    assert 403 == acting.ask("PUT", "/api/v1/organization/secrets/smtpPassword", {"value": "x"}).status
    assert 200 == acting.ask("PATCH", "/api/v1/organization/branding", {"title": "Changed"}).status
    shown = client.get("/api/v1/impersonations").json["items"]
    assert [(root["id"], ada["id"])] == [(one["actor"], one["target"]) for one in shown]


def test_super_admins_see_persons_of_several_clinics(shop: Shop, memory_world: World) -> None:
    """And nobody else does."""
    invented(shop, ADMIN, "ORG_ADMIN")

    assert 403 == shop.staff.get("/api/v1/people").status
    everyone = shop.client.as_(SYSTEM).get("/api/v1/people").json["items"]
    assert [ADMIN] == [one["email"] for one in everyone]
    assert [] == shop.client.as_(SYSTEM).get("/api/v1/people?several=true").json["items"]
