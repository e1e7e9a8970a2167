"""What is a patient's own: cards, renewals that failed, what they bought as a guest. Nobody else is let in."""

from __future__ import annotations

from datetime import date
from typing import Any

from attrs import field, frozen

from hlc_core.access.api import OWN_MONEY
from hlc_core.identity.api import JoinOwn
from hlc_core.kernel.ids import InvoiceId, MethodId, RecoveryId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.payments.api import Card, SaveMethod
from hlc_core.recovery.api import (
    ChargeOwnCard,
    GetOwnRenewal,
    OwnCard,
    OwnCards,
    OwnRenewal,
    OwnRenewals,
    PayRenewal,
    RecoveryState,
    RemoveOwnCard,
    Standing,
)
from hlc_http.call import Call
from hlc_http.keeping import keep_card
from hlc_http.returns import outside, payment_page
from hlc_http.table import Nothing, Routes, Who

routes = Routes("own", who=Who.PATIENT)


@frozen(kw_only=True)
class CardBody:
    """The one-time token of the gateway's card form."""

    token: str = field(repr=False)


@frozen(kw_only=True)
class PayBody:
    """The one-time token of a new card, or a saved card."""

    token: str = field(default="", repr=False)
    card_id: MethodId | None = None


@frozen(kw_only=True)
class CardAnswer:
    """A saved card. `usable`: the clinic's gateway can charge it; `chargedFor` are the subscriptions that will be
    charged to it, `neededBy` those that keep it."""

    id: MethodId
    card: Card | None
    default: bool
    usable: bool
    expired: bool
    expires_soon: bool
    charged_for: tuple[str, ...]
    needed_by: tuple[str, ...]
    actions: tuple[str, ...]


@frozen(kw_only=True)
class RenewalAnswer:
    """A renewal that failed. `reason` is what the gateway said last, `actionUrl` where the bank asks to confirm."""

    recovery: RecoveryId
    invoice: InvoiceId
    number: str
    subscription: SubscriptionId
    name: str
    amount: Money
    due_on: date
    status: RecoveryState
    standing: Standing
    reason: str
    retry_on: date | None
    action_url: str | None
    actions: tuple[str, ...]


@frozen(kw_only=True)
class JoinedAnswer:
    """How many records of purchases joined one's own."""

    joined: int


@routes.post(
    "/api/v1/own/purchases/join",
    "Take in what was bought as a guest under one's own address",
    answers=JoinedAnswer,
    uses=JoinOwn,
)
def join_own(call: Call[Nothing, Nothing]) -> JoinedAnswer:
    """Since the sign-in, which does it too. 0 for a key, which has no address, and for whoever acts for the patient."""
    return JoinedAnswer(joined=call.execute(JoinOwn()))


@routes.get("/api/v1/own/cards", "One's own saved cards", answers=tuple[CardAnswer, ...], uses=OwnCards)
def own_cards(call: Call[Nothing, Nothing]) -> tuple[CardAnswer, ...]:
    """The one that is charged first."""
    return _cards(call)


@routes.post(
    "/api/v1/own/cards",
    "Keep a card",
    body=CardBody,
    answers=tuple[CardAnswer, ...],
    status=201,
    uses=SaveMethod,
    permission=OWN_MONEY,
    waits=True,
)
def add_own_card(call: Call[CardBody, Nothing]) -> tuple[CardAnswer, ...]:
    """It is charged from now on, and tried on open debts at once. The same token again answers the card that stands."""
    keep_card(call.body.token, call)
    return _cards(call)


@routes.post(
    "/api/v1/own/cards/{card_id}/charge", "Charge this card from now on", answers=tuple[CardAnswer, ...],
    uses=ChargeOwnCard, idempotent=True,
)  # fmt: skip
def charge_own_card(call: Call[Nothing, Nothing]) -> tuple[CardAnswer, ...]:
    """For all of one's subscriptions."""
    call.execute(ChargeOwnCard(method=MethodId(call.part("card_id"))))
    return _cards(call)


@routes.delete(
    "/api/v1/own/cards/{card_id}", "Never charge it again", answers=tuple[CardAnswer, ...], uses=RemoveOwnCard,
    idempotent=True,
)  # fmt: skip
def remove_own_card(call: Call[Nothing, Nothing]) -> tuple[CardAnswer, ...]:
    """Refuses: CardNeeded (the last one that can be charged, while a subscription needs it)."""
    call.execute(RemoveOwnCard(method=MethodId(call.part("card_id"))))
    return _cards(call)


@routes.get(
    "/api/v1/own/renewals", "One's own renewals that failed", answers=tuple[RenewalAnswer, ...], uses=OwnRenewals
)
def own_renewals(call: Call[Nothing, Nothing]) -> tuple[RenewalAnswer, ...]:
    """Those that are still owed, oldest first."""
    return tuple(_renewal(one, call) for one in call.ask(OwnRenewals()))


@routes.get(
    "/api/v1/own/renewals/{invoice_id}", "One of one's own", answers=RenewalAnswer, uses=GetOwnRenewal, waits=True
)
def own_renewal(call: Call[Nothing, Nothing]) -> RenewalAnswer:
    """By its invoice. While a payment is in doubt, the gateway is asked again."""
    return _renewal(call.services.resume_renewal(InvoiceId(call.part("invoice_id")), call.unkeyed), call)


@routes.post(
    "/api/v1/own/renewals/{invoice_id}/pay",
    "Pay it now",
    body=PayBody,
    answers=RenewalAnswer,
    uses=PayRenewal,
    idempotent=True,
    waits=True,
)
def pay_own_renewal(call: Call[PayBody, Nothing]) -> RenewalAnswer:
    """`standing` is how it went: `paid`; `declined`, try another card; `confirm` at `actionUrl`; or `checking`."""
    body, invoice = call.body, InvoiceId(call.part("invoice_id"))
    back = outside(payment_page(invoice), call)
    command = PayRenewal(invoice=invoice, token=body.token, method=body.card_id, return_url=back)
    return _renewal(call.services.pay_renewal(command, call.envelope), call)


@routes.post(
    "/api/v1/own/renewals/{invoice_id}/withdraw",
    "Give up a payment that the bank asks about",
    answers=RenewalAnswer,
    uses=GetOwnRenewal,
    permission=OWN_MONEY,
    waits=True,
)
def withdraw_own_payment(call: Call[Nothing, Nothing]) -> RenewalAnswer:
    """So that another card can be tried. Where the bank had agreed meanwhile, it is paid."""
    return _renewal(call.services.withdraw_renewal(InvoiceId(call.part("invoice_id")), call.unkeyed), call)


def _cards(call: Call[Any, Any]) -> tuple[CardAnswer, ...]:
    return tuple(_card(one, call) for one in call.ask(OwnCards()))


def _card(one: OwnCard, call: Call[Any, Any]) -> CardAnswer:
    possible: list[tuple[str, type[Any]]] = []
    if one.choosable:
        possible.append(("charge", ChargeOwnCard))
    if not one.needed_by:
        possible.append(("remove", RemoveOwnCard))
    return CardAnswer(
        id=one.id,
        card=one.card,
        default=one.default,
        usable=one.usable,
        expired=one.expired,
        expires_soon=one.expires_soon,
        charged_for=one.charged_for,
        needed_by=one.needed_by,
        actions=call.offered(possible),
    )


def _renewal(one: OwnRenewal, call: Call[Any, Any]) -> RenewalAnswer:
    return RenewalAnswer(
        recovery=one.recovery,
        invoice=one.invoice,
        number=one.number,
        subscription=one.subscription,
        name=one.name,
        amount=one.amount,
        due_on=one.due_on,
        status=one.status,
        standing=one.standing,
        reason=one.reason,
        retry_on=one.retry_on,
        action_url=one.action_url,
        actions=call.offered((name, PayRenewal) for name in _possible(one)),
    )


def _possible(one: OwnRenewal) -> tuple[str, ...]:
    if one.payable:
        return ("pay",)
    return ("withdraw",) if one.standing is Standing.CONFIRM else ()
