"""Mail through a true server: the clinic's own, else the installation's."""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from functools import cache
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import OrganizationId
from hlc_core.notifications.api import MailRefused, MailUnavailable, Message

SECONDS = 15.0
_BROKEN = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


class Security(StrEnum):
    """How the connection is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@frozen(kw_only=True)
class Server:
    """One mail server, and as whom it sends."""

    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    sender: str = ""
    sender_name: str = ""


Servers = Callable[[OrganizationId], Server | None]
"""The server of an organization, or None where there is none for it."""


@cache
def known_authorities() -> ssl.SSLContext:
    """Whom this machine trusts; read when the first mail is sent, and not before."""
    return ssl.create_default_context()


@frozen
class SmtpMail:
    """One connection a message: mails are few, and a connection that is kept dies unseen."""

    servers: Servers
    seconds: float = SECONDS
    trust: Callable[[], ssl.SSLContext] = field(default=known_authorities, repr=False)

    def send(self, message: Message) -> None:
        """Refuses: MailUnavailable (no server, no connection, wrong password, 4xx), MailRefused (5xx, address)."""
        server = self.servers(message.organization)
        if server is None:
            raise MailUnavailable("No mail server is set.", Fault("HLC_SMTP_URL", "or one in the clinic's settings"))
        letter = written(message, server)
        try:
            with self._connected(server) as connection:
                connection.send_message(letter, from_addr=server.sender, to_addrs=[message.to])
        except smtplib.SMTPRecipientsRefused as refusal:
            code = max((number for number, _ in refusal.recipients.values()), default=550)
            raise _refusal(code, "to") from None
        except smtplib.SMTPAuthenticationError:
            raise MailUnavailable("The mail server does not know us; look at its name and password.") from None
        except smtplib.SMTPResponseException as refusal:
            raise _refusal(refusal.smtp_code, "message") from None
        except (smtplib.SMTPException, OSError, UnicodeError):
            raise MailUnavailable("The mail server cannot be reached.") from None

    def _connected(self, server: Server) -> smtplib.SMTP:
        if server.security is Security.TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self.seconds, context=self.trust()
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self.seconds)
        try:
            if server.security is Security.STARTTLS:
                connection.starttls(context=self.trust())
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection


def written(message: Message, server: Server) -> EmailMessage:
    """The message as it is sent. No line of it can become a header. Refuses: MailRefused (an address)."""
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = _line(message.subject)
    letter["From"] = _address(message.from_address or server.sender, _line(message.from_name or server.sender_name))
    letter["To"] = _address(message.to, "")
    letter["Message-ID"] = message_id(message, server.sender.rpartition("@")[2] or "localhost")
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text)
    if message.html:
        letter.add_alternative(message.html, subtype="html")
    return letter


def message_id(message: Message, domain: str) -> str:
    """The same for the same occasion and person, so that a mail that was sent twice is shown once."""
    digest = hashlib.sha256(f"{message.id}|{message.to}".encode()).hexdigest()[:40]
    return f"<{digest}@{domain}>"


def server_of(url: str, sender: str, sender_name: str = "") -> Server | None:
    """The server of `smtp://…`, `smtp+starttls://…` or `smtps://user:password@host:port`; None for an empty one.

    Refuses: Invalid.
    """
    if not url:
        return None
    parts = urlsplit(url)
    kinds = {
        "smtp": (Security.NONE, 25),
        "smtp+starttls": (Security.STARTTLS, 587),
        "smtps": (Security.TLS, 465),
    }
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in kinds or not parts.hostname or port == -1 or "@" not in sender or _BROKEN.search(sender):
        raise Invalid(
            "The mail server cannot be used.",
            Fault("HLC_SMTP_URL", "smtps://name:password@host, with HLC_SMTP_FROM as the address of the sender"),
        )
    security, usual = kinds[parts.scheme]
    return Server(
        host=parts.hostname,
        port=port or usual,
        security=security,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=sender,
        sender_name=sender_name,
    )


def _address(address: str, name: str) -> Address:
    if _BROKEN.search(address) or not address.isascii():
        raise MailRefused("Mail cannot be sent to that address.")
    try:
        return Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError):
        raise MailRefused("Mail cannot be sent to that address.") from None


def _line(text: str) -> str:
    return " ".join(_BROKEN.sub(" ", text).split())[:200]


def _refusal(code: int, where: str) -> MailRefused | MailUnavailable:
    if 400 <= code < 500:
        return MailUnavailable(f"The mail server says: not now ({code}).")
    return MailRefused(f"The mail server refuses it ({code}).", Fault(where, "look at the address"))
