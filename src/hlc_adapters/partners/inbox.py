"""The one inbox of what other systems tell us: keep, work off, fail, try again.

A message is stored with the event that has the relay work it off, in one transaction; so it has leases, attempts and
backoff like everything that goes out. Source: spec/engagement, Webhooks in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen

from hlc_adapters.wire import decode
from hlc_core.application import Application
from hlc_core.kernel.commands import Envelope, system
from hlc_core.kernel.errors import HlcError, Kind, Unavailable
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MessageId, OrganizationId
from hlc_core.partners.api import (
    FailMessage,
    GetMessage,
    InboundMessage,
    MessageReceived,
    MessageSource,
    MessageState,
    PatientInDoubt,
    ProcessMessage,
    Received,
    ReceiveMessage,
    SettleMessage,
)
from hlc_core.relay import Delivery

Outside = Callable[[InboundMessage], str]
"""Does what a message asks for outside of a transaction; answers how it went."""

LASTING = frozenset({Kind.INVALID, Kind.DENIED})
"""Refusals that the same message meets every time."""
FOR_A_PERSON = (PatientInDoubt,)
"""Refusals that stand until a person has decided something: trying again by itself helps nobody."""


@frozen(kw_only=True)
class Inbox:
    """Keeps and works off messages. `outside` are sources whose work is no transaction."""

    application: Application
    outside: Mapping[MessageSource, Outside] = field(factory=dict)

    def receive(self, command: ReceiveMessage, envelope: Envelope) -> Received:
        """The message, stored when this answers. Refuses: Unavailable (then nothing was stored)."""
        return self.application.execute(command, evolve(envelope, idempotency_key=None))

    def work_off(self, message: MessageId, envelope: Envelope) -> InboundMessage:
        """Try the message once; what went wrong is noted with it. Refuses: what its handler refuses."""
        return self._worked(self._message(message, envelope), envelope)

    def _message(self, message: MessageId, envelope: Envelope) -> InboundMessage:
        return self.application.ask(GetMessage(message=message), envelope)

    def _worked(self, held: InboundMessage, envelope: Envelope) -> InboundMessage:
        message = held.id
        try:
            return self._try(held, envelope)
        except Unavailable:
            raise
        except HlcError as refusal:
            where = ", ".join(f"{fault.field}: {fault.message}" for fault in refusal.faults)
            told = f"{refusal.detail} {where}".strip()
            lasting = refusal.kind in LASTING or isinstance(refusal, FOR_A_PERSON)
            self._fail(message, refusal.code, told, lasting, envelope)
            raise
        except Exception as error:  # whatever it is, it must be listed; its text may hold data, its type does not
            self._fail(message, type(error).__name__, "Nobody foresaw this.", False, envelope)
            raise

    def _try(self, held: InboundMessage, envelope: Envelope) -> InboundMessage:
        work = self.outside.get(held.source)
        if work is None:
            return self.application.execute(ProcessMessage(message=held.id), envelope)
        if held.state in (MessageState.PROCESSED, MessageState.HELD):
            return held
        return self.application.execute(SettleMessage(message=held.id, outcome=work(held)), envelope)

    def _fail(self, message: MessageId, code: str, error: str, lasting: bool, envelope: Envelope) -> InboundMessage:
        return self.application.execute(FailMessage(message=message, code=code, error=error, lasting=lasting), envelope)

    def deliver(self, delivery: Delivery) -> None:
        """The effect of a message that was received: try it. While it may be tried again its refusal goes out, so that
        the relay waits longer each time; a parked one, perhaps by the route that took it, is listed here and no longer
        in the relay's hands."""
        event = decode(MessageReceived, delivery.body)
        envelope = system(OrganizationId(delivery.organization), f"webhook:{event.source}")
        held = self._message(event.message, envelope)
        if held.state is MessageState.PARKED:
            return
        try:
            self._worked(held, envelope)
        except Unavailable:
            raise
        except HlcError:
            if self._message(event.message, envelope).state is MessageState.FAILED:
                raise
