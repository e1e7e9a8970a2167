"""What happened in the inbox: ids only."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import MessageId
from hlc_core.partners.model import MessageSource


@frozen(kw_only=True)
class MessageReceived(Event):
    """A message is stored, or to be tried again; the relay has it worked off."""

    name: ClassVar[str] = "inbound.received"
    message: MessageId
    source: MessageSource

    @property
    def subject(self) -> str:
        """The message: none waits for another."""
        return self.message


@frozen(kw_only=True)
class MessageParked(Event):
    """It is not tried again by itself: staff have to look."""

    name: ClassVar[str] = "inbound.parked"
    message: MessageId
    source: MessageSource
    code: str

    @property
    def subject(self) -> str:
        """The message."""
        return self.message
