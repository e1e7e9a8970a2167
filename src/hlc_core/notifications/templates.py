"""The words of each message, by event. They speak only of what has settled."""

from __future__ import annotations

from hlc_core.notifications.model import Template

TEMPLATES: dict[str, Template] = {
    "checkout.succeeded": Template(
        subject="Your order {number}",
        text="Thank you. We received {amount} for your order {number}{what}. You can follow it at {url}.",
    ),
    "intake.opened": Template(
        subject="Your order {number}: some questions",
        text="Before we can go on with your order {number}, we need your answers to some questions: {url}. "
        "You can stop at any time and go on later. This link is yours; please do not pass it on.",
    ),
    "intake.needs_correction": Template(
        subject="Your order {number}: please look again",
        text="We have a question about some of your answers to order {number}. Please look at them again: {url}.",
    ),
    "subscription.renewed": Template(
        subject="Your plan was renewed",
        text="We received {amount} for your plan {number}{what}. It is paid until {date}.",
    ),
    "recovery.method_needed": Template(
        subject="Your payment needs your help",
        text="We could not collect {amount} and have no card that we can charge. Please add one at {url}.",
    ),
    "recovery.reminder_due": Template(
        subject="We could not collect your payment",
        text="We tried to collect {amount} and could not. We will try again; you can also pay at {url}.",
    ),
    "recovery.failed_final": Template(
        subject="Your payment is still open",
        text="We could not collect {amount} and will not try again by ourselves. You can pay at {url}.",
    ),
    "renewal.held": Template(
        subject="Your plan: we have not charged you yet",
        text="Your plan is due to be renewed, and we have not charged you yet. {reason} "
        "It goes on by itself when that is settled. You can see it at {url}.",
    ),
    "payment_method.expiring": Template(
        subject="Your card expires soon",
        text="The card that we charge for your plan expires on {date}. You can add another at {url}.",
    ),
    "subscription.cancelled": Template(
        subject="Your plan was cancelled",
        text="Your plan {number}{what} was cancelled. Nothing more will be charged for it.",
    ),
}
"""Every event that becomes a message to the patient."""

INTAKE_MESSAGES = frozenset({"intake.opened", "intake.needs_correction"})
"""Those whose link leads to the questions of an order."""

RECOVERY_MESSAGES = frozenset({"recovery.method_needed", "recovery.reminder_due", "recovery.failed_final"})
"""Those that an organization can switch off; retries go on without them. Source: spec/billing, Recovery."""

PLAN_MESSAGES = frozenset({"subscription.renewed", "subscription.cancelled"})
"""Those about one plan, whose product they may name."""

REMINDERS = frozenset({*RECOVERY_MESSAGES, "renewal.held", "payment_method.expiring"})
"""Those that nobody waits for, since HLC writes them by itself: they leave in the hours of the settings only."""

RECEIPTS = frozenset({"checkout.succeeded", "subscription.renewed"})
"""What was paid is told whatever is switched off. Source: spec/engagement, Notifications."""
