"""Signing in over HTTP: tokens for programs, cookies for browsers, nothing for other sites."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import jwt
import pytest
from attrs import frozen

from hlc_adapters.credentials.passwords import Argon2Passwords
from hlc_core.access.api import Role
from hlc_core.kernel.evolve import evolve
from hlc_core.organizations.api import SecuritySettings
from hlc_core.people.api import MakeSuperAdmin
from support.service import STAFF, Client, Told, serving
from support.signing import PASSWORD, Reception
from support.worlds import World, opened

LOGIN = "/api/v1/auth/login"
ADA = {"email": "ada@example.com", "password": PASSWORD}


@frozen
class Front:
    """A served clinic with somebody who works there."""

    reception: Reception
    client: Client

    def token(self, **more: Any) -> dict[str, Any]:
        """A sign-in of a program."""
        told = self.client.post(LOGIN, {**ADA, **more})
        assert told.status == 200, told
        made: dict[str, Any] = told.json
        return made

    def browser(self) -> tuple[Client, dict[str, Any], Told]:
        """A client that holds the cookies of a sign-in."""
        told = self.client.post(LOGIN, {**ADA, "cookies": True}, Origin=self.origin)
        assert told.status == 200, told
        return self.with_cookies(told), told.json, told

    def with_cookies(self, told: Told) -> Client:
        """The client with the cookies that an answer set."""
        pairs = [line.partition(";")[0] for line in set_cookies(told)]
        return evolve(self.client, headers={"Cookie": "; ".join(pairs)})

    @property
    def origin(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.client.port}"


def set_cookies(told: Told) -> list[str]:
    """The Set-Cookie lines."""
    return list(told.cookies)


@pytest.fixture
def front(memory_world: World) -> Iterator[Front]:
    """In memory."""
    reception = Reception(memory_world)
    reception.person()
    with serving(memory_world.services) as client:
        yield Front(reception, client)


@pytest.fixture
def any_front(world: World) -> Iterator[Front]:
    """On all backends."""
    reception = Reception(world)
    reception.person()
    with serving(world.services) as client:
        yield Front(reception, client)


def test_a_program_signs_in_works_refreshes_and_signs_out(any_front: Front) -> None:
    """With bearer tokens."""
    made = any_front.token()
    client = any_front.client.as_(made["accessToken"])

    me = client.get("/api/v1/me")
    orders = client.get("/api/v1/orders")
    settings = client.get("/api/v1/audit")
    clinics = client.get("/api/v1/users/me/clinics")
    again = any_front.client.post("/api/v1/auth/refresh", {"refreshToken": made["refreshToken"]}).json
    out = any_front.client.post("/api/v1/auth/logout", {"refreshToken": again["refreshToken"]})

    assert (200, "ada@example.com", "STAFF") == (me.status, *(me.json["profile"][k] for k in ("email", "role")))
    assert (200, 403) == (orders.status, settings.status)
    assert ["clinic"] == [one["slug"] for one in clinics.json]
    assert 1 == out.json["ended"]
    assert 401 == client.get("/api/v1/me").status
    assert 401 == any_front.client.as_(again["accessToken"]).get("/api/v1/me").status


def test_cookies_cannot_be_read_by_scripts_nor_set_by_others(front: Front) -> None:
    """`__Host-`, Secure, HttpOnly, SameSite, the whole path, no domain; and no token in the answer."""
    _, answer, told = front.browser()

    assert None is answer["accessToken"] is answer["refreshToken"] is answer["deviceToken"]
    assert 3 == len(set_cookies(told))
    for line in set_cookies(told):
        name, _, attributes = line.partition("=")
        assert name.startswith("__Host-hlc_")
        assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in attributes.split(";")}
        assert "SameSite=" in attributes
        assert "domain" not in attributes.lower()
    kinds = {line.partition("=")[0]: line.rpartition("SameSite=")[2].partition(";")[0] for line in set_cookies(told)}
    assert {"__Host-hlc_access": "Lax", "__Host-hlc_refresh": "Strict", "__Host-hlc_device": "Strict"} == kinds


def test_a_browser_reads_with_cookies_and_writes_with_the_token_of_the_page(front: Front) -> None:
    """A page of another site has the cookies, but neither the origin nor the token. Source: pains E 66."""
    browser, answer, _ = front.browser()
    token = answer["csrfToken"]
    path, body = "/api/v1/auth/clinic", {"clinicId": answer["profile"]["clinic"]["id"]}

    assert 200 == browser.get("/api/v1/me").status
    assert token == browser.get("/api/v1/me").json["csrfToken"]
    bare = browser.post(path, body, Origin=front.origin)
    foreign = browser.post(path, body, Origin="https://evil.example", X_CSRF_Token=token)
    cross = browser.post(path, body, Sec_Fetch_Site="cross-site", X_CSRF_Token=token)
    wrong = browser.post(path, body, Origin=front.origin, X_CSRF_Token=token[:-1] + "!")
    right = browser.post(path, body, Origin=front.origin, X_CSRF_Token=token)

    assert ["csrf_token_wrong", "foreign_origin", "foreign_origin", "csrf_token_wrong"] == [
        one.code for one in (bare, foreign, cross, wrong)
    ]
    assert [403] * 4 == [one.status for one in (bare, foreign, cross, wrong)]
    assert 200 == right.status


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_forms_that_any_page_can_post_are_refused(front: Front, kind: str) -> None:
    """Simple content types need no permission of the browser, so JSON in them is not read."""
    browser, answer, _ = front.browser()
    raw = json.dumps({"clinicId": answer["profile"]["clinic"]["id"]}).encode()

    for path in ("/api/v1/auth/clinic", LOGIN, "/api/v1/auth/logout"):
        told = browser.ask("POST", path, raw=raw, Content_Type=kind, X_CSRF_Token=answer["csrfToken"])
        assert 415 == told.status, path


def test_a_sign_in_of_another_site_is_refused_in_cookie_mode(front: Front) -> None:
    """Else a stranger could sign a browser in as themselves."""
    told = front.client.post(LOGIN, {**ADA, "cookies": True}, Origin="https://evil.example")

    assert (403, "foreign_origin") == (told.status, told.code)


def test_a_sign_in_makes_a_new_session_each_time(front: Front) -> None:
    """Cookies that somebody planted before are not taken over."""
    first, _, planted = front.browser()
    told = first.post(LOGIN, {**ADA, "cookies": True}, Origin=front.origin)

    assert set(set_cookies(planted)[:2]).isdisjoint(set_cookies(told))
    assert first.get("/api/v1/me").json["session"] != front.with_cookies(told).get("/api/v1/me").json["session"]


def test_refreshing_and_signing_out_with_cookies(front: Front) -> None:
    """The cookies are exchanged, and taken away; other sites can do neither."""
    browser, _, _ = front.browser()

    assert 403 == browser.post("/api/v1/auth/refresh", {}, Origin="https://evil.example").status
    assert 403 == browser.post("/api/v1/auth/logout", {}, Origin="https://evil.example").status
    again = browser.post("/api/v1/auth/refresh", {}, Origin=front.origin)
    newer = front.with_cookies(again)
    assert 200 == newer.get("/api/v1/me").status
    out = newer.post("/api/v1/auth/logout", {}, Origin=front.origin)
    assert {"__Host-hlc_access", "__Host-hlc_refresh"} == {line.partition("=")[0] for line in set_cookies(out)}
    assert all("Max-Age=0" in line for line in set_cookies(out))
    assert 401 == newer.get("/api/v1/me").status


def test_dead_cookies_do_not_close_the_shop(front: Front) -> None:
    """Whoever was signed out can still buy."""
    browser, _, _ = front.browser()
    browser.post("/api/v1/auth/logout", {}, Origin=front.origin)

    assert 404 == browser.get("/api/public/cart/cart_absent").status


def test_plain_cookies_are_for_this_machine_only(memory_world: World) -> None:
    """A setting of the demo: no Secure, no prefix, which http could not carry."""
    reception = Reception(memory_world)
    reception.person()
    services = memory_world.services
    with serving(evolve(services, settings=evolve(services.settings, plain_cookies=True))) as client:
        told = client.post(LOGIN, {**ADA, "cookies": True})

    assert {"hlc_access", "hlc_refresh", "hlc_device"} == {line.partition("=")[0] for line in set_cookies(told)}
    assert all("Secure" not in line and "HttpOnly" in line for line in set_cookies(told))


def test_the_code_of_the_mail_ends_a_sign_in(front: Front) -> None:
    """Login, code, tokens."""
    front.reception.world.change(security=SecuritySettings(email_two_factor=True))
    waiting = front.token()
    body = {"login": waiting["login"], "code": "000000"}
    wrong = front.client.post("/api/v1/auth/login/code", body)
    right = front.client.post("/api/v1/auth/login/code", {**body, "code": front.reception.code()})

    assert ("code_needed", "email", None) == (waiting["step"], waiting["factor"], waiting["accessToken"])
    assert (401, "wrong_code") == (wrong.status, wrong.code)
    assert "signed_in" == right.json["step"]


def test_the_clinic_is_named_by_header_or_for_streams_by_query(front: Front) -> None:
    """Both are checked; foreign and absent look the same; two different ones are refused."""
    client = front.client.as_(front.token()["accessToken"])
    front.reception.clinic()

    assert 200 == client.get("/api/v1/orders", X_Clinic_Id="org_clinic").status
    assert 200 == client.get("/api/v1/orders?clinicId=org_clinic").status
    told = [
        client.get("/api/v1/orders", X_Clinic_Id="org_other"),
        client.get("/api/v1/orders?clinicId=org_other"),
        client.get("/api/v1/orders", X_Clinic_Id="org_absent"),
        client.get("/api/v1/orders?clinicId=org_other", X_Clinic_Id="org_clinic"),
        front.client.as_(STAFF).get("/api/v1/orders", X_Clinic_Id="org_other"),
    ]
    assert {(404, "clinic_unknown", "You work at no clinic of that name.")} == {
        (one.status, one.code, one.json["detail"]) for one in told
    }


def test_keys_of_programs_are_made_used_and_ended(any_front: Front) -> None:
    """With scopes that whoever makes one holds; what is not in them is refused."""
    any_front.reception.person("boss@example.com", Role.ORG_ADMIN)
    boss = any_front.client.as_(any_front.token(email="boss@example.com")["accessToken"])
    ada = any_front.client.as_(any_front.token()["accessToken"])
    wish = {"name": "warehouse", "scopes": ["emr.orders.view"]}

    assert 403 == ada.post("/api/v1/api-keys", wish).status
    assert 422 == boss.post("/api/v1/api-keys", {**wish, "scopes": ["platform.organizations.open"]}).status
    assert 422 == boss.post("/api/v1/api-keys", {**wish, "scopes": ["self.account.manage"]}).status
    made = boss.post("/api/v1/api-keys", wish)
    program = any_front.client.as_(made.json["key"])
    assert (201, 200, 403, 401) == (
        made.status,
        program.get("/api/v1/orders").status,
        program.get("/api/v1/patients").status,
        program.get("/api/v1/me").status,
    )
    (listed,) = boss.get("/api/v1/api-keys").json
    assert ("warehouse", ["revoke"], True) == (listed["name"], listed["actions"], listed["usedAt"] is not None)
    assert made.json["key"].rpartition(".")[2] not in json.dumps(listed)
    assert 200 == boss.ask("DELETE", f"/api/v1/api-keys/{listed['id']}").status
    assert 401 == program.get("/api/v1/orders").status


def test_acting_for_somebody_else_and_back(front: Front) -> None:
    """Fifteen minutes, under both names, without their credentials; it outlives a refresh."""
    world = front.reception.world
    boss = front.reception.person("root@example.com", Role.ORG_ADMIN)
    world.execute(MakeSuperAdmin(user=boss.id))
    target = front.reception.person("pat@example.com", Role.PATIENT)
    made = front.token(email="root@example.com", clinicId="org_clinic")
    client = front.client.as_(made["accessToken"])

    acting = client.post("/api/v1/auth/impersonation", {"userId": target.id, "reason": "a call for help"}).json
    as_them = front.client.as_(acting["accessToken"])
    me = as_them.get("/api/v1/me").json["profile"]
    password = as_them.post("/api/v1/auth/password", {"current": PASSWORD, "password": "something else entirely"})
    again = front.client.post("/api/v1/auth/refresh", {"refreshToken": made["refreshToken"]}).json
    back = front.client.as_(again["accessToken"]).ask("DELETE", "/api/v1/auth/impersonation").json

    assert (boss.id, target.id, "pat@example.com", "PATIENT") == (
        me["id"],
        me["onBehalfOf"],
        me["email"],
        me["role"],
    )
    assert 403 == password.status
    assert target.id == again["profile"]["onBehalfOf"]
    assert None is back["profile"]["onBehalfOf"]
    assert 401 == as_them.get("/api/v1/me").status
    assert "SUPER_ADMIN" == front.client.as_(back["accessToken"]).get("/api/v1/me").json["profile"]["role"]


def test_a_refusal_while_acting_for_somebody_names_the_way_out(front: Front) -> None:
    """What is out of reach, and what the other may not: in both the refusal says how to end it."""
    world = front.reception.world
    boss = front.reception.person("root@example.com", Role.ORG_ADMIN)
    world.execute(MakeSuperAdmin(user=boss.id))
    targets = {role: front.reception.person(f"{role.lower()}@example.com", role) for role in (Role.PATIENT, Role.STAFF)}
    for role, method, path, body in (
        (Role.STAFF, "POST", "/api/v1/auth/password", {"current": "x", "password": "y"}),
        (Role.STAFF, "GET", "/api/v1/audit", None),
        (Role.PATIENT, "GET", "/api/v1/audit", None),
    ):
        client = front.client.as_(front.token(email="root@example.com", clinicId="org_clinic")["accessToken"])
        wish = {"userId": targets[role].id, "reason": "a call for help"}
        acting = client.post("/api/v1/auth/impersonation", wish).json
        told = front.client.as_(acting["accessToken"]).ask(method, path, body)

        assert 403 == told.status, path
        named = {fault["field"]: fault["message"] for fault in told.json["fields"]}
        assert "DELETE /api/v1/auth/impersonation" in named["impersonation"]
        assert "key" not in named
        front.client.as_(acting["accessToken"]).ask("DELETE", "/api/v1/auth/impersonation")


def test_a_token_that_is_none_is_not_called_a_key(front: Front) -> None:
    """Whatever stands behind Bearer may have been meant as either."""
    told = front.client.as_("made-up").get("/api/v1/me")

    assert 401 == told.status
    assert "neither a key nor an access token" in told.json["detail"]


def test_nobody_pays_in_somebody_elses_name(front: Front) -> None:
    """Neither with the token of an impersonation, nor in a browser that holds its cookies; a stranger still may."""
    world = front.reception.world
    boss = front.reception.person("root@example.com", Role.ORG_ADMIN)
    world.execute(MakeSuperAdmin(user=boss.id))
    target = front.reception.person("pat@example.com", Role.PATIENT)
    cart = world.cart(world.product(ships=False))
    paths = (f"/api/public/cart/{cart.id}/checkout", f"/cart/{cart.id}/checkout")
    made = front.token(email="root@example.com", clinicId="org_clinic")
    wish = {"userId": target.id, "reason": "a call for help"}
    acting = front.client.as_(made["accessToken"]).post("/api/v1/auth/impersonation", wish).json
    home = {"address1": "1 Main St", "city": "Albany", "postalCode": "12207", "provinceCode": "NY"}
    body = {"quoteHash": "x", "patient": {"email": "pat@example.com", "name": "Pat"}, "address": home}
    browser = evolve(front.client, headers={"Cookie": f"__Host-hlc_access={acting['accessToken']}"})
    own = evolve(front.client, headers={"Cookie": f"__Host-hlc_access={made['accessToken']}"})

    by_token = front.client.as_(acting["accessToken"]).post(paths[0], body)
    by_cookie = browser.post(paths[0], body)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    by_page = browser.ask("POST", paths[1], raw=b"email=pat%40example.com", **form)

    assert [403, 403, 403] == [by_token.status, by_cookie.status, by_page.status]
    assert "impersonation" in str(by_token.json)
    assert "not_while_impersonating" == by_cookie.json["code"]
    assert 409 == front.client.post(paths[0], body).status == own.post(paths[0], body).status
    assert [] == world.captured()


def test_two_hundred_sign_ins_at_once_do_not_hold_up_the_rest() -> None:
    """What the machine cannot hash is refused with 429; other routes answer meanwhile. Source: pains E 65."""
    with opened(passwords=Argon2Passwords()) as world:
        reception = Reception(world)
        reception.person()
        made = reception.signed_in()
        told: list[Told] = []
        with serving(world.services) as client:

            def guess(number: int) -> None:
                told.append(client.post(LOGIN, {**ADA, "email": f"nobody{number}@example.com"}))

            crowd = [threading.Thread(target=guess, args=(number,)) for number in range(200)]
            for one in crowd:
                one.start()
            known = client.as_(made.access)
            others = [known.get("/api/v1/me").status for _ in range(10)]
            for one in crowd:
                one.join()

    statuses = Counter(one.status for one in told)
    assert {200} == set(others)
    assert {401, 429} >= set(statuses)
    assert statuses[429] > 100
    assert all(one.headers["retry-after"] for one in told if one.status == 429)


# the token zoo


def parts(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims."""
    header, body, _ = token.split(".")
    return decoded(header), decoded(body)


def decoded(part: str) -> Mapping[str, Any]:
    """Base 64 and JSON."""
    found: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def encoded(value: object) -> str:
    """JSON in base 64."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_no_forged_token_lets_anybody_in_and_none_is_a_fault(front: Front) -> None:
    """None, confusion, wrong type, expired, future, unknown crit, other keys, missing claims, flipped bits: 401."""
    made = front.token()
    access, refresh = made["accessToken"], made["refreshToken"]
    header, claims = parts(access)
    secrets = front.reception.porter.secrets
    key = secrets.key_of("access")

    def signed(body: Mapping[str, Any], key: bytes = key, **more: Any) -> str:
        algorithm = more.pop("alg", "HS256")
        text = f"{encoded({'alg': algorithm, 'typ': 'at+jwt', **more})}.{encoded(body)}"
        proof = hmac.digest(key, text.encode(), f"sha{algorithm[2:]}")
        return f"{text}.{base64.urlsafe_b64encode(proof).decode().rstrip('=')}"

    assert 200 == front.client.as_(signed(claims)).get("/api/v1/me").status

    unsigned = f"{encoded({**header, 'alg': 'none'})}.{encoded(claims)}."
    zoo = [
        unsigned,
        unsigned + access.rpartition(".")[2],
        f"{encoded({**header, 'alg': 'None'})}.{encoded(claims)}.",
        signed(claims, alg="HS384"),
        signed(claims, alg="HS512"),
        signed(claims, typ="JWT"),
        signed(claims, typ="refresh"),
        signed(claims, crit=["exp"]),
        signed(claims, kid="../../etc/passwd"),
        signed(claims, jku="https://evil.example/keys"),
        signed(claims, b"another key that is long enough for it"),
        signed(claims, secrets.key_of("refresh")),
        signed({**claims, "exp": claims["iat"] - 1}),
        signed({**claims, "exp": "tomorrow"}),
        signed({**claims, "exp": 1e300}),
        signed({**claims, "exp": True}),
        signed({**claims, "iat": claims["iat"] + 3600, "exp": claims["exp"] + 3600}),
        signed({**claims, "aud": "somebody"}),
        signed({**claims, "iss": "somebody"}),
        signed({**claims, "sid": "ses_absent"}),
        signed({**claims, "sub": "usr_absent"}),
        signed({**claims, "imp": "imp_absent"}),
        *(signed({name: value for name, value in claims.items() if name != left}) for left in claims if left != "org"),
        refresh,
        "eyJ.eyJ.eyJ",
        "..",
        "eyJ" + "A" * 3000 + ".e.e",
        "eyJhbGciOiJIUzI1NiJ9.W10.x",
    ]
    answers = [front.client.as_(token).get("/api/v1/me") for token in zoo]
    assert [401] * len(zoo) == [one.status for one in answers]
    for place in range(0, len(access), 7):
        letter = "A" if access[place] != "A" else "B"
        flipped = access[:place] + letter + access[place + 1 :]
        assert 401 == front.client.as_(flipped).get("/api/v1/me").status, place
    assert 200 == front.client.as_(access).get("/api/v1/me").status


def test_a_token_without_a_clinic_is_refused(front: Front) -> None:
    """Nobody acts for no organization. Source: pains F 68."""
    _, claims = parts(front.token()["accessToken"])
    key = front.reception.porter.secrets.key_of("access")
    body = {name: value for name, value in claims.items() if name != "org"}
    token = jwt.encode(body, key, algorithm="HS256", headers={"typ": "at+jwt"})

    assert 404 == front.client.as_(token).get("/api/v1/me").status
