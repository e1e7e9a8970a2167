"""Signing in and out, passwords, second factors, and what somebody may know about their own sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen

from hlc_core.access.api import ME, SELF
from hlc_core.identity.api import (
    AppSecret,
    Clinic,
    ConfirmApp,
    DisableApp,
    EnrolApp,
    Origin,
    OwnSessions,
    Profile,
    RecoveryCodes,
    RenewRecoveryCodes,
    SessionLine,
    SignIn,
    Signing,
    Step,
    Tickets,
    accept_link,
    change_password,
    choose_clinic,
    clinics_of,
    csrf_token,
    end_session,
    forgot,
    give_code,
    profile,
    refresh,
    reset_password,
    send_another_code,
    sign_in,
    sign_out,
    switch,
    tickets,
)
from hlc_core.kernel.ids import OrganizationId, SessionId, UserId
from hlc_core.people.api import EndImpersonation, StartImpersonation
from hlc_http.call import Call
from hlc_http.cookies import Jar
from hlc_http.reading import refuse_other_sites
from hlc_http.table import Nothing, Reply, Routes, Who

routes = Routes("sign-in", who=Who.ANYONE)
AGENT = 300


@frozen(kw_only=True)
class LoginBody:
    """`cookies`: for a browser, which then gets no token to keep. `deviceToken`: from an earlier sign-in."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    clinic_id: str | None = None
    device_token: str = field(default="", repr=False)
    cookies: bool = False


@frozen(kw_only=True)
class ClinicBody:
    """One of the clinics that the first step offered."""

    login: str = field(repr=False)
    clinic_id: str
    cookies: bool = False


@frozen(kw_only=True)
class CodeBody:
    """Six digits of the mail or the app, or a recovery code."""

    login: str = field(repr=False)
    code: str = field(repr=False)
    cookies: bool = False


@frozen(kw_only=True)
class ResendBody:
    """The login in progress."""

    login: str = field(repr=False)


@frozen(kw_only=True)
class RefreshBody:
    """The refresh token; left out where a cookie holds it."""

    refresh_token: str = field(default="", repr=False)


@frozen(kw_only=True)
class LogoutBody:
    """The refresh token, left out where a cookie holds it; `everywhere` ends all sign-ins of the person."""

    refresh_token: str = field(default="", repr=False)
    everywhere: bool = False


@frozen(kw_only=True)
class SwitchBody:
    """Where to go on."""

    clinic_id: str


@frozen(kw_only=True)
class ForgotBody:
    """Whose password was forgotten."""

    email: str = field(repr=False)


@frozen(kw_only=True)
class ResetBody:
    """The token of the link, and the new password."""

    token: str = field(repr=False)
    password: str = field(repr=False)


@frozen(kw_only=True)
class AcceptBody:
    """The token of the invitation's link; name and password where the person has no account yet."""

    token: str = field(repr=False)
    name: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@frozen(kw_only=True)
class PasswordBody:
    """The password that stands, and the new one."""

    current: str = field(repr=False)
    password: str = field(repr=False)


@frozen(kw_only=True)
class AppCodeBody:
    """What the authenticator app shows now."""

    code: str = field(repr=False)


@frozen(kw_only=True)
class ActBody:
    """For whom to act, and why."""

    user_id: UserId
    reason: str = field(repr=False)


@frozen(kw_only=True)
class SigningAnswer:
    """How far a sign-in has come. `login` is the handle of the next step; tokens are left out in cookie mode."""

    step: Step
    login: str | None = field(default=None, repr=False)
    clinics: tuple[Clinic, ...] = ()
    factor: str | None = None
    access_token: str | None = field(default=None, repr=False)
    access_until: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_until: datetime | None = None
    device_token: str | None = field(default=None, repr=False)
    csrf_token: str | None = field(default=None, repr=False)
    profile: Profile | None = None


@frozen(kw_only=True)
class MeAnswer:
    """Who is signed in; `csrfToken` goes with every writing request of a browser."""

    profile: Profile
    session: SessionId
    session_until: datetime
    second_factor: bool
    csrf_token: str = field(repr=False)


@frozen(kw_only=True)
class Ended:
    """How many sign-ins were ended."""

    ended: int


@frozen(kw_only=True)
class Asked:
    """The same for every address."""

    detail: str = "If anybody has that address, a link is on its way."


@frozen(kw_only=True)
class Set:
    """A password was set."""

    detail: str = "The password is set. Sign in with it."


@routes.post("/api/v1/auth/login", "Sign in", body=LoginBody, answers=SigningAnswer, waits=True)
def login(call: Call[LoginBody, Nothing]) -> Reply:
    """First the password. `step` says what comes next: choose a clinic, give a code, or nothing."""
    body, jar = call.body, jar_of(call)
    if body.cookies:
        refuse_other_sites(call.incoming)
    wish = SignIn(
        email=body.email,
        password=body.password,
        clinic=OrganizationId(body.clinic_id) if body.clinic_id else None,
        meant=None if call.tenant is None else call.tenant.id,
        device=body.device_token or call.incoming.cookies.get(jar.device, ""),
        origin=Origin(address=call.incoming.address, agent=call.incoming.headers.get("user-agent", "")[:AGENT]),
    )
    return _shown(sign_in(wish, call.services.porter), body.cookies, call)


@routes.post("/api/v1/auth/login/clinic", "Choose the clinic of a sign-in", body=ClinicBody, answers=SigningAnswer)
def login_clinic(call: Call[ClinicBody, Nothing]) -> Reply:
    """The second step, for people who work at several."""
    made = choose_clinic(call.body.login, OrganizationId(call.body.clinic_id), call.services.porter)
    return _shown(made, call.body.cookies, call)


@routes.post("/api/v1/auth/login/code", "Give the code of a sign-in", body=CodeBody, answers=SigningAnswer)
def login_code(call: Call[CodeBody, Nothing]) -> Reply:
    """Five tries, ten minutes; the code belongs to this sign-in."""
    return _shown(give_code(call.body.login, call.body.code, call.services.porter), call.body.cookies, call)


@routes.post("/api/v1/auth/login/resend", "Have another code mailed", body=ResendBody, answers=SigningAnswer)
def login_resend(call: Call[ResendBody, Nothing]) -> Reply:
    """The code before is void."""
    return _shown(send_another_code(call.body.login, call.services.porter), False, call)


@routes.post("/api/v1/auth/refresh", "Go on being signed in", body=RefreshBody, answers=SigningAnswer)
def refresh_tokens(call: Call[RefreshBody, Nothing]) -> Reply:
    """The refresh token works once. One that comes a second time ends the session, after ten seconds of grace."""
    token, by_cookie = _refresh_token(call.body.refresh_token, call)
    made = refresh(token, call.services.porter)
    return _shown(Signing(step=Step.SIGNED_IN, tickets=made), by_cookie, call)


@routes.post("/api/v1/auth/logout", "Sign out", body=LogoutBody, answers=Ended)
def logout(call: Call[LogoutBody, Nothing]) -> Reply:
    """Ends at once what the refresh token began, and every access token of it. Signing out twice is no mistake."""
    token, by_cookie = _refresh_token(call.body.refresh_token, call)
    ended = sign_out(token, call.body.everywhere, call.services.porter)
    return Reply(value=Ended(ended=ended), cookies=jar_of(call).cleared() if by_cookie else {})


@routes.post(
    "/api/v1/auth/clinic",
    "Go on at another clinic",
    body=SwitchBody,
    answers=SigningAnswer,
    who=Who.PERSON,
    permission=ME,
)
def switch_clinic(call: Call[SwitchBody, Nothing]) -> Reply:
    """Role and permissions are those of the assignment there."""
    made = switch(call.person, OrganizationId(call.body.clinic_id), call.services.porter)
    return _shown(Signing(step=Step.SIGNED_IN, tickets=made), _by_cookie(call), call)


@routes.post(
    "/api/v1/auth/forgot-password",
    "Ask for a link to set a password",
    body=ForgotBody,
    answers=Asked,
    status=202,
)
def forgot_password(call: Call[ForgotBody, Nothing]) -> Asked:
    """The same answer whether or not anybody has the address."""
    forgot(call.body.email, None if call.tenant is None else call.tenant.id, call.services.porter)
    return Asked()


@routes.post("/api/v1/auth/reset-password", "Set a password with a link", body=ResetBody, answers=Set, waits=True)
def reset_password_by_link(call: Call[ResetBody, Nothing]) -> Set:
    """Also the first password, with the link of the welcome mail. Every sign-in of the person ends."""
    reset_password(call.body.token, call.body.password, call.services.porter)
    return Set()


@routes.post("/api/v1/auth/invitations/accept", "Accept an invitation", body=AcceptBody, answers=Set, waits=True)
def accept_invitation(call: Call[AcceptBody, Nothing]) -> Set:
    """Somebody who has a password already keeps it, and only joins the clinic."""
    new = accept_link(call.body.token, call.body.name, call.body.password, call.services.porter)
    return Set() if new else Set(detail="You have joined. Sign in with the password that you have.")


@routes.post(
    "/api/v1/auth/password",
    "Change one's password",
    body=PasswordBody,
    answers=Set,
    who=Who.PERSON,
    waits=True,
    permission=SELF,
)
def change_own_password(call: Call[PasswordBody, Nothing]) -> Set:
    """The other sign-ins of the person end."""
    change_password(call.person, call.body.current, call.body.password, call.services.porter)
    return Set(detail="The password is changed; other sign-ins were ended.")


@routes.post("/api/v1/auth/app", "Begin with an authenticator app", answers=AppSecret, uses=EnrolApp, who=Who.PERSON)
def enrol_app(call: Call[Nothing, Nothing]) -> AppSecret:
    """What to type into the app, or to show it as a QR code; it counts once confirmed."""
    return call.execute(EnrolApp())


@routes.post(
    "/api/v1/auth/app/confirm",
    "Confirm the authenticator app",
    body=AppCodeBody,
    answers=RecoveryCodes,
    uses=ConfirmApp,
    who=Who.PERSON,
)
def confirm_app(call: Call[AppCodeBody, Nothing]) -> RecoveryCodes:
    """From now on its codes are asked for. The recovery codes are shown this once."""
    return call.execute(ConfirmApp(code=call.body.code, session=call.person.session.id))


@routes.post(
    "/api/v1/auth/app/recovery-codes",
    "New recovery codes",
    body=AppCodeBody,
    answers=RecoveryCodes,
    uses=RenewRecoveryCodes,
    who=Who.PERSON,
)
def renew_recovery_codes(call: Call[AppCodeBody, Nothing]) -> RecoveryCodes:
    """The old ones end."""
    return call.execute(RenewRecoveryCodes(code=call.body.code))


@routes.post(
    "/api/v1/auth/app/disable",
    "Do without the authenticator app",
    body=AppCodeBody,
    answers=Set,
    uses=DisableApp,
    who=Who.PERSON,
)
def disable_app(call: Call[AppCodeBody, Nothing]) -> Set:
    """The clinic may still ask for codes by mail."""
    call.execute(DisableApp(code=call.body.code))
    return Set(detail="The app's codes are not asked for any more.")


@routes.post(
    "/api/v1/auth/impersonation",
    "Act for somebody else",
    body=ActBody,
    answers=SigningAnswer,
    uses=StartImpersonation,
    who=Who.PERSON,
)
def act_for(call: Call[ActBody, Nothing]) -> Reply:
    """For a quarter of an hour, under both names, without their credentials and bank details."""
    call.execute(StartImpersonation(user=call.body.user_id, reason=call.body.reason))
    return _again(call)


@routes.delete(
    "/api/v1/auth/impersonation", "Act as oneself again", answers=SigningAnswer, uses=EndImpersonation, who=Who.PERSON
)
def act_no_more(call: Call[Nothing, Nothing]) -> Reply:
    """The own session was there all the time."""
    if call.person.impersonation is not None:
        call.execute(EndImpersonation(impersonation=call.person.impersonation.id))
    return _again(call)


@routes.get(
    "/api/v1/auth/sessions", "One's own sign-ins", answers=tuple[SessionLine, ...], uses=OwnSessions, who=Who.PERSON
)
def own_sessions(call: Call[Nothing, Nothing]) -> tuple[SessionLine, ...]:
    """At all clinics, newest first."""
    return call.ask(OwnSessions())


@routes.post(
    "/api/v1/auth/sessions/end", "End all of one's own sign-ins", answers=Ended, who=Who.PERSON, permission=SELF
)
def end_own_sessions(call: Call[Nothing, Nothing]) -> Reply:
    """This one, too."""
    ended = end_session(call.person, True, call.services.porter)
    return Reply(value=Ended(ended=ended), cookies=jar_of(call).cleared() if _by_cookie(call) else {})


@routes.get("/api/v1/me", "Who is signed in", answers=MeAnswer, who=Who.PERSON, permission=ME)
def me(call: Call[Nothing, Nothing]) -> MeAnswer:
    """With what they may do at this clinic, and as whom."""
    who, porter = call.person, call.services.porter
    return MeAnswer(
        profile=profile(who, porter),
        session=who.session.id,
        session_until=who.session.ends_at,
        second_factor=who.session.second_factor,
        csrf_token=csrf_token(who.session.id, porter.secrets),
    )


@routes.get(
    "/api/v1/users/me/clinics",
    "The clinics at which one works",
    answers=tuple[Clinic, ...],
    who=Who.PERSON,
    permission=ME,
)
def my_clinics(call: Call[Nothing, Nothing]) -> tuple[Clinic, ...]:
    """The primary one first. `X-Clinic-Id` names one of them for a request, `?clinicId=` for a stream."""
    return clinics_of(call.person.user.id, call.services.porter)


def jar_of(call: Call[Any, Any]) -> Jar:
    """The cookies of this installation."""
    return Jar(plain=call.services.settings.plain_cookies)


def _again(call: Call[Any, Any]) -> Reply:
    made = tickets(call.person.session, call.services.porter)
    return _shown(Signing(step=Step.SIGNED_IN, tickets=made), _by_cookie(call), call)


def _by_cookie(call: Call[Any, Any]) -> bool:
    return "authorization" not in call.incoming.headers and "x-api-key" not in call.incoming.headers


def _refresh_token(given: str, call: Call[Any, Any]) -> tuple[str, bool]:
    """The token of the body, else of the cookie, which no other site may use."""
    kept = call.incoming.cookies.get(jar_of(call).refresh, "")
    if given or not kept:
        return given, False
    refuse_other_sites(call.incoming)
    return kept, True


def _shown(made: Signing, by_cookie: bool, call: Call[Any, Any]) -> Reply:
    found: Tickets | None = made.tickets
    if found is None:
        waiting = SigningAnswer(step=made.step, login=made.login, clinics=made.clinics, factor=made.factor)
        return Reply(value=waiting)
    answer = SigningAnswer(
        step=made.step,
        access_token=None if by_cookie else found.access,
        access_until=found.access_until,
        refresh_token=None if by_cookie else found.refresh,
        refresh_until=found.refresh_until,
        device_token=None if by_cookie else found.device or None,
        csrf_token=found.csrf,
        profile=found.profile,
    )
    cookies = jar_of(call).issued(found, call.services.clock.now()) if by_cookie else {}
    return Reply(value=answer, cookies=cookies)
