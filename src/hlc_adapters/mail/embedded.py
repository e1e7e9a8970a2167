"""Mailers that need no server: a file of JSON lines for trials and demos, and a list for tests and simulations."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from attrs import define, field

from hlc_adapters import wire
from hlc_core.kernel.errors import Unavailable
from hlc_core.notifications.api import Mailer, Message


@define
class FileMail:
    """Appends each message to a file, which then holds personal data: it is made readable by its owner only."""

    path: Path
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def send(self, message: Message) -> None:
        """One line a message. Refuses: Unavailable (the file cannot be written)."""
        try:
            with self._lock:
                if not self.path.exists():
                    self.path.touch(mode=0o600)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(wire.encode(message) + "\n")
        except OSError:
            raise Unavailable("The mail file cannot be written.") from None


@define
class MemoryMail:
    """Keeps messages; one that was sent twice is kept once, as a receiver would."""

    sent: dict[str, Message] = field(factory=dict)

    def send(self, message: Message) -> None:
        """Keep the message."""
        self.sent.setdefault(message.id, message)


@define
class ConsoleMail:
    """Writes each message where somebody reads along: for trials on one machine."""

    write: Callable[[str], object]
    beside: Mailer | None = None

    def send(self, message: Message) -> None:
        """One block a message; then also to `beside`."""
        lines = "".join(f"  {line}\n" for line in message.text.splitlines())
        self.write(f"mail to {message.to}: {message.subject}\n{lines}")
        if self.beside is not None:
            self.beside.send(message)
