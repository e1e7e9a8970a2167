"""What notifications need from outside."""

from __future__ import annotations

from typing import Protocol

from hlc_core.kernel.errors import Fault, Invalid, Unavailable
from hlc_core.kernel.repository import Repository
from hlc_core.notifications.model import MailTemplate, Message
from hlc_core.people.api import Env as PeopleEnv


class MailUnavailable(Unavailable):
    """The mail server cannot take it now; later it may."""


class MailRefused(Invalid):
    """The mail server will never take it: no such box, or a message that it does not want."""

    remedy = Fault("to", "check the address; then have the mail sent again")


class Mailer(Protocol):
    """Sends mail. Refuses: MailUnavailable (try again later), MailRefused (never)."""

    def send(self, message: Message) -> None:
        """Hand the message over; a repetition carries the same id."""
        ...


class MailTemplates(Repository[str, MailTemplate], Protocol):
    """The clinic's own words."""

    def all(self) -> tuple[MailTemplate, ...]:
        """All that it wrote."""
        ...

    def remove(self, aggregate: MailTemplate) -> None:
        """Back to the words that come with HLC."""
        ...


class Env(PeopleEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def mail_templates(self) -> MailTemplates: ...
