"""A visitor of the portal without a browser: keeps cookies, reads pages, fills and sends their forms."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from attrs import define, field, frozen

from hlc_core.access.api import Role
from hlc_core.identity.api import set_password
from hlc_core.kernel.ids import PatientId
from hlc_core.people.api import ListUsers, User
from support.service import Client, Told
from support.signing import PASSWORD
from support.worlds import SYSTEM, World

FORM = "application/x-www-form-urlencoded"


@frozen
class Form:
    """A form of a page: where it goes, and what stands in its fields."""

    action: str
    fields: Mapping[str, str]


@define
class _Forms(HTMLParser):
    found: list[tuple[str, dict[str, str]]] = field(factory=list)
    select: str = ""

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given.get("action", ""), {}))
            return
        if not self.found or not (given.get("name") or self.select):
            return
        fields = self.found[-1][1]
        if tag == "select":
            self.select = given["name"]
        elif tag == "option" and self.select:
            if "selected" in given or self.select not in fields:
                fields[self.select] = given.get("value", "")
        elif tag == "textarea":
            fields[given["name"]] = ""
        elif tag == "input" and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""


@define
class Visitor:
    """Somebody with a browser that runs no scripts."""

    client: Client
    cookies: dict[str, str] = field(factory=dict)
    at: str = ""
    body: str = ""
    status: int = 0
    told: Told | None = None

    @property
    def origin(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.client.port}"

    def get(self, path: str, follow: bool = True, **headers: str) -> str:
        """Open a page, and follow where it leads; answers its text."""
        return self._ask("GET", path, None, follow, headers)

    def forms(self) -> list[Form]:
        """The forms of this page."""
        reader = _Forms()
        reader.feed(self.body)
        return [Form(action, fields) for action, fields in reader.found]

    def form(self, action: str) -> Form:
        """The form of this page that goes there."""
        found = [form for form in self.forms() if form.action == action]
        assert found, (action, [form.action for form in self.forms()])
        return found[0]

    def send(self, to: str, follow: bool = True, **fields: str) -> str:
        """Fill the form of this page that goes there, and send it; underscores twice are dots."""
        given = {name.replace("__", "."): value for name, value in fields.items()}
        return self.post(to, {**self.form(to).fields, **given}, follow)

    def post(self, to: str, fields: Mapping[str, str], follow: bool = True, **headers: str) -> str:
        """Send a form as it is given."""
        return self._ask("POST", to, urlencode(fields).encode(), follow, {"Origin": self.origin, **headers})

    def signs_in(self, email: str, password: str = PASSWORD) -> str:
        """By the sign-in page."""
        self.get("/patient/login")
        return self.send("/patient/login", email=email, password=password)

    def _ask(self, method: str, path: str, raw: bytes | None, follow: bool, headers: Mapping[str, str]) -> str:
        for _ in range(6):
            sent = {**headers, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if raw is not None:
                sent["Content-Type"] = FORM
            told = self.client.ask(method, path, raw=raw, **sent)
            self._keep(told)
            self.at, self.status, self.body, self.told = path, told.status, told.body.decode(), told
            if told.status != 303 or not follow:
                return self.body
            method, path, raw = "GET", told.headers["location"], None
        raise AssertionError(f"{path} leads in circles")

    def _keep(self, told: Told) -> None:
        for line in told.cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    @property
    def location(self) -> str:
        """Where the last answer leads."""
        assert self.told is not None
        return self.told.headers["location"]


def account_of(world: World, patient: PatientId, password: str = PASSWORD) -> User:
    """The portal account of a patient, with a password."""
    members: list[Any] = list(world.ask(ListUsers(patients=True, limit=100), SYSTEM).items)
    found = next(one.user for one in members if one.assignment.patient == patient)
    assert Role.PATIENT is found.role
    set_password(found.id, password, world.services.porter)
    return found  # type: ignore[no-any-return]  # members are Any here
