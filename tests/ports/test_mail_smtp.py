"""The SMTP adapter against a true server in this process, and what goes wrong on the way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from attrs import define, field

from hlc_adapters.mail.embedded import ConsoleMail, MemoryMail
from hlc_adapters.mail.servers import StoredServers
from hlc_adapters.mail.smtp import Security, Server, SmtpMail, message_id, server_of, written
from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrganizationId
from hlc_core.notifications.api import MailRefused, MailUnavailable, Message
from hlc_core.organizations.api import CommunicationSettings, SecretName, SetSecret, SmtpSecurity
from support.refusals import refused
from support.worlds import ORGANIZATION, World

LETTER = Message(id="evt_1", to="ada@example.com", subject="Your code", text="It is 123456.\n.\nGoodbye, Zoë.")


@define
class Box:
    """Takes mail; `says` is what it answers to the recipient and to the message."""

    says: dict[str, str] = field(factory=dict)
    mails: list[EmailMessage] = field(factory=list)
    recipients: list[str] = field(factory=list)
    logins: list[tuple[str, str]] = field(factory=list)

    async def handle_RCPT(  # aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        """The recipient."""
        if "RCPT" in self.says:
            return self.says["RCPT"]
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        """The message."""
        if "DATA" in self.says:
            return self.says["DATA"]
        raw = envelope.content
        assert isinstance(raw, bytes)
        self.mails.append(message_from_bytes(raw, policy=policy.default))
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Name and password."""
        known = (data.login.decode(), data.password.decode())
        self.logins.append(known)
        return AuthResult(success=known == ("clinic", "s3cret"))


@pytest.fixture
def box() -> Box:
    """An empty one."""
    return Box()


@pytest.fixture
def server(box: Box) -> Iterator[Server]:
    """Its address."""
    controller = Controller(box, hostname="127.0.0.1", port=0, authenticator=box.authenticate, auth_require_tls=False)
    controller.port = free_port()
    controller.start()
    try:
        yield Server(host="127.0.0.1", port=controller.port, security=Security.NONE, sender="clinic@example.com")
    finally:
        controller.stop()


def free_port() -> int:
    """One that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def mailer(server: Server) -> SmtpMail:
    """Through that server."""
    return SmtpMail(lambda _: server, seconds=3)


def test_a_mail_arrives_as_it_was_written(server: Server, box: Box) -> None:
    """Letters beyond ASCII, and a line with a dot."""
    mailer(evolve(server, sender_name="Clinic Zoë")).send(LETTER)
    (mail,) = box.mails

    assert ["ada@example.com"] == box.recipients
    assert ("Your code", "Clinic Zoë <clinic@example.com>") == (mail["Subject"], str(mail["From"]))
    assert LETTER.text == mail.get_content().replace("\r\n", "\n").rstrip("\n")


def test_the_same_occasion_has_the_same_message_id(server: Server, box: Box) -> None:
    """So that a mail that was sent twice is shown once; another person's or occasion's is another."""
    for letter in (LETTER, LETTER, evolve(LETTER, id="evt_2"), evolve(LETTER, to="bea@example.com")):
        mailer(server).send(letter)
    ids = [mail["Message-ID"] for mail in box.mails]

    assert ids[0] == ids[1] == message_id(LETTER, "example.com")
    assert 3 == len(set(ids))
    assert "ada" not in ids[0]


@pytest.mark.parametrize(
    ("stage", "answer", "kind"),
    [
        ("RCPT", "550 no such box", MailRefused),
        ("RCPT", "450 come back later", MailUnavailable),
        ("DATA", "554 not wanted", MailRefused),
        ("DATA", "421 going down", MailUnavailable),
    ],
)
def test_what_the_server_says_is_for_now_or_for_ever(
    server: Server, box: Box, stage: str, answer: str, kind: type[Invalid]
) -> None:
    """5xx for ever, 4xx for now; its words, which may hold an address, are not repeated."""
    box.says[stage] = answer

    with refused(kind) as told:
        mailer(server).send(LETTER)
    assert answer[:3] in told.detail
    assert answer[4:] not in told.detail


def test_no_server_and_a_silent_one_are_for_now() -> None:
    """Refused connections and time-outs."""
    closed = Server(host="127.0.0.1", port=free_port(), security=Security.NONE, sender="a@example.com")
    with refused(MailUnavailable):
        mailer(closed).send(LETTER)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        with refused(MailUnavailable):
            SmtpMail(lambda _: evolve(closed, port=silent.getsockname()[1]), seconds=0.3).send(LETTER)


def test_name_and_password_are_given_and_a_wrong_one_is_for_now(server: Server, box: Box) -> None:
    """Somebody will correct the settings; the refusal holds no password."""
    mailer(evolve(server, user="clinic", password="s3cret")).send(LETTER)
    with refused(MailUnavailable) as told:
        mailer(evolve(server, user="clinic", password="hunter2")).send(LETTER)

    assert [("clinic", "s3cret"), ("clinic", "hunter2")] == box.logins
    assert 1 == len(box.mails)
    assert "hunter2" not in told.detail + repr(server)


def test_a_server_without_tls_is_not_trusted_where_tls_is_asked_for(server: Server, box: Box) -> None:
    """No silent fall back to clear text: the password is not sent."""
    for security in (Security.STARTTLS, Security.TLS):
        with refused(MailUnavailable):
            mailer(evolve(server, security=security, user="clinic", password="s3cret")).send(LETTER)

    assert [] == box.logins
    assert [] == box.mails


@pytest.mark.parametrize("field_", ["subject", "sender_name"])
@pytest.mark.parametrize("evil", ["x\r\nBcc: eve@example.com", "x\nBcc: eve@example.com", "x\x0bBcc: e", "x\u2028y"])
def test_no_line_of_a_mail_becomes_a_header(server: Server, box: Box, field_: str, evil: str) -> None:
    """Names and subjects come from people."""
    if field_ == "subject":
        mailer(server).send(evolve(LETTER, subject=evil))
    else:
        mailer(evolve(server, sender_name=evil)).send(LETTER)

    assert ["ada@example.com"] == box.recipients
    assert "Bcc" not in box.mails[0]


@pytest.mark.parametrize(
    "to", ["a@example.com\r\nRCPT TO:<eve@example.com>", "a@b\nc", "", "no address", "ä@example.com"]
)
def test_addresses_that_are_none_are_refused_before_anything_is_sent(server: Server, box: Box, to: str) -> None:
    """For ever."""
    with refused(MailRefused):
        mailer(server).send(evolve(LETTER, to=to))

    assert [] == box.recipients


def test_the_clinics_own_server_goes_before_the_installations(world: World, server: Server) -> None:
    """Its settings and its sealed password; without them ours; without any, later."""
    ours = evolve(server, sender="ours@example.com")
    servers = StoredServers(world.services.backend, ours)

    assert ours == servers(ORGANIZATION)
    world.change(
        communication=CommunicationSettings(
            smtp_host="mail.clinic.example",
            smtp_port=465,
            smtp_user="clinic",
            smtp_security=SmtpSecurity.TLS,
            from_address="hello@clinic.example",
        )
    )
    world.execute(SetSecret(name=SecretName.SMTP_PASSWORD, value="s3cret"))
    theirs = servers(ORGANIZATION)

    assert theirs is not None
    assert ("mail.clinic.example", 465, Security.TLS, "clinic", "s3cret", "hello@clinic.example", "Clinic") == (
        theirs.host,
        theirs.port,
        theirs.security,
        theirs.user,
        theirs.password,
        theirs.sender,
        theirs.sender_name,
    )
    assert ours == servers(OrganizationId("platform"))
    with refused(MailUnavailable):
        SmtpMail(StoredServers(world.services.backend)).send(LETTER)


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail.example:port"])
def test_a_server_that_cannot_be_meant_is_refused(url: str) -> None:
    """With the remedy, never with its password."""
    with refused(Invalid) as told:
        server_of(url, "clinic@example.com")
    assert "HLC_SMTP_URL" == told.faults[0].field


def test_addresses_of_servers_are_read() -> None:
    """Scheme, port, name and password."""
    made = server_of("smtps://us%40er:p%2Fw@mail.example", "clinic@example.com")

    assert made is not None
    assert ("mail.example", 465, Security.TLS, "us@er", "p/w") == (
        made.host,
        made.port,
        made.security,
        made.user,
        made.password,
    )
    assert None is server_of("", "")
    assert "p/w" not in repr(made)


def test_the_console_shows_each_mail_and_passes_it_on() -> None:
    """For trials."""
    shown: list[str] = []
    beside = MemoryMail()
    ConsoleMail(shown.append, beside).send(LETTER)

    assert "mail to ada@example.com: Your code" in shown[0]
    assert LETTER in beside.sent.values()
    assert "Auto-Submitted" in written(LETTER, Server(host="x", port=1, sender="a@example.com"))


def test_html_goes_beside_the_text_and_the_sender_of_the_template_before_the_servers() -> None:
    """A program without HTML shows the text; no line of a name becomes a header."""
    server = Server(host="mail.example.com", port=25, sender="clinic@example.com", sender_name="Clinic")
    more = evolve(LETTER, html="<p>It is <b>123456</b>.</p>", from_name="Codes\r\nBcc: x@example.com", from_address="")

    letter = written(evolve(more, from_address="codes@example.com"), server)

    assert "multipart/alternative" == letter.get_content_type()
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in letter.iter_parts()]
    assert "<b>123456</b>" in letter.as_string()
    assert "codes@example.com" in letter["From"]
    assert None is letter["Bcc"]
    assert "clinic@example.com" in written(more, server)["From"]
    assert "text/plain" == written(LETTER, server).get_content_type()
