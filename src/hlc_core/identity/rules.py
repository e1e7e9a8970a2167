"""The rules of one sign-in: which password is good enough, who needs a second factor, how long a session lasts."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from hlc_core.access.api import PORTALS, Portal, Role
from hlc_core.identity.errors import WeakPassword
from hlc_core.identity.model import Credential
from hlc_core.identity.throttle import Pace, account_pace
from hlc_core.kernel.errors import Fault
from hlc_core.organizations.api import Organization, SecuritySettings
from hlc_core.people.api import Switch, User

SHORTEST, LONGEST = 12, 200
DAYS = 24 * 60
LONGEST_SESSION = 90 * DAYS
_COMMON = frozenset(
    {
        "password1234",
        "123456789012",
        "1234567890123",
        "qwertyuiop12",
        "passwordpassword",
        "password12345",
        "adminadminadmin",
        "letmeinletmein",
        "qwertyuiopasd",
        "iloveyou1234",
        "welcome12345",
        "changemechangeme",
        "administrator",
        "qwerty123456",
        "abcdefghijkl",
        "abc123abc123",
        "password123!",
    }
)


def checked_password(password: str, *about: str, shortest: int = SHORTEST) -> str:
    """The password, if it may be set; `about` are the person's own words (address, name).

    Long ones are asked for, kinds of letters are not. Refuses: WeakPassword. Source: NIST SP 800-63B, 3.1.1.
    """
    folded = password.casefold()
    reason = ""
    if not shortest <= len(password) <= LONGEST:
        reason = f"{shortest} to {LONGEST} characters; a few unrelated words are good"
    elif len(set(folded)) < 5 or folded in _COMMON:
        reason = "it is among the first that anybody would try"
    elif any(_is_made_of(folded, word) for text in about for word in _words(text)):
        reason = "it must not consist of your name or address"
    if reason:
        raise WeakPassword("Choose another password.", Fault("password", reason))
    return password


def _is_made_of(password: str, word: str) -> bool:
    return password == word or (len(word) >= 4 and word in password and len(password) < 20)


def _words(text: str) -> tuple[str, ...]:
    whole = text.casefold()
    local = whole.partition("@")[0]
    return (whole, local, *local.replace(".", " ").replace("-", " ").split())


def needs_second_factor(user: User, role: Role, credential: Credential, organization: Organization | None) -> bool:
    """Whether a code is asked for. Forced people always; exempt ones not because the clinic wants it.

    "Admin-only" leaves out patients, and does nothing while the clinic's email codes are off. Whoever has confirmed
    an authenticator app wants to be asked. Source: spec/access, Identity and sessions.
    """
    if credential.totp_since is not None or user.second_factor is Switch.ALWAYS:
        return True
    if user.second_factor is Switch.NEVER or organization is None:
        return False
    security = organization.security
    return security.email_two_factor and not (security.two_factor_staff_only and role is Role.PATIENT)


@frozen(kw_only=True)
class Lifetime:
    """How long a session lasts, in minutes: unused, and at the longest."""

    idle: int
    longest: int


def portal_of(user: User, role: Role) -> Portal:
    """The portal that the person works in: their own, or the role's where it may not enter that one."""
    return user.portal if user.portal in PORTALS[role] else PORTALS[role][0]


def lifetime(portal: Portal, organization: Organization) -> Lifetime:
    """As the clinic says for the portal; never above ninety days."""
    security = organization.security
    idle, longest = {
        Portal.ADMIN: (security.admin_idle_minutes, security.admin_session_minutes),
        Portal.CRM: (security.crm_idle_minutes, security.crm_session_minutes),
        Portal.EMR: (security.emr_idle_minutes, security.emr_session_minutes),
        Portal.PATIENT: (security.patient_idle_minutes, security.patient_session_minutes),
    }[portal]
    longest = min(longest, LONGEST_SESSION)
    return Lifetime(idle=min(idle, longest), longest=longest)


def pace(organization: Organization | None) -> Pace:
    """How guesses are slowed down, as the clinic says; where none is named, as one that says nothing of it."""
    security = SecuritySettings() if organization is None else organization.security
    return account_pace(security.max_failed_attempts, timedelta(minutes=security.lockout_minutes))


def alerts(switch: Switch, wanted: bool) -> bool:
    """Whether a mail is sent: the person's own switch before the clinic's."""
    return wanted if switch is Switch.FOLLOW else switch is Switch.ALWAYS
