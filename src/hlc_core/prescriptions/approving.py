"""The approval that a prescription rests on, read from review at the last moment."""

from __future__ import annotations

from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import OrderId
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import Order, SourceContext
from hlc_core.prescriptions.errors import NotApproved
from hlc_core.prescriptions.model import Approval
from hlc_core.prescriptions.ports import Env
from hlc_core.review.api import Decision, approvals_of

_UNDER_THE_FIRST = frozenset({SourceContext.RENEWAL, SourceContext.REFILL})


def approval_for(order: Order, env: Env) -> Approval:
    """The approval in force that the order rests on, if its licence is valid in the patient's state today.

    Renewals and refills go on under the approval of the order that the subscription was bought with.
    Refuses: NotApproved (none, recalled, on an earlier revision, or its licence is of another state or ran out).
    """
    approval = found_approval(order, env)
    if approval is None:
        raise NotApproved(
            "Nothing is prescribed without an approved decision on the answers that stand.",
            Fault("order", "have its intake reviewed first"),
        )
    today = local_date(env.clock.now(), env.organization.zone)
    if not approval.holds(today):
        raise NotApproved(
            "The licence behind the approval is not valid in the patient's state today.",
            Fault("order", "have it reviewed by a clinician with a valid licence"),
        )
    return approval


def found_approval(order: Order, env: Env) -> Approval | None:
    """The approval in force of the order, whatever its licence; None: there is none."""
    candidates = [order.id, *_first_orders(order, env)]
    approvals = approvals_of(candidates, env)
    decision = next((approvals[id] for id in candidates if id in approvals), None)
    return None if decision is None else _approval(decision)


def _first_orders(order: Order, env: Env) -> list[OrderId]:
    if order.source.context not in _UNDER_THE_FIRST or not order.subscriptions:
        return []
    return [held.order for held in env.subscriptions.many(order.subscriptions) if held.patient == order.patient]


def _approval(decision: Decision) -> Approval | None:
    if decision.licence is None:
        return None
    return Approval(
        decision=decision.id,
        order=decision.order,
        intake=decision.intake,
        revision=decision.revision,
        clinician=decision.clinician,
        patient_state=decision.patient_state,
        patient_country=decision.patient_country,
        licence=decision.licence,
        decided_at=decision.at,
    )
