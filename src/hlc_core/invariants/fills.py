"""Rules about prescriptions, dispatches and refills: what was prescribed rests on a decision, and goes out once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from hlc_core.invariants.model import Finding, grouped
from hlc_core.kernel.ids import OrganizationId
from hlc_core.kernel.text import counted
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import Order, OrderState
from hlc_core.prescriptions.api import Dispatch, DispatchState, Prescription, PrescriptionState
from hlc_core.refills.api import Refill, RefillState
from hlc_core.review.api import Decision, Outcome


@frozen(kw_only=True)
class Prescribed:
    """Some prescriptions, with the decisions they name, all their dispatches, and the orders of those.

    `zones` are the time zones of the organizations: a licence is valid on local dates.
    """

    prescriptions: Sequence[Prescription] = ()
    decisions: Sequence[Decision] = ()
    dispatches: Sequence[Dispatch] = ()
    orders: Sequence[Order] = ()
    zones: Mapping[OrganizationId, str]


@frozen(kw_only=True)
class Planned:
    """Some refills, with all others of the same origins, and the dispatches they name."""

    refills: Sequence[Refill] = ()
    dispatches: Sequence[Dispatch] = ()


def a_signed_prescription_has_its_approval(facts: Prescribed) -> Iterator[Finding]:
    """Signed means: an approving decision on that very revision, by a licence valid in the patient's state that day.

    Source: spec/care, Prescriptions.
    """
    decisions = {one.id: one for one in facts.decisions}
    for one in facts.prescriptions:
        if one.signed_at is None:
            continue
        approval, decision = one.approval, decisions.get(one.approval.decision)
        signed_on = local_date(one.signed_at, facts.zones[one.organization])
        wrong = [
            word
            for word, holds in (
                ("the decision is not there", decision is not None),
                ("the decision is no approval", decision is None or decision.outcome is Outcome.APPROVED),
                ("it was on another revision", decision is None or decision.revision == approval.revision),
                ("it was on other answers", decision is None or decision.intake == approval.intake),
                ("it was about another patient", decision is None or decision.patient == one.patient),
                ("its licence is another", decision is None or decision.licence == approval.licence),
                ("its licence was not valid there that day", approval.holds(signed_on)),
            )
            if not holds
        ]
        if wrong:
            yield Finding(
                invariant="a_signed_prescription_has_its_approval",
                subjects=(one.id, approval.decision),
                means=f"It was signed on {signed_on}, and {', '.join(wrong)}.",
                remedy="Put it on hold, withdraw what is on its way, and have the answers reviewed.",
            )


def one_standing_dispatch_a_fill(facts: Prescribed) -> Iterator[Finding]:
    """Never two dispatches that stand for the same fill, nor two of one prescription for the same order."""
    standing = [one for one in facts.dispatches if one.stands]
    for word, groups in (
        ("fill", grouped(standing, lambda one: (one.prescription, str(one.fill)))),
        ("order", grouped(standing, lambda one: (one.prescription, str(one.order)))),
    ):
        for (prescription, what), found in groups.items():
            if len(found) > 1:
                yield Finding(
                    invariant="one_standing_dispatch_a_fill",
                    subjects=(prescription, *(one.id for one in found)),
                    means=f"{counted(len(found), 'dispatch stands', 'dispatches stand')} for {word} {what} of it.",
                    remedy="Ask the pharmacy which it has, and withdraw the other.",
                )


def fills_follow_their_dispatches(facts: Prescribed) -> Iterator[Finding]:
    """The fills that a prescription counts as used are those that a dispatch stands for; none beyond the allowed."""
    standing = grouped([one for one in facts.dispatches if one.stands], lambda one: one.prescription)
    for one in facts.prescriptions:
        found = tuple(sorted(each.fill for each in standing.get(one.id, ())))
        if found != one.fills or any(fill >= one.fills_allowed for fill in found):
            yield Finding(
                invariant="fills_follow_their_dispatches",
                subjects=(one.id, *(each.id for each in standing.get(one.id, ()))),
                means=f"It counts the fills {one.fills} of {one.fills_allowed}; dispatches stand for {found}.",
                remedy="Look in the audit trail for what wrote the row.",
            )


def an_order_moves_on_with_its_fills(facts: Prescribed) -> Iterator[Finding]:
    """An order whose fills are all at the pharmacy no longer waits for its prescriber."""
    orders = {one.id: one for one in facts.orders}
    drafts = {one.order for one in facts.prescriptions if one.state is PrescriptionState.DRAFT}
    for id, found in grouped([one for one in facts.dispatches if one.stands], lambda one: one.order).items():
        order = orders.get(id)
        forgotten = all(one.arrived and one.available_at is None for one in found)
        if order is not None and order.state is OrderState.AWAITING_SCRIPT and forgotten and id not in drafts:
            yield Finding(
                invariant="an_order_moves_on_with_its_fills",
                subjects=(id, *(one.id for one in found)),
                means="Everything that was prescribed for it is at the pharmacy, and it waits for its prescriber.",
                remedy="Move it by `prescribe`.",
            )


def one_refill_a_fill(facts: Planned) -> Iterator[Finding]:
    """One row for each (prescription or invoice, fill number). Source: spec/care, Refills."""
    for (origin, fill), found in grouped(facts.refills, lambda one: (one.origin, one.fill)).items():
        if len(found) > 1:
            yield Finding(
                invariant="one_refill_a_fill",
                subjects=(origin, *(one.id for one in found)),
                means=f"{counted(len(found), 'refill stands', 'refills stand')} for fill {fill} of it.",
                remedy="Cancel all but one.",
            )


def a_completed_refill_was_given(facts: Planned) -> Iterator[Finding]:
    """Completed means that its dispatch arrived, or that somebody said how else it was given; and a dispatch that
    stands for nothing keeps no refill waiting."""
    dispatches = {one.id: one for one in facts.dispatches}
    for one in facts.refills:
        sent = None if one.dispatch is None else dispatches.get(one.dispatch)
        given = bool(one.reason) or (sent is not None and sent.sent_at is not None)
        lost = one.dispatch is not None and not one.ended and (sent is None or sent.state is DispatchState.CANCELLED)
        if (one.state is RefillState.COMPLETED and not given) or lost:
            yield Finding(
                invariant="a_completed_refill_was_given",
                subjects=(one.id, *(() if one.dispatch is None else (one.dispatch,))),
                means=f"It is {one.state}, and nothing that was sent for it arrived.",
                remedy="Ask the pharmacy whether the patient has it; else send it anew.",
            )
