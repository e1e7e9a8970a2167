"""What notifications need from outside."""

from __future__ import annotations

from typing import Protocol

from hlc_core.notifications.model import Message


class Mailer(Protocol):
    """Sends mail. Refuses: Unavailable (try again later)."""

    def send(self, message: Message) -> None:
        """Hand the message over; a repetition carries the same id."""
        ...
