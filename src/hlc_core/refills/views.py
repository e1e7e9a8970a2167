"""Questions about refills, with what each waits for and what can be done."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Query
from hlc_core.kernel.ids import PatientId, RefillId
from hlc_core.kernel.paging import Page, limited
from hlc_core.refills.machine import REFILL, RefillState, RefillTrigger
from hlc_core.refills.model import Hold, Refill
from hlc_core.refills.ports import Env

_BY_HAND = frozenset(rule.trigger for rule in REFILL.rules if rule.permission is not None)
_HELD = {
    Hold.UNPAID: "Its money is not here yet.",
    Hold.PAUSED: "Its subscription is paused.",
    Hold.PAST_DUE: "The last renewal is not paid.",
}


@frozen(kw_only=True)
class RefillCard:
    """A refill as lists show it. `because` says in a sentence for staff why it is where it is."""

    refill: Refill
    state: RefillState
    because: str
    for_patient: str
    waits_for_provider: bool
    actions: tuple[RefillTrigger, ...]


def card(one: Refill) -> RefillCard:
    """The refill as it is shown."""
    return RefillCard(
        refill=one,
        state=one.state,
        because=_because(one),
        for_patient=REFILL.notes[one.state].patient,
        waits_for_provider=one.waits_for_provider,
        actions=tuple(each for each in one.allowed() if each in _BY_HAND),
    )


def _because(one: Refill) -> str:
    if one.state is RefillState.SCHEDULED and one.held is not None:
        return f"Its day has come. {_HELD[one.held]}"
    if one.dispatch is not None and not one.ended:
        return "It is on its way to the pharmacy."
    if one.state is RefillState.PENDING_PROVIDER and one.clinical_note:
        return f"A provider has to decide: {one.clinical_note}"
    note = REFILL.notes[one.state].staff
    return f"{note} {one.reason}".strip() if one.ended else note


@frozen(kw_only=True)
class GetRefill(Query[RefillCard]):
    """One refill."""

    refill: RefillId


def get_refill(query: GetRefill, env: Env) -> RefillCard:
    """Refuses: Missing."""
    return card(env.refills.get(query.refill))


@frozen(kw_only=True)
class ListRefills(Query[Page[RefillCard]]):
    """Newest first; in these states (none named: all), or of one patient."""

    states: tuple[RefillState, ...] = ()
    patient: PatientId | None = None
    after: RefillId | None = None
    limit: int = 50


def list_refills(query: ListRefills, env: Env) -> Page[RefillCard]:
    """A patient's are not filtered by state. Refuses: Invalid (limit)."""
    limit = limited(query.limit)
    if query.patient is not None:
        found = env.refills.of_patient(query.patient, query.after, limit + 1)
    else:
        found = env.refills.page(query.states, query.after, limit + 1)
    return Page(tuple(map(card, found[:limit])), found[limit - 1].id if len(found) > limit else None)


def refills_shown(query: object, answer: object) -> tuple[str, ...]:
    """What an answer about refills shows of health, for the record of reads."""
    match answer:
        case RefillCard():
            return (f"refill {answer.refill.id}",)
        case Page():
            return tuple(f"refill {one.refill.id}" for one in answer.items)
        case _:
            return ()
