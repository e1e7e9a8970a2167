"""The lifecycles of a payment attempt and of a refund. Source: design/charge-protocol, States."""

from __future__ import annotations

from enum import StrEnum

from hlc_core.kernel.machine import Machine, NoFacts, Note, Rule


class AttemptState(StrEnum):
    """Where an attempt stands."""

    OPEN = "open"
    SENT = "sent"
    ACTION = "action"
    UNKNOWN = "unknown"
    CLOSING = "closing"
    CLOSED = "closed"
    PAID = "paid"
    QUARANTINE = "quarantine"


class AttemptTrigger(StrEnum):
    """What moves an attempt; the outside world's outcomes are triggers."""

    SEND = "send"
    ABANDON = "abandon"
    CAPTURE = "capture"
    CHALLENGE = "challenge"
    LOSE = "lose"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    CANCELLED = "cancelled"
    DISAGREE = "disagree"
    GIVE_UP = "give_up"
    RULE_PAID = "rule_paid"
    RULE_CLOSED = "rule_closed"


_S, _T = AttemptState, AttemptTrigger
_RULING = "payments.quarantine.rule"

ATTEMPT = Machine[AttemptState, AttemptTrigger, NoFacts](
    name="payment_attempt",
    initial=_S.OPEN,
    final=frozenset({_S.CLOSED, _S.PAID}),
    rules=(
        Rule(_S.OPEN, _T.SEND, _S.SENT, causes="the confirm may go out"),
        Rule(_S.OPEN, _T.ABANDON, _S.CLOSED),
        Rule(_S.SENT, _T.CAPTURE, _S.PAID, causes="the obligation is settled"),
        Rule(_S.SENT, _T.CHALLENGE, _S.ACTION),
        Rule(_S.SENT, _T.LOSE, _S.UNKNOWN),
        Rule(_S.SENT, _T.DECLINE, _S.CLOSING, causes="the gateway object is cancelled"),
        Rule(_S.SENT, _T.WITHDRAW, _S.CLOSING, causes="the gateway object is cancelled"),
        Rule(_S.SENT, _T.DISAGREE, _S.QUARANTINE),
        Rule(_S.ACTION, _T.CAPTURE, _S.PAID, causes="the obligation is settled"),
        Rule(_S.ACTION, _T.LOSE, _S.UNKNOWN),
        Rule(_S.ACTION, _T.DECLINE, _S.CLOSING, causes="the gateway object is cancelled"),
        Rule(_S.ACTION, _T.WITHDRAW, _S.CLOSING, causes="the gateway object is cancelled"),
        Rule(_S.ACTION, _T.DISAGREE, _S.QUARANTINE),
        Rule(_S.UNKNOWN, _T.CAPTURE, _S.PAID, causes="the obligation is settled"),
        Rule(_S.UNKNOWN, _T.CHALLENGE, _S.ACTION),
        Rule(_S.UNKNOWN, _T.DECLINE, _S.CLOSING, causes="the gateway object is cancelled"),
        Rule(_S.UNKNOWN, _T.WITHDRAW, _S.CLOSING, causes="the gateway object is cancelled"),
        Rule(_S.UNKNOWN, _T.DISAGREE, _S.QUARANTINE),
        Rule(_S.UNKNOWN, _T.GIVE_UP, _S.QUARANTINE, causes="recovery of that obligation pauses"),
        Rule(_S.CLOSING, _T.CANCELLED, _S.CLOSED, causes="only now may the next attempt open"),
        Rule(_S.CLOSING, _T.CAPTURE, _S.PAID, causes="the obligation is settled: it had won"),
        Rule(_S.CLOSING, _T.DISAGREE, _S.QUARANTINE),
        Rule(_S.CLOSING, _T.GIVE_UP, _S.QUARANTINE, causes="recovery of that obligation pauses"),
        Rule(_S.QUARANTINE, _T.RULE_PAID, _S.PAID, permission=_RULING, manual=True),
        Rule(_S.QUARANTINE, _T.RULE_CLOSED, _S.CLOSED, permission=_RULING, manual=True),
    ),
    notes={
        _S.OPEN: Note("system", "Your payment is being prepared.", "Committed; nothing was sent."),
        _S.SENT: Note("gateway", "Your payment is being made.", "The confirm may be on its way."),
        _S.ACTION: Note("patient", "Your bank asks you to confirm the payment.", "3-D Secure or a pending debit.", 1),
        _S.UNKNOWN: Note("system", "Your payment is being checked.", "No definite answer; the resolver asks.", 7),
        _S.CLOSING: Note("system", "Your payment was not accepted.", "Declined; the cancel is not confirmed yet.", 7),
        _S.CLOSED: Note("nobody", "Your payment was not accepted.", "Dead at the gateway, or never sent."),
        _S.PAID: Note("nobody", "Your payment was received.", "Captured; amount and currency match."),
        _S.QUARANTINE: Note(
            "staff", "Your payment is being checked by our staff.", "Facts disagree; a person rules.", 1
        ),
    },
)


class RefundState(StrEnum):
    """Where a refund stands."""

    OPEN = "open"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUNDED = "refunded"
    REFUSED = "refused"
    QUARANTINE = "quarantine"


class RefundTrigger(StrEnum):
    """What moves a refund."""

    SEND = "send"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    LOSE = "lose"
    GIVE_UP = "give_up"
    RULE_REFUNDED = "rule_refunded"
    RULE_REFUSED = "rule_refused"


_R, _U = RefundState, RefundTrigger

REFUND = Machine[RefundState, RefundTrigger, NoFacts](
    name="refund",
    initial=_R.OPEN,
    final=frozenset({_R.REFUNDED, _R.REFUSED}),
    rules=(
        Rule(_R.OPEN, _U.SEND, _R.SENT),
        Rule(_R.SENT, _U.CONFIRM, _R.REFUNDED, causes="invoice and order follow"),
        Rule(_R.SENT, _U.REFUSE, _R.REFUSED, causes="the reserved amount is free again"),
        Rule(_R.SENT, _U.LOSE, _R.UNKNOWN),
        Rule(_R.UNKNOWN, _U.CONFIRM, _R.REFUNDED, causes="invoice and order follow"),
        Rule(_R.UNKNOWN, _U.REFUSE, _R.REFUSED, causes="the reserved amount is free again"),
        Rule(_R.UNKNOWN, _U.GIVE_UP, _R.QUARANTINE),
        Rule(_R.QUARANTINE, _U.RULE_REFUNDED, _R.REFUNDED, permission=_RULING, manual=True),
        Rule(_R.QUARANTINE, _U.RULE_REFUSED, _R.REFUSED, permission=_RULING, manual=True),
    ),
    notes={
        _R.OPEN: Note("system", "Your refund is being prepared.", "Committed; nothing was sent."),
        _R.SENT: Note("gateway", "Your refund is on its way.", "Sent to the gateway."),
        _R.UNKNOWN: Note("system", "Your refund is being checked.", "No definite answer; the resolver asks.", 7),
        _R.REFUNDED: Note("nobody", "Your refund was made.", "Confirmed by the gateway."),
        _R.REFUSED: Note("staff", "Your refund could not be made to the card.", "The gateway refused it."),
        _R.QUARANTINE: Note("staff", "Your refund is being checked by our staff.", "A person rules.", 1),
    },
)
