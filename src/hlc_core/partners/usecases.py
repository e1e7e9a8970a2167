"""Keeping messages, working them off, and having them tried again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.ids import MessageId
from hlc_core.partners import fields
from hlc_core.partners.careportals import take_event
from hlc_core.partners.errors import NoReplay
from hlc_core.partners.events import MessageParked, MessageReceived
from hlc_core.partners.handling import Done, checked, email_key, tell
from hlc_core.partners.machine import MessageState
from hlc_core.partners.model import InboundMessage, MessageSource, Told
from hlc_core.partners.pharmacies import take_word
from hlc_core.partners.ports import Env
from hlc_core.partners.wellmedr import take_intake, take_invoice

HANDLERS: Mapping[MessageSource, Callable[[InboundMessage, Env], Done]] = {
    MessageSource.WELLMEDR_INTAKE: take_intake,
    MessageSource.WELLMEDR_INVOICE: take_invoice,
    MessageSource.CAREPORTALS: take_event,
    MessageSource.PHARMACY: take_word,
}
"""What is done about messages here. Stripe's are done outside of a transaction: they only wake a payment."""


@frozen(kw_only=True)
class Received:
    """A message that is stored; `new`: it was not there already, or not with this payload."""

    message: InboundMessage
    new: bool


@frozen(kw_only=True)
class ReceiveMessage(Command[Received]):
    """A verified message came: keep it. `held` names why it is not to be worked off yet."""

    source: MessageSource
    event_id: str
    kind: str = ""
    told: Told = field(repr=False)
    held: str = ""


def receive_message(command: ReceiveMessage, env: Env) -> Received:
    """The message, stored once; one that came before is answered as it stands. One that could not be worked off and
    comes with another payload under its id was corrected by its sender: that payload is tried."""
    standing = env.inbox.known(command.source, command.event_id)
    if standing is not None:
        return _again(standing, command, env)
    message = InboundMessage(
        id=MessageId(env.ids.new("msg")),
        organization=env.organization.id,
        source=command.source,
        event_id=command.event_id,
        kind=command.kind,
        received_at=env.clock.now(),
        told=command.told,
        wait_key=_waits_for(command, env),
    )
    kept = message.held(command.held) if command.held else message
    env.inbox.add(kept)
    if kept.state is MessageState.RECEIVED:
        env.outbox.put(MessageReceived(message=kept.id, source=kept.source))
    return Received(message=kept, new=True)


def _again(standing: InboundMessage, command: ReceiveMessage, env: Env) -> Received:
    if standing.state not in (MessageState.FAILED, MessageState.PARKED) or standing.told == command.told:
        return Received(message=standing, new=False)
    corrected = standing.corrected(command.kind, command.told, _waits_for(command, env))
    tell(corrected, env)
    return Received(message=corrected, new=True)


def _waits_for(command: ReceiveMessage, env: Env) -> str:
    if command.source is not MessageSource.WELLMEDR_INVOICE:
        return ""
    return email_key(fields.read(command.told).first(fields.EMAIL), env)


@frozen(kw_only=True)
class ProcessMessage(Command[InboundMessage]):
    """Do what the message tells, once."""

    message: MessageId


def process_message(command: ProcessMessage, env: Env) -> InboundMessage:
    """The message, worked off; what was worked off before, and what is held, is answered as it stands.

    Refuses: Missing, and what its handler refuses: then nothing of it was done.
    """
    message = env.inbox.get(command.message)
    if message.state in (MessageState.PROCESSED, MessageState.HELD) or message.source not in HANDLERS:
        return message
    try:
        done = HANDLERS[message.source](checked(message), env)
    except HlcError as refusal:
        refusal.faults = fields.in_their_words(refusal.faults, fields.read(message.told))
        raise
    return _settled(message, done, env)


@frozen(kw_only=True)
class SettleMessage(Command[InboundMessage]):
    """It was worked off outside of a transaction: what Stripe's wake, for one."""

    message: MessageId
    outcome: str
    touched: tuple[str, ...] = ()


def settle_message(command: SettleMessage, env: Env) -> InboundMessage:
    """The message, worked off. Twice is once. Refuses: Missing, IllegalTransition (held)."""
    message = env.inbox.get(command.message)
    if message.state is MessageState.PROCESSED:
        return message
    return _settled(message, Done(outcome=command.outcome, touched=command.touched), env)


@frozen(kw_only=True)
class FailMessage(Command[InboundMessage]):
    """A try failed. `lasting`: the same message can never be worked off as it is."""

    message: MessageId
    code: str
    error: str
    lasting: bool


def fail_message(command: FailMessage, env: Env) -> InboundMessage:
    """The message with what went wrong; parked after the last try. One that was worked off meanwhile stays so.

    Refuses: Missing.
    """
    message = env.inbox.get(command.message)
    if message.state in (MessageState.PROCESSED, MessageState.HELD):
        return message
    failed = message.failed(command.code, command.error[:500], command.lasting, env.clock.now())
    env.inbox.save(failed)
    if failed.state is MessageState.PARKED and message.state is not MessageState.PARKED:
        env.outbox.put(MessageParked(message=failed.id, source=failed.source, code=failed.code))
    return failed


@frozen(kw_only=True)
class ReplayMessage(Command[InboundMessage]):
    """Have a message tried again from the start."""

    message: MessageId


def replay_message(command: ReplayMessage, env: Env) -> InboundMessage:
    """The message, waiting; one that waits already stays so. Refuses: Missing, NoReplay (worked off)."""
    message = env.inbox.get(command.message)
    if message.state is MessageState.RECEIVED:
        return message
    if message.state is MessageState.PROCESSED:
        raise NoReplay("It was worked off; trying it again would change nothing.")
    again = message.replayed()
    tell(again, env)
    return again


def _settled(message: InboundMessage, done: Done, env: Env) -> InboundMessage:
    settled = message.processed(done.outcome, done.touched, env.clock.now())
    env.inbox.save(settled)
    return settled
