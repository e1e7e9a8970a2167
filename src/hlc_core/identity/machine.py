"""Two lifecycles: a login in progress, and the session that comes of it. Source: spec/access, Identity and sessions."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule


class LoginState(StrEnum):
    """Where a login stands after its password was right."""

    PROVED = "proved"
    CHALLENGED = "challenged"
    DONE = "done"
    FAILED = "failed"


class LoginTrigger(StrEnum):
    """What moves a login on."""

    CHALLENGE = "challenge"
    RESEND = "resend"
    WRONG_CODE = "wrong_code"
    FINISH = "finish"
    ABANDON = "abandon"


@frozen(kw_only=True)
class LoginFacts:
    """What the guards of a login read."""

    tries_left: bool = True
    resends_left: bool = True
    in_time: bool = True


def in_time(facts: LoginFacts) -> bool:
    return facts.in_time


def resends_left(facts: LoginFacts) -> bool:
    return facts.in_time and facts.resends_left


def tries_left(facts: LoginFacts) -> bool:
    return facts.in_time and facts.tries_left


def no_tries_left(facts: LoginFacts) -> bool:
    return facts.in_time and not facts.tries_left


LOGIN: Machine[LoginState, LoginTrigger, LoginFacts] = Machine(
    name="login",
    initial=LoginState.PROVED,
    final=frozenset({LoginState.DONE, LoginState.FAILED}),
    rules=(
        Rule(LoginState.PROVED, LoginTrigger.CHALLENGE, LoginState.CHALLENGED, in_time),
        Rule(LoginState.PROVED, LoginTrigger.FINISH, LoginState.DONE, in_time),
        Rule(LoginState.PROVED, LoginTrigger.ABANDON, LoginState.FAILED),
        Rule(LoginState.CHALLENGED, LoginTrigger.RESEND, LoginState.CHALLENGED, resends_left),
        Rule(LoginState.CHALLENGED, LoginTrigger.WRONG_CODE, LoginState.CHALLENGED, tries_left),
        Rule(LoginState.CHALLENGED, LoginTrigger.WRONG_CODE, LoginState.FAILED, no_tries_left),
        Rule(LoginState.CHALLENGED, LoginTrigger.FINISH, LoginState.DONE, in_time),
        Rule(LoginState.CHALLENGED, LoginTrigger.ABANDON, LoginState.FAILED),
    ),
    notes={
        LoginState.PROVED: Note("the person", "Choose the clinic.", "The clinic is to be chosen."),
        LoginState.CHALLENGED: Note("the person", "Enter the code.", "A code is asked for as the second factor."),
        LoginState.DONE: Note("nobody", "You are signed in.", "A session came of it."),
        LoginState.FAILED: Note("nobody", "Sign in again.", "Given up, or too many wrong codes."),
    },
)


class SessionState(StrEnum):
    """Where a session stands. Only an OPEN one lets anybody in."""

    OPEN = "open"
    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"
    STOLEN = "stolen"
    EXPIRED = "expired"


class SessionTrigger(StrEnum):
    """What happens to a session."""

    REFRESH = "refresh"
    SIGN_OUT = "sign_out"
    REVOKE = "revoke"
    REPLAY = "replay"
    EXPIRE = "expire"


@frozen(kw_only=True)
class SessionFacts:
    """What the guards of a session read: whether its idle or its absolute end has come."""

    outlived: bool = False


def alive(facts: SessionFacts) -> bool:
    return not facts.outlived


def outlived(facts: SessionFacts) -> bool:
    return facts.outlived


SESSION: Machine[SessionState, SessionTrigger, SessionFacts] = Machine(
    name="session",
    initial=SessionState.OPEN,
    final=frozenset({SessionState.SIGNED_OUT, SessionState.REVOKED, SessionState.STOLEN, SessionState.EXPIRED}),
    rules=(
        Rule(SessionState.OPEN, SessionTrigger.REFRESH, SessionState.OPEN, alive),
        Rule(SessionState.OPEN, SessionTrigger.SIGN_OUT, SessionState.SIGNED_OUT),
        Rule(SessionState.OPEN, SessionTrigger.REVOKE, SessionState.REVOKED),
        Rule(
            SessionState.OPEN,
            SessionTrigger.REPLAY,
            SessionState.STOLEN,
            causes="every token of the family is dead, and the person is told",
        ),
        Rule(SessionState.OPEN, SessionTrigger.EXPIRE, SessionState.EXPIRED, outlived),
    ),
    notes={
        SessionState.OPEN: Note("the person", "You are signed in.", "Its refresh token may be used once."),
        SessionState.SIGNED_OUT: Note("nobody", "You have signed out.", "Ended by the person."),
        SessionState.REVOKED: Note("nobody", "This sign-in was ended.", "Ended by an administrator or a new password."),
        SessionState.STOLEN: Note(
            "nobody", "This sign-in was ended to protect you.", "An old refresh token came back: somebody copied it."
        ),
        SessionState.EXPIRED: Note("nobody", "Sign in again.", "Unused for too long, or at its longest age."),
    },
)
