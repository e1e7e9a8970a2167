"""Signing in, step by step: what happens between the transactions, where passwords are hashed and tokens written.

Plain functions over ports, as the charge protocol's driver has them. Each step is committed before the next begins, so
that a guess counts although it was wrong, and a crash leaves nothing half open. Source: spec/access, Identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from attrs import field, frozen

from hlc_core.access.api import Role, landing
from hlc_core.identity.errors import (
    ClinicUnknown,
    LinkUnusable,
    LoginUnknown,
    NameNeeded,
    NoClinic,
    SessionOver,
    SessionStolen,
    TooManyGuesses,
    WrongCode,
    WrongCredentials,
    WrongPassword,
)
from hlc_core.identity.machine import LoginState
from hlc_core.identity.model import Factor, Login, LoginOutcome, Origin, PasswordReset, Session
from hlc_core.identity.ports import Addresses, Claims, Passwords, Secrets, Tokens
from hlc_core.identity.rules import SHORTEST, checked_password, pace
from hlc_core.identity.secrets import (
    csrf_token,
    device_in,
    device_token,
    invitation_in,
    invitation_token,
    login_handle,
    login_in,
    refresh_token,
    reset_in,
    session_in,
)
from hlc_core.identity.throttle import Pace
from hlc_core.identity.usecases.guessing import (
    Account,
    BeginLogin,
    CountGuess,
    FindAccount,
    Guess,
    NoteMiss,
)
from hlc_core.identity.usecases.logins import Progress, ResendCode, TakeClinic, TryCode
from hlc_core.identity.usecases.passwords import AskReset, FindReset, SetPassword, UseReset
from hlc_core.identity.usecases.sessions import Refreshed, RefreshSession, SignOut, SwitchClinic
from hlc_core.identity.views import FindUser, GetLogin, GetSession, MembershipsOf, Presence, RunningImpersonation, WhoIs
from hlc_core.kernel.commands import Command, Envelope, Query, system
from hlc_core.kernel.errors import AlreadyExists, Fault, Missing, Stale
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PLATFORM, DeviceId, Ids, InvitationId, LoginId, OrganizationId, UserId
from hlc_core.kernel.text import folded
from hlc_core.kernel.time import Clock
from hlc_core.organizations.api import GetOrganization, Organization
from hlc_core.people.api import AcceptInvitation, GetInvitation, Invitation, InvitationState

A = TypeVar("A")

TOKEN_MINUTES = 10
NAME = "identity"
UNUSABLE = "This link cannot be used: it was used, or is too old. Ask for a new one."
WRONG = "The address or the password is wrong."


class Road(Protocol):
    """The application's road."""

    def ask(self, query: Query[A], envelope: Envelope) -> A:
        """Answer."""
        ...

    def execute(self, command: Command[A], envelope: Envelope) -> A:
        """Run and commit."""
        ...


@frozen(kw_only=True)
class Porter:
    """What signing in needs."""

    road: Road
    clinics: Callable[[], tuple[OrganizationId, ...]]
    """All clinics of the installation: where a super admin may go."""
    passwords: Passwords
    secrets: Secrets
    tokens: Tokens
    fingerprints: Addresses
    clock: Clock
    ids: Ids
    token_minutes: int = TOKEN_MINUTES


@frozen(kw_only=True)
class SignIn:
    """What somebody brings. `meant` is the clinic on whose pages they are, `clinic` one that they chose."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    clinic: OrganizationId | None = None
    meant: OrganizationId | None = None
    device: str = field(default="", repr=False)
    origin: Origin = field(factory=Origin, repr=False)


class Step(StrEnum):
    """What comes next."""

    SIGNED_IN = "signed_in"
    CHOOSE_CLINIC = "choose_clinic"
    CODE_NEEDED = "code_needed"


@frozen(kw_only=True)
class Clinic:
    """One clinic at which a person works."""

    id: OrganizationId
    slug: str
    name: str
    role: str


@frozen(kw_only=True)
class Profile:
    """What a browser may keep of who is signed in. `on_behalf_of`: as whom, until `acting_until`."""

    id: UserId
    name: str = field(repr=False)
    email: str = field(repr=False)
    role: str
    clinic: Clinic
    landing: str
    permissions: tuple[str, ...]
    on_behalf_of: UserId | None = None
    acting_until: datetime | None = None


@frozen(kw_only=True)
class Tickets:
    """What a session's bearer is given. Secrets: they go to the bearer and nowhere else."""

    access: str = field(repr=False)
    access_until: datetime
    refresh: str = field(repr=False)
    refresh_until: datetime
    device: str = field(default="", repr=False)
    csrf: str = field(repr=False)
    session: Session
    profile: Profile


@frozen(kw_only=True)
class Signing:
    """How far a sign-in has come: tickets, or what is still asked for under the handle `login`."""

    step: Step
    login: str = field(default="", repr=False)
    clinics: tuple[Clinic, ...] = ()
    factor: Factor | None = None
    tickets: Tickets | None = None


# signing in


def sign_in(wish: SignIn, porter: Porter) -> Signing:
    """The password, then as far as it goes.

    The same work for an address that nobody has: one look, one count, one hash, one note. Refuses: WrongCredentials,
    TooManyGuesses, TooManyAtOnce, NoClinic, ClinicUnknown.
    """
    road, key = porter.road, porter.fingerprints.of(folded(wish.email[:300]))
    network = porter.fingerprints.of(network_of(wish.origin.address)) if wish.origin.address else ""
    brought = device_in(wish.device, porter.secrets)
    account = road.ask(FindAccount(email_key=key, device=brought[0] if brought else None), _here())
    guess = _count(wish, account, key, network, porter)
    right = porter.passwords.verify(wish.password[:1000], account.password)
    if not right or account.user is None or not account.active:
        outcome = LoginOutcome.UNKNOWN_ADDRESS if account.user is None else LoginOutcome.WRONG_PASSWORD
        clinic = account.primary or wish.meant
        counts = network if account.device is None else ""
        miss = NoteMiss(
            user=account.user, clinic=clinic, outcome=outcome, origin=wish.origin, guess=guess, network=counts
        )
        try:
            road.execute(miss, _here())
        except (Stale, AlreadyExists):  # a crowd behind one address: the record matters more than the network's count
            road.execute(evolve(miss, network=""), _here())
        raise WrongCredentials(WRONG)
    outdated = porter.passwords.outdated(account.password)
    begin = BeginLogin(
        user=account.user,
        account=key,
        device=account.device,
        origin=wish.origin,
        rehashed=porter.passwords.hash(wish.password) if outdated else "",
    )
    login = road.execute(begin, _here())
    clinics = clinics_of(account.user, porter)
    if not clinics:
        raise NoClinic("No clinic lets you in any more. Ask an administrator of your clinic.")
    wanted = wish.clinic or (wish.meant if any(one.id == wish.meant for one in clinics) else None)
    if wanted is None and len(clinics) > 1:
        handle = login_handle(login.id, porter.secrets)
        return Signing(step=Step.CHOOSE_CLINIC, login=handle, clinics=clinics)
    chosen = wanted or clinics[0].id
    return _go_on(login.id, _among(chosen, clinics), porter)


def choose_clinic(handle: str, clinic: OrganizationId, porter: Porter) -> Signing:
    """Go on with a sign-in at one of the clinics that were offered. Refuses: LoginUnknown, ClinicUnknown."""
    id = _known(handle, porter)
    login = _login(id, porter)
    return _go_on(id, _among(clinic, clinics_of(login[0], porter)), porter)


def progress(handle: str, porter: Porter) -> Signing:
    """Where a sign-in stands that goes on on another page. Refuses: LoginUnknown."""
    login = _found(_known(handle, porter), porter)
    if login.state not in (LoginState.PROVED, LoginState.CHALLENGED) or porter.clock.now() >= login.expires_at:
        raise LoginUnknown("This sign-in is not there, or too old; start again.")
    if login.state is LoginState.PROVED:
        return Signing(step=Step.CHOOSE_CLINIC, login=handle, clinics=clinics_of(login.user, porter))
    return Signing(step=Step.CODE_NEEDED, login=handle, factor=login.factor)


def give_code(handle: str, code: str, porter: Porter) -> Signing:
    """The second factor. Refuses: WrongCode (with the tries that are left), LoginUnknown, TooManyCodes."""
    id = _known(handle, porter)
    clinic = _login(id, porter)[1]
    if clinic is None:
        raise LoginUnknown("Choose the clinic first.")
    made = porter.road.execute(TryCode(login=id, code=code[:64]), _at(clinic))
    if made.wrong:
        left = made.tries_left
        raise WrongCode(f"That code is wrong. Tries left: {left}." if left else "That code is wrong. Sign in again.")
    return _signed(made, clinic, porter)


def send_another_code(handle: str, porter: Porter) -> Signing:
    """Mail another code. Refuses: LoginUnknown, GuardRefused."""
    id = _known(handle, porter)
    clinic = _login(id, porter)[1]
    if clinic is None:
        raise LoginUnknown("Choose the clinic first.")
    made = porter.road.execute(ResendCode(login=id), _at(clinic))
    return Signing(step=Step.CODE_NEEDED, login=handle, factor=made.login.factor)


def clinics_of(user: UserId, porter: Porter) -> tuple[Clinic, ...]:
    """Where the person may go, the primary clinic first; a super admin everywhere."""
    held = porter.road.ask(MembershipsOf(user=user), _here())
    roles = {one.organization: one.role for one in held}
    if roles.pop(PLATFORM, None) is not None:
        for id in porter.clinics():
            roles.setdefault(id, Role.SUPER_ADMIN)
    found = ((_organization(id, porter), role) for id, role in roles.items())
    return tuple(Clinic(id=one.id, slug=one.slug, name=one.name, role=role) for one, role in found if one is not None)


@frozen(kw_only=True)
class Invited:
    """An invitation whose link is genuine and open; `first`: they have no password yet.

    `known`: they have an account, and with it a name.
    """

    invitation: Invitation
    clinic: Organization
    first: bool
    known: bool


# while signed in


def present(token: str, wanted: OrganizationId | None, porter: Porter) -> Presence:
    """Who brings an access token, at the clinic that it names or that they want.

    Refuses: Unauthenticated, SessionOver, ClinicUnknown, SecondFactorNeeded.
    """
    claims = porter.tokens.read(token, porter.clock.now())
    clinic = wanted or claims.clinic
    if clinic is None:
        raise ClinicUnknown("You work at no clinic of that name.")
    if claims.impersonation is not None and clinic != claims.clinic:
        raise ClinicUnknown("You work at no clinic of that name.")
    query = WhoIs(session=claims.session, user=claims.user, impersonation=claims.impersonation)
    try:
        return porter.road.ask(query, _at(clinic))
    except Missing:
        raise ClinicUnknown("You work at no clinic of that name.") from None


def refresh(token: str, porter: Porter) -> Tickets:
    """New tickets for a refresh token. Refuses: SessionOver, SessionStolen."""
    claimed = session_in(token)
    if claimed is None:
        raise SessionOver("You are signed out. Sign in again.")
    made = porter.road.execute(RefreshSession(session=claimed[0], rotation=claimed[1], token=token), _here())
    if made.outcome is Refreshed.STOLEN:
        raise SessionStolen("This sign-in was ended, because somebody else used a copy of it. Sign in again.")
    if made.session is None:
        raise SessionOver("You are signed out. Sign in again.")
    return tickets(made.session, porter)


def tickets(session: Session, porter: Porter, device: str = "") -> Tickets:
    """What the bearer of the session gets now; acting for somebody else goes on. Refuses: as `present`."""
    now, clinic = porter.clock.now(), session.clinic
    if clinic is None:
        raise ClinicUnknown("You work at no clinic of that name.")
    acting = porter.road.ask(RunningImpersonation(user=session.user), _at(clinic))
    query = WhoIs(session=session.id, user=session.user, impersonation=None if acting is None else acting.id)
    who = porter.road.ask(query, _at(clinic))
    until = min(now + timedelta(minutes=porter.token_minutes), session.ends_at)
    if acting is not None:
        until = min(until, acting.ends_at)
    claims = Claims(
        id=porter.secrets.fresh(),
        user=session.user,
        session=session.id,
        clinic=clinic,
        issued_at=now,
        expires_at=until,
        impersonation=None if acting is None else acting.id,
    )
    return Tickets(
        access=porter.tokens.write(claims),
        access_until=until,
        refresh=refresh_token(session, session.rotation, porter.secrets),
        refresh_until=session.ends_at,
        device=device,
        csrf=csrf_token(session.id, porter.secrets),
        session=session,
        profile=profile(who, porter),
    )


def profile(who: Presence, porter: Porter) -> Profile:
    """What a browser may keep of who is signed in."""
    organization = porter.road.ask(GetOrganization(), _at(who.actor.organization))
    shown = who.target or who.user
    role = who.actor.role
    clinic = Clinic(id=organization.id, slug=organization.slug, name=organization.name, role=role)
    return Profile(
        id=who.user.id,
        name=shown.name,
        email=shown.email,
        role=role,
        clinic=clinic,
        landing=landing(Role(role), shown.portal),
        permissions=tuple(sorted(who.actor.permissions)),
        on_behalf_of=None if who.target is None else who.target.id,
        acting_until=None if who.impersonation is None else who.impersonation.ends_at,
    )


def sign_out(token: str, everywhere: bool, porter: Porter) -> int:
    """End the session of a refresh token, or all of its person; answers how many. What is not genuine ends nothing."""
    claimed = session_in(token)
    if claimed is None:
        return 0
    with suppress(Missing):
        session = porter.road.ask(GetSession(session=claimed[0]), _here())
        genuine = claimed[1] <= session.rotation and porter.secrets.same(
            token, refresh_token(session, claimed[1], porter.secrets)
        )
        if genuine:
            return porter.road.execute(SignOut(session=session.id, everywhere=everywhere), _at(session.clinic))
    return 0


def end_session(who: Presence, everywhere: bool, porter: Porter) -> int:
    """End the session of somebody who is signed in, or all of theirs; answers how many."""
    return porter.road.execute(SignOut(session=who.session.id, everywhere=everywhere), _at(who.session.clinic))


def switch(who: Presence, clinic: OrganizationId, porter: Porter) -> Tickets:
    """Go on at another clinic. Refuses: ClinicUnknown, SecondFactorNeeded."""
    try:
        session = porter.road.execute(SwitchClinic(session=who.session.id), _at(clinic))
    except Missing:
        raise ClinicUnknown("You work at no clinic of that name.") from None
    return tickets(session, porter)


# passwords


def forgot(email: str, meant: OrganizationId | None, porter: Porter) -> None:
    """Have a link mailed, if anybody has the address; the answer and the work are the same if not."""
    key = porter.fingerprints.of(folded(email[:300]))
    porter.road.execute(AskReset(email_key=key, clinic=meant), _here())


def reset_password(token: str, password: str, porter: Porter) -> UserId:
    """Set the password with a link. Refuses: LinkUnusable, WeakPassword, TooManyAtOnce."""
    id = reset_in(token, porter.secrets)
    if id is None:
        raise LinkUnusable(UNUSABLE)
    reset = porter.road.ask(FindReset(reset=id), _here())
    shortest = SHORTEST
    about: tuple[str, ...] = ()
    if reset.user is not None:
        shortest, about = _shortest(reset.user, porter), _about(reset.user, porter)
    hashed = porter.passwords.hash(checked_password(password, *about, shortest=shortest))
    return porter.road.execute(UseReset(reset=id, hashed=hashed), _here())


def link_of(token: str, porter: Porter) -> PasswordReset:
    """What a link to set a password is for. Refuses: LinkUnusable."""
    id = reset_in(token, porter.secrets)
    if id is None:
        raise LinkUnusable(UNUSABLE)
    return porter.road.ask(FindReset(reset=id), _here())


def invitation_of(token: str, porter: Porter) -> Invited:
    """What an invitation's link is for. Refuses: LinkUnusable."""
    claimed = invitation_in(token)
    if claimed is None:
        raise LinkUnusable(UNUSABLE)
    clinic, id = claimed
    try:
        invitation = porter.road.ask(GetInvitation(invitation=InvitationId(id)), _at(clinic))
    except Missing:
        raise LinkUnusable(UNUSABLE) from None
    genuine = porter.secrets.same(token, invitation_token(invitation, porter.secrets))
    if not genuine or invitation.state is not InvitationState.PENDING:
        raise LinkUnusable(UNUSABLE)
    account = porter.road.ask(FindAccount(email_key=invitation.email_key), _here())
    organization = porter.road.ask(GetOrganization(), _at(clinic))
    return Invited(
        invitation=invitation, clinic=organization, first=not account.password, known=account.user is not None
    )


def accept_link(token: str, name: str, password: str, porter: Porter) -> bool:
    """Join a clinic with the link of an invitation; answers whether a first password was set.

    Somebody known keeps the password and the name that stand. Refuses: LinkUnusable, NameNeeded (nobody has said one
    yet), WeakPassword, InvitationTooOld.
    """
    invited = invitation_of(token, porter)
    invitation, first = invited.invitation, invited.first
    if not invited.known and not (name.strip() or invitation.name):
        raise NameNeeded("A name is missing.", Fault("name", "Please type your name."))
    shortest = _asked_of((invitation.organization,), porter)
    checked = checked_password(password, invitation.email, name, shortest=shortest) if first else ""
    hashed = porter.passwords.hash(checked) if first else ""
    joined = porter.road.execute(AcceptInvitation(invitation=invitation.id, name=name), _at(invitation.organization))
    if first:
        porter.road.execute(SetPassword(user=joined.member.user.id, hashed=hashed), _here())
    return first


def change_password(who: Presence, current: str, password: str, porter: Porter) -> UserId:
    """Another password for somebody who is signed in; their other sessions end.

    Refuses: WrongPassword, WeakPassword, TooManyGuesses, TooManyAtOnce.
    """
    user = who.user
    account = porter.road.ask(FindAccount(email_key=user.email_key), _here())
    count = CountGuess(account=f"change:{user.id}", device=None, network="", free=Pace().free, wait=Pace().wait)
    porter.road.execute(count, _here())
    if not porter.passwords.verify(current[:1000], account.password):
        raise WrongPassword("The password that stands is another one.")
    return set_password(user.id, password, porter, user.email, user.name, keep=who.session)


def set_password(user: UserId, password: str, porter: Porter, *about: str, keep: Session | None = None) -> UserId:
    """Set somebody's password. Refuses: WeakPassword, TooManyAtOnce, Missing."""
    hashed = porter.passwords.hash(checked_password(password, *about, shortest=_shortest(user, porter)))
    command = SetPassword(user=user, hashed=hashed, keep=None if keep is None else keep.id)
    return porter.road.execute(command, _here())


def _about(user: UserId, porter: Porter) -> tuple[str, ...]:
    """The person's own words, which are no password."""
    found = porter.road.ask(FindUser(user=user), _here())
    return found.email, found.name


def _shortest(user: UserId, porter: Porter) -> int:
    """How long their password must be: there is one for all of their clinics, so the strictest of them says."""
    held = porter.road.ask(MembershipsOf(user=user), _here())
    return _asked_of((one.organization for one in held if one.organization != PLATFORM), porter)


def _asked_of(clinics: Iterable[OrganizationId], porter: Porter) -> int:
    found = [one.security.password_min_length for id in clinics if (one := _organization(id, porter)) is not None]
    return max(found, default=SHORTEST)


def user_named(text: str, porter: Porter) -> UserId:
    """The person of an address or id, for operators. Refuses: Missing."""
    if text.startswith("usr_"):
        return UserId(text)
    found = porter.road.ask(FindAccount(email_key=porter.fingerprints.of(folded(text))), _here())
    if found.user is None:
        raise Missing("There is no such user.", Fault("user", "one of `hlc users list`"))
    return found.user


def network_of(address: str) -> str:
    """What counts as one network: an IPv4 address, the first half of an IPv6 one."""
    if ":" not in address:
        return address
    return ":".join(_long(address)[:4])


def _long(address: str) -> list[str]:
    front, _, back = address.partition("%")[0].partition("::")
    first = [part for part in front.split(":") if part]
    last = [part for part in back.split(":") if part]
    return [*first, *["0"] * max(0, 8 - len(first) - len(last)), *last]


def _count(wish: SignIn, account: Account, key: str, network: str, porter: Porter) -> Guess:
    """By the rules of the clinic on whose pages they are: those of the person's own would tell that there is one."""
    rules = pace(_organization(wish.meant or PLATFORM, porter))
    count = CountGuess(account=key, device=account.device, network=network, free=rules.free, wait=rules.wait)
    try:
        return porter.road.execute(count, _here())
    except (Stale, AlreadyExists):
        raise TooManyGuesses("Too many tries at once. Try again in a moment.", retry_after=1) from None


def _go_on(login: LoginId, clinic: OrganizationId, porter: Porter) -> Signing:
    return _signed(porter.road.execute(TakeClinic(login=login), _at(clinic)), clinic, porter)


def _signed(made: Progress, clinic: OrganizationId, porter: Porter) -> Signing:
    if made.session is None:
        handle = login_handle(made.login.id, porter.secrets)
        return Signing(step=Step.CODE_NEEDED, login=handle, factor=made.login.factor)
    device = device_token(made.session.device or DeviceId(""), made.session.user, porter.secrets)
    return Signing(step=Step.SIGNED_IN, tickets=tickets(made.session, porter, device))


def _known(handle: str, porter: Porter) -> LoginId:
    id = login_in(handle, porter.secrets)
    if id is None:
        raise LoginUnknown("This sign-in is not there, or too old; start again.")
    return id


def _login(id: LoginId, porter: Porter) -> tuple[UserId, OrganizationId | None]:
    login = _found(id, porter)
    return login.user, login.clinic


def _found(id: LoginId, porter: Porter) -> Login:
    try:
        return porter.road.ask(GetLogin(login=id), _here())
    except Missing:
        raise LoginUnknown("This sign-in is not there, or too old; start again.") from None


def _among(clinic: OrganizationId, clinics: tuple[Clinic, ...]) -> OrganizationId:
    if all(one.id != clinic for one in clinics):
        raise ClinicUnknown("You work at no clinic of that name.")
    return clinic


def _organization(id: OrganizationId, porter: Porter) -> Organization | None:
    try:
        return porter.road.ask(GetOrganization(), _at(id))
    except Missing:
        return None


def _here() -> Envelope:
    return system(PLATFORM, NAME)


def _at(clinic: OrganizationId | None) -> Envelope:
    return system(clinic or PLATFORM, NAME)
