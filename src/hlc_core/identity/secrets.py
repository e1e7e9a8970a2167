"""The texts that travel: an id and its proof, derived from the installation's key and compared, never stored."""

from __future__ import annotations

from datetime import datetime

from hlc_core.identity.model import Login, PasswordReset, Session
from hlc_core.identity.ports import Secrets
from hlc_core.kernel.ids import DeviceId, LoginId, OrganizationId, ResetId, SessionId, UserId
from hlc_core.people.api import Invitation


def refresh_token(session: Session, rotation: int, secrets: Secrets) -> str:
    """The token of one rotation of a session."""
    return f"{session.id}.{rotation}.{secrets.derived('refresh', session.id, session.seed, str(rotation))}"


def session_in(token: str) -> tuple[SessionId, int] | None:
    """Of which session and rotation a refresh token claims to be."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > 300 or not token.isascii():
        return None
    if not (parts[1].isdigit() and len(parts[1]) < 10 and parts[0].startswith("ses_")):
        return None
    return SessionId(parts[0]), int(parts[1])


def csrf_token(session: SessionId, secrets: Secrets) -> str:
    """What a page has to send beside its cookies, so that no other site can use them."""
    return secrets.derived("csrf", session)


def login_handle(login: LoginId, secrets: Secrets) -> str:
    """By what the person goes on with a login in progress."""
    return f"{login}.{secrets.derived('login', login)}"


def login_in(handle: str, secrets: Secrets) -> LoginId | None:
    """The login of a handle, if it is genuine."""
    id, proof = _parted(handle)
    return LoginId(id) if secrets.same(proof, secrets.derived("login", id)) else None


def code_of(login: Login, secrets: Secrets) -> str:
    """The six digits of the newest code of the login."""
    return secrets.digits("code", login.id, str(login.codes))


def device_token(device: DeviceId, user: UserId, secrets: Secrets) -> str:
    """By what a device is known again."""
    return f"{device}.{user}.{secrets.derived('device', device, user)}"


def device_in(token: str, secrets: Secrets) -> tuple[DeviceId, UserId] | None:
    """The device and the person of a token, if it is genuine."""
    front, proof = _parted(token)
    device, _, user = front.partition(".")
    if not secrets.same(proof, secrets.derived("device", device, user)):
        return None
    return DeviceId(device), UserId(user)


def reset_token(reset: PasswordReset, secrets: Secrets) -> str:
    """What stands in the link by which a password is set."""
    return f"{reset.id}.{secrets.derived('reset', reset.id)}"


def reset_in(token: str, secrets: Secrets) -> ResetId | None:
    """The reset of a link, if it is genuine."""
    id, proof = _parted(token)
    return ResetId(id) if secrets.same(proof, secrets.derived("reset", id)) else None


def invitation_token(invitation: Invitation, secrets: Secrets) -> str:
    """What stands in the link of an invitation; a new one is made, and the old one ends, when it is sent again."""
    proof = secrets.derived("invitation", invitation.id, _stamp(invitation.expires_at))
    return f"{invitation.organization}.{invitation.id}.{proof}"


def invitation_in(token: str) -> tuple[OrganizationId, str] | None:
    """Of which organization and invitation a link claims to be; `invitation_token` says whether it is genuine."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > 300 or not token.isascii():
        return None
    return OrganizationId(parts[0]), parts[1]


def _stamp(instant: datetime) -> str:
    return str(int(instant.timestamp()))


def _parted(token: str) -> tuple[str, str]:
    if len(token) > 300 or not token.isascii():
        return "", ""
    front, _, proof = token.rpartition(".")
    return front, proof
