"""What notifications need from outside."""

from __future__ import annotations

from typing import Protocol

from hlc_core.kernel.errors import Invalid, Unavailable
from hlc_core.notifications.model import Message


class MailUnavailable(Unavailable):
    """The mail server cannot take it now; later it may."""


class MailRefused(Invalid):
    """The mail server will never take it: no such box, or a message that it does not want."""


class Mailer(Protocol):
    """Sends mail. Refuses: MailUnavailable (try again later), MailRefused (never)."""

    def send(self, message: Message) -> None:
        """Hand the message over; a repetition carries the same id."""
        ...
