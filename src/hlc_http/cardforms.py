"""The part of a form in which a card is entered: the gateway's own fields, or the simulator's choice of test cards."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from hlc_http.call import Call
from hlc_http.pages import CardFields, TestCard
from hlc_http.security import card_policy
from hlc_http.shown import test_cards
from hlc_http.table import Page


@frozen(kw_only=True)
class CardEntry:
    """What is asked for, and what was wrong with it. The form sends `paymentToken`."""

    simulated: bool
    cards: tuple[TestCard, ...] = ()
    card_fields: CardFields | None = None
    problem: str = ""
    chosen: str = ""

    def fault(self, name: str) -> str:
        """What is wrong with the field, or nothing."""
        return self.problem if name == "paymentToken" else ""

    def value(self, name: str) -> str:
        """Nothing: a token counts once."""
        return ""


def card_entry(call: Call[Any, Any], problem: str = "", chosen: str = "") -> CardEntry:
    """By the clinic's active gateway."""
    simulated = call.organization.payments.active_gateway == "simulator"
    cards = test_cards() if simulated else ()
    first = cards[0].token if cards else ""
    known = chosen if chosen in {card.token for card in cards} else first
    return CardEntry(simulated=simulated, cards=cards, card_fields=card_fields(call), problem=problem, chosen=known)


def card_fields(call: Call[Any, Any]) -> CardFields | None:
    """Where Stripe's card fields come from, if the clinic charges through Stripe."""
    settings = call.services.settings
    if call.organization.payments.active_gateway != "stripe" or not settings.stripe_publishable_key:
        return None
    return CardFields(script=settings.stripe_js_url, key=settings.stripe_publishable_key)


def with_card_policy(page: Page, fields: CardFields | None) -> Page:
    """The page may talk to the gateway whose fields stand on it, and to nobody else."""
    return page if fields is None else evolve(page, headers={**page.headers, **card_policy(fields.script)})
