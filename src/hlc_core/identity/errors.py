"""Refusals of identity. None of them tells whether an address is known here."""

from __future__ import annotations

from hlc_core.identity.ports import TooManyAtOnce
from hlc_core.kernel.errors import Conflict, Denied, Invalid, Missing, Unauthenticated, Unavailable


class WrongCredentials(Unauthenticated):
    """The address or the password is wrong; or the login may not be used. All look the same."""


class TooManyGuesses(Unavailable):
    """The account or the network has to wait before another password is looked at."""


class LoginUnknown(Unauthenticated):
    """The login in progress is not there, too old or at its end: start again."""


class WrongCode(Unauthenticated):
    """The code is wrong."""


class TooManyCodes(Denied):
    """So many wrong codes in a row that only a new password lets anybody try another."""


class SessionOver(Unauthenticated):
    """The refresh token is not valid, or its session has ended."""


class SessionStolen(SessionOver):
    """A refresh token came back that had been used: the whole session was ended."""


class ClinicUnknown(Missing):
    """The person works at no clinic of that name; absent and foreign look the same."""


class NoClinic(Denied):
    """The password is right, but no clinic lets the person in any more."""


class SecondFactorNeeded(Denied):
    """The clinic asks for a second factor that this session was opened without."""


class LinkUnusable(Invalid):
    """The link is not valid, was used, or is too old."""


class NameNeeded(Invalid):
    """Whoever joins says who they are; nobody has a name for them yet."""


class WeakPassword(Invalid):
    """The password breaks a rule."""


class WrongPassword(Invalid):
    """The password that stands was not given."""


class NoAppPending(Conflict):
    """No authenticator app waits to be confirmed."""


class NotWhileImpersonating(Denied):
    """Whoever acts for somebody else changes none of their credentials."""


__all__ = [
    "ClinicUnknown",
    "LinkUnusable",
    "LoginUnknown",
    "NameNeeded",
    "NoAppPending",
    "NoClinic",
    "NotWhileImpersonating",
    "SecondFactorNeeded",
    "SessionOver",
    "SessionStolen",
    "TooManyAtOnce",
    "TooManyCodes",
    "TooManyGuesses",
    "WeakPassword",
    "WrongCode",
    "WrongCredentials",
    "WrongPassword",
]
