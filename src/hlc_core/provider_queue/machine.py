"""The lifecycle of one item of the provider queue. Source: spec/care, Provider queue."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule

DECIDE = "emr.provider_queue.decide"
MANAGE = "emr.provider_queue.manage"


class ItemState(StrEnum):
    """Where an item stands."""

    WAITING = "waiting"
    WITHHELD = "withheld"
    PRESCRIBED = "prescribed"
    DECLINED = "declined"
    REMOVED = "removed"
    COMPLETED = "completed"


class ItemTrigger(StrEnum):
    """What moves an item. There is none for money: a payment never takes an item out."""

    WITHHOLD = "withhold"
    RELEASE = "release"
    PRESCRIBE = "prescribe"
    DECLINE = "decline"
    REMOVE = "remove"
    COMPLETE = "complete"


@frozen(kw_only=True)
class ItemFacts:
    """What the guards read."""

    held: bool = False
    """Something about it has to be settled by a person first."""
    refill: bool = False
    """It stands for a refill; only those are completed."""


def held(facts: ItemFacts) -> bool:
    """A person has to settle something first."""
    return facts.held


def nothing_holds_it(facts: ItemFacts) -> bool:
    """Nothing is left to be settled."""
    return not facts.held


def a_refill(facts: ItemFacts) -> bool:
    """It stands for a refill."""
    return facts.refill


_S, _T = ItemState, ItemTrigger
_OPEN = (_S.WAITING, _S.WITHHELD)

ITEM = Machine[ItemState, ItemTrigger, ItemFacts](
    name="queue_item",
    initial=_S.WAITING,
    final=frozenset({_S.PRESCRIBED, _S.DECLINED, _S.REMOVED, _S.COMPLETED}),
    rules=(
        Rule(_S.WAITING, _T.WITHHOLD, _S.WITHHELD, held, causes="a person has to settle it"),
        Rule(_S.WITHHELD, _T.RELEASE, _S.WAITING, nothing_holds_it, permission=MANAGE),
        *(
            Rule(
                state, _T.PRESCRIBE, _S.PRESCRIBED, permission=DECIDE, causes="the invoice's prescription is processed"
            )
            for state in _OPEN
        ),
        *(
            Rule(
                state,
                _T.DECLINE,
                _S.DECLINED,
                permission=DECIDE,
                manual=True,
                causes="the invoice's prescription is processed, nothing is sent",
            )
            for state in _OPEN
        ),
        *(
            Rule(
                state,
                _T.REMOVE,
                _S.REMOVED,
                permission=MANAGE,
                manual=True,
                causes="the invoice's prescription is processed, nothing is sent",
            )
            for state in _OPEN
        ),
        *(Rule(state, _T.COMPLETE, _S.COMPLETED, a_refill, causes="the refill was sent") for state in _OPEN),
    ),
    notes={
        _S.WAITING: Note("provider", "A clinician will look at your order.", "Waits for a prescriber.", 2),
        _S.WITHHELD: Note("staff", "We are checking your order.", "Kept from the prescriber until it is settled.", 1),
        _S.PRESCRIBED: Note("nobody", "Your prescription was written.", "Prescribed and sent."),
        _S.DECLINED: Note("nobody", "A clinician could not prescribe this.", "Declined; nothing was sent."),
        _S.REMOVED: Note(
            "nobody", "Nothing is to be prescribed.", "Taken off by an administrator or a cancelled order."
        ),
        _S.COMPLETED: Note("nobody", "Your refill is on its way.", "The refill was sent."),
    },
)
