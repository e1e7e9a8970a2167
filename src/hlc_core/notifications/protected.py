"""The protected mails: their names, their words unless a clinic has its own, and the tags that each may have.

They cannot be deleted or switched off. Source: spec/engagement, Notifications (templates, event tags).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from hlc_core.kernel.errors import Fault, Missing
from hlc_core.notifications.model import Template

LOGIN_ALERT = "Security: Login Alert"
SUSPICIOUS = "Security: Suspicious Login Alert"
STOLEN = "Security: Session Ended"
FORGOT = "Security: Forgot Password"
RESET_DONE = "Security: Password Reset Success"
WARNING = "Security: Failed Login Warning"
LOCKED = "Security: Account Locked"
CODE = "Security: 2FA Code"
WELCOME = "Welcome: New User"
WELCOME_OWNER = "Welcome: New Owner"
INVITATION = "Invitation: Join Clinic"
EMERGENCY = "Security: Emergency Access"
STAND_IN = "Security: Impersonation Started"

PROTECTED: dict[str, Template] = {
    LOGIN_ALERT: Template(
        subject="You signed in at {{organization.name}}",
        text="Hello {USER.FIRSTNAME},\n\nyour account at {{organization.name}} was signed in to on {{time}}, from "
        "{{ipAddress}} ({USERAGENT}).\n\nIf that was not you, set a new password at {{loginUrl}}: it ends every "
        "sign-in.",
    ),
    SUSPICIOUS: Template(
        subject="A new sign-in at {{organization.name}}: was it you?",
        text="Hello {USER.FIRSTNAME},\n\nyour account at {{organization.name}} {{what}} on {{time}}, from "
        "{{ipAddress}} ({USERAGENT}).\n\nIf that was not you, set a new password at {{loginUrl}} now: it ends every "
        "sign-in.",
    ),
    STOLEN: Template(
        subject="We ended a sign-in to your account at {{organization.name}}",
        text="Hello {USER.FIRSTNAME},\n\nyour account at {{organization.name}} had a copy of its sign-in used by "
        "somebody on {{time}}, so we ended it, there and wherever it came from: the sign-in from {{ipAddress}} "
        "({USERAGENT}). Signing in again is safe.\n\nA copy is taken from a device or a browser. If you do not know "
        "how that could be, set a new password at {{loginUrl}}: it ends every sign-in.",
    ),
    FORGOT: Template(
        subject="Set a new password for {{organization.name}}",
        text="Hello {USER.FIRSTNAME},\n\nset a new password within {{expiryMinutes}} minutes at\n{{resetUrl}}\n\n"
        "If you did not ask for this, nothing has changed and there is nothing to do.",
    ),
    RESET_DONE: Template(
        subject="Your password was set",
        text="Hello {USER.FIRSTNAME},\n\nthe password of your account at {{organization.name}} was set just now, and "
        "every other sign-in was ended.\n\nIf that was not you, set another one at {{loginUrl}} and tell us.",
    ),
    WARNING: Template(
        subject="Wrong passwords for your account",
        text="Hello {USER.FIRSTNAME},\n\nsomebody tried wrong passwords for your account at {{organization.name}}, "
        "last from {{ipAddress}}. Tries left before they have to wait: {{remainingAttempts}}.\n\nIf it was you and "
        "you forgot the password, set a new one at {{loginUrl}}.",
    ),
    LOCKED: Template(
        subject="Sign-ins to your account are slowed down",
        text="Hello {USER.FIRSTNAME},\n\nafter too many wrong passwords for your account at {{organization.name}}, "
        "tries from unknown devices have to wait until {{lockedUntil}}. A device from which you have signed in "
        "before still lets you in, and so does a new password: set one at {{loginUrl}}.",
    ),
    CODE: Template(
        subject="Your code for {{organization.name}}",
        text="Hello {USER.FIRSTNAME},\n\nyour code is {{otpCode}}. It works once, for {{expiryMinutes}} minutes, and "
        "only where you are signing in now. Nobody from {{organization.name}} will ever ask you for it.",
    ),
    WELCOME: Template(
        subject="Welcome to {{organization.name}}",
        text="Hello {USER.FIRSTNAME},\n\n{{organization.name}} made an account for you: {{portalLabel}}.\n\n"
        "{{firstStep}}",
    ),
    WELCOME_OWNER: Template(
        subject="{{organization.name}} is yours",
        text="Hello {USER.FIRSTNAME},\n\n{{organization.name}} was opened, and it belongs to you: you invite its "
        "people, decide what they may do, and can hand it over to another administrator.\n\n{{firstStep}}",
    ),
    INVITATION: Template(
        subject="{{organization.name}} invites you",
        text="Hello {{name}},\n\n{{organization.name}} invites you to join as {{role}}. Follow this link within "
        "{{expiryDays}} days:\n{{inviteUrl}}\n\nIf you do not know the clinic, there is nothing to do.",
    ),
    EMERGENCY: Template(
        subject="An emergency access at {{organization.name}}",
        text="Hello {USER.FIRSTNAME},\n\non {{time}} somebody at {{organization.name}} opened one chart in an "
        "emergency that their duties do not show them. It is open until {{until}}.\n\nPlease review it: sign in at "
        "{{loginUrl}} and look for {{reference}} among the emergency accesses. Who, whose chart and why stand there "
        "only.",
    ),
    STAND_IN: Template(
        subject="Somebody acts for a person of {{organization.name}}",
        text="Hello {USER.FIRSTNAME},\n\non {{time}} the operator of the platform began to act for a person of "
        "{{organization.name}}, until {{until}} at the latest. Passwords, second factors, cards and payments are out "
        "of reach meanwhile.\n\nWho, for whom and why: sign in at {{loginUrl}} and look for {{reference}} among the "
        "impersonations.",
    ),
}
"""The protected templates, by their names in the spec."""

_EVERYWHERE = frozenset(
    {
        "USER.FIRSTNAME",
        "USER.LASTNAME",
        "USER.EMAIL",
        "USER.PORTAL",
        "portalLabel",
        "organization.name",
        "organization.slug",
        "organization.email",
        "loginUrl",
    }
)
_ORIGIN = frozenset({"ipAddress", "USERAGENT"})
_TOLD = {
    LOGIN_ALERT: {"time", *_ORIGIN},
    SUSPICIOUS: {"time", "what", *_ORIGIN},
    STOLEN: {"time", *_ORIGIN},
    FORGOT: {"resetUrl", "expiryMinutes"},
    WARNING: {"remainingAttempts", *_ORIGIN},
    LOCKED: {"remainingAttempts", "lockedUntil", *_ORIGIN},
    CODE: {"otpCode", "expiryMinutes"},
    WELCOME: {"firstStep"},
    WELCOME_OWNER: {"firstStep"},
    EMERGENCY: {"time", "until", "reference"},
    STAND_IN: {"time", "until", "reference"},
}

TAGS: dict[str, frozenset[str]] = {
    **{name: _EVERYWHERE | _TOLD.get(name, frozenset()) for name in PROTECTED},
    INVITATION: frozenset({"organization.name", "name", "role", "expiryDays", "inviteUrl"}),
}
"""What may stand in each; of an invited nobody knows more than the invitation says."""

NEEDED: dict[str, frozenset[str]] = {
    FORGOT: frozenset({"resetUrl"}),
    CODE: frozenset({"otpCode"}),
    WELCOME: frozenset({"firstStep"}),
    WELCOME_OWNER: frozenset({"firstStep"}),
    INVITATION: frozenset({"inviteUrl"}),
    LOCKED: frozenset({"lockedUntil"}),
    EMERGENCY: frozenset({"reference"}),
    STAND_IN: frozenset({"reference"}),
}
"""What must stand in each: without it the mail would be of no use to whoever waits for it."""

SECRET = frozenset({"otpCode", "resetUrl", "inviteUrl", "firstStep"})
"""What must not stand in a subject, which is shown on locked screens."""

SLUGS: dict[str, str] = {re.sub("[^a-z0-9]+", "-", name.lower()).strip("-"): name for name in PROTECTED}
"""The word of each template in addresses: `security-2fa-code`."""

TAG = re.compile(r"\{\{([^{}]*)\}\}|\{([A-Z.]+)\}")


_FILLED = re.compile(r"(?P<blank> ?)(?:\{\{(?P<long>[^{}]*)\}\}|\{(?P<short>[A-Z.]+)\})")
"""A tag, and the blank before it."""


def named(slug: str) -> str:
    """The name of the template with that word. Refuses: Missing."""
    found = SLUGS.get(slug)
    if found is None:
        raise Missing("There is no such template.", Fault("template", "one of `hlc mails list`"))
    return found


def tags_in(text: str) -> frozenset[str]:
    """All merge tags of a text, known or not."""
    return frozenset((tag[1] if tag[1] is not None else tag[2]).strip() for tag in TAG.finditer(text))


def rendered(text: str, words: Mapping[str, str]) -> str:
    """The text with its merge tags filled; a tag without a word leaves nothing, not even the blank before it (`Hello,`
    of somebody without a name), and words are never read for tags."""

    def word(tag: re.Match[str]) -> str:
        found = words.get((tag["long"] if tag["long"] is not None else tag["short"]).strip(), "")
        return tag["blank"] + found if found else ""

    return _FILLED.sub(word, text)


def fingerprint(template: Template) -> str:
    """By which it is noticed that the words that come with HLC have changed since a clinic wrote its own."""
    return hashlib.sha256(f"{template.subject}\n{template.text}".encode()).hexdigest()[:16]
