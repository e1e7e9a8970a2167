"""Getting into the portal: sign-in in steps, sign-out, forgotten passwords, and the links of welcome and invitation.

Forms of somebody who is not signed in are tied to their browser by a cookie of their own, so that no other site can
sign anybody in. What is between two steps is kept in a cookie, never in an address.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from attrs import field, frozen

from hlc_core.access.api import ME, Role, landing
from hlc_core.identity.api import (
    ClinicUnknown,
    LinkUnusable,
    LoginUnknown,
    NameNeeded,
    NoClinic,
    Origin,
    ResetPurpose,
    SignIn,
    Signing,
    Step,
    Tickets,
    TooManyAtOnce,
    TooManyCodes,
    TooManyGuesses,
    WeakPassword,
    WrongCode,
    WrongCredentials,
    accept_link,
    choose_clinic,
    end_session,
    forgot,
    give_code,
    invitation_of,
    link_of,
    present,
    progress,
    reset_password,
    send_another_code,
    sign_in,
)
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrganizationId
from hlc_core.people.api import InvitationTooOld, SeatsTaken
from hlc_http import refusals
from hlc_http.call import Call
from hlc_http.pages import Link, StatusShown, brand_of
from hlc_http.portal.shell import (
    DONE,
    FLASH_SECONDS,
    SIGN_IN,
    Filled,
    filled,
    jar_of,
    portal_routes,
    said,
    unsaid,
)
from hlc_http.returning import HOME, safe_path
from hlc_http.table import Cookie, Face, Nothing, Page, Redirect, Routes, Takes, Who

routes = Routes("portal: signing in", who=Who.ANYONE, face=Face.PAGE)
leaving = portal_routes("signing out")

LOGIN_SECONDS = 15 * 60
VISIT_SECONDS = 24 * 3600
AGENT = 300
CODE, CLINIC = f"{SIGN_IN}/code", f"{SIGN_IN}/clinic"
_AGAIN = "Please try again. This page needs cookies: allow them for this site if your browser asks."
_LOGIN = {"email": "Email", "password": "Password"}
_CODE = {"code": "Code"}
_FORGOT = {"email": "Email"}
_RESET = {"password": "New password"}
_INVITED = {"name": "Your name", "password": "Password"}
_DEAD = "This link cannot be used any more"


@frozen(kw_only=True)
class Back:
    """Where somebody wanted to go."""

    next: str = ""


@frozen(kw_only=True)
class WithToken:
    """The link of a mail."""

    token: str = field(default="", repr=False)


@routes.get("/login", "The sign-in page, as mails name it")
def portal_door(call: Call[Nothing, Nothing]) -> Redirect:
    """One sign-in page for everybody."""
    return Redirect(to=SIGN_IN)


@routes.get(SIGN_IN, "Sign in", query=Back)
def portal_login(call: Call[Nothing, Back]) -> Page | Redirect:
    """Address and password; whoever is signed in goes on at once."""
    back = safe_path(call.query.next)
    there = _signed_in_to(call, back)
    return Redirect(to=there) if there else _login(call, Filled(labels=_LOGIN), back)


@routes.post(SIGN_IN, "Sign in: the password", takes=Takes.FORM, waits=True)
def portal_login_sent(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """On to the next step, or in."""
    body, jar = call.body, jar_of(call)
    form, back = filled(_LOGIN, body, "password"), safe_path(body.get("next", ""))
    if not _visited(call):
        return _login(call, evolve(form, failure=_AGAIN), back, 403)
    empty = {name: f"Please type your {label.lower()}." for name, label in _LOGIN.items() if not body.get(name, "")}
    if empty:
        return _login(call, evolve(form, faults=empty), back, 422)
    wish = SignIn(
        email=body["email"].strip(),
        password=body["password"],
        meant=None if call.tenant is None else call.tenant.id,
        device=call.incoming.cookies.get(jar.device, ""),
        origin=Origin(address=call.incoming.address, agent=call.incoming.headers.get("user-agent", "")[:AGENT]),
    )
    try:
        return _onward(call, sign_in(wish, call.services.porter), back)
    except WrongCredentials as refusal:
        return _login(call, evolve(form, failure=refusal.detail), back, 422)
    except (TooManyGuesses, TooManyAtOnce, NoClinic) as refusal:
        return _login(call, evolve(form, failure=refusal.detail), back, refusals.status(refusal))


@routes.get(CLINIC, "Sign in: which clinic", query=Back)
def portal_clinic(call: Call[Nothing, Back]) -> Page | Redirect:
    """Those at which the person is known."""
    made = _under_way(call)
    if made is None or made.step is not Step.CHOOSE_CLINIC:
        return Redirect(to=SIGN_IN)
    return _outside(call, "clinic.html", back=safe_path(call.query.next), clinics=made.clinics)


@routes.post(CLINIC, "Sign in: the chosen clinic", takes=Takes.FORM)
def portal_clinic_chosen(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """On to the code, or in."""
    back = safe_path(call.body.get("next", ""))
    try:
        _check_visit(call)
        made = choose_clinic(_handle(call), OrganizationId(call.body.get("clinic", "")), call.services.porter)
    except (LoginUnknown, ClinicUnknown):
        return Redirect(to=SIGN_IN)
    return _onward(call, made, back)


@routes.get(CODE, "Sign in: the code", query=Back)
def portal_code(call: Call[Nothing, Back]) -> Page | Redirect:
    """Of the mail, or of the authenticator app."""
    made = _under_way(call)
    if made is None or made.step is not Step.CODE_NEEDED:
        return Redirect(to=SIGN_IN)
    return _code(call, made, Filled(labels=_CODE), safe_path(call.query.next))


@routes.post(CODE, "Sign in: the code that was typed", takes=Takes.FORM)
def portal_code_given(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """In; or another try."""
    back = safe_path(call.body.get("next", ""))
    form = Filled(labels=_CODE)
    try:
        _check_visit(call)
        return _onward(call, give_code(_handle(call), call.body.get("code", ""), call.services.porter), back)
    except LoginUnknown:
        return _start_over(call, "too_late")
    except (WrongCode, TooManyCodes) as refusal:
        made = _under_way(call)
        if made is None or made.step is not Step.CODE_NEEDED:
            return _start_over(call, "too_many_codes")
        return _code(call, made, evolve(form, faults={"code": refusal.detail}), back, 422)


@routes.post(f"{CODE}/again", "Sign in: another code by mail", takes=Takes.FORM)
def portal_code_again(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """The code before is void."""
    back = safe_path(call.body.get("next", ""))
    try:
        _check_visit(call)
        send_another_code(_handle(call), call.services.porter)
    except LoginUnknown:
        return _start_over(call, "too_late")
    except HlcError:  # sent often enough: the newest code goes on counting
        return _told(call, _with(CODE, back), "code_not_sent")
    return _told(call, _with(CODE, back), "code_sent")


@leaving.post("/patient/logout", "Sign out", takes=Takes.FORM, permission=ME)
def portal_logout(call: Call[Mapping[str, str], Nothing]) -> Redirect:
    """Ends this sign-in at once; the device stays known."""
    end_session(call.person, False, call.services.porter)
    jar = jar_of(call)
    return Redirect(to=SIGN_IN, cookies={**jar.cleared(), **jar.kept(jar.flash, "signed_out", FLASH_SECONDS)})


@routes.get("/patient/forgot", "Forgot the password")
def portal_forgot(call: Call[Nothing, Nothing]) -> Page:
    """Whose it was."""
    return _outside(call, "forgot.html", form=Filled(labels=_FORGOT))


@routes.post("/patient/forgot", "Have a link mailed to set a password", takes=Takes.FORM)
def portal_forgot_sent(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """The same answer whether or not anybody has the address."""
    form = filled(_FORGOT, call.body)
    if not _visited(call):
        return _outside(call, "forgot.html", status=403, form=evolve(form, failure=_AGAIN))
    if "@" not in form.value("email"):
        wrong = evolve(form, faults={"email": "Please type your email address."})
        return _outside(call, "forgot.html", status=422, form=wrong)
    forgot(form.value("email"), None if call.tenant is None else call.tenant.id, call.services.porter)
    return Redirect(to="/patient/forgot/sent")


@routes.get("/patient/forgot/sent", "A link is on its way")
def portal_link_sent(call: Call[Nothing, Nothing]) -> Page:
    """What to do now."""
    return _status(
        call,
        StatusShown(
            state="sent",
            tone="info",
            title="Look into your mail",
            sentences=("If we know that address, a link to choose a new password is on its way.",),
            small="It works for an hour. Nothing there? Look among the unwanted mail, then try again.",
            link=Link(to=SIGN_IN, label="Back to the sign-in"),
        ),
    )


@routes.get("/reset-password", "Set a password with the link of a mail", query=WithToken)
def portal_reset(call: Call[Nothing, WithToken]) -> Page:
    """A forgotten one, or the first one."""
    return _reset(call, call.query.token, Filled(labels=_RESET))


@routes.post("/reset-password", "Set the password", takes=Takes.FORM, waits=True)
def portal_reset_sent(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Every sign-in of the person ends; the next one is with the new password."""
    token = call.body.get("token", "")
    form = Filled(labels=_RESET)
    if not _visited(call):
        return _reset(call, token, evolve(form, failure=_AGAIN), 403)
    try:
        reset_password(token, call.body.get("password", ""), call.services.porter)
    except LinkUnusable:
        return _dead(call)
    except (WeakPassword, TooManyAtOnce) as refusal:
        return _reset(call, token, form.refused(refusal), refusals.status(refusal))
    return _told(call, SIGN_IN, "password_set")


@routes.get("/invitation", "Accept an invitation", query=WithToken)
def portal_invitation(call: Call[Nothing, WithToken]) -> Page:
    """Into which clinic; name and password where they are not known yet."""
    return _invitation(call, call.query.token, None)


@routes.post("/invitation", "Join the clinic", takes=Takes.FORM, waits=True)
def portal_invitation_accepted(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """On to the sign-in."""
    token, form = call.body.get("token", ""), filled(_INVITED, call.body, "password")
    if not _visited(call):
        return _invitation(call, token, evolve(form, failure=_AGAIN), 403)
    try:
        new = accept_link(token, form.value("name"), call.body.get("password", ""), call.services.porter)
    except (LinkUnusable, InvitationTooOld):
        return _uninvited(call)
    except (NameNeeded, SeatsTaken, WeakPassword, TooManyAtOnce) as refusal:
        return _invitation(call, token, form.refused(refusal), refusals.status(refusal))
    return _told(call, SIGN_IN, "password_set" if new else "joined")


def _onward(call: Call[Any, Any], made: Signing, back: str) -> Redirect:
    """To the page of the next step, or in."""
    if made.tickets is not None:
        return _in(call, made.tickets, back)
    jar = jar_of(call)
    step = CLINIC if made.step is Step.CHOOSE_CLINIC else CODE
    return Redirect(to=_with(step, back), cookies=jar.kept(jar.login, made.login, LOGIN_SECONDS))


def _in(call: Call[Any, Any], tickets: Tickets, back: str) -> Redirect:
    jar = jar_of(call)
    cookies: dict[str, Cookie] = {**jar.issued(tickets, call.services.clock.now()), **jar.kept(jar.login, "", 0)}
    return Redirect(to=back if tickets.profile.role == Role.PATIENT else tickets.profile.landing, cookies=cookies)


def _signed_in_to(call: Call[Any, Any], back: str) -> str:
    """Where somebody goes on who is signed in already; empty for everybody else."""
    token = call.incoming.cookies.get(jar_of(call).access, "")
    try:
        who = present(token, None, call.services.porter)
    except HlcError:
        return ""
    role = Role(who.actor.role)
    return back if role is Role.PATIENT else landing(role, who.user.portal)


def _under_way(call: Call[Any, Any]) -> Signing | None:
    try:
        return progress(_handle(call), call.services.porter)
    except LoginUnknown:
        return None


def _handle(call: Call[Any, Any]) -> str:
    return call.incoming.cookies.get(jar_of(call).login, "")


def _start_over(call: Call[Any, Any], word: str) -> Redirect:
    told = _told(call, SIGN_IN, word)
    jar = jar_of(call)
    return Redirect(to=told.to, cookies={**told.cookies, **jar.kept(jar.login, "", 0)})


def _told(call: Call[Any, Any], to: str, word: str) -> Redirect:
    jar = jar_of(call)
    return Redirect(to=to, cookies=jar.kept(jar.flash, word, FLASH_SECONDS))


def _with(path: str, back: str) -> str:
    return path if back == HOME else f"{path}?next={quote(back, safe='/')}"


DONE.update(
    too_late=("bad", "That took too long. Please sign in again."),
    too_many_codes=("bad", "The code was wrong too often. Please sign in again."),
    code_sent=("good", "Another code is on its way. The one before does not work any more."),
    code_not_sent=("bad", "We cannot send another code now. Use the newest one, or sign in again."),
)


# forms of a browser in which nobody is signed in


def _visited(call: Call[Mapping[str, str], Any]) -> bool:
    """Whether the form came from a page that this very browser was given."""
    known = call.incoming.cookies.get(jar_of(call).visit, "")
    porter = call.services.porter
    return bool(known) and porter.secrets.same(call.body.get("csrfToken", ""), porter.secrets.derived("visit", known))


def _check_visit(call: Call[Mapping[str, str], Any]) -> None:
    if not _visited(call):
        raise LoginUnknown(_AGAIN)


def _outside(call: Call[Any, Any], template: str, *, status: int = 200, **shows: Any) -> Page:
    """A page for somebody who is not signed in, with what ties its forms to the browser."""
    jar, porter = jar_of(call), call.services.porter
    known = call.incoming.cookies.get(jar.visit, "")
    visit = known if 20 <= len(known) <= 100 else secrets.token_urlsafe(24)
    fresh = {} if visit == known else jar.kept(jar.visit, visit, VISIT_SECONDS)
    brand = {} if call.tenant is None else {"brand": brand_of(call.tenant)}
    base = {**brand, "csrf": porter.secrets.derived("visit", visit), **said(call)}
    cookies = {**fresh, **unsaid(call, jar)}
    return Page(template=f"portal/{template}", shows={**base, **shows}, status=status, cookies=cookies)


def _login(call: Call[Any, Any], form: Filled, back: str, status: int = 200) -> Page:
    return _outside(call, "login.html", status=status, form=form, back=back, leads=back != HOME)


def _code(call: Call[Any, Any], made: Signing, form: Filled, back: str, status: int = 200) -> Page:
    return _outside(call, "code.html", status=status, form=form, back=back, factor=made.factor)


def _reset(call: Call[Any, Any], token: str, form: Filled, status: int = 200) -> Page:
    try:
        link = link_of(token, call.services.porter)
    except LinkUnusable:
        return _dead(call)
    first = link.purpose is ResetPurpose.WELCOME
    return _outside(call, "reset.html", status=status, form=form, token=token, first=first)


def _invitation(call: Call[Any, Any], token: str, form: Filled | None, status: int = 200) -> Page:
    try:
        invited = invitation_of(token, call.services.porter)
    except LinkUnusable:
        return _uninvited(call)
    form = form or Filled(labels=_INVITED, values={"name": invited.invitation.name})
    shown = {
        "form": form,
        "token": token,
        "first": invited.first,
        "known": invited.known,
        "clinic": invited.clinic.name,
    }
    return _outside(call, "invitation.html", status=status, brand=brand_of(invited.clinic), **shown)


def _dead(call: Call[Any, Any]) -> Page:
    return _status(
        call,
        StatusShown(
            state="unusable",
            tone="bad",
            title=_DEAD,
            sentences=("It was used already, or it is too old.",),
            link=Link(to="/patient/forgot", label="Get a new link"),
            small="If you know your password, just sign in.",
        ),
        status=422,
    )


def _uninvited(call: Call[Any, Any]) -> Page:
    """Only the clinic invites, so only it can do so again."""
    return _status(
        call,
        StatusShown(
            state="unusable",
            tone="bad",
            title=_DEAD,
            sentences=("The invitation was accepted already, taken back, or is too old.",),
            small="Ask the clinic for a new invitation. If you have joined already, just sign in.",
            link=Link(to=SIGN_IN, label="Sign in"),
        ),
        status=422,
    )


def _status(call: Call[Any, Any], shown: StatusShown, status: int = 200) -> Page:
    brand = {} if call.tenant is None else {"brand": brand_of(call.tenant)}
    return Page(template="status.html", shows={**brand, "status": shown}, status=status)
