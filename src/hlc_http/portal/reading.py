"""What pages of the portal read: only what is the patient's own."""

from __future__ import annotations

from datetime import date
from typing import Any

from hlc_core.intake.api import OwnIntake, OwnIntakes
from hlc_core.kernel.ids import SubscriptionId
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import GetOrder, ListOrders, Order
from hlc_core.patients.api import GetPatient, Patient
from hlc_core.payments.api import ListMethods, MethodState, SavedMethod
from hlc_core.subscriptions.api import GetSubscription, Subscription, SubscriptionNumbered, SubscriptionsOfPatient
from hlc_http.call import Call
from hlc_http.portal.words import card_words

MANY = 50


def own_patient(call: Call[Any, Any]) -> Patient:
    """The patient's record. Refuses: Missing (the account has none here)."""
    return call.ask_as_owner(GetPatient(patient=call.own_id))


def own_subscriptions(call: Call[Any, Any]) -> tuple[Subscription, ...]:
    """All, the ended ones last, else the newest first."""
    held = call.ask_as_owner(SubscriptionsOfPatient(patient=call.own_id, joined=call.actor.joined))
    newest = held[::-1]
    return tuple(sorted(newest, key=lambda one: one.ended))


def own_subscription(call: Call[Any, Any]) -> Subscription:
    """The one that the path names, by id or number. Refuses: Missing."""
    word = call.part("subscription")
    if word.startswith("sub_"):
        return call.ask_own(GetSubscription(subscription=SubscriptionId(word)), lambda one: one.patient)
    return call.ask_own(SubscriptionNumbered(number=word), lambda one: one.patient)


def own_orders(call: Call[Any, Any], cursor: str | None, limit: int) -> tuple[tuple[Order, ...], str | None]:
    """A page of the patient's orders, newest first, and where the next page begins."""
    page = call.ask_as_owner(ListOrders(patient=call.own_id, joined=call.actor.joined, cursor=cursor, limit=limit))
    return tuple(one.order for one in page.items), page.next


def own_order(call: Call[Any, Any]) -> Order:
    """The one that the path names, by id or number. Refuses: Missing."""
    return call.ask_own(GetOrder(order=call.part("order")), lambda card: card.order.patient).order


def own_methods(call: Call[Any, Any]) -> tuple[SavedMethod, ...]:
    """Saved cards that were not removed, the default first."""
    found = call.ask_as_owner(ListMethods(patient=call.own_id, joined=call.actor.joined))
    return tuple(one for one in found if one.state is MethodState.ACTIVE)


def own_intakes(call: Call[Any, Any]) -> tuple[OwnIntake, ...]:
    """The newest intakes."""
    return call.ask(OwnIntakes(limit=MANY))


def own_card(held: Subscription, call: Call[Any, Any]) -> str:
    """The card that the subscription is charged to, in words; empty where there is none."""
    methods = own_methods(call)
    wanted = [one for one in methods if one.id == held.method] or [one for one in methods if one.default]
    return card_words(wanted[0]) if wanted else ""


def open_intake(order: Order, call: Call[Any, Any]) -> OwnIntake | None:
    """The intake of the order, where it waits for the patient."""
    return next((one for one in own_intakes(call) if one.order == order.id and one.path), None)


def today(call: Call[Any, Any]) -> date:
    """The clinic's local date."""
    return local_date(call.services.clock.now(), call.organization.zone)
