"""Moving orders along the declared edges, and what each edge causes."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.catalog.api import Redeemed, hold_coupon, redeem_coupons
from hlc_core.invoicing.api import Bill, InvoiceState, PaymentUnderWay, open_invoices, void_invoices
from hlc_core.kernel.commands import ActorKind
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ObligationId, OrderId
from hlc_core.kernel.text import line
from hlc_core.kernel.time import local_date
from hlc_core.orders import events
from hlc_core.orders.errors import NotYourStep, ReasonNeeded
from hlc_core.orders.lines import invoice_lines
from hlc_core.orders.machine import OrderRule, OrderState, OrderTrigger
from hlc_core.orders.model import Order
from hlc_core.orders.placing import created
from hlc_core.orders.ports import Env
from hlc_core.payments.api import AttemptState


def moved(order: Order, trigger: OrderTrigger, env: Env, reason: str = "") -> Order:
    """The order after the trigger, saved and told, with what the edge causes. Asks for no permission.

    Refuses: IllegalTransition, GuardRefused, PaymentUnderWay (cancelling what is being paid), and for a submitted
    draft with a coupon what `hold_coupon` refuses.
    """
    after = order.move(trigger, env.clock.now(), env.actor.id, reason)
    if trigger is OrderTrigger.SUBMIT:
        after = _submitted(after, env)
    if trigger is OrderTrigger.CANCEL:
        _withdraw_invoice(after, env)
    env.orders.save(after)
    env.outbox.put(created(after) if trigger is OrderTrigger.SUBMIT else updated(order, after, trigger))
    if after.state is OrderState.REJECTED:
        env.outbox.put(_rejected(after, env))
    return after


def move_orders(orders: Sequence[OrderId], trigger: OrderTrigger, env: Env, reason: str = "") -> tuple[Order, ...]:
    """One trigger on many orders, read in one statement: for contexts above, which answer for the permission.

    Refuses: Missing, and what `moved` refuses.
    """
    env.orders.many(orders)
    return tuple(moved(env.orders.get(order), trigger, env, reason) for order in orders)


def permit(order: Order, trigger: OrderTrigger, reason: str, env: Env) -> str:
    """The usable reason, if the actor may pull this edge. Refuses: IllegalTransition, GuardRefused, NotYourStep,
    ReasonNeeded (the edge is exceptional), Invalid (the reason is too long)."""
    rule = order.rule(trigger)
    if not may(rule, env):
        raise NotYourStep(
            "This step is not yours.", Fault("permission", f"needs {rule.permission or 'nobody: HLC does it itself'}")
        )
    told = line(reason, "reason", 500)
    if rule.manual and len(told) < 3:
        raise ReasonNeeded("Say why: this step is an exception.", Fault("reason", "3 to 500 characters"))
    return told


def may(rule: OrderRule, env: Env) -> bool:
    """Whether the actor holds the edge's key; edges without one are HLC's own."""
    if rule.permission is None:
        return env.actor.kind is ActorKind.SYSTEM
    return env.actor.may(rule.permission)


def updated(before: Order, after: Order, trigger: OrderTrigger) -> events.OrderStatusUpdated:
    """What is told of a move: the whole history, without reasons."""
    return events.OrderStatusUpdated(
        order=after.id,
        number=after.number,
        patient=after.patient,
        source=before.state,
        state=after.state,
        trigger=trigger,
        source_context=after.source.context,
        subscriptions=after.subscriptions,
        invoice=after.invoice,
        history=tuple(evolve(step, reason="") for step in after.history),
        tracking=after.tracking,
        at=after.entered_at,
    )


def _rejected(order: Order, env: Env) -> events.OrderRejected:
    return events.OrderRejected(
        order=order.id,
        number=order.number,
        patient=order.patient,
        subscriptions=order.subscriptions,
        ends_subscriptions=env.organization.orders.cancel_subscriptions_on_rejection,
        at=order.entered_at,
    )


def _submitted(order: Order, env: Env) -> Order:
    if order.coupon:
        claim = hold_coupon(order.coupon, order.id, order.patient, env)
        redeem_coupons((Redeemed(coupon=claim.coupon, subject=order.id, order=order.id),), env)
    placed = evolve(order, placed_at=order.entered_at)
    if order.state is not OrderState.AWAITING_PAYMENT:
        return placed
    bill = Bill(
        patient=order.patient,
        obligation=ObligationId(f"order:{order.id}"),
        lines=invoice_lines(order.lines, order.amounts),
        due_on=local_date(env.clock.now(), env.organization.zone),
        order=order.id,
        prescribes=order.needs.prescription,
    )
    return evolve(placed, invoice=open_invoices((bill,), env)[0].id)


def _withdraw_invoice(order: Order, env: Env) -> None:
    invoice = None if order.invoice is None else env.invoices.find(order.invoice)
    if invoice is None or order.paid or invoice.state not in (InvoiceState.OPEN, InvoiceState.UNCOLLECTIBLE):
        return
    attempts = env.attempts.of_obligations((invoice.obligation,))
    if any(attempt.live or attempt.state is AttemptState.QUARANTINE for attempt in attempts):
        raise PaymentUnderWay("This order is being paid right now, or that is being checked; wait for the outcome.")
    if invoice.amount_paid.is_zero:
        void_invoices((invoice.id,), f"Order {order.number} was cancelled.", env)
