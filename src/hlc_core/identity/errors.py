"""Refusals of identity. None of them tells whether an address is known here."""

from __future__ import annotations

from hlc_core.identity.ports import TooManyAtOnce
from hlc_core.kernel.errors import Conflict, Denied, Fault, Invalid, Missing, Unauthenticated, Unavailable


class WrongCredentials(Unauthenticated):
    """The address or the password is wrong; or the login may not be used. All look the same."""

    remedy = Fault("password", "check both, or ask for a new password by mail")


class TooManyGuesses(Unavailable):
    """The account or the network has to wait before another password is looked at."""


class LoginUnknown(Unauthenticated):
    """The login in progress is not there, too old or at its end: start again."""

    remedy = Fault("login", "sign in again from the start")


class WrongCode(Unauthenticated):
    """The code is wrong."""

    remedy = Fault("code", "the six digits that the mail or the app shows now, or a recovery code")


class TooManyCodes(Denied):
    """So many wrong codes in a row that only a new password lets anybody try another."""

    remedy = Fault("code", "set a new password by mail, then sign in again")


class SessionOver(Unauthenticated):
    """The refresh token is not valid, or its session has ended."""

    remedy = Fault("Authorization", "sign in again")


class SessionStolen(SessionOver):
    """A refresh token came back that had been used: the whole session was ended."""


class ClinicUnknown(Missing):
    """The person works at no clinic of that name; absent and foreign look the same."""

    remedy = Fault("clinicId", "one of the clinics that the sign-in names")


class NoClinic(Denied):
    """The password is right, but no clinic lets the person in any more."""

    remedy = Fault("clinicId", "ask an administrator of your clinic to let you in")


class SecondFactorNeeded(Denied):
    """The clinic asks for a second factor that this session was opened without."""

    remedy = Fault("clinicId", "sign in at that clinic, with a code")


class LinkUnusable(Invalid):
    """The link is not valid, was used, or is too old."""

    remedy = Fault("token", "ask for a new mail, and follow the link in it")


class NameNeeded(Invalid):
    """Whoever joins says who they are; nobody has a name for them yet."""


class WeakPassword(Invalid):
    """The password breaks a rule."""


class WrongPassword(Invalid):
    """The password that stands was not given."""

    remedy = Fault("current", "the password with which you sign in now")


class NoAppPending(Conflict):
    """No authenticator app waits to be confirmed."""

    remedy = Fault("app", "enrol an authenticator app first")


class NotWhileImpersonating(Denied):
    """Whoever acts for somebody else changes none of their credentials."""

    remedy = Fault("impersonation", "end it first")


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
