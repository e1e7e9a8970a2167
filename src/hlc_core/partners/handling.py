"""What handlers of messages answer, and how a message that waited is tried again."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.text import folded
from hlc_core.partners.events import MessageReceived
from hlc_core.partners.machine import MessageState
from hlc_core.partners.model import InboundMessage
from hlc_core.partners.ports import Env

_WAKES = frozenset({MessageState.FAILED, MessageState.PARKED})


@frozen(kw_only=True)
class Done:
    """What became of a message: a word, and the ids that it made or changed."""

    outcome: str
    touched: tuple[str, ...] = ()


def email_key(email: str, env: Env) -> str:
    """The hash under which messages wait for a patient to come. It stays the same when index keys are changed."""
    return env.fingerprints.of(f"{env.organization.id}|email|{folded(email)}") if email.strip() else ""


def wake(emails: Sequence[str], env: Env) -> None:
    """Have the messages tried again that waited for somebody with one of these addresses."""
    keys = {key for email in emails if (key := email_key(email, env))}
    for message in env.inbox.waiting_for(keys) if keys else ():
        if message.state in _WAKES:
            tell(message.replayed(), env)


def tell(message: InboundMessage, env: Env) -> None:
    """Store the message as it is to be tried again, and have it worked off."""
    env.inbox.save(message)
    env.outbox.put(MessageReceived(message=message.id, source=message.source))


def checked(message: InboundMessage) -> InboundMessage:
    """The message, if it can be read. Refuses: Invalid."""
    if message.told.unread:
        raise Invalid("The body is no JSON object.", Fault("body", "one JSON object, in UTF-8"))
    return message
