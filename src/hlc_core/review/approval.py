"""Whether an order's answers stand approved: what prescriptions ask before anything is prescribed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hlc_core.kernel.ids import OrderId
from hlc_core.review.machine import ReviewState
from hlc_core.review.model import Decision, Outcome, decision_id
from hlc_core.review.ports import Env


def approvals_of(orders: Iterable[OrderId], env: Env) -> Mapping[OrderId, Decision]:
    """The approval in force of each of these orders; those without one are not in it.

    In force: the newest decision of the order's review, an approval, on the very revision that the intake now has.
    """
    reviews = [one for one in env.reviews.of_orders(orders) if one.state is ReviewState.APPROVED]
    newest = {one.id: one for one in env.decisions.many(decision_id(one.id, one.decisions) for one in reviews)}
    intakes = {one.id: one for one in env.intakes.many([one.intake for one in reviews])}
    found: dict[OrderId, Decision] = {}
    for review in reviews:
        decision, intake = newest.get(decision_id(review.id, review.decisions)), intakes.get(review.intake)
        if decision is None or intake is None or decision.outcome is not Outcome.APPROVED:
            continue
        if decision.revision == review.revision == intake.revision:
            found[review.order] = decision
    return found


def approval_of(order: OrderId, env: Env) -> Decision | None:
    """The approval in force of the order, or None."""
    return approvals_of((order,), env).get(order)
