"""Mails about sign-ins: codes, links, alerts. Codes and links are derived here again, at the moment of sending.

Codes, links, warnings and what happened to a password cannot be switched off; the two alerts obey the clinic's switch
and the person's. Source: spec/engagement, Notifications.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from html import escape
from typing import Any, Protocol, TypeVar

from attrs import field, frozen

from hlc_core.access.api import Role
from hlc_core.identity.api import (
    CODE_MINUTES,
    RESET_MINUTES,
    ClaimWelcome,
    CodeWanted,
    FindReset,
    FindUser,
    GetAttempt,
    GetLogin,
    GetReset,
    GetSession,
    GuessesRunOut,
    LinkUnusable,
    LoginState,
    Origin,
    PasswordSet,
    RefreshReplayed,
    ResetWanted,
    Secrets,
    SignedIn,
    WelcomeWanted,
    alerts,
    code_of,
    invitation_token,
    reset_token,
)
from hlc_core.kernel.commands import Command, Envelope, Query, system
from hlc_core.kernel.errors import Missing
from hlc_core.kernel.ids import (
    PLATFORM,
    InvitationId,
    LoginAttemptId,
    LoginId,
    OrganizationId,
    ResetId,
    SessionId,
    UserId,
)
from hlc_core.kernel.time import zone
from hlc_core.notifications.checking import may_send_as
from hlc_core.notifications.editing import GetMailTemplate, MailTemplateTried
from hlc_core.notifications.model import Message, Written
from hlc_core.notifications.ports import Mailer
from hlc_core.notifications.protected import (
    CODE,
    EMERGENCY,
    FORGOT,
    INVITATION,
    LOCKED,
    LOGIN_ALERT,
    PROTECTED,
    RESET_DONE,
    SLUGS,
    STAND_IN,
    STOLEN,
    SUSPICIOUS,
    TAGS,
    WARNING,
    WELCOME,
    WELCOME_OWNER,
    named,
    rendered,
)
from hlc_core.organizations.api import GetOrganization, HourFormat, Organization
from hlc_core.people.api import (
    AdministratorAlerted,
    Alarm,
    GetInvitation,
    GetUser,
    InvitationIssued,
    InvitationState,
    User,
)
from hlc_core.relay import Delivery

A = TypeVar("A")


class Road(Protocol):
    """The application's road."""

    def ask(self, query: Query[A], envelope: Envelope) -> A:
        """Answer."""
        ...

    def execute(self, command: Command[A], envelope: Envelope) -> A:
        """Run and commit."""
        ...


@frozen(kw_only=True)
class _Letter:
    """What is to be said to whom, for which clinic."""

    template: str
    user: UserId
    clinic: OrganizationId | None
    words: Mapping[str, str] = field(factory=dict, repr=False)
    at: datetime | None = None
    test: bool = False


@frozen
class SecurityMessages:
    """The effect that mails people about their sign-ins. `base_url` is where the pages are without a portal domain."""

    road: Road
    mailer: Mailer
    secrets: Secrets
    base_url: str

    def __call__(self, delivery: Delivery) -> None:
        """Send what the event asks for. What has become pointless meanwhile is not sent. Refuses: as the mailer."""
        try:
            letter = _WRITERS[delivery.name](self, json.loads(delivery.body), delivery)
        except Missing:
            return
        if letter is not None:
            self._send(letter, delivery)

    def _send(self, letter: _Letter, delivery: Delivery) -> None:
        user = self.ask(FindUser(user=letter.user))
        clinic = self.clinic(letter.clinic or user.primary)
        words = {**_words(user, clinic, self.url(clinic, "/login")), **letter.words}
        if letter.at is not None:
            words["time"] = _shown(letter.at, clinic)
        self._mail(letter.template, user.email, words, clinic, delivery, mark="[Test] " if letter.test else "")

    def _mail(
        self,
        name: str,
        to: str,
        words: Mapping[str, str],
        clinic: Organization | None,
        delivery: Delivery,
        mark: str = "",
    ) -> None:
        written = self._written(name, clinic)
        safe = {tag: escape(word) for tag, word in words.items()}
        own = clinic is not None and may_send_as(written.from_address, clinic)
        self.mailer.send(
            Message(
                id=delivery.id,
                to=to,
                subject=mark + rendered(written.subject, words),
                text=rendered(written.text, words),
                html=rendered(written.html, safe),
                from_name=written.from_name,
                from_address=written.from_address if own else "",
                organization=PLATFORM if clinic is None else clinic.id,
            )
        )

    def _written(self, name: str, clinic: Organization | None) -> Written:
        """The clinic's own words, or those that come with HLC."""
        slug = next(word for word, one in SLUGS.items() if one == name)
        if clinic is None:
            return Written(subject=PROTECTED[name].subject, text=PROTECTED[name].text)
        return self.road.ask(GetMailTemplate(template=slug), system(clinic.id, "notifications")).written

    def ask(self, query: Query[A]) -> A:
        """Answer a question about what belongs to no clinic."""
        return self.road.ask(query, system(PLATFORM, "notifications"))

    def clinic(self, id: OrganizationId | None) -> Organization | None:
        """The clinic, if there is one."""
        try:
            return None if id is None else self.road.ask(GetOrganization(), system(id, "notifications"))
        except Missing:
            return None

    def url(self, clinic: Organization | None, path: str) -> str:
        """Where a page is."""
        portal = clinic.domains.portal if clinic is not None else ""
        return (f"https://{portal}" if portal else self.base_url.rstrip("/")) + path

    # one for each event

    def _code(self, facts: Mapping[str, Any], delivery: Delivery) -> _Letter | None:
        login = self.ask(GetLogin(login=LoginId(facts["login"])))
        if login.state is not LoginState.CHALLENGED or login.codes != facts["codes"]:
            return None
        words = {"otpCode": code_of(login, self.secrets), "expiryMinutes": str(CODE_MINUTES)}
        return _Letter(template=CODE, user=login.user, clinic=login.clinic, words=words)

    def _signed_in(self, facts: Mapping[str, Any], delivery: Delivery) -> _Letter | None:
        session = self.ask(GetSession(session=SessionId(facts["session"])))
        user, clinic = self.ask(FindUser(user=session.user)), self.clinic(session.clinic)
        if clinic is None:
            return None
        wanted = clinic.security
        if facts["new_device"] and alerts(user.device_alert, wanted.suspicious_login_alert):
            words = {**_origin(session.origin), "what": "was signed in to from a new device"}
            return _Letter(template=SUSPICIOUS, user=user.id, clinic=clinic.id, words=words, at=session.opened_at)
        if alerts(user.login_alert, wanted.login_alert):
            words = _origin(session.origin)
            return _Letter(template=LOGIN_ALERT, user=user.id, clinic=clinic.id, words=words, at=session.opened_at)
        return None

    def _stolen(self, facts: Mapping[str, Any], delivery: Delivery) -> _Letter | None:
        session = self.ask(GetSession(session=SessionId(facts["session"])))
        words = _origin(session.origin)
        return _Letter(template=STOLEN, user=session.user, clinic=session.clinic, words=words, at=delivery.at)

    def _guesses(self, facts: Mapping[str, Any], delivery: Delivery) -> _Letter | None:
        attempt = self.ask(GetAttempt(attempt=LoginAttemptId(facts["attempt"])))
        words = {**_origin(attempt.origin), "remainingAttempts": str(facts["remaining"])}
        if facts["until"] is None:
            return _Letter(template=WARNING, user=UserId(facts["user"]), clinic=attempt.clinic, words=words)
        until = datetime.fromisoformat(facts["until"])
        words["lockedUntil"] = _shown(until, self.clinic(attempt.clinic))
        return _Letter(template=LOCKED, user=UserId(facts["user"]), clinic=attempt.clinic, words=words)

    def _reset(self, facts: Mapping[str, Any], delivery: Delivery) -> _Letter | None:
        reset = self.ask(GetReset(reset=ResetId(facts["reset"])))
        if reset.user is None or reset.used_at is not None:
            return None
        url = self.url(self.clinic(reset.clinic), f"/reset-password?token={reset_token(reset, self.secrets)}")
        words = {"resetUrl": url, "expiryMinutes": str(RESET_MINUTES)}
        return _Letter(template=FORGOT, user=reset.user, clinic=reset.clinic, words=words)

    def _welcome(self, facts: Mapping[str, Any], delivery: Delivery) -> _Letter | None:
        reset = self.ask(GetReset(reset=ResetId(facts["reset"])))
        envelope = system(reset.clinic or PLATFORM, "notifications")
        mine = self.road.execute(ClaimWelcome(reset=reset.id, delivery=delivery.id), envelope)
        if not mine or reset.user is None:
            return None
        clinic = self.clinic(reset.clinic)
        first = f"Sign in at {self.url(clinic, '/login')}."
        with suppress(LinkUnusable):
            self.ask(FindReset(reset=reset.id))
            url = self.url(clinic, f"/reset-password?token={reset_token(reset, self.secrets)}")
            days = (reset.expires_at - reset.asked_at).days
            first = f"Set your password within {days} days at\n{url}"
        template = WELCOME_OWNER if self._owns(reset.user, reset.clinic) else WELCOME
        return _Letter(template=template, user=reset.user, clinic=reset.clinic, words={"firstStep": first})

    def _owns(self, user: UserId, clinic: OrganizationId | None) -> bool:
        """Whether the clinic belongs to the person."""
        if clinic is None:
            return False
        with suppress(Missing):
            return self.road.ask(GetUser(user=user), system(clinic, "notifications")).assignment.owner
        return False

    def _invitation(self, facts: Mapping[str, Any], delivery: Delivery) -> None:
        """To an address, not to a person: nobody may be behind it yet."""
        envelope = system(OrganizationId(delivery.organization), "notifications")
        invitation = self.road.ask(GetInvitation(invitation=InvitationId(facts["invitation"])), envelope)
        clinic = self.clinic(invitation.organization)
        if invitation.state is not InvitationState.PENDING or clinic is None:
            return
        token = invitation_token(invitation, self.secrets)
        words = {
            "organization.name": clinic.branding.title or clinic.name,
            "name": invitation.name,
            "role": _ROLES[invitation.role],
            "expiryDays": "7",
            "inviteUrl": self.url(clinic, f"/invitation?token={token}"),
        }
        self._mail(INVITATION, invitation.email, words, clinic, delivery)

    def _tried(self, facts: Mapping[str, Any], delivery: Delivery) -> _Letter:
        """With words that look like true ones, none of which opens anything."""
        name, clinic = named(facts["template"]), OrganizationId(delivery.organization)
        pages = {tag: self.url(self.clinic(clinic), f"/{tag}?token=test") for tag in ("resetUrl", "inviteUrl")}
        words = {tag: word for tag, word in {**_SAMPLES, **pages}.items() if tag in TAGS[name]}
        user = UserId(facts["user"])
        return _Letter(template=name, user=user, clinic=clinic, words=words, at=delivery.at, test=True)

    def _alarm(self, facts: Mapping[str, Any], delivery: Delivery) -> _Letter | None:
        """Without names: mails travel and stay, the record is where they are looked at."""
        clinic = OrganizationId(delivery.organization)
        user = self.ask(FindUser(user=UserId(facts["administrator"])))
        here = user.membership(clinic)
        if not user.active or here is None or not here.active or here.role is not Role.ORG_ADMIN:
            return None
        until = _shown(datetime.fromisoformat(facts["until"]), self.clinic(clinic))
        template = _ALARMS[Alarm(facts["alarm"])]
        words = {"reference": facts["about"], "until": until}
        return _Letter(template=template, user=user.id, clinic=clinic, words=words, at=delivery.at)

    def _password_set(self, facts: Mapping[str, Any], delivery: Delivery) -> _Letter | None:
        return _Letter(template=RESET_DONE, user=UserId(facts["user"]), clinic=None)


_WRITERS: dict[str, Callable[[SecurityMessages, Mapping[str, Any], Delivery], _Letter | None]] = {
    CodeWanted.name: SecurityMessages._code,
    SignedIn.name: SecurityMessages._signed_in,
    RefreshReplayed.name: SecurityMessages._stolen,
    GuessesRunOut.name: SecurityMessages._guesses,
    ResetWanted.name: SecurityMessages._reset,
    WelcomeWanted.name: SecurityMessages._welcome,
    PasswordSet.name: SecurityMessages._password_set,
    InvitationIssued.name: SecurityMessages._invitation,
    AdministratorAlerted.name: SecurityMessages._alarm,
    MailTemplateTried.name: SecurityMessages._tried,
}
_SAMPLES = {
    "otpCode": "123456",
    "expiryMinutes": "10",
    "expiryDays": "7",
    "remainingAttempts": "1",
    "lockedUntil": "2026-01-31 09:15",
    "until": "2026-01-31 10:00",
    "ipAddress": "203.0.113.7",
    "USERAGENT": "Firefox on Linux",
    "what": "was signed in to from a new device",
    "firstStep": "Set your password within 7 days.",
    "reference": "glass_…",
    "name": "Ada Lovelace",
    "role": "one of the staff",
}
_ROLES = {
    Role.ORG_ADMIN: "an administrator",
    Role.CLINICIAN: "a clinician",
    Role.STAFF: "one of the staff",
    Role.PATIENT: "a patient",
    Role.SUPER_ADMIN: "a super admin",
}
"""As what somebody is invited, in a sentence."""
_ALARMS = {Alarm.GLASS_BROKEN: EMERGENCY, Alarm.IMPERSONATION: STAND_IN}

SECURITY_EVENTS = frozenset(_WRITERS)
"""Every event that becomes a mail about a sign-in."""


def _words(user: User, clinic: Organization | None, login_url: str) -> dict[str, str]:
    first, _, last = user.name.partition(" ")
    return {
        "USER.FIRSTNAME": first,
        "USER.LASTNAME": last,
        "USER.EMAIL": user.email,
        "USER.PORTAL": user.portal,
        "portalLabel": f"{user.portal} portal",
        "organization.name": "HLC" if clinic is None else clinic.branding.title or clinic.name,
        "organization.slug": "" if clinic is None else clinic.slug,
        "organization.email": "" if clinic is None else clinic.communication.from_address,
        "loginUrl": login_url,
    }


def _origin(origin: Origin) -> dict[str, str]:
    agent = "".join(letter for letter in origin.agent if letter.isprintable())[:120]
    return {"ipAddress": origin.address or "an unknown address", "USERAGENT": agent or "an unknown device"}


def _shown(at: datetime, clinic: Organization | None) -> str:
    twelve = clinic is not None and clinic.hours is HourFormat.TWELVE
    local = at.astimezone(zone("UTC" if clinic is None else clinic.zone))
    return f"{local:%Y-%m-%d %I:%M %p %Z}" if twelve else f"{local:%Y-%m-%d %H:%M %Z}"
