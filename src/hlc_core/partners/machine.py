"""The lifecycle of one message of another system. Source: spec/engagement, Webhooks in."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule

REPLAY = "platform.webhooks.replay"


class MessageState(StrEnum):
    """Where a message stands."""

    RECEIVED = "received"
    FAILED = "failed"
    PARKED = "parked"
    HELD = "held"
    PROCESSED = "processed"


class MessageTrigger(StrEnum):
    """What moves a message."""

    PROCESS = "process"
    FAIL = "fail"
    HOLD = "hold"
    REPLAY = "replay"
    CORRECT = "correct"


@frozen(kw_only=True)
class MessageFacts:
    """What the guards read."""

    tries_left: bool = True
    """It may be tried again by itself: not tried too often, and not for ever unusable."""


def tries_left(facts: MessageFacts) -> bool:
    """It may be tried again by itself."""
    return facts.tries_left


def no_tries_left(facts: MessageFacts) -> bool:
    """Only a person, or another message, has it tried again."""
    return not facts.tries_left


_S, _T = MessageState, MessageTrigger
_WAITING = (_S.RECEIVED, _S.FAILED, _S.PARKED)

INBOX = Machine[MessageState, MessageTrigger, MessageFacts](
    name="message",
    initial=_S.RECEIVED,
    final=frozenset({_S.PROCESSED}),
    rules=(
        *(Rule(state, _T.PROCESS, _S.PROCESSED, causes="what it tells was done, once") for state in _WAITING),
        *(Rule(state, _T.FAIL, _S.FAILED, tries_left) for state in (_S.RECEIVED, _S.FAILED)),
        *(Rule(state, _T.FAIL, _S.PARKED, no_tries_left) for state in (_S.RECEIVED, _S.FAILED)),
        Rule(_S.PARKED, _T.FAIL, _S.PARKED),
        Rule(_S.RECEIVED, _T.HOLD, _S.HELD, causes="its source is switched off"),
        *(
            Rule(state, _T.REPLAY, _S.RECEIVED, permission=REPLAY, causes="it is tried again from the start")
            for state in (_S.FAILED, _S.PARKED, _S.HELD)
        ),
        *(
            Rule(state, _T.CORRECT, _S.RECEIVED, causes="what was sent again under its id takes its place")
            for state in (_S.FAILED, _S.PARKED)
        ),
    ),
    notes={
        _S.RECEIVED: Note("system", "", "Stored; it is worked off in a moment.", 1),
        _S.FAILED: Note("system", "", "It could not be worked off; it is tried again by itself.", 1),
        _S.PARKED: Note("staff", "", "It is not tried again by itself: mend the cause and replay it.", 1),
        _S.HELD: Note("staff", "", "Its source is switched off: replay it when that is over.", 7),
        _S.PROCESSED: Note("nobody", "", "Worked off."),
    },
)
