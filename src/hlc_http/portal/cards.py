"""Saved cards of one's own: which one is charged, adding one, taking one away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from hlc_core.access.api import OWN_MONEY
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.ids import MethodId
from hlc_core.payments.api import CardNeedsAction, CardRefused, NoPaymentToken, SaveMethod, StoringInDoubt
from hlc_core.recovery.api import (
    CardNeeded,
    CardNotUsable,
    ChargeOwnCard,
    OwnCard,
    OwnCards,
    OwnRenewals,
    PayRenewal,
    RemoveOwnCard,
)
from hlc_http.call import Call
from hlc_http.cardforms import card_entry, with_card_policy
from hlc_http.keeping import keep_card
from hlc_http.pages import Link, StatusShown
from hlc_http.portal.invoices import expiry
from hlc_http.portal.shell import done, jar_of, page, portal_routes, submit
from hlc_http.portal.words import card_name
from hlc_http.returns import CONFIRMED
from hlc_http.table import Cookie, Nothing, Page, Redirect, Takes

routes = portal_routes("cards")

LIST = "/patient/cards"
_AT = "cards"
_KEPT_SECONDS = 900


@frozen(kw_only=True)
class CardShown:
    """A saved card in words."""

    id: MethodId
    name: str
    expires: str
    default: bool
    choosable: bool
    warning: str
    charged_for: str
    needed_by: str


@routes.get(LIST, "One's saved cards", uses=OwnCards)
def portal_cards(call: Call[Nothing, Nothing]) -> Page:
    """The one that is charged first, and a form to add another."""
    return _list(call)


@routes.post(LIST, "Add a card", takes=Takes.FORM, uses=SaveMethod, permission=OWN_MONEY, waits=True)
def portal_add_card(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """It is charged from now on, and tried at once on what is owed."""
    return _add(call, call.body.get("paymentToken", "").strip()[:200])


@routes.get(CONFIRMED, "Back from the bank, which asked about a card")
def portal_card_confirmed(call: Call[Nothing, Nothing]) -> Page:
    """One more press saves the card: nothing is done by opening a page."""
    return page(call, "card_confirmed.html", at=_AT, waiting=_cookie(call) in call.incoming.cookies)


@routes.post(CONFIRMED, "Save the card that the bank asked about", takes=Takes.FORM, uses=SaveMethod,
             permission=OWN_MONEY, waits=True)  # fmt: skip
def portal_save_confirmed(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """The same request again, with the token that the cookie kept."""
    return _add(call, call.incoming.cookies.get(_cookie(call), ""))


@routes.post(f"{LIST}/{{card}}/charge", "Charge this card from now on", takes=Takes.FORM, uses=ChargeOwnCard)
def portal_charge_card(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """For all subscriptions."""
    return _changed(call, ChargeOwnCard(method=_id(call)), "card_chosen")


@routes.post(f"{LIST}/{{card}}/remove", "Remove a card", takes=Takes.FORM, uses=RemoveOwnCard)
def portal_remove_card(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Never charge it again; the last one that a subscription needs stays."""
    return _changed(call, RemoveOwnCard(method=_id(call)), "card_removed")


def _changed(call: Call[Mapping[str, str], Nothing], wish: ChargeOwnCard | RemoveOwnCard, word: str) -> Page | Redirect:
    try:
        submit(call, wish)
    except (CardNeeded, CardNotUsable) as refusal:
        return _list(call, failure=refusal.detail, status=409)
    return done(LIST, word, call)


def _add(call: Call[Any, Any], token: str) -> Page | Redirect:
    owed = call.ask(OwnRenewals())
    try:
        keep_card(token, call)
    except NoPaymentToken:
        return _list(call, problem="Choose or enter a card.", status=422)
    except CardRefused as refusal:
        return _list(call, problem=refusal.detail, status=422)
    except CardNeedsAction as refusal:
        return _confirm(call, token, refusal)
    except StoringInDoubt as refusal:
        return _list(call, failure=refusal.detail, status=503)
    word = "card_added"
    if owed:
        word = "card_not_enough" if call.ask(OwnRenewals()) else "card_paid"
    answer = done(LIST, word, call)
    return evolve(answer, cookies={**answer.cookies, _cookie(call): evolve(_kept(call, ""), seconds=0)})


def _confirm(call: Call[Any, Any], token: str, refusal: HlcError) -> Page:
    where = next((fault.message for fault in refusal.faults if fault.field == "actionUrl"), "")
    told = StatusShown(
        state="confirm",
        tone="info",
        title="Your bank asks you to confirm the card",
        sentences=("No money moves. Afterwards you come back here to save the card.",),
        link=Link(to=where, label="Continue to your bank", outside=True) if where else None,
    )
    made = page(call, "payment.html", at=_AT, shown=told, another="")
    return evolve(made, cookies={**made.cookies, _cookie(call): _kept(call, token)})


def _cookie(call: Call[Any, Any]) -> str:
    """What is between two steps is kept in a cookie, never in an address; the bank leads back from another site."""
    return jar_of(call).card


def _kept(call: Call[Any, Any], token: str) -> Cookie:
    return Cookie(value=token, seconds=_KEPT_SECONDS, secure=not call.services.settings.plain_cookies)


def _list(call: Call[Any, Any], problem: str = "", failure: str = "", status: int = 200) -> Page:
    entry = card_entry(call, problem)
    able = call.may(PayRenewal)
    made = page(
        call,
        "cards.html",
        at=_AT,
        status=status,
        cards=tuple(_shown(one) for one in call.ask(OwnCards())),
        able=able,
        entry=entry,
        problem=problem,
        failure=failure,
        owed=bool(call.ask(OwnRenewals())),
    )
    return with_card_policy(made, entry.card_fields) if able else made


def _shown(one: OwnCard) -> CardShown:
    warning = ""
    if one.expired:
        warning = "This card has expired. Add a new one."
    elif not one.usable:
        warning = "This card can no longer be charged here."
    elif one.expires_soon:
        warning = "This card expires soon. Add the new one when you have it."
    return CardShown(
        id=one.id,
        name=card_name(one.card),
        expires=expiry(one),
        default=one.default,
        choosable=one.choosable,
        warning=warning,
        charged_for=", ".join(one.charged_for),
        needed_by=", ".join(one.needed_by),
    )


def _id(call: Call[Any, Any]) -> MethodId:
    return MethodId(call.part("card"))
