"""Turning delivered events into messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol, TypeVar

from attrs import frozen

from hlc_core.catalog.api import GetProduct
from hlc_core.intake.api import LinkOfOrder
from hlc_core.kernel.commands import Envelope, Query, system
from hlc_core.kernel.ids import OrderId, OrganizationId, PatientId, ProductId, RecoveryId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Clock, zone
from hlc_core.notifications.model import Message
from hlc_core.notifications.ports import Mailer
from hlc_core.notifications.templates import (
    INTAKE_MESSAGES,
    PLAN_MESSAGES,
    RECEIPTS,
    RECOVERY_MESSAGES,
    REMINDERS,
    TEMPLATES,
)
from hlc_core.orders.api import GetOrder
from hlc_core.organizations.api import GetOrganization, Organization
from hlc_core.patients.api import GetPatient
from hlc_core.prescriptions.api import AskRenewal
from hlc_core.recovery.api import GetRecovery, RecoveryState
from hlc_core.relay import Delivery, NotYet

A = TypeVar("A")

_PATHS = {"recovery": "/patient/invoices?recovery=1", "portal": "/patient/dashboard"}


class Asks(Protocol):
    """The application's queries."""

    def ask(self, query: Query[A], envelope: Envelope) -> A:
        """Answer."""
        ...


@frozen
class PatientMessages:
    """The effect that mails a patient about an event. `base_url` is where the pages are without a portal domain."""

    application: Asks
    mailer: Mailer
    base_url: str
    clock: Clock

    def __call__(self, delivery: Delivery) -> None:
        """Send the event's message, unless the organization switched it off. Refuses: NotYet, as the mailer."""
        envelope = system(OrganizationId(delivery.organization), "notifications")
        organization = self.application.ask(GetOrganization(), envelope)
        if delivery.name not in RECEIPTS and not organization.notifications.email:
            return
        if delivery.name in RECOVERY_MESSAGES and not organization.recovery.notifications:
            return
        if delivery.name == "payment_method.expiring" and not organization.recovery.card_expiry_reminders:
            return
        if delivery.name in REMINDERS:
            _wait_for_daylight(organization, self.clock.now())
        facts = json.loads(delivery.body)
        patient = self.application.ask(GetPatient(patient=PatientId(facts["patient"])), envelope)
        template = TEMPLATES[delivery.name]
        words = _words(delivery.name, facts, organization, self.base_url)
        if organization.carts.names_products_in_messages:
            words = {**words, "what": self._what(delivery.name, facts, envelope)}
        if delivery.name in RECOVERY_MESSAGES and self._settled(facts, envelope):
            return  # paid, or forgiven, before the mail went out
        if delivery.name == "renewal.held":
            standing = self.application.ask(AskRenewal(subscription=SubscriptionId(facts["subscription"])), envelope)
            if standing.permitted:
                return  # settled before the mail went out: the next run charges it
            words = {**words, "reason": standing.for_patient}
        if delivery.name in INTAKE_MESSAGES:
            path = self.application.ask(LinkOfOrder(order=OrderId(facts["order"])), envelope)
            if path is None:
                return  # answered, or cancelled, before the mail went out
            words = {**words, "url": _page(organization.domains.consultation, self.base_url) + path}
        self.mailer.send(
            Message(
                id=delivery.id,
                to=patient.contact.email,
                subject=template.subject.format_map(words),
                text=template.text.format_map(words),
                organization=organization.id,
            )
        )

    def _settled(self, facts: Mapping[str, Any], envelope: Envelope) -> bool:
        case = self.application.ask(GetRecovery(recovery=RecoveryId(facts["recovery"])), envelope)
        return case.status is RecoveryState.RESOLVED

    def _what(self, name: str, facts: Mapping[str, Any], envelope: Envelope) -> str:
        """What was bought or is renewed, by name; nothing where the message is of neither."""
        if name == "checkout.succeeded":
            lines = self.application.ask(GetOrder(order=facts["order"]), envelope).order.lines
            return f" ({', '.join(line.name for line in lines)})"
        if name in PLAN_MESSAGES:
            product = self.application.ask(GetProduct(product=ProductId(facts["product"])), envelope)
            return f" ({product.name})"
        return ""


def _wait_for_daylight(organization: Organization, now: datetime) -> None:
    """Refuses: NotYet (before the first hour of the day in which people may be reminded, or after the last)."""
    told, local = organization.notifications, now.astimezone(zone(organization.zone))
    if told.remind_from_hour <= local.hour < told.remind_until_hour:
        return
    day = local.date() + timedelta(days=local.hour >= told.remind_until_hour)
    raise NotYet(datetime.combine(day, time(told.remind_from_hour), local.tzinfo).astimezone(UTC))


def _words(name: str, facts: Mapping[str, Any], organization: Organization, base_url: str) -> Mapping[str, str]:
    portal = _page(organization.domains.portal, base_url)
    path = _PATHS["recovery" if name in RECOVERY_MESSAGES or name == "payment_method.expiring" else "portal"]
    amount = facts.get("total") or facts.get("amount")
    return {
        "clinic": organization.branding.title or organization.name,
        "amount": str(Money(**amount)) if amount else "",
        "number": str(facts.get("order_number") or facts.get("number") or ""),
        "what": "",
        "date": str(facts.get("period_end") or facts.get("expires_on") or ""),
        "url": portal + path,
    }


def _page(domain: str, base_url: str) -> str:
    return f"https://{domain}" if domain else base_url
