"""Driving the payment of a switch or payoff that was just confirmed, for whoever waits for it."""

from __future__ import annotations

from hlc_adapters.services import Services
from hlc_core.invoicing.api import ListInvoices
from hlc_core.kernel.commands import Envelope
from hlc_core.payments.api import GetAttempt, ListProcessorEvents, PaymentAttempt
from hlc_core.subscriptions.api import Subscription, obligation_of


def collect_change(held: Subscription, services: Services, envelope: Envelope) -> tuple[PaymentAttempt, ...]:
    """The attempts of what the subscription waits for, taken as far as they go at once; the resolver does the rest.

    Without a change that waits for its payment there are none.
    """
    if held.change is None:
        return ()
    ask, obligation = services.application.ask, obligation_of(held.change)
    recent = ask(ListInvoices(patient=held.patient, limit=50), envelope).items
    subjects = [card.invoice.id for card in recent if card.invoice.obligation == obligation]
    told = [event for subject in subjects for event in ask(ListProcessorEvents(subject=subject), envelope).items]
    ids = dict.fromkeys(event.attempt for event in told if event.attempt is not None)
    return tuple(services.collect([ask(GetAttempt(attempt=id), envelope) for id in ids], envelope))
